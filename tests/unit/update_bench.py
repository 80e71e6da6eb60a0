"""What the tests of updates share: keys, wheels, packages, and a station's software of another version as a wheel."""

from __future__ import annotations

import hashlib
import platform
import re
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

import evlink
from evlink.update.package import Manifest, Note, Station, Trust, Wheel
from evlink.update.packing import pack, wheels_of

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
MACHINE = platform.machine().lower()
TAG = f"cp{PYTHON.replace('.', '')}"
STATION = Station("0.1.0", 5, "parking", PYTHON, MACHINE)


@dataclass(frozen=True, slots=True)
class Maker:
    """Somebody who signs packages."""

    key: Ed25519PrivateKey

    @property
    def raw(self) -> bytes:
        """The public key."""
        return self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    @property
    def trust(self) -> Trust:
        """A station that trusts this maker."""
        return Trust((self.raw,))


def maker() -> Maker:
    """A new one."""
    return Maker(Ed25519PrivateKey.generate())


def small_wheel(folder: Path, version: str = "0.2.0", files: dict[str, bytes] | None = None) -> Path:
    """A wheel of a few bytes."""
    path = folder / f"evlink-{version}-{TAG}-{TAG}-linux_{MACHINE}.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in (files or {"evlink/__init__.py": f"__version__ = '{version}'\n".encode()}).items():
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content)
    return path


def whole_wheel(folder: Path, version: str, changes: dict[str, str] | None = None) -> Path:
    """This very software as a wheel of another version, with the text of some files changed (file: text appended)."""
    root = Path(evlink.__file__).parents[1]
    path = folder / f"evlink-{version}-{TAG}-{TAG}-linux_{MACHINE}.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for top in ("evlink", "tui"):
            for file in sorted((root / top).rglob("*")):
                name = file.relative_to(root).as_posix()
                if "__pycache__" in name or file.suffix in (".c", ".pyx", ".pxd", ".pxi", ".h") or not file.is_file():
                    continue
                content = file.read_bytes()
                if name == "evlink/__init__.py":
                    content = re.sub(rb'__version__ = "[^"]*"', f'__version__ = "{version}"'.encode(), content)
                if changes and name in changes:
                    content += changes[name].encode()
                archive.writestr(name, content)
    return path


def manifest(wheels: list[Wheel], **changes: Any) -> Manifest:
    """A manifest that the station takes."""
    usual: dict[str, Any] = {
        "format": 1,
        "product": "evlink",
        "version": "0.2.0",
        "counter": 6,
        "python": PYTHON,
        "machine": MACHINE,
        "models": ["parking"],
        "built": "2026-11-01",
        "note": Note("Better.", "Mieux."),
        "wheels": wheels,
    }
    return Manifest(**{**usual, **changes})


def package(folder: Path, who: Maker, wheel: Path, name: str = "p.epk", **changes: Any) -> Path:
    """A package with one wheel."""
    made = manifest(wheels_of([wheel]), version=wheel.name.split("-")[1], **changes)
    into = folder / name
    pack(made, wheel.parent, who.key.sign, into)
    return into


def raw_manifest(wheel: Path, **changes: Any) -> dict[str, Any]:
    """A manifest as a plain document, to be made wrong."""
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    entry = Wheel(wheel.name, wheel.stat().st_size, digest)
    document: dict[str, Any] = msgspec.to_builtins(manifest([entry]))
    return {**document, **changes}
