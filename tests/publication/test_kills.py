"""Stations killed with SIGKILL while they publish: no charge is lost, and none comes twice (R-197)."""

from __future__ import annotations

import asyncio
import csv
import io
import os
import random
import signal
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.publication.servers import ftp_server, mail_server, web_server

KILLS = [20, pytest.param(100, marks=[pytest.mark.faults, pytest.mark.timeout(900)])]
WAYS = ("mail", "ftp", "http")


class Nursery:
    """The process that makes stations."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.told: set[str] = set()

    @classmethod
    async def open(cls) -> Nursery:
        """Start it."""
        command = [sys.executable, "-m", "tests.publication.publisher"]
        pipe = asyncio.subprocess.PIPE
        return cls(await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe))

    async def _line(self) -> str:
        assert self._process.stdout is not None
        line = (await self._process.stdout.readline()).decode().strip()
        assert line, "the nursery is gone"
        if line.startswith("told "):
            self.told.add(line.removeprefix("told "))
        return line

    async def run(self, kind: str, way: str, port: int, folder: Path, day: int, wait_s: float | None) -> None:
        """Make a station; kill it some seconds after its first charge, or let it come to its end."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{kind} {way} {port} {folder} {day}\n".encode())
        pid = int((await self._line()).removeprefix("pid "))
        if wait_s is not None:
            while not (line := await self._line()).startswith("told"):
                assert not line.startswith("end"), "a station ended by itself"
            await asyncio.sleep(wait_s)
            os.kill(pid, signal.SIGKILL)
        while not (await self._line()).startswith("end"):
            pass

    async def close(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        await self._process.wait()


def names(content: bytes) -> list[str]:
    """The comments in a file, by which the charges of these stations are known."""
    return [row[-1] for row in list(csv.reader(io.StringIO(content.decode()), delimiter=";"))[1:]]


@pytest.mark.parametrize("kills", KILLS)
async def test_killed_stations_lose_no_charge_and_send_none_twice(tmp_path: Path, kills: int) -> None:
    """Every charge that was told is at the office, in one file by its name; a second copy is the same to the byte."""
    rng = random.Random(11)
    nursery = await Nursery.open()
    try:
        async with mail_server() as mails, web_server() as forms:
            with ftp_server(tmp_path / "ftp") as folder:
                ports = {"mail": mails.port, "ftp": folder.port, "http": forms.port}
                for number in range(kills):
                    way = WAYS[number % 3]
                    await nursery.run(
                        "run", way, ports[way], tmp_path / f"{way}-state", number * 100, rng.uniform(0.0, 0.08)
                    )
                for way in WAYS:
                    await nursery.run("finish", way, ports[way], tmp_path / f"{way}-state", kills * 100, None)
                assert not [name for name in folder.files() if not name.endswith(".csv")]
                parts = [next(mail.iter_attachments()) for mail in mails.received]
                mailed = [(str(part.get_filename()), bytes(part.get_payload(decode=True))) for part in parts]
                ids = {
                    part.get_filename(): mail["Message-ID"] for part, mail in zip(parts, mails.received, strict=True)
                }
                assert len({mail["Message-ID"] for mail in mails.received}) == len(ids)
                copies = [*mailed, *((name, content) for _, name, content in forms.received), *folder.files().items()]
    finally:
        await nursery.close()
    assert len(set(copies)) == len({name for name, _ in copies})
    found = Counter(name for _, content in set(copies) for name in names(content))
    assert nursery.told <= found.keys()
    assert set(found.values()) == {1}
    assert len(found.keys() - nursery.told) <= kills  # one a death, stored and not told any more
    assert len(found) >= kills
