"""The making of packages: what `evlink-pack` and tests build, byte for byte as the reader wants it."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

from evlink.update.package import MANIFEST, SIGNATURE, Manifest, Member, Wheel, directory, local

Sign = Callable[[bytes], bytes]


def wheels_of(paths: Iterable[Path]) -> list[Wheel]:
    """The entries of a manifest for wheel files, by name."""
    made = []
    for path in sorted(paths, key=lambda p: p.name):
        content = path.read_bytes()
        made.append(Wheel(path.name, len(content), hashlib.sha256(content).hexdigest()))
    return made


def pack(manifest: Manifest, folder: Path, sign: Sign, into: Path) -> None:
    """Write a package of the wheels that a manifest names, from a folder. OSError."""
    content = msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n"
    parts = [(MANIFEST, content), (SIGNATURE, sign(content))]
    members: list[Member] = []
    with open(into, "wb") as file:
        for name, data in (*parts, *((wheel.name, (folder / wheel.name).read_bytes()) for wheel in manifest.wheels)):
            member = Member(name, len(data), zlib.crc32(data))
            members.append(member)
            file.write(local(member) + data)
        file.write(directory(members))


def file_name(manifest: Manifest) -> str:
    """The name of a package, in the manual's pattern (R-233)."""
    return f"r{manifest.counter}_update_{manifest.version}_d2.epk"
