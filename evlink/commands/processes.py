"""The processes of one state directory: found by what they name, ended in order, waited for."""

from __future__ import annotations

import ctypes
import os
import signal
import time
from contextlib import suppress
from pathlib import Path

_PR_SET_CHILD_SUBREAPER = 36  # <linux/prctl.h>
_TERMINAL_S = 0.5
_STATION_S = 3.0
_REST_S = 0.5


def adopt_orphans() -> None:
    """Become the parent of what children leave behind, so that it can be waited for and leaves no zombie."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def end_all(state: Path) -> None:
    """End every process that names `state` in its command line: all that run on a state directory do.

    Terminals first, then the station, which opens its contactors; then what it left running; SIGKILL at last. All
    of it takes 5 s at most.
    """
    if not _end(state, signal.SIGTERM, _TERMINAL_S, b"tui"):
        _end(state, signal.SIGKILL, _TERMINAL_S, b"tui")
    _end(state, signal.SIGTERM, _STATION_S, b"evlink.runtime.main")
    if not _end(state, signal.SIGTERM, _REST_S):
        _end(state, signal.SIGKILL, _REST_S)


def processes(state: Path) -> dict[int, list[bytes]]:
    """Command lines of the processes of a state directory by pid; this one is none of them."""
    found = {}
    for entry in os.scandir("/proc"):
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        with suppress(OSError):
            words = Path("/proc", entry.name, "cmdline").read_bytes().split(b"\0")
            # Not by the pids in the lock files: a pid may have come back as somebody else's.
            if any(_names(word, state) for word in words):
                found[int(entry.name)] = words
    return found


def _names(word: bytes, state: Path) -> bool:
    path = os.fsencode(state)
    return word.endswith(path) or path + b"/" in word


def _end(state: Path, number: signal.Signals, seconds: float, module: bytes | None = None) -> bool:
    """Signal the processes, or those of one module, once each, and wait for them; True once none is left."""
    told: set[int] = set()
    deadline = time.monotonic() + seconds
    while True:
        here = {pid for pid, words in processes(state).items() if module is None or module in words}
        for pid in here - told:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, number)
        told |= here
        _reap()
        if not any(_there(pid) for pid in told):
            return True
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)


def _there(pid: int) -> bool:
    """Whether a process is still to end, or still to be taken by us; another parent's zombie is not."""
    try:
        state, parent = Path("/proc", str(pid), "stat").read_text().rpartition(")")[2].split()[:2]
    except OSError:
        return False
    return state not in "ZX" or int(parent) == os.getpid()


def _reap() -> None:
    """Take the ends of children, own and adopted; zombies would count as running."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
