"""`evlink-pack`: makes the keys that sign updates, and the packages (.epk) that stations install.

    python -m tools.pack keygen maker.pem NAME
    python -m tools.pack build --key maker.pem --counter 8 --note-en en.txt --note-fr fr.txt dist/*.whl

`keygen` writes a private key, readable by its owner alone, and prints the line for a station's /etc/evlink/update.keys.
`build` writes `r8_update_3.4.0_d2.epk`; version, interpreter and machine are those of the evlink wheel's name.
"""

from __future__ import annotations

import argparse
import base64
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from evlink.update.package import VERSION, WHEEL, Manifest, Note, PackageError, Trust, parse, read
from evlink.update.packing import file_name, pack, wheels_of

MODELS: tuple[Literal["parking", "city", "wallbox"], ...] = ("parking", "city", "wallbox")


class Wrong(Exception):  # noqa: N818 - a sentence
    """What is wrong, in one sentence."""


def keygen(path: Path, name: str) -> str:
    """Make a key and write it; the line that makes a station trust it."""
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,40}", name):
        raise Wrong(f"{name!r}: letters, digits, dots, dashes and underscores are allowed")
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb") as file:
        file.write(pem)
    return f"key {name} {public(key)}"


def public(key: Ed25519PrivateKey) -> str:
    """The public part as a station's file has it."""
    return base64.b64encode(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


def load_key(path: Path) -> Ed25519PrivateKey:
    """The private key of a file."""
    try:
        key = load_pem_private_key(path.read_bytes(), None)
    except (ValueError, TypeError):
        raise Wrong(f"{path}: no private key in PEM without a password") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise Wrong(f"{path}: an Ed25519 key is needed")
    return key


def build(args: argparse.Namespace) -> Path:
    """Build a package and read it back as a station would; its path."""
    key = load_key(args.key)
    wheels: list[Path] = args.wheels
    for path in wheels:
        if not re.fullmatch(WHEEL, path.name):
            raise Wrong(f"{path}: no name of a wheel")
    own = [path for path in wheels if path.name.startswith("evlink-")]
    if len(own) != 1:
        raise Wrong(f"{len(own)} wheels of evlink were given: one is needed")
    version, tag, machine = target(own[0].name)
    manifest = Manifest(
        format=1,
        product="evlink",
        version=version,
        counter=args.counter,
        python=tag,
        machine=machine,
        models=[model for model in MODELS if not args.models or model in args.models],
        built=datetime.now(UTC).strftime("%Y-%m-%d"),
        note=Note(args.note_en.read_text("utf-8").strip(), args.note_fr.read_text("utf-8").strip()),
        wheels=wheels_of(wheels),
        downgrade=args.allow_downgrade,
    )
    try:
        parse(msgspec.json.encode(manifest))
    except PackageError:
        raise Wrong("a note is empty or too long, or the counter is below 1") from None
    into = Path(args.out) / file_name(manifest)
    with tempfile.TemporaryDirectory() as folder:
        for path in wheels:
            shutil.copy(path, folder)
        pack(manifest, Path(folder), key.sign, into)
    read(into, Trust((key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw),)))
    return into


def target(wheel: str) -> tuple[str, str, str]:
    """Version, Python and machine of a wheel's name: `3.4.0`, `3.11`, `x86_64` or `any`."""
    parts = wheel.removesuffix(".whl").split("-")
    version, python, platform = parts[1], parts[-3], parts[-1]
    found = re.fullmatch(r"cp3(\d{1,3})", python)
    if not re.fullmatch(VERSION, version) or not found:
        raise Wrong(f"{wheel}: a plain version such as 3.4.0 and one CPython are needed")
    machine = re.sub(r"^(manylinux\w*?|linux)_(?=x86_64|aarch64|armv7l|i686)|^manylinux_\d+_\d+_", "", platform)
    return version, f"3.{found[1]}", machine


def main(given: Sequence[str] | None = None) -> int:
    """Make a key or a package; 0, or 2 with one sentence."""
    parser = argparse.ArgumentParser(
        prog="evlink-pack", description="Make update packages and the keys that sign them."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    keys = commands.add_parser("keygen", help="make a key")
    keys.add_argument("path", type=Path, metavar="FILE")
    keys.add_argument("name", metavar="NAME")
    made = commands.add_parser("build", help="make a package")
    made.add_argument("--key", type=Path, required=True, metavar="FILE")
    made.add_argument("--counter", type=int, required=True, metavar="N", help="rollback counter, never falling")
    made.add_argument("--note-en", type=Path, required=True, metavar="FILE")
    made.add_argument("--note-fr", type=Path, required=True, metavar="FILE")
    made.add_argument("--models", nargs="+", choices=MODELS)
    made.add_argument("--allow-downgrade", action="store_true", help="let stations go back to this version")
    made.add_argument("--out", default=".", metavar="DIR")
    made.add_argument("wheels", type=Path, nargs="+", metavar="WHEEL")
    args = parser.parse_args(given)
    try:
        print(keygen(args.path, args.name) if args.command == "keygen" else build(args))
    except (Wrong, PackageError) as error:
        print(f"evlink-pack: {error}", file=sys.stderr)
        return 2
    except (OSError, UnicodeDecodeError) as error:
        print(f"evlink-pack: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
