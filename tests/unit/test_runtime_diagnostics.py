"""The diagnostics file: what stands in it, within which time and size, and that no secret does (S07)."""

from __future__ import annotations

import base64
import gzip
import io
import logging
import tarfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from evlink.runtime.diagnostics import LARGEST_PART, MOST_LOG, LogTail, StationDiagnostics, station_parts, without_users
from evlink.settings.facts import Facts
from evlink.settings.registry import SETTINGS
from evlink.settings.values import Values
from evlink.storage.events import LoggedEvent

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def collector(values: Values, tail: LogTail, document: dict[str, Any] | None = None) -> StationDiagnostics:
    events = [
        LoggedEvent(2, 1, 5, NOON, None, "welded; both"),
        LoggedEvent(1, 0, 31, NOON - timedelta(hours=2), NOON - timedelta(hours=1)),
    ]

    async def happened() -> Sequence[LoggedEvent]:
        return events

    return StationDiagnostics(station_parts(lambda: document or {"station": {}}, happened, lambda: values, tail))


def members(path: Path) -> dict[str, bytes]:
    with tarfile.open(path) as archive:
        return {member.name: archive.extractfile(member).read() for member in archive}  # type: ignore[union-attr]


async def test_what_stands_in_it(tmp_path: Path) -> None:
    """Status, events, the log's tail, settings, versions; for its reader alone."""
    tail = LogTail()
    log = logging.Logger("evlink.test")
    log.addHandler(tail)
    log.warning("a line\nwith \x1b[2J and more")
    await collector(Values(Facts()), tail, {"station": {"name": "Site é"}}).collect(tmp_path / "d", None, None, True)
    found = members(tmp_path / "d")
    assert list(found) == [
        f"diagnostics/{name}" for name in ("versions.txt", "status.json", "events.csv", "settings.toml", "log.txt")
    ]
    assert (tmp_path / "d").stat().st_mode & 0o777 == 0o600
    assert b"evlink 0.1.0\n" in found["diagnostics/versions.txt"]
    assert "Site é" in found["diagnostics/status.json"].decode()
    assert found["diagnostics/events.csv"].decode().splitlines()[1] == f"2;1;5;{NOON.isoformat()};;welded, both"
    assert b"[extension.ocpp]" in found["diagnostics/settings.toml"]
    (line,) = found["diagnostics/log.txt"].decode().splitlines()
    assert line.endswith("WARNING evlink.test: a line | with [2J and more")


async def test_as_one_text(tmp_path: Path) -> None:
    """`compressDiagnostic` off: the same in one text."""
    await collector(Values(Facts()), LogTail()).collect(tmp_path / "d", None, None, False)
    text = (tmp_path / "d").read_text("utf-8")
    assert text.startswith("==== versions.txt ====\nevlink ")
    assert text.count("==== ") == 5


async def test_only_the_time_that_is_asked_for(tmp_path: Path) -> None:
    """OCPP 1.6 section 6.27: startTime and stopTime."""
    tail = LogTail()
    for hour in range(4):
        record = logging.LogRecord("n", logging.INFO, "", 0, f"hour {hour}", None, None)
        record.created = (NOON + timedelta(hours=hour)).timestamp()
        tail.emit(record)
    since, until = NOON + timedelta(minutes=30), NOON + timedelta(hours=2, minutes=30)
    await collector(Values(Facts()), tail).collect(tmp_path / "d", since, until, True)
    found = members(tmp_path / "d")
    assert [line[-6:] for line in found["diagnostics/log.txt"].decode().splitlines()] == ["hour 1", "hour 2"]
    await collector(Values(Facts()), tail).collect(tmp_path / "e", NOON - timedelta(hours=3), NOON, True)
    assert len(members(tmp_path / "e")["diagnostics/events.csv"].splitlines()) == 3
    await collector(Values(Facts()), tail).collect(tmp_path / "f", NOON - timedelta(minutes=30), NOON, True)
    assert len(members(tmp_path / "f")["diagnostics/events.csv"].splitlines()) == 2


async def test_its_size_is_bounded(tmp_path: Path) -> None:
    """The log's tail and every part have an end, whatever is logged."""
    tail = LogTail()
    for number in range(3000):
        tail.handle(logging.LogRecord("n", logging.INFO, "", 0, f"{number} " + "x" * 5000, None, None))
    text = await tail.part(None, None)
    assert len(text) < MOST_LOG * 1.1
    assert "2999 x" in text

    async def endless(_: object, __: object) -> str:
        return "y" * (3 * LARGEST_PART) + "end"

    async def broken(_: object, __: object) -> str:
        raise RuntimeError("no database")

    await StationDiagnostics({"a": endless, "b": broken}).collect(tmp_path / "d", None, None, True)
    found = members(tmp_path / "d")
    assert len(found["diagnostics/a"]) == LARGEST_PART
    assert found["diagnostics/a"].endswith(b"end")
    assert found["diagnostics/b"] == b"b could not be collected: no database\n"


@pytest.mark.parametrize("compress", [True, False])
async def test_no_secret_stands_in_it(tmp_path: Path, compress: bool) -> None:
    """S07: canaries in every secret and in every URL, searched raw, base64, hexadecimal, URL-encoded, unpacked."""
    values, canaries = Values(Facts()), []
    for number, setting in enumerate(SETTINGS.values()):
        if setting.secret:
            canaries.append(f"Canary-{number}-Ω!")
            try:
                values = values.with_changes({setting.key: canaries[-1]})
            except (KeyError, ValueError):
                canaries.pop()
    assert len(canaries) >= 4
    canaries.append("UrlCanary99")
    url = f"wss://user:{canaries[-1]}@central.example/ocpp"
    values = values.with_changes({"configuration.supervision.supervision_url": url})
    tail = LogTail()
    tail.handle(logging.LogRecord("n", logging.INFO, "", 0, f"connecting to {url}", None, None))
    document = {"station": {"supervision": {"url": url}}}
    await collector(values, tail, document).collect(tmp_path / "d", None, None, compress)
    raw = (tmp_path / "d").read_bytes()
    searched = raw + (gzip.GzipFile(fileobj=io.BytesIO(raw)).read() if compress else b"")
    assert b"central.example/ocpp" in searched
    for canary in canaries:
        plain = canary.encode()
        for form in (plain, base64.b64encode(plain), plain.hex().encode(), quote(canary).encode(), plain[3:]):
            assert form not in searched, canary


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("ws://u:p@h/x", "ws://h/x"),
        ('url = "ftp://u@h:21/a@b"', 'url = "ftp://h:21/a@b"'),
        ("http://h/a@b and mail@x", "http://h/a@b and mail@x"),
    ],
)
def test_urls_name_nobody(text: str, left: str) -> None:
    assert without_users(text) == left
