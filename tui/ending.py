"""How the terminal ends when it is told to or its line hangs up: in order at first, at once where that gets stuck."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import sys
import termios
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

PATIENCE = 2.0
"""Seconds that an ending in order may take after a signal or a hang-up."""

_LOOK = 1000  # ms; not every kind of hang-up wakes a poll that waits for nothing else
_GONE = select.POLLHUP | select.POLLERR | select.POLLNVAL
# No margins, the cursor below all else and seen, lines wrapped, the alternate screen left.
_PLAIN = b"\x1b[0m\x1b[r\x1b[999;1H\x1b[?7h\x1b[?1049l\x1b[?25h"
_MODERN = b"\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?2004l\x1b[<u"


@contextmanager
def ending(leave: Callable[[], None], plain: bool) -> Iterator[None]:
    """Call `leave` on the running loop at SIGTERM, SIGHUP or the hang-up of the terminal on standard input.

    A second signal, or `PATIENCE` seconds without an end, gives the terminal back as it was found and ends the
    process with 128 + the signal's number: also where the loop is stuck behind a line that takes no more output.
    """
    loop = asyncio.get_running_loop()
    asked = False
    over = threading.Event()
    found = _attributes()

    def end(number: int, frame: FrameType | None = None) -> None:
        nonlocal asked
        if asked or number == signal.SIGALRM:
            _restore(found, plain)
            os._exit(128 + (signal.SIGHUP if number == signal.SIGALRM else number))
        asked = True
        signal.setitimer(signal.ITIMER_REAL, PATIENCE)
        with suppress(RuntimeError):  # the loop has ended by itself
            loop.call_soon_threadsafe(leave)

    def watch() -> None:
        poll = select.poll()
        poll.register(0, 0)
        while not over.is_set():
            if any(event & _GONE for _, event in poll.poll(_LOOK)):
                if not over.is_set():
                    os.kill(os.getpid(), signal.SIGHUP)
                return

    # Not the loop's own handlers: those wait for the loop, which may wait for the terminal.
    numbers = (signal.SIGTERM, signal.SIGHUP, signal.SIGALRM)
    before = {number: signal.signal(number, end) for number in numbers}
    threading.Thread(target=watch, name="hang-up", daemon=True).start()
    try:
        yield
    finally:
        over.set()
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in before.items():
            # What comes after the end in order has nothing left to end.
            signal.signal(number, signal.SIG_IGN if asked else handler)


def _attributes() -> list[Any] | None:
    try:
        return termios.tcgetattr(0)
    except termios.error:
        return None


def _restore(attributes: list[Any] | None, plain: bool) -> None:
    """Give the terminal back without waiting for it."""
    out = 2 if sys.__stderr__ is None else sys.__stderr__.fileno()
    with suppress(OSError):
        os.set_blocking(out, False)
        try:
            os.write(out, _PLAIN if plain else _MODERN + _PLAIN)
        finally:
            os.set_blocking(out, True)
    if attributes is not None:
        with suppress(termios.error):
            termios.tcsetattr(0, termios.TCSANOW, attributes)
