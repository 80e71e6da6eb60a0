"""Packages: the right one is taken, sixty kinds of forged ones and every flipped byte are not (S06, S22, R-233)."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import random
import shutil
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from evlink.update import trust
from evlink.update.bringing import brought
from evlink.update.installing import install
from evlink.update.package import (
    MANIFEST,
    SIGNATURE,
    Member,
    PackageError,
    Trust,
    check,
    directory,
    local,
    numbers,
    read,
)
from evlink.update.packing import file_name
from evlink.update.slots import Slots
from evlink.update.wheels import place, unpack
from tests.unit.update_bench import STATION, Maker, maker, package, raw_manifest, small_wheel
from tools import pack as tool

WHO = maker()
ORDER = 2**252 + 27742317777372353535851937790883648493  # of Ed25519's group
Parts = list[tuple[str, bytes]]


def put(parts: Parts, end: bytes | None = None) -> bytes:
    """A package of any parts."""
    members = [Member(name, len(data), zlib.crc32(data)) for name, data in parts]
    body = b"".join(local(member) + data for member, (_, data) in zip(members, parts, strict=True))
    return body + (directory(members) if end is None else end)


class Forger:
    """Makes packages that are wrong in one thing."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.wheel = small_wheel(folder)
        self.content = self.wheel.read_bytes()
        self.good = package(folder, WHO, self.wheel).read_bytes()

    def signed(self, who: Maker = WHO, wheel: bytes | None = None, name: str = "", **changes: Any) -> bytes:
        """A package with another manifest, rightly signed."""
        content = json.dumps(raw_manifest(self.wheel, **changes)).encode()
        return put(
            [(MANIFEST, content), (SIGNATURE, who.key.sign(content)), (name or self.wheel.name, wheel or self.content)]
        )

    def parts(self, change: Callable[[Parts], Parts]) -> bytes:
        """The good package with other members."""
        content = json.dumps(raw_manifest(self.wheel)).encode()
        return put(change([(MANIFEST, content), (SIGNATURE, WHO.key.sign(content)), (self.wheel.name, self.content)]))

    def entry(self, **changes: Any) -> list[dict[str, Any]]:
        """The wheel's entry with something else in it."""
        return [{**raw_manifest(self.wheel)["wheels"][0], **changes}]

    def zipped(self, **how: Any) -> bytes:
        """The same members as another zip program writes them."""
        made = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(self.good)) as old, zipfile.ZipFile(made, "w", **how) as new:
            for member in old.infolist():
                new.writestr(member.filename, old.read(member))
        return made.getvalue()

    def malleated(self) -> bytes:
        """The signature with S + L in the place of S, which careless verifiers take."""

        def change(parts: Parts) -> Parts:
            signature = parts[1][1]
            s = int.from_bytes(signature[32:], "little") + ORDER
            return [parts[0], (SIGNATURE, signature[:32] + s.to_bytes(32, "little")), parts[2]]

        return self.parts(change)

    def kinds(self) -> dict[str, bytes]:
        """Every kind of forgery."""
        good, entry = self.good, self.entry
        other = maker()
        revoked = Maker(Ed25519PrivateKey.generate())
        flipped = bytes([self.content[0] ^ 1]) + self.content[1:]
        found: dict[str, bytes] = {
            "empty": b"",
            "zeros": bytes(1000),
            "text": b"#!/bin/sh\nreboot\n",
            "no signature": self.parts(lambda p: [p[0], p[2]]),
            "empty signature": self.parts(lambda p: [p[0], (SIGNATURE, b""), p[2]]),
            "short signature": self.parts(lambda p: [p[0], (SIGNATURE, p[1][1][:63]), p[2]]),
            "long signature": self.parts(lambda p: [p[0], (SIGNATURE, p[1][1] + b"\0"), p[2]]),
            "zero signature": self.parts(lambda p: [p[0], (SIGNATURE, bytes(64)), p[2]]),
            "signature in base64": self.parts(lambda p: [p[0], (SIGNATURE, base64.b64encode(p[1][1])), p[2]]),
            "malleated signature": self.malleated(),
            "signature of another text": self.parts(lambda p: [p[0], (SIGNATURE, WHO.key.sign(b"x")), p[2]]),
            "signature of the wheel": self.parts(lambda p: [p[0], (SIGNATURE, WHO.key.sign(p[2][1])), p[2]]),
            "signature of the hash": self.parts(
                lambda p: [p[0], (SIGNATURE, WHO.key.sign(hashlib.sha256(p[0][1]).digest())), p[2]]
            ),
            "another key": self.signed(other),
            "a revoked key": self.signed(revoked),
            "truncated by one": good[:-1],
            "truncated in the wheel": good[: len(good) // 2],
            "truncated after the manifest": good[:400],
            "directory alone": good[good.index(b"PK\x01\x02") :],
            "trailing byte": good + b"\0",
            "trailing package": good + good,
            "leading byte": b"\0" + good,
            "leading program": b"#!/bin/sh\nexit\n" + good,
            "no directory": good[: good.index(b"PK\x01\x02")],
            "directory of another": good[: good.index(b"PK\x01\x02")] + directory([Member("x", 1, 1)]),
            "comment": good[:-2] + struct.pack("<H", 3) + b"abc",
            "deflated": self.zipped(compression=zipfile.ZIP_DEFLATED),
            "stored by another program": self.zipped(),
            "order changed": self.parts(lambda p: [p[1], p[0], p[2]]),
            "wheel first": self.parts(lambda p: [p[2], p[0], p[1]]),
            "second manifest": self.parts(lambda p: [p[0], p[1], p[2], p[0]]),
            "second signature": self.parts(lambda p: [p[0], p[1], p[1], p[2]]),
            "second wheel": self.parts(lambda p: [*p, p[2]]),
            "unknown member": self.parts(lambda p: [*p, ("install.sh", b"reboot")]),
            "member above": self.parts(lambda p: [*p, ("../../etc/passwd", b"x")]),
            "no wheel": self.parts(lambda p: p[:2]),
            "wheel altered": self.parts(lambda p: [p[0], p[1], (p[2][0], flipped)]),
            "wheel shorter": self.parts(lambda p: [p[0], p[1], (p[2][0], p[2][1][:-1])]),
            "wheel longer": self.parts(lambda p: [p[0], p[1], (p[2][0], p[2][1] + b"x")]),
            "wheel renamed": self.signed(name="evlink-9.9.9-cp311-cp311-linux_x86_64.whl"),
            "manifest altered": self.parts(lambda p: [(MANIFEST, p[0][1].replace(b"0.2.0", b"9.2.0")), *p[1:]]),
            "manifest with a blank": self.parts(lambda p: [(MANIFEST, p[0][1] + b" "), *p[1:]]),
            "manifest twice inside": self.parts(lambda p: [(MANIFEST, p[0][1] * 2), *p[1:]]),
            "manifest renamed": self.parts(lambda p: [("MANIFEST.json", p[0][1]), *p[1:]]),
        }
        wrong: dict[str, dict[str, Any]] = {
            "hash of nothing": {"wheels": entry(sha256=hashlib.sha256(b"").hexdigest())},
            "hash in capitals": {"wheels": entry(sha256=hashlib.sha256(self.content).hexdigest().upper())},
            "hash too short": {"wheels": entry(sha256="ab")},
            "hash by md5": {"wheels": entry(sha256=hashlib.md5(self.content).hexdigest())},
            "size of nothing": {"wheels": entry(size=0)},
            "size below": {"wheels": entry(size=-1)},
            "size too large": {"wheels": entry(size=1 << 40)},
            "size as text": {"wheels": entry(size=str(len(self.content)))},
            "name with a path": {"wheels": entry(name="../evlink-1.0-cp311-cp311-any.whl")},
            "name absolute": {"wheels": entry(name="/evlink-1.0-cp311-cp311-any.whl")},
            "name with zero": {"wheels": entry(name="evlink-1.0-cp311-cp311-any.whl\0.txt")},
            "name of no wheel": {"wheels": entry(name="evlink.tar.gz")},
            "another software": {"wheels": entry(name="other-1.0-cp311-cp311-any.whl")},
            "the wheel twice": {"wheels": entry() * 2},
            "no wheels": {"wheels": []},
            "too many wheels": {"wheels": entry() * 101},
            "another product": {"product": "toaster"},
            "another format": {"format": 2},
            "format as text": {"format": "1"},
            "unknown field": {"script": "reboot"},
            "algorithm": {"algorithm": "none"},
            "version a word": {"version": "latest"},
            "version too long": {"version": "1.2.3.4.5"},
            "counter below": {"counter": 0},
            "counter not whole": {"counter": 1.5},
            "counter missing": {"counter": None},
            "no note": {"note": {"en": "", "fr": "x"}},
            "model unknown": {"models": ["submarine"]},
            "no model": {"models": []},
            "machine a path": {"machine": "../x"},
            "python a word": {"python": "newest"},
            "date a word": {"built": "soon"},
        }
        found |= {name: self.signed(**changes) for name, changes in wrong.items()}
        deep = b"[" * 100_000
        found["manifest nested"] = put(
            [(MANIFEST, deep[:60000]), (SIGNATURE, WHO.key.sign(deep[:60000])), (self.wheel.name, b"x")]
        )
        no_text = b"\xff\xfe{}"
        found["manifest no text"] = put(
            [(MANIFEST, no_text), (SIGNATURE, WHO.key.sign(no_text)), (self.wheel.name, b"x")]
        )
        long = json.dumps(raw_manifest(self.wheel, note={"en": "x" * 70_000, "fr": "y"})).encode()
        found["manifest too long"] = put([(MANIFEST, long), (SIGNATURE, WHO.key.sign(long)), (self.wheel.name, b"x")])
        return found


NOT_FOR_US: dict[str, tuple[dict[str, Any], str]] = {
    "counter too low": ({"counter": 4}, "its counter is 4, 5 or more is allowed"),
    "another model": ({"models": ["wallbox"]}, "the package is for wallbox, this is a parking"),
    "another python": ({"python": "3.9"}, "the package needs Python 3.9"),
    "another machine": ({"machine": "m68k"}, "the package is for m68k"),
}


def snapshot(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Everything below a folder: sizes and contents."""
    return {
        str(path.relative_to(folder)): (path.lstat().st_mode, path.read_bytes() if path.is_file() else b"")
        for path in sorted(folder.rglob("*"))
        if "staging" not in path.parts
    }


def test_a_genuine_package_is_taken(tmp_path: Path) -> None:
    """R-233: and any zip program reads it."""
    forger = Forger(tmp_path)
    found = read(tmp_path / "p.epk", WHO.trust)
    check(found, STATION)
    assert (found.version, found.note.fr, file_name(found)) == ("0.2.0", "Mieux.", "r6_update_0.2.0_d2.epk")
    with zipfile.ZipFile(tmp_path / "p.epk") as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [MANIFEST, SIGNATURE, forger.wheel.name]


def test_no_forged_package_is_taken(tmp_path: Path) -> None:
    """S06: over sixty kinds; what runs, and all outside staging, stays as it was."""
    forger = Forger(tmp_path)
    state = tmp_path / "state"
    state.mkdir()
    slots = Slots(state)
    slots.prepare()
    before = snapshot(tmp_path)
    kinds = forger.kinds()
    assert len(kinds) >= 60
    for name, content in kinds.items():
        assert content != forger.good, name
        path = slots.staging / "incoming"
        path.write_bytes(content)
        with pytest.raises(PackageError) as refused:
            read(path, WHO.trust)
        assert str(refused.value), name
        assert refused.value.french, name
        with pytest.raises(PackageError):
            install(slots, path, "x.epk", WHO.trust, STATION)
        assert snapshot(tmp_path) == before, name
        assert slots.current() == ""


@pytest.mark.parametrize("kind", NOT_FOR_US)
def test_a_genuine_package_for_another_station_is_refused(tmp_path: Path, kind: str) -> None:
    """S22: model, machine, interpreter, and the rollback counter; each in one sentence."""
    changes, sentence = NOT_FOR_US[kind]
    found = read(package(tmp_path, WHO, small_wheel(tmp_path), **changes), WHO.trust)
    with pytest.raises(PackageError, match=sentence):
        check(found, STATION)


def test_an_older_version_needs_leave(tmp_path: Path) -> None:
    """S22: signed leave, that is."""
    wheel = small_wheel(tmp_path, "0.0.9")
    with pytest.raises(PackageError, match=r"0\.0\.9 is older than 0\.1\.0"):
        check(read(package(tmp_path, WHO, wheel), WHO.trust), STATION)
    check(read(package(tmp_path, WHO, wheel, downgrade=True), WHO.trust), STATION)
    assert numbers("3.3") == numbers("3.3.0.0") < numbers("3.3.0.4") < numbers("3.10")


def test_no_flipped_byte_goes_unseen(tmp_path: Path) -> None:
    """S06: 2000 single bytes, each header, name, signature and the directory among them."""
    good = Forger(tmp_path).good
    dice = random.Random(8)
    places = [*range(min(600, len(good))), *range(len(good) - 400, len(good))]
    places += [dice.randrange(len(good)) for _ in range(2000 - len(places))]
    assert len(places) == 2000
    path = tmp_path / "flipped"
    for at in places:
        broken = bytearray(good)
        broken[at] ^= 1 << dice.randrange(8)
        path.write_bytes(broken)
        with pytest.raises(PackageError):
            read(path, WHO.trust)


def test_a_package_exchanged_after_its_check_is_not_installed(tmp_path: Path) -> None:
    """S06: between check and installation somebody puts another in its place."""
    forger = Forger(tmp_path)
    state = tmp_path / "state"
    state.mkdir()
    slots = Slots(state)
    slots.prepare()
    path = slots.staging / "incoming"
    path.write_bytes(forger.good)
    check(read(path, WHO.trust), STATION)
    path.write_bytes(forger.signed(maker()))
    with pytest.raises(PackageError, match="not signed by a key"):
        install(slots, path, "x.epk", WHO.trust, STATION)
    shutil.rmtree(slots.staging)
    slots.staging.mkdir()
    os.symlink(tmp_path / "p.epk", path)
    with pytest.raises(OSError, match=r"Too many levels|symbolic"):
        install(slots, path, "x.epk", WHO.trust, STATION)


@pytest.mark.parametrize(
    "name",
    [
        "../x.py",
        "/etc/x",
        "evlink/../../x",
        "evlink//x",
        "./x",
        "a\\b",
        "evlink/\x1b[2J",
        "C:x",
        "",
        "x" * 300,
        "a/.",
        "e\0",
    ],
)
def test_a_wheel_writes_nowhere_but_into_its_slot(tmp_path: Path, name: str) -> None:
    """S15, S22: a signed wheel too."""
    with pytest.raises(PackageError):
        place(name)
    if name and "\0" not in name and len(name) < 200:
        inside = tmp_path / "slot" / "modules"
        inside.mkdir(parents=True)
        wheel = tmp_path / "w.whl"
        with zipfile.ZipFile(wheel, "w") as archive:
            archive.writestr(name, b"x")
        with pytest.raises(PackageError):
            unpack(wheel, inside)
        assert [p for p in tmp_path.rglob("*") if p.is_file()] == [wheel]


def test_a_wheel_brings_no_links_and_no_bombs(tmp_path: Path) -> None:
    """S22."""
    into = tmp_path / "m"
    into.mkdir()
    link = zipfile.ZipInfo("evlink/x")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "l.whl", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(PackageError, match="no plain file"):
        unpack(tmp_path / "l.whl", into)
    with zipfile.ZipFile(tmp_path / "t.whl", "w") as archive:
        archive.writestr("a.py", b"1")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("a.py", b"2")
    with pytest.raises(PackageError, match="damaged"):
        unpack(tmp_path / "t.whl", into)
    content = small_wheel(tmp_path).read_bytes()
    lying = content.replace(struct.pack("<I", len(b"__version__ = '0.2.0'\n")), struct.pack("<I", 0x7FFFFFFF))
    (tmp_path / "b.whl").write_bytes(lying)
    with pytest.raises(PackageError):
        unpack(tmp_path / "b.whl", into)
    assert not [p for p in into.rglob("*") if p.is_symlink()]


def test_a_zip_with_a_package_and_a_note(tmp_path: Path) -> None:
    """R-231: the note beside the package is read, cleaned; two packages, or none, are refused."""
    good = Forger(tmp_path).good
    staging = tmp_path / "staging"
    staging.mkdir()
    path = tmp_path / "release.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("evlink 3.4/../r7_update_0.2.0_d2.epk", good)
        archive.writestr("evlink 3.4/README.txt", "Read \x1b[2Jthis\nfirst\u202e")
    found = brought(path, "release.zip", staging)
    assert (found.name, found.note) == ("r7_update_0.2.0_d2.epk", "Read [2Jthis\nfirst")
    assert found.path == staging / "package"
    assert read(found.path, WHO.trust).version == "0.2.0"
    for count in (0, 2):
        with zipfile.ZipFile(path, "w") as archive:
            for number in range(count):
                archive.writestr(f"{number}.epk", good)
        with pytest.raises(PackageError, match=f"holds {count} packages"):
            brought(path, "a.zip", staging)
    path.write_bytes(b"PK\x03\x04nonsense")
    with pytest.raises(PackageError, match="damaged"):
        brought(path, "A.ZIP", staging)


def test_trusted_keys(tmp_path: Path) -> None:
    """S06: revoked keys, and a file that is not understood, are trusted in nothing."""
    one, two = maker(), maker()
    path = tmp_path / "update.keys"
    assert trust.load(path) == Trust(())
    lines = [f"key a {base64.b64encode(one.raw).decode()}", f"key b {base64.b64encode(two.raw).decode()}"]
    path.write_text("# makers\n" + "\n".join(lines) + "\n")
    assert trust.load(path).keys == (one.raw, two.raw)
    path.write_text("\n".join([*lines, f"revoked b {base64.b64encode(two.raw).decode()}"]))
    assert trust.load(path).keys == (one.raw,)
    for bad in ("key a", "key a !!!", "key a YWJj", f"trust a {base64.b64encode(one.raw).decode()}", "\0"):
        path.write_text(lines[0] + "\n" + bad + "\n")
        with pytest.raises(trust.TrustError, match="line 2"):
            trust.load(path)


def test_the_packing_tool(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`evlink-pack`: keys for their owner alone, packages that a station takes; bad input in one sentence."""
    assert tool.main(["keygen", str(tmp_path / "k.pem"), "maker-1"]) == 0
    line = capsys.readouterr().out
    assert (tmp_path / "k.pem").stat().st_mode & 0o777 == 0o600
    (tmp_path / "update.keys").write_text(line)
    (tmp_path / "n").write_text("Note")
    wheel = small_wheel(tmp_path)
    usual = ["--key", str(tmp_path / "k.pem"), "--note-en", str(tmp_path / "n"), "--note-fr", str(tmp_path / "n")]
    given = ["build", *usual, "--out", str(tmp_path), str(wheel), "--counter"]
    assert tool.main([*given, "7"]) == 0
    made = Path(capsys.readouterr().out.strip())
    assert made.name == "r7_update_0.2.0_d2.epk"
    check(read(made, trust.load(tmp_path / "update.keys")), STATION)
    for bad in ([*given, "0"], ["build", *usual, "--counter", "7", str(tmp_path / "n")], ["keygen", "/k.pem/x", "n"]):
        assert tool.main(bad) == 2
        assert len(capsys.readouterr().err.splitlines()) == 1
    assert tool.target("evlink-1.0.0-cp311-cp311-manylinux_2_17_x86_64.whl") == ("1.0.0", "3.11", "x86_64")
    assert tool.target("evlink-1.0.0-cp313-cp313-linux_aarch64.whl") == ("1.0.0", "3.13", "aarch64")
