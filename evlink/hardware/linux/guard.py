"""The guard: a process of its own that drops the outputs where the board itself was killed or hangs.

Lines and PWM of Linux keep their last level when the process behind them dies. The guard waits on a pipe on which the
board shows life every 70 ms; silence ends the board, and its end makes the guard open the contactors.
A watchdog device, or a relay stage that the line `alive` retriggers, covers what stops both at once.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
from pathlib import Path
from typing import Final

from evlink.hardware.linux.description import Description
from evlink.hardware.linux.gpio import request
from evlink.hardware.linux.pwm import PilotPwm
from evlink.hardware.linux.sysfs import HardwareError

PATIENCE_S: Final = 0.15  # above the board's own 100 ms, which is what a living board is held to
SILENCES: Final = 2  # in a row: one may be the machine's own pause, from which both of us wake at once
GOODBYE: Final = b"q"


class Guard:
    """The board's end: a byte now and then shows life, `goodbye` that its own outputs are dropped."""

    def __init__(self, pipe: int, pid: int) -> None:
        self._pipe = pipe
        self.pid = pid

    def fileno(self) -> int:
        """The descriptor on which the board shows life, a byte at a time; it never blocks."""
        return self._pipe

    def goodbye(self) -> None:
        """Let the guard go, and wait for it."""
        with contextlib.suppress(OSError):
            os.set_blocking(self._pipe, True)
            os.write(self._pipe, GOODBYE)
        os.close(self._pipe)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self.pid, 0)


def post_guard(root: Path, found: Description) -> Guard:
    """Fork the guard; to be called before any line is requested or thread started."""
    reader, writer = os.pipe2(os.O_CLOEXEC)
    board = os.getpid()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            os.close(writer)
            code = watch(reader, board, root, found)
        finally:
            os._exit(code)
    os.close(reader)
    os.set_blocking(writer, False)
    return Guard(writer, pid)


def watch(pipe: int, board: int, root: Path, found: Description) -> int:
    """Wait for the board's end; 0 where it said goodbye, 2 where the outputs had to be dropped for it."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # a service manager tells the whole group; the board answers for both
    said = b""
    started = False
    silences = 0
    while True:
        ready, _, _ = select.select([pipe], [], [], PATIENCE_S if started else None)
        if not ready:
            silences += 1
            if silences == SILENCES and os.getppid() == board:
                os.kill(board, signal.SIGKILL)  # its end is what comes next
            continue
        silences = 0
        data = os.read(pipe, 4096)
        if not data:
            break
        started = True
        said = data[-1:]
    if said == GOODBYE:
        return 0
    make_safe(root, found)
    return 2


def make_safe(root: Path, found: Description) -> None:
    """Open every contactor and drive every pilot to +12 V, whatever refuses; the lock's line is left alone."""
    for outlet in found.outlets:
        with contextlib.suppress(HardwareError):
            request(root, found.gpio, [outlet.outputs["contactor"]], ()).close()  # outputs begin inactive
    for outlet in found.outlets:
        with contextlib.suppress(HardwareError):
            PilotPwm(root, outlet.pwm)
