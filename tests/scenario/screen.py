"""A terminal for scenarios: a program on a pty, its screen as a person sees it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Iterator, Sequence

import pyte

F10 = "\x1b[21~"


class Terminal:
    """A program that runs on a pty of 80x24; `text` is what its screen shows."""

    def __init__(self, command: Sequence[str], env: dict[str, str], columns: int = 80, lines: int = 24) -> None:
        self.screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self.screen)
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            try:
                os.execvpe(command[0], list(command), env)
            finally:
                os._exit(127)
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("4H", lines, columns, 0, 0))
        self.code: int | None = None

    @property
    def text(self) -> str:
        """The screen's lines."""
        return "\n".join(line.rstrip() for line in self.screen.display)

    def read(self, seconds: float) -> None:
        """Take what the program draws for a while."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            ready, _, _ = select.select([self._fd], [], [], left)
            if not ready:
                return
            try:
                data = os.read(self._fd, 65536)
            except OSError:  # the other end is closed
                return
            if not data:
                return
            self._stream.feed(data)

    def until(self, wanted: str, seconds: float = 30.0) -> str:
        """Wait until the screen shows a text; the screen then. AssertionError with the screen where it does not."""
        until = time.monotonic() + seconds
        while wanted not in self.text:
            assert time.monotonic() < until, f"{wanted!r} did not show:\n{self.text}"
            self.read(0.1)
        return self.text

    def press(self, keys: str) -> None:
        """Type."""
        os.write(self._fd, keys.encode())

    def wait(self, seconds: float = 15.0) -> int:
        """Wait for the program's end; its exit code, negative for a signal."""
        until = time.monotonic() + seconds
        while True:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.code = os.waitstatus_to_exitcode(status)
                return self.code
            assert time.monotonic() < until, f"it did not end:\n{self.text}"
            self.read(0.1)

    def close(self) -> None:
        """End it, if it has not ended."""
        if self.code is None:
            with contextlib.suppress(ProcessLookupError, ChildProcessError):
                os.kill(self.pid, signal.SIGKILL)
                os.waitpid(self.pid, 0)
        os.close(self._fd)


@contextlib.contextmanager
def terminal(*words: str, **env: str) -> Iterator[Terminal]:
    """`evlink WORDS` on a terminal of 80x24."""
    plain = {**os.environ, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", "LANG": "C.UTF-8", **env}
    shown = Terminal([sys.executable, "-m", "evlink.cli", *words], plain)
    try:
        yield shown
    finally:
        shown.close()
