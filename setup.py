"""The build of the two compiled parts: the control core, and the simulator board."""

from Cython.Build import cythonize
from setuptools import Extension, setup

# Portable baseline: no -march=native, since one wheel must run on every station of a kind.
# -O3 is given by name because a distribution's default may not vectorise (docs/decisions/).
FLAGS = ["-O3", "-fno-math-errno", "-Wall", "-Wno-unused-function"]
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
            Extension("evlink._core", ["evlink/_core.pyx"], extra_compile_args=FLAGS, libraries=["m"]),
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
