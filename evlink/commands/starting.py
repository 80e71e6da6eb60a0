"""A station that is on its way: its lock is held, or its process runs, but its socket does not answer yet."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path

STATION = b"evlink.runtime.main"
BOOT = b"evlink.update.boot"
COMMAND = b"evlink.runtime.offline"


def starting(state: Path) -> bool:
    """Whether a station holds the lock of a state directory, or its process has yet to take it."""
    lock = state / "station.lock"
    return (held(lock) and not _is_command(lock)) or _on_the_way(state)


def held(lock: Path) -> bool:
    """Whether a process holds a lock file; it is only tried, and let go of at once."""
    try:
        handle = os.open(lock, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(handle)  # and with it the lock
    return False


def _is_command(lock: Path) -> bool:
    """Whether a command that works on the files holds the lock; it has no socket, and is soon done."""
    with suppress(OSError, ValueError):
        pid = int(lock.read_bytes()[:20])
        return COMMAND in Path("/proc", str(pid), "cmdline").read_bytes().split(b"\0")
    return False


def _on_the_way(state: Path) -> bool:
    """Whether a process of ours is `evlink run`, which becomes a station, or the station of this directory."""
    for pid in os.listdir("/proc"):
        if not pid.isdigit() or int(pid) == os.getpid():
            continue
        with suppress(OSError):  # it ended meanwhile, or is somebody else's
            words = Path("/proc", pid, "cmdline").read_bytes().split(b"\0")[:-1]
            if _becomes_station(words) or (
                (STATION in words or BOOT in words) and _state_of(words, pid) == state.resolve()
            ):
                return True
    return False


def _becomes_station(words: list[bytes]) -> bool:
    """Whether these are `python .../evlink run` or `python -m evlink.cli run`, for the moment until they exec.

    Not a shell, sudo or timeout around them, which stay as long as the station does.
    """
    if not words or not os.path.basename(words[0]).startswith(b"python") or b"run" not in words:
        return False
    before = words[: words.index(b"run")]
    return b"evlink.cli" in before or any(word.endswith(b"/evlink") for word in before)


def _state_of(words: list[bytes], pid: str) -> Path | None:
    """The state directory that a station was given."""
    for i, word in enumerate(words):
        name, equals, value = word.partition(b"=")
        if name == b"--state":
            given = value if equals else b"".join(words[i + 1 : i + 2])
            return Path(os.readlink(f"/proc/{pid}/cwd"), os.fsdecode(given)).resolve()
    return None
