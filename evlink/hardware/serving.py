"""What every board's program does before it serves: one lock a state directory, the socket, a signal to end on."""

from __future__ import annotations

import argparse
import fcntl
import math
import os
import signal
import socket
from pathlib import Path
from typing import Final

from evlink.hardware import board

LONGEST_LINGER_S: Final = 3600
LOCKS: Final = ("simulator.lock", "linux-board.lock", "playback.lock")  # one of them is held while a board serves


class ServingError(Exception):
    """Why a board cannot serve, in one sentence."""


def hold(state: Path, name: str, what: str) -> int:
    """Take a lock of the state directory and write our process id into it; the descriptor holds it.

    `what` is what serves there, for people. ServingError where another holds it, OSError where it cannot be made.
    """
    file = os.open(state / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        pid = os.read(file, 20).decode("ascii", "replace").strip()
        os.close(file)
        raise ServingError(f"{what} (process {pid}) serves {state} already.") from None
    os.ftruncate(file, 0)
    os.write(file, f"{os.getpid()}\n".encode())
    return file


def served(state: Path) -> bool:
    """Whether a board serves a state directory. Nothing is connected, so that its patience with no control runs on."""
    return any(held(state / name) for name in LOCKS)


def held(lock: Path) -> bool:
    """Whether a process holds a lock file; it is only tried, and let go of at once."""
    try:
        file = os.open(lock, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(file)  # and with it the lock
    return False


def listen(state: Path) -> socket.socket:
    """Listen on `board.sock`, for whoever holds the directory's lock. OSError where it cannot."""
    path = state / board.SOCKET
    path.unlink(missing_ok=True)  # the lock is ours, so this is left from a dead one
    server = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_NONBLOCK)
    server.bind(str(path))
    path.chmod(0o600)
    server.listen(4)
    return server


def stop_on_signals() -> int:
    """A descriptor that becomes readable with SIGTERM or SIGINT, which then do nothing else."""
    stop, tell = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    signal.set_wakeup_fd(tell, warn_on_full_buffer=False)
    return stop


def linger(text: str) -> float:
    """The seconds of `--linger`. ArgumentTypeError for anything else."""
    return _number("linger", text, 0, LONGEST_LINGER_S, " seconds")


def speed(text: str) -> float:
    """The factor of `--speed`. ArgumentTypeError for anything else."""
    return _number("speed", text, 1, board.MAX_SPEED, "")


def _number(name: str, text: str, least: float, most: float, unit: str) -> float:
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    if not least <= found <= most:
        raise argparse.ArgumentTypeError(f"{name} is {text!r}; allowed: {least} to {most}{unit}.")
    return found
