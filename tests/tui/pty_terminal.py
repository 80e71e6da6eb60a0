"""The terminal as a process on a pseudo-terminal: what it sends, and what a screen makes of it."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyte

ROOT = Path(__file__).parents[2]


class PtyTerminal:
    """`python -m tui` on a pty of 80x24; `sent` is all it wrote, `screen` what a VT100-like screen shows."""

    def __init__(
        self, arguments: Sequence[str], env: Mapping[str, str] | None = None, pass_fds: Sequence[int] = ()
    ) -> None:
        self.sent = bytearray()
        self.screen = pyte.Screen(80, 24)
        self._stream = pyte.ByteStream(self.screen)
        environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "LANG": "C.UTF-8"}
        environment |= {"TERM": "xterm-256color", "PYTHONPATH": str(ROOT)}
        environment |= env or {}
        self.fd, inner = pty.openpty()
        fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tui", *arguments],
            stdin=inner,
            stdout=inner,
            stderr=inner,
            env=environment,
            pass_fds=pass_fds,
            start_new_session=True,
        )
        os.close(inner)

    def read(self, quiet: float = 0.3, limit: float = 20.0, until: str = "") -> bytes:
        """What it sends until it is quiet for a while, and `until` is on the screen where that is given."""
        end = time.monotonic() + limit
        got = bytearray()
        while time.monotonic() < end:
            ready, _, _ = select.select([self.fd], [], [], quiet)
            if not ready:
                if not until or until in self.text:
                    break
                continue
            try:
                data = os.read(self.fd, 65536)
            except OSError:
                break
            if not data:
                break
            got += data
            self._stream.feed(data)
        self.sent += got
        return bytes(got)

    @property
    def text(self) -> str:
        """The screen as text."""
        return "\n".join(line.rstrip() for line in self.screen.display)

    def press(self, keys: str, quiet: float = 0.3, until: str = "") -> bytes:
        """Send keys; what it answers."""
        os.write(self.fd, keys.encode())
        return self.read(quiet, until=until)

    def wait(self, seconds: float = 10.0) -> int:
        """The exit status; TimeoutError where it doesn't end."""
        end = time.monotonic() + seconds
        while self.process.poll() is None:
            if time.monotonic() > end:
                raise TimeoutError(f"it goes on:\n{self.text}")
            self.read(0.05, 0.1)
        self.read(0.05, 0.2)
        return self.process.returncode

    def close(self) -> None:
        """End it."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.fd)
