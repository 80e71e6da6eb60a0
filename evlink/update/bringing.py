"""What is brought to the station: a package, or the maker's .zip with a package and a note in it (R-231)."""

from __future__ import annotations

import os
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from evlink.domain.text import clean
from evlink.update.package import LARGEST, PackageError, damaged

MOST_MEMBERS = 50
LARGEST_NOTE = 64 << 10
_PIECE = 1 << 20
_NOTES = (".txt", ".md")


@dataclass(frozen=True, slots=True)
class Brought:
    """A package that was brought: where it is, its name, and the note beside it, which nobody has signed."""

    path: Path
    name: str
    note: str = ""


def brought(path: Path, name: str, staging: Path) -> Brought:
    """The package in a file that was brought: itself, or the one in a .zip, written to the staging directory.

    PackageError where there is none, or more than one.
    """
    if not name.lower().endswith(".zip"):
        return Brought(path, named(name))
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        with open(handle, "rb") as file, zipfile.ZipFile(file) as archive:
            return _from(archive, staging)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError, EOFError, zlib.error):
        raise damaged() from None
    except (ValueError, OverflowError):
        raise damaged() from None


def _from(archive: zipfile.ZipFile, staging: Path) -> Brought:
    members = archive.infolist()
    if len(members) > MOST_MEMBERS:
        raise PackageError(f"the .zip has more than {MOST_MEMBERS} files", f"le .zip a plus de {MOST_MEMBERS} fichiers")
    packages = [m for m in members if m.filename.lower().endswith(".epk") and not m.is_dir()]
    if len(packages) != 1:
        raise PackageError(
            f"the .zip holds {len(packages)} packages, one is allowed",
            f"le .zip contient {len(packages)} paquets, un seul est autorisé",
        )
    notes = [m for m in members if m.filename.lower().endswith(_NOTES) and not m.is_dir()]
    text = ""
    if notes:
        with archive.open(notes[0]) as source:
            lines = source.read(LARGEST_NOTE).decode("utf-8", "replace").splitlines()
        text = "\n".join(clean(line, 400) for line in lines[:400])
    into = staging / "package"
    into.unlink(missing_ok=True)
    written = 0
    out = os.open(into, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with open(out, "wb") as file, archive.open(packages[0]) as source:
        while piece := source.read(_PIECE):
            written += len(piece)
            if written > LARGEST:
                raise damaged()
            file.write(piece)
    return Brought(into, named(packages[0].filename), text)


def named(name: str) -> str:
    """The name of a package as the log shows it: its last part, cleaned."""
    return clean(name.replace("\\", "/").rsplit("/", 1)[-1], 80) or "package.epk"
