"""What the tests of the line menus share: a conversation in this process, and one of a process on a pty."""

from __future__ import annotations

import asyncio
import os
import pty
import select
import subprocess
import sys
import termios
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from tests.tui.bench import ACCOUNTS
from tests.tui.station_stub import Station
from tui.lines import run
from tui.lines.console import Console, Ended, Quit
from tui.lines.teletype import Teletype
from tui.session import Session

ROOT = Path(__file__).parents[2]


class Heard(Teletype):
    """A teletype that tells when it waits for a line."""

    def __init__(self, charset: str, source: int, sink: int) -> None:
        super().__init__(charset, source, sink)
        self.waiting = asyncio.Event()

    async def line(self, seconds: float | None = None) -> str:
        """Wait for a line, and say so."""
        self.waiting.set()
        return await super().line(seconds)


class Talk:
    """A person at the menus of a stub station: `say` types a line and gives what is written until the next question."""

    def __init__(self, station: Station, console: Console, teletype: Heard, typing: int, paper: Path) -> None:
        self.station = station
        self.console = console
        self.session = console.session
        self.task: asyncio.Task[None] | None = None
        self.teletype = teletype
        self._typing = typing
        self._paper = paper
        self._read = 0

    @property
    def paper(self) -> bytes:
        """All that was written."""
        return self._paper.read_bytes()

    def news(self) -> str:
        """What was written since the last time."""
        written = self.paper
        new, self._read = written[self._read :], len(written)
        return new.decode()

    async def waits(self) -> str:
        """What is written until it waits for a line; AssertionError where it never does."""
        try:
            async with asyncio.timeout(10):
                await self.teletype.waiting.wait()
        except TimeoutError:
            raise AssertionError(f"no question came:\n{self.paper.decode()[-2000:]}") from None
        return self.news()

    async def say(self, *lines: str) -> str:
        """Type lines one after the other; what came after the last."""
        answer = ""
        for line in lines:
            self.teletype.waiting.clear()
            os.write(self._typing, f"{line}\n".encode())
            answer = await self.waits()
        return answer

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until a condition holds."""
        async with asyncio.timeout(10):
            while not condition():
                await asyncio.sleep(0.02)

    async def end(self, line: str = "") -> bool:
        """Type a last line, or end the input; whether the visit ended."""
        assert self.task is not None
        if line:
            os.write(self._typing, f"{line}\n".encode())
        else:
            os.close(self._typing)
            self._typing = -1
        done, _ = await asyncio.wait([self.task], timeout=10)
        return bool(done)

    def close(self) -> None:
        """End the input where it has not ended."""
        if self._typing >= 0:
            os.close(self._typing)


@asynccontextmanager
async def talk(
    folder: Path, account: str = "chef", lang: str = "en", *, station: Station | None = None, charset: str = "utf-8"
) -> AsyncIterator[Talk]:
    """Menus on a stub station over its socket, logged in to `account`; with an empty account they ask for it."""
    station = station or Station()
    path = folder / "evlink.sock"
    await station.start(path)
    session = Session(path=path, lang=lang)
    source, typing = os.pipe()
    paper = folder / "paper.txt"
    sink = os.open(paper, os.O_CREAT | os.O_WRONLY)
    teletype = Heard(charset, source, sink)
    console = Console(session, teletype)
    one = Talk(station, console, teletype, typing, paper)
    try:
        await session.connect()
        if account:
            await session.login(account, ACCOUNTS[account])
        run.follow(console)
        one.task = asyncio.ensure_future(_visit(console))
        await one.waits()
        yield one
    finally:
        one.close()
        if one.task is not None:
            one.task.cancel()
            with suppress(asyncio.CancelledError):
                await one.task
        if console.gone is not None:
            console.gone.cancel()
        await session.close()
        await station.stop()
        os.close(sink)


async def _visit(console: Console) -> None:
    with suppress(Quit, Ended):
        await run.visit(console)


class Line:
    """A program on a pty without size, as a serial line has; `text` is all that it wrote."""

    def __init__(self, words: Sequence[str], env: Mapping[str, str]) -> None:
        self.fd, inner = pty.openpty()
        plain = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "PYTHONPATH": str(ROOT)}
        self.process = subprocess.Popen(
            [sys.executable, *words],
            stdin=inner,
            stdout=inner,
            stderr=inner,
            env={**plain, **env},
            start_new_session=True,
            preexec_fn=lambda: _control(inner),
        )
        os.close(inner)
        self.sent = bytearray()
        self._seen = 0

    @property
    def text(self) -> str:
        """All that came, as text."""
        return self.sent.decode(errors="replace")

    @property
    def echoes(self) -> bool:
        """Whether the tty shows what is typed."""
        return bool(termios.tcgetattr(self.fd)[3] & termios.ECHO)

    def read(self, seconds: float) -> bool:
        """Take what comes; whether anything did."""
        ready, _, _ = select.select([self.fd], [], [], seconds)
        if ready:
            with suppress(OSError):
                self.sent += os.read(self.fd, 65536)
                return True
        return False

    def until(self, wanted: str, seconds: float = 20.0) -> str:
        """Wait until a text comes after the last one waited for; what came with it."""
        end = time.monotonic() + seconds
        while (at := self.text.find(wanted, self._seen)) < 0:
            assert time.monotonic() < end, f"{wanted!r} did not come:\n{self.text[self._seen :]}"
            self.read(0.1)
        found = self.text[self._seen : at + len(wanted)]
        self._seen = at + len(wanted)
        return found

    def type(self, line: str, until: str) -> str:
        """Type a line and wait for a text."""
        os.write(self.fd, f"{line}\n".encode())
        return self.until(until)

    def press(self, keys: str) -> None:
        """Press keys without Enter."""
        os.write(self.fd, keys.encode())

    def wait(self, seconds: float = 10.0) -> int:
        """The exit status; AssertionError where it goes on."""
        end = time.monotonic() + seconds
        while self.process.poll() is None:
            assert time.monotonic() < end, f"it goes on:\n{self.text}"
            self.read(0.05)
        while self.read(0.05):
            pass
        return self.process.returncode

    def hang_up(self) -> None:
        """Close the line."""
        os.close(self.fd)
        self.fd = -1

    def close(self) -> None:
        """End it."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if self.fd >= 0:
            os.close(self.fd)


def _control(terminal: int) -> None:
    """Make the pty the controlling terminal, so that Ctrl+C is a signal."""
    import fcntl

    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
