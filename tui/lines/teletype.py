"""The line itself: texts out, answers in, and nothing else; no order to the terminal but its echo, by termios."""

from __future__ import annotations

import asyncio
import os
import select
import termios
import threading
from contextlib import suppress
from typing import Any

from tui.clean import clean
from tui.lines.charset import decode, fold
from tui.lines.layout import WIDTH, wrapped

_LONGEST = 4096  # bytes of an answer; a terminal gives no more in one line either
_NARROWEST = 20


class Ended(Exception):  # noqa: N818  # an end, not an error
    """The input has ended: Ctrl+D, the end of a pipe, a line that hung up."""


class Teletype:
    """Input and output by descriptors. `charset` is what the other end can show.

    On a terminal the tty echoes what is typed, but not a secret. On a pipe nobody echoes, so a prompt ends its line.
    """

    def __init__(self, charset: str, source: int = 0, sink: int = 1) -> None:
        self.charset = charset
        self.terminal = os.isatty(source)
        self._source = source
        self._sink = sink
        self._buffer = bytearray()
        self._lines: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._prompt = ""
        self._asking = False
        self._over = False
        self._echo: list[Any] | None = None
        self._loop = asyncio.get_running_loop()
        # A thread, since a file has no readiness to wait for; it ends with the process.
        threading.Thread(target=self._read, name="typed", daemon=True).start()

    @property
    def width(self) -> int:
        """Cells of a line: 79, or less on a terminal that says it is narrower."""
        with suppress(OSError):
            columns = os.get_terminal_size(self._sink).columns
            if columns >= _NARROWEST:
                return min(WIDTH, columns - 1)
        return WIDTH

    @property
    def ended(self) -> bool:
        """Whether the input has ended and every line of it was taken."""
        return self._over and self._lines.qsize() <= 1

    # Out

    def say(self, text: object = "", indent: str = "", hang: str | None = None) -> None:
        """Write a text as lines of its own; what orders a terminal about is taken out of it."""
        lines = wrapped(fold(clean(text), self.charset), self.width, indent, indent if hang is None else hang)
        self._write("".join(f"{line}\n" for line in lines))

    def interrupt(self, text: str) -> None:
        """Say something while an answer is being typed, then ask again."""
        self._write("\n" if self._asking else "")
        self.say(text)
        self.again()

    def again(self) -> None:
        """Write the prompt of the question that is open once more, as after the process was stopped."""
        if self._asking:
            if self._echo is not None:
                self._quiet()
            self._write(self._prompt)

    def _write(self, text: str) -> None:
        data = memoryview(text.encode(self.charset, "replace"))
        while data:
            try:
                data = data[os.write(self._sink, data) :]
            except BlockingIOError:
                select.select([], [self._sink], [])
            except OSError:
                raise Ended from None

    # In

    def _read(self) -> None:
        data = b"\n"
        while data:
            try:
                data = os.read(self._source, 4096)
            except OSError:
                data = b""
            with suppress(RuntimeError):  # the loop has ended meanwhile
                self._loop.call_soon_threadsafe(self._take, data)

    def _take(self, data: bytes) -> None:
        if not data:
            self._over = True
            if self._buffer and not self.terminal:  # a line cut off while it was typed orders nothing
                self._lines.put_nowait(bytes(self._buffer))
            self._lines.put_nowait(None)
            return
        self._buffer += data
        while (end := self._buffer.find(b"\n")) >= 0:
            self._lines.put_nowait(bytes(self._buffer[:end]))
            del self._buffer[: end + 1]
        del self._buffer[_LONGEST:]

    async def ask(self, prompt: str, secret: bool = False) -> str:
        """The answer to a question, without its line end; Ended where there is none any more."""
        lines = wrapped(fold(clean(prompt), self.charset), self.width - 20 if self.terminal else self.width)
        self._prompt = "\n".join(lines) + (" " if self.terminal else "\n")
        self._asking = True
        try:
            if secret and self.terminal:
                self._echo = termios.tcgetattr(self._source)
                self._quiet()
            self._write(self._prompt)
            return await self.line()
        finally:
            self._asking = False
            if self._echo is not None:
                with suppress(termios.error):
                    termios.tcsetattr(self._source, termios.TCSANOW, self._echo)
                self._echo = None
                with suppress(Ended):
                    self._write("\n")

    def _quiet(self) -> None:
        silent = termios.tcgetattr(self._source)
        silent[3] &= ~termios.ECHO
        termios.tcsetattr(self._source, termios.TCSANOW, silent)

    def drop(self) -> None:
        """Forget what was typed without Enter, which is no answer to the next question."""
        if self.terminal:
            with suppress(termios.error):
                termios.tcflush(self._source, termios.TCIFLUSH)

    async def line(self, seconds: float | None = None) -> str:
        """The next line that was typed; TimeoutError where none comes in time, Ended where none will."""
        async with asyncio.timeout(seconds):
            data = await self._lines.get()
        if data is None:
            self._lines.put_nowait(None)
            raise Ended
        return decode(data.rstrip(b"\r"), self.charset)
