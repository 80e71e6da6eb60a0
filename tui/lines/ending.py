"""How the line menus end when they are told to: in order at first, at once where the line takes no more output."""

from __future__ import annotations

import asyncio
import os
import signal
import termios
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

PATIENCE = 2.0
"""Seconds that an end in order may take."""


@contextmanager
def ending(leave: Callable[[], object]) -> Iterator[None]:
    """Call `leave` on the running loop at SIGTERM or SIGHUP.

    A second signal, or `PATIENCE` seconds without an end, gives the terminal its echo back and ends the process with
    128 + the signal's number: also where it stands in a write that never ends.
    """
    loop = asyncio.get_running_loop()
    asked = 0
    found = None
    with suppress(termios.error):
        found = termios.tcgetattr(0)

    def end(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            if found is not None:
                with suppress(termios.error):
                    termios.tcsetattr(0, termios.TCSANOW, found)
            os._exit(128 + asked)
        asked = number
        signal.setitimer(signal.ITIMER_REAL, PATIENCE)
        loop.call_soon_threadsafe(leave)

    # Not the loop's own handlers: those wait for the loop, which may wait for the line.
    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGALRM)}
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in before.items():
            signal.signal(number, signal.SIG_IGN if asked else handler)
