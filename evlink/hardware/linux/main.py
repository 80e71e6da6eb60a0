"""The Linux board as a process: `python -m evlink.hardware.linux --state DIR --description FILE`.

It serves `board.sock` and ends with SIGTERM, when its hardware fails, or 10 s after it has no control.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import fcntl
import gc
import math
import os
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from evlink.hardware import board
from evlink.hardware.linux.description import Description, DescriptionError, load
from evlink.hardware.linux.guard import post_guard
from evlink.hardware.linux.server import LinuxBoard
from evlink.hardware.linux.sysfs import HardwareError

LOCK: Final = "linux-board.lock"
DESCRIPTION: Final = "linux-board.toml"
PRIORITY: Final = 20  # below control's
MCL_CURRENT_AND_FUTURE: Final = 3


def hold(state: Path) -> int:
    """Take the lock of the state directory's board. HardwareError where another holds it."""
    file = os.open(state / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        raise HardwareError(f"A board serves {state} already.") from None
    return file


def listen(state: Path) -> socket.socket:
    """Listen on `board.sock`. OSError where it cannot."""
    path = state / board.SOCKET
    path.unlink(missing_ok=True)  # the lock is ours, so this is left from a dead one
    server = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_NONBLOCK)
    server.bind(str(path))
    path.chmod(0o600)
    server.listen(4)
    return server


def be_prompt() -> str:
    """Ask for a real-time priority and locked memory; what was refused, or ''."""
    refused = []
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(PRIORITY))
    except OSError:
        refused.append("real-time priority")
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mlockall(MCL_CURRENT_AND_FUTURE) != 0:
        refused.append("locked memory")
    gc.freeze()  # what was built so far lives as long as the process
    return " and ".join(refused)


def run(state: Path, found: Description, root: Path, linger_s: float | None) -> None:
    """Serve the board until it is told to end. HardwareError, OSError where the hardware or the directory fail."""
    stop, tell = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    guard = post_guard(root, found)
    try:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: None)
        signal.set_wakeup_fd(tell, warn_on_full_buffer=False)
        linux = LinuxBoard(root, found)
        try:
            refused = be_prompt()
            if refused:
                print(f"evlink-linux: runs without {refused}.", file=sys.stderr)
            with listen(state) as server:
                linux.serve(server, guard, stop, linger_s)
        finally:
            linux.close()
            with contextlib.suppress(OSError):
                (state / board.SOCKET).unlink(missing_ok=True)
    finally:
        guard.goodbye()


def _linger(text: str) -> float | None:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if text == "forever":
        return None
    if not 0 <= seconds <= 3600:
        raise argparse.ArgumentTypeError(f"linger is {text!r}; allowed: 0 to 3600 seconds, or forever.")
    return seconds


def arguments(given: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line; exits with 2 on bad input."""
    parser = argparse.ArgumentParser(prog="evlink-linux", description="The Linux board of a station.")
    parser.add_argument("--state", type=Path, required=True, metavar="DIR", help="state directory")
    parser.add_argument("--description", type=Path, metavar="FILE", help=f"the wiring; default {DESCRIPTION} in DIR")
    parser.add_argument("--root", type=Path, default=Path("/"), help="where sys and dev are found (/)")
    parser.add_argument("--linger", type=_linger, default=10.0, help="seconds to wait for a control, or forever (10)")
    parser.add_argument("--check", action="store_true", help="read the description, say what is wrong, and end")
    return parser.parse_args(given)


def main(given: Sequence[str] | None = None) -> int:
    """Run the Linux board; 0 ended, 1 hardware or directory fail, 2 bad input."""
    wanted = arguments(given)
    os.umask(0o077)
    description = wanted.description or wanted.state / DESCRIPTION
    try:
        found = load(description)
    except DescriptionError as wrong:
        print(f"evlink-linux: {wrong}", file=sys.stderr)
        return 2
    except OSError as wrong:
        print(f"evlink-linux: {description} cannot be read: {wrong.strerror}.", file=sys.stderr)
        return 2
    if wanted.check:
        return 0
    try:
        lock = hold(wanted.state)
        try:
            run(wanted.state.absolute(), found, wanted.root.absolute(), wanted.linger)
        finally:
            os.close(lock)
    except HardwareError as wrong:
        print(f"evlink-linux: {wrong}", file=sys.stderr)
        return 1
    except OSError as wrong:
        print(f"evlink-linux: {wrong}", file=sys.stderr)
        return 1
    return 0
