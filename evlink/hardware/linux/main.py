"""The Linux board as a process: `python -m evlink.hardware.linux --state DIR --description FILE`.

It serves `board.sock` and ends with SIGTERM, when its hardware fails, or 10 s after it has no control.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import gc
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from evlink.hardware import board, serving
from evlink.hardware.linux.description import Description, DescriptionError, load
from evlink.hardware.linux.guard import post_guard
from evlink.hardware.linux.server import LinuxBoard
from evlink.hardware.linux.sysfs import HardwareError
from evlink.hardware.linux.wiring import DESCRIPTION

LOCK: Final = "linux-board.lock"
PRIORITY: Final = 20  # below control's
MCL_CURRENT_AND_FUTURE: Final = 3


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
    guard = post_guard(root, found)
    try:
        stop = serving.stop_on_signals()
        linux = LinuxBoard(root, found)
        try:
            refused = be_prompt()
            if refused:
                print(f"evlink-linux: runs without {refused}.", file=sys.stderr)
            with serving.listen(state) as server:
                linux.serve(server, guard, stop, linger_s)
        finally:
            linux.close()
            with contextlib.suppress(OSError):
                (state / board.SOCKET).unlink(missing_ok=True)
    finally:
        guard.goodbye()


def _linger(text: str) -> float | None:
    if text == "forever":
        return None
    try:
        return serving.linger(text)
    except argparse.ArgumentTypeError as wrong:
        raise argparse.ArgumentTypeError(f"{str(wrong).rstrip('.')}, or forever.") from None


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
        lock = serving.hold(wanted.state, LOCK, "A board")
        try:
            run(wanted.state.absolute(), found, wanted.root.absolute(), wanted.linger)
        finally:
            os.close(lock)
    except (HardwareError, serving.ServingError) as wrong:
        print(f"evlink-linux: {wrong}", file=sys.stderr)
        return 1
    except OSError as wrong:
        print(f"evlink-linux: {wrong}", file=sys.stderr)
        return 1
    return 0
