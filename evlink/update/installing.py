"""The installing of a package into the slot that is free; what runs is never touched."""

from __future__ import annotations

import hashlib
import os
import site
import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path

from evlink.update import wheels
from evlink.update.package import Content, Manifest, PackageError, Station, Trust, Wheel, check, damaged, read
from evlink.update.slots import HEALTH_S, READY, Slots, Trial

_PIECE = 1 << 20
_FIRST_LIGHT_S = 60

Progress = Callable[[int], None]


def install(
    slots: Slots,
    package: Path,
    name: str,
    trust: Trust,
    station: Station,
    progress: Progress = lambda percent: None,
) -> Trial:
    """Install a package whole into the free slot; the trial that `Slots.begin` may put it on.

    The package is checked anew while it is copied: what was looked at before may have been exchanged since. Blocks for
    seconds. PackageError, with the slot left unusable and the running version untouched; OSError where the disk fails.
    """
    disk, slot = slots.disk, slots.free()
    target, copies = slots.path(slot), slots.staging / "wheels"
    disk.clear(target / READY)  # first of all: nobody takes the slot for whole from here on
    disk.clear(target)
    disk.clear(copies)
    copies.mkdir(mode=0o700)
    try:
        manifest = read(package, trust, lambda wheel, content: _copy(wheel, content, copies))
        check(manifest, station)
        progress(30)
        modules = _environment(target)
        total = sum(wheel.size for wheel in manifest.wheels)
        done = 0
        for wheel in manifest.wheels:
            _same(copies / wheel.name, wheel)
            wheels.unpack(copies / wheel.name, modules)
            done += wheel.size
            progress(30 + 60 * done // total)
        _first_light(slots, slot, manifest)
        disk.settle()
        disk.write(target / READY, {"version": manifest.version, "counter": manifest.counter, "package": name})
    except BaseException:
        disk.clear(target)
        raise
    finally:
        disk.clear(copies)
    progress(100)
    return Trial(slot, slots.current(), manifest.version, manifest.counter, name, health_s=HEALTH_S)


def _copy(wheel: Wheel, content: Content, folder: Path) -> None:
    handle = os.open(folder / wheel.name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with open(handle, "wb") as file:
        while piece := content.read(_PIECE):
            file.write(piece)


def _same(path: Path, wheel: Wheel) -> None:
    """PackageError where a copied wheel is not the one that was signed for."""
    with open(path, "rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != wheel.sha256:
            raise damaged()


def _environment(target: Path) -> Path:
    """Make a slot's virtual environment; its directory of modules.

    Libraries that a package does not bring come from the installed version: the slot's own are found before them.
    """
    venv.EnvBuilder(with_pip=False, symlinks=True, clear=True).create(target)
    modules = target / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    modules.mkdir(mode=0o755, parents=True, exist_ok=True)
    own = [path for path in site.getsitepackages() if Path(path).is_dir()]
    base = os.environ.get("EVLINK_BASE_MODULES", os.pathsep.join(own)).split(os.pathsep)
    (modules / "zz-installed-version.pth").write_text("\n".join(base) + "\n", encoding="utf-8")
    return modules


def _first_light(slots: Slots, slot: str, manifest: Manifest) -> None:
    """Import the new version once, apart, and hear its number. PackageError where that fails."""
    code = "import evlink, evlink.runtime.main, evlink._core; print(evlink.__version__)"
    try:
        told = subprocess.run(
            [str(slots.python(slot)), "-P", "-I", "-c", code],
            capture_output=True,
            text=True,
            timeout=_FIRST_LIGHT_S,
            check=False,
            cwd="/",
        )
    except (OSError, subprocess.TimeoutExpired):
        told = None
    if told is None or told.returncode != 0:
        raise PackageError("the new version can't be loaded here", "la nouvelle version ne se charge pas ici")
    if told.stdout.strip() != manifest.version:
        raise PackageError(
            f"the package says version {manifest.version} and holds another",
            f"le paquet annonce la version {manifest.version} et en contient une autre",
        )
