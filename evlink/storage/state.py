"""The state directory: what is where in it, who may see it, and the lock that keeps a second station out."""

from __future__ import annotations

import fcntl
import os
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from evlink.storage import files
from evlink.storage.errors import LockedError, StateError

SECRET_BYTES = 32
_OURS = (
    "station.toml",
    "station.lock",
    "board.toml",
    "evlink.db",
    "evlink.sock",
    "secrets.key",
    "control.shm",
    "control.lock",
    "reset.pending",
    "supervision",
    "update",
    "device",
    "network.json",
)


@dataclass(frozen=True, slots=True)
class StatePaths:
    """The files of a station below its state directory."""

    root: Path

    @property
    def settings(self) -> Path:
        return self.root / "station.toml"

    @property
    def settings_previous(self) -> Path:
        return self.root / "station.toml.previous"

    @property
    def board(self) -> Path:
        return self.root / "board.toml"

    @property
    def database(self) -> Path:
        return self.root / "evlink.db"

    @property
    def secrets(self) -> Path:
        return self.root / "secrets.key"

    @property
    def socket(self) -> Path:
        return self.root / "evlink.sock"

    @property
    def shared_memory(self) -> Path:
        return self.root / "control.shm"

    @property
    def lock(self) -> Path:
        return self.root / "station.lock"

    @property
    def control_lock(self) -> Path:
        return self.root / "control.lock"

    @property
    def reset_pending(self) -> Path:
        return self.root / "reset.pending"


def prepare(root: Path) -> StatePaths:
    """Make the state directory (0700) where it is missing, and check owner, mode and that it can be written.

    Sets the umask of the process to 077, so that nothing it makes can be read by others. Takes the rights of
    others off a directory that holds nothing but a station's files; StateError, in one sentence, for any other.
    """
    os.umask(0o077)
    try:
        if not root.exists():
            root.mkdir(mode=0o700, parents=True, exist_ok=True)
        _check(root)
        for leftover in root.glob(".*.new"):  # a write that a power cut ended
            leftover.unlink(missing_ok=True)
    except OSError as error:
        raise StateError(f"state directory {root} can't be used: {error.strerror or error}") from error
    return StatePaths(root)


def _check(root: Path) -> None:
    status = root.stat()
    if not stat.S_ISDIR(status.st_mode):
        raise StateError(f"state directory {root} is not a directory")
    if status.st_uid != os.geteuid():
        raise StateError(
            f"state directory {root} belongs to user {status.st_uid}, not to user {os.geteuid()} who runs this"
        )
    if stat.S_IMODE(status.st_mode) & 0o077:
        strangers = [p.name for p in root.iterdir() if not p.name.lstrip(".").startswith(_OURS)]
        if strangers:
            raise StateError(
                f"state directory {root} is open to others (mode {stat.S_IMODE(status.st_mode):04o}) and holds files "
                f"that are not a station's: mode 0700 is needed"
            )
        root.chmod(0o700)
    if not os.access(root, os.R_OK | os.W_OK | os.X_OK):
        raise StateError(f"state directory {root} can't be written by user {os.geteuid()}")


def device_secret(paths: StatePaths) -> bytes:
    """The station's own 32 random bytes; made at the first boot, never exported.

    StateError where the file is there with another length: it is not replaced, since what it protects would be lost.
    """
    content = files.read(paths.secrets, limit=4096)
    if content is None:
        content = secrets.token_bytes(SECRET_BYTES)
        files.replace(paths.secrets, content)
    if len(content) != SECRET_BYTES:
        raise StateError(f"{paths.secrets} has {len(content)} bytes where {SECRET_BYTES} are needed")
    if stat.S_IMODE(paths.secrets.stat().st_mode) != 0o600:
        paths.secrets.chmod(0o600)
    return content


class Lock:
    """The lock on a state directory: held by one station, or by one command that works on its files.

    It ends with the process that holds it, whatever ends that, because the kernel lets go of it; the file stays.
    A process that is forked without exec shares it.
    """

    def __init__(self, paths: StatePaths) -> None:
        self._paths = paths
        self._handle: int | None = None

    def acquire(self) -> None:
        """Take the lock. LockedError with the holder's pid where another process has it."""
        handle = os.open(self._paths.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = _pid(os.pread(handle, 32, 0))
            os.close(handle)
            whom = f"another station (pid {pid})" if pid else "another station"
            raise LockedError(f"{whom} runs on {self._paths.root}", pid) from None
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        self._handle = handle

    def release(self) -> None:
        """Let go; nothing where the lock is not held."""
        if self._handle is not None:
            os.ftruncate(self._handle, 0)
            os.close(self._handle)
            self._handle = None

    def __enter__(self) -> Lock:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def _pid(content: bytes) -> int | None:
    text = content.strip()
    return int(text) if text.isdigit() else None
