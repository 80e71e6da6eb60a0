"""The unpacking of wheels into a slot, by our own hands: nothing leaves the slot, nothing in it is a link."""

from __future__ import annotations

import os
import re
import stat
import zipfile
from pathlib import Path, PurePosixPath

from evlink.update.package import PackageError, damaged

MOST_FILES = 20_000
LARGEST = 1 << 30  # bytes of a wheel, unpacked
_PIECE = 1 << 20
_DATA = re.compile(r"[^/]+\.data/(purelib|platlib)/(.+)")


def unpack(wheel: Path, into: Path) -> int:
    """Unpack a wheel into a directory of modules; bytes written. PackageError where a member is none of a wheel's.

    The wheel was signed for; this holds all the same, so that a mistake of its maker harms the slot alone.
    """
    handle = os.open(wheel, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        with open(handle, "rb") as file, zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            if len(members) > MOST_FILES or len({m.filename for m in members}) != len(members):
                raise damaged()
            if sum(m.file_size for m in members) > LARGEST:
                raise damaged()
            return sum(_member(archive, member, into) for member in members)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, zipfile.LargeZipFile) as error:
        raise damaged() from error


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, into: Path) -> int:
    kind = stat.S_IFMT(member.external_attr >> 16)
    if member.flag_bits & 1 or kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise PackageError(
            f"{member.filename[:80]!r} in the package is no plain file",
            f"{member.filename[:80]!r} dans le paquet n'est pas un simple fichier",
        )
    if member.is_dir():
        return 0
    path = place(member.filename)
    if path is None:
        return 0
    target = into / path
    target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    written = 0
    with archive.open(member) as source:
        out = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
        with open(out, "wb") as file:
            while piece := source.read(_PIECE):
                written += len(piece)
                if written > member.file_size:
                    raise damaged()
                file.write(piece)
    return written


def place(name: str) -> PurePosixPath | None:
    """Where a member goes below the directory of modules; None for scripts and the like, which a slot needs not.

    PackageError for a name that leads anywhere else.
    """
    path = PurePosixPath(name)
    parts = name.split("/")
    bad = not name or path.is_absolute() or "\\" in name or any(part in ("", ".", "..") for part in parts)
    if bad or not name.isprintable() or len(name.encode()) > 255 or ":" in name:
        raise PackageError(
            f"{name[:80]!r} in the package leads out of its place",
            f"{name[:80]!r} dans le paquet sort de sa place",
        )
    if found := _DATA.fullmatch(name):
        return PurePosixPath(found[2])
    return None if parts[0].endswith(".data") else path
