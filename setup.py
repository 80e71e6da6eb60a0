"""The build of the compiled parts: the control core, the simulator board, the Linux board's loop and conversion."""

from Cython.Build import cythonize
from setuptools import Extension, setup

# Portable baseline: no -march=native, since one wheel must run on every station of a kind.
# -O3 is given by name because a distribution's default may not vectorise (docs/decisions/).
# The structs of the shared memory are copied as 64-bit words, which strict aliasing would let a compiler reorder.
FLAGS = ["-O3", "-fno-math-errno", "-fno-strict-aliasing", "-Wall", "-Wno-unused-function"]
DIRECTIVES = {
    "language_level": 3,
    "boundscheck": False,
    "wraparound": False,
    "cdivision": True,
    "initializedcheck": False,
    "embedsignature": True,
}

setup(
    ext_modules=cythonize(
        [
            Extension(
                "evlink._core",
                ["evlink/_core.pyx"],
                depends=["evlink/_lanes.h"],
                extra_compile_args=FLAGS,
                libraries=["m"],
            ),
            Extension("evlink.hardware._convert", ["evlink/hardware/_convert.pyx"], extra_compile_args=FLAGS),
            Extension("evlink.hardware._linux", ["evlink/hardware/_linux.pyx"], extra_compile_args=FLAGS),
            Extension(
                "evlink.hardware._simulator",
                ["evlink/hardware/_simulator.pyx"],
                extra_compile_args=FLAGS,
                libraries=["m"],
            ),
        ],
        compiler_directives=DIRECTIVES,
    )
)
