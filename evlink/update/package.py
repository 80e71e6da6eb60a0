"""Packages (.epk): a manifest, its Ed25519 signature, and wheels, in a zip of which every byte is prescribed.

The reader takes nothing of a zip's freedom: members, their order, headers and directory have to stand as `headers`
and `directory` write them. So every byte of a package is either compared, or signed, or hashed by what is signed, and
no unzipping of unknown data ever happens. Any zip program can still read one.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, BinaryIO, Literal, Protocol

import msgspec

MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"
LARGEST_MANIFEST = 64 << 10
LARGEST = 512 << 20
MOST_WHEELS = 100
_SIGNATURE_BYTES = 64
_LOCAL = struct.Struct("<4s5H3I2H")
_ENTRY = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_VERSION, _DATE, _MODE = 20, 0x21, 0o100644 << 16  # PKZIP 2.0; 1 January 1980; a file that its owner writes
_PIECE = 1 << 20

WHEEL = r"[A-Za-z0-9_.]{1,60}-[A-Za-z0-9_.!+]{1,40}(-[A-Za-z0-9_.]{1,60}){2,3}-[A-Za-z0-9_.]{1,80}\.whl"
VERSION = r"[0-9]{1,5}(\.[0-9]{1,5}){1,3}"


class PackageError(Exception):
    """Why a package is not taken, in one sentence of each language."""

    def __init__(self, english: str, french: str) -> None:
        super().__init__(english)
        self.french = french


class Wheel(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One wheel: its file name, size in bytes, and SHA-256 in hexadecimal."""

    name: Annotated[str, msgspec.Meta(pattern=f"^{WHEEL}$")]
    size: Annotated[int, msgspec.Meta(gt=0, le=LARGEST)]
    sha256: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


class Note(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The release note, which is read and confirmed before anything is installed (R-231)."""

    en: Annotated[str, msgspec.Meta(min_length=1, max_length=8000)]
    fr: Annotated[str, msgspec.Meta(min_length=1, max_length=8000)]


class Manifest(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What a package is: for which station, of which version, with which wheels.

    `counter` rises with every release that must not be gone back from; `downgrade` lets an older version in.
    """

    format: Literal[1]
    product: Literal["evlink"]
    version: Annotated[str, msgspec.Meta(pattern=f"^{VERSION}$")]
    counter: Annotated[int, msgspec.Meta(ge=1, le=1_000_000_000)]
    python: Annotated[str, msgspec.Meta(pattern=r"^3\.[0-9]{1,3}$")]
    machine: Annotated[str, msgspec.Meta(pattern="^[a-z0-9_]{1,20}$")]
    models: Annotated[list[Literal["parking", "city", "wallbox"]], msgspec.Meta(min_length=1, max_length=3)]
    built: Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    note: Note
    wheels: Annotated[list[Wheel], msgspec.Meta(min_length=1, max_length=MOST_WHEELS)]
    downgrade: bool = False


@dataclass(frozen=True, slots=True)
class Trust:
    """The keys whose packages are taken: raw Ed25519 public keys."""

    keys: tuple[bytes, ...]

    def signed(self, content: bytes, signature: bytes) -> bool:
        """Whether one of the keys has signed a content."""
        from cryptography.exceptions import InvalidSignature  # 8 MiB of libraries, for this alone
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        for key in self.keys:
            try:
                Ed25519PublicKey.from_public_bytes(key).verify(signature, content)
            except (InvalidSignature, ValueError):
                continue
            return True
        return False


class Content(Protocol):
    """What a wheel is read from, once."""

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes, none at the end."""
        ...


Take = Callable[[Wheel, Content], None]


@dataclass(frozen=True, slots=True)
class Member:
    """One member of the zip as its header tells it."""

    name: str
    size: int
    crc: int


def local(member: Member) -> bytes:
    """The header that stands before a member."""
    name = member.name.encode("ascii")
    fixed = (_VERSION, 0, 0, 0, _DATE, member.crc, member.size, member.size, len(name), 0)
    return _LOCAL.pack(b"PK\x03\x04", *fixed) + name


def directory(members: Sequence[Member]) -> bytes:
    """The directory at the end of the zip."""
    entries, at = b"", 0
    for one in members:
        name = one.name.encode("ascii")
        fixed = (_VERSION, _VERSION, 0, 0, 0, _DATE, one.crc, one.size, one.size, len(name), 0, 0, 0, 0, _MODE, at)
        entries += _ENTRY.pack(b"PK\x01\x02", *fixed) + name
        at += _LOCAL.size + len(name) + one.size
    count = len(members)
    return entries + _END.pack(b"PK\x05\x06", 0, 0, count, count, len(entries), at, 0)


def read(path: Path, trust: Trust, take: Take | None = None) -> Manifest:
    """The manifest of a package of which every byte is right; `take` is handed each wheel to copy it while it is read.

    PackageError where anything is wrong; what `take` was given until then is to be thrown away. OSError passes.
    """
    with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK), "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise PackageError("the package is no regular file", "le paquet n'est pas un fichier ordinaire")
        if status.st_size > LARGEST:
            raise PackageError(f"the package is larger than {LARGEST} bytes", f"le paquet dépasse {LARGEST} octets")
        return _Reader(file, trust).all(take)


class _Reader:
    """Reads a package from its first byte to its last."""

    def __init__(self, file: BinaryIO, trust: Trust) -> None:
        self._file = file
        self._trust = trust
        self._members: list[Member] = []

    def all(self, take: Take | None) -> Manifest:
        content = self._small(MANIFEST, None)
        signature = self._small(SIGNATURE, _SIGNATURE_BYTES)
        if not self._trust.signed(content, signature):
            english = "the package is not signed by a key that this station trusts"
            raise PackageError(english, "le paquet n'est signé par aucune clé connue de cette borne")
        manifest = parse(content)
        for wheel in manifest.wheels:
            self._wheel(wheel, take)
        end = directory(self._members)
        if self._file.read(len(end) + 1) != end:
            raise damaged()
        return manifest

    def _header(self, name: str, size: int | None) -> Member:
        """The next header, which has to be that of `name`; the size is the header's own where none is given."""
        length = _LOCAL.size + len(name)
        raw = self._file.read(length)
        if len(raw) != length:
            raise damaged()
        crc, told = struct.unpack_from("<II", raw, 14)
        member = Member(name, told if size is None else size, crc)
        if local(member) != raw:
            raise damaged()
        self._members.append(member)
        return member

    def _small(self, name: str, size: int | None) -> bytes:
        member = self._header(name, size)
        if member.size > LARGEST_MANIFEST:
            raise damaged()
        content = self._file.read(member.size)
        if len(content) != member.size or zlib.crc32(content) != member.crc:
            raise damaged()
        return content

    def _wheel(self, wheel: Wheel, take: Take | None) -> None:
        member = self._header(wheel.name, wheel.size)
        window = _Window(self._file, wheel.size)
        if take is not None:
            take(wheel, window)
        while window.read(_PIECE):
            pass
        if window.left or window.crc != member.crc or window.digest.hexdigest() != wheel.sha256:
            raise damaged()


class _Window:
    """A wheel inside the package as a file to read once, hashed on the way."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self.left = size
        self.crc = 0
        self.digest = hashlib.sha256()

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes."""
        piece = self._file.read(self.left if size < 0 else min(size, self.left))
        self.left -= len(piece)
        self.crc = zlib.crc32(piece, self.crc)
        self.digest.update(piece)
        return piece


def damaged() -> PackageError:
    """What is said of a package that is not as it was made."""
    return PackageError("the package is damaged or was altered", "le paquet est endommagé ou a été modifié")


def parse(content: bytes) -> Manifest:
    """The manifest in its shape; its signature was looked at before. PackageError for another shape."""
    try:
        manifest = msgspec.json.decode(content, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        english = "the package was made for another kind of station software"
        raise PackageError(english, "le paquet est fait pour un autre logiciel de borne") from None
    names = [wheel.name.lower() for wheel in manifest.wheels]
    if len(set(names)) != len(names) or sum(wheel.size for wheel in manifest.wheels) > LARGEST:
        raise damaged()
    if not any(name.startswith("evlink-") for name in names):
        raise PackageError("the package brings no station software", "le paquet n'apporte aucun logiciel de borne")
    return manifest


@dataclass(frozen=True, slots=True)
class Station:
    """What of the station decides whether a package is for it."""

    version: str
    counter: int
    model: str
    python: str
    machine: str


def check(manifest: Manifest, station: Station) -> None:
    """PackageError where a genuine package is not for this station, or would lead back (S22)."""
    if manifest.counter < station.counter:
        raise PackageError(
            f"the package is older than this station allows: its counter is {manifest.counter}, "
            f"{station.counter} or more is allowed",
            f"le paquet est trop ancien pour cette borne : son compteur vaut {manifest.counter}, "
            f"{station.counter} ou plus est autorisé",
        )
    if numbers(manifest.version) < numbers(station.version) and not manifest.downgrade:
        raise PackageError(
            f"version {manifest.version} is older than {station.version}, which runs",
            f"la version {manifest.version} est plus ancienne que {station.version}, en service",
        )
    if station.model not in manifest.models:
        wanted = ", ".join(manifest.models)
        raise PackageError(
            f"the package is for {wanted}, this is a {station.model}",
            f"le paquet est pour {wanted}, cette borne est une {station.model}",
        )
    if manifest.python != station.python:
        raise PackageError(
            f"the package needs Python {manifest.python}, this is {station.python}",
            f"le paquet demande Python {manifest.python}, ici {station.python}",
        )
    if manifest.machine not in ("any", station.machine):
        raise PackageError(
            f"the package is for {manifest.machine}, this is {station.machine}",
            f"le paquet est pour {manifest.machine}, ici {station.machine}",
        )


def numbers(version: str) -> tuple[int, ...]:
    """A dotted version as four numbers to compare; 3.3 equals 3.3.0.0."""
    found = [int(part) for part in re.findall(r"\d{1,9}", version)][:4]
    return tuple(found + [0] * (4 - len(found)))
