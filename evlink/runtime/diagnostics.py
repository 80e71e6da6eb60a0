"""The diagnostics file: what helps to find out about a fault, of bounded size and without a secret (S07)."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import os
import platform
import re
import ssl
import sys
import tarfile
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from evlink import __version__
from evlink.domain.text import clean
from evlink.formats import toml
from evlink.runtime.bus import Document
from evlink.settings.values import Values
from evlink.storage.events import LoggedEvent

LARGEST_PART = 1 << 20  # bytes; of a longer part the end is kept
MOST_LOG = 512 << 10  # characters
LONGEST_LINE = 2000
_USER = re.compile(r"(?<=://)(?:[^/@\s\"']*@)+")
_PACKAGES = ("aiohttp", "apsw", "cryptography", "lxml", "msgspec", "ocpp", "websockets")

# A part's text, given the time that is asked for (None: without bound).
Part = Callable[[datetime | None, datetime | None], Awaitable[str]]


class LogTail(logging.Handler):
    """The last half mebibyte of the station's log, in memory: a line an entry, cleaned."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
        self._lines: deque[tuple[float, str]] = deque()
        self._size = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Keep an entry; what an exception adds stands in the same line."""
        line = clean(without_users(self.format(record).replace("\n", " | ")), LONGEST_LINE)
        self._lines.append((record.created, line))
        self._size += len(line)
        while self._size > MOST_LOG:
            self._size -= len(self._lines.popleft()[1])

    def entries(self) -> list[tuple[datetime, str]]:
        """The entries with their times, the oldest first."""
        return [(datetime.fromtimestamp(created, UTC), line) for created, line in list(self._lines)]

    async def part(self, since: datetime | None, until: datetime | None) -> str:
        """The entries between two times."""
        return "".join(
            f"{at.isoformat(timespec='milliseconds')} {line}\n"
            for at, line in self.entries()
            if _within(at, since, until)
        )


class StationDiagnostics:
    """`ocpp.link.Diagnostics`: parts by file name, as a packed archive or as one text."""

    def __init__(self, parts: Mapping[str, Part]) -> None:
        self._parts = parts

    async def collect(self, into: Path, since: datetime | None, until: datetime | None, compress: bool) -> None:
        """Write all parts into a file of our own; one that can't be had says so in its place. OSError."""
        found = {name: await self._found(name, part, since, until) for name, part in self._parts.items()}
        await asyncio.to_thread(_write, into, found, compress)

    @staticmethod
    async def _found(name: str, part: Part, since: datetime | None, until: datetime | None) -> bytes:
        try:
            text = await part(since, until)
        except Exception as error:
            logging.getLogger(__name__).exception("diagnostics: %s", name)
            text = f"{name} could not be collected: {clean(str(error), 200)}\n"
        return without_users(text).encode("utf-8", "replace")[-LARGEST_PART:]


def station_parts(
    status: Callable[[], Document],
    events: Callable[[], Awaitable[Sequence[LoggedEvent]]],
    settings: Callable[[], Values],
    log: LogTail,
) -> dict[str, Part]:
    """The parts of a station's diagnostics."""

    async def versions(_: datetime | None, __: datetime | None) -> str:
        return "".join(f"{name} {text}\n" for name, text in package_versions())

    async def document(_: datetime | None, __: datetime | None) -> str:
        return json.dumps(status(), indent=1, ensure_ascii=False, sort_keys=True) + "\n"

    async def happened(since: datetime | None, until: datetime | None) -> str:
        rows = ["number;outlet;event;start;end;detail"]
        for one in await events():
            if _within(one.end or one.start, since, None) and _within(one.start, None, until):
                end = one.end.isoformat() if one.end else ""
                detail = clean(one.detail).replace(";", ",")
                rows.append(f"{one.number};{one.outlet};{one.event};{one.start.isoformat()};{end};{detail}")
        return "\n".join(rows) + "\n"

    async def values(_: datetime | None, __: datetime | None) -> str:
        return toml.export(settings())

    return {
        "versions.txt": versions,
        "status.json": document,
        "events.csv": happened,
        "settings.toml": values,
        "log.txt": log.part,
    }


def package_versions() -> tuple[tuple[str, str], ...]:
    """Names and versions of the product, the interpreter, the machine and the libraries that matter."""
    openssl, _, number = ssl.OPENSSL_VERSION.partition(" ")
    return (
        ("evlink", __version__),
        ("python", platform.python_version()),
        (openssl, number),
        (sys.platform, f"{platform.release()} {platform.machine()}"),
        *((name, _version(name)) for name in _PACKAGES),
    )


def without_users(text: str) -> str:
    """A text whose URLs name no user and no password."""
    return _USER.sub("", text)


def _within(at: datetime, since: datetime | None, until: datetime | None) -> bool:
    return (since is None or at >= since) and (until is None or at <= until)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "is not installed"


def _write(into: Path, parts: Mapping[str, bytes], compress: bool) -> None:
    handle = os.open(into, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with open(handle, "wb") as file:
        if not compress:
            for name, content in parts.items():
                file.write(f"==== {name} ====\n".encode() + content + b"\n")
            return
        with tarfile.open(fileobj=file, mode="w:gz") as archive:
            for name, content in parts.items():
                member = tarfile.TarInfo(f"diagnostics/{name}")
                member.size, member.mtime, member.mode = len(content), int(time.time()), 0o600
                archive.addfile(member, io.BytesIO(content))
