"""Files that are either the old or the new one after a power cut, never something between."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path

from evlink.storage.errors import FullError, StateError

FULL = frozenset({28, 122})  # ENOSPC, EDQUOT


def replace(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Replace a file durably: write a new one beside it, sync, read it back, rename, sync the directory.

    FullError where the disk is full, StateError for any other failure; the old file is untouched then.
    """
    new = path.with_name(f".{path.name}.{secrets.token_hex(8)}.new")
    try:
        _write_new(new, content, mode)
        os.replace(new, path)
        sync_directory(path.parent)
    except OSError as error:
        new.unlink(missing_ok=True)
        kind = FullError if error.errno in FULL else StateError
        raise kind(f"{path} can't be written: {error.strerror or error}") from error


def _write_new(new: Path, content: bytes, mode: int) -> None:
    """Write and sync a file that must not exist yet; OSError where what was read back is not what was written."""
    handle = os.open(new, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
    try:
        view = memoryview(content)
        while view:
            view = view[os.write(handle, view) :]
        os.fsync(handle)
        back = bytearray()
        while piece := os.pread(handle, 1 << 20, len(back)):
            back += piece
        if bytes(back) != content:
            raise OSError("what was read back differs from what was written")
    finally:
        os.close(handle)


def sync_directory(path: Path) -> None:
    """Make the names in a directory durable: a rename is not, before this."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read(path: Path, limit: int = 1 << 20) -> bytes | None:
    """The content of a regular file, None where there is none. StateError where it can't be read or is too long."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StateError(f"{path} can't be read: {error.strerror or error}") from error
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise StateError(f"{path} can't be read: it is no regular file")
        content = bytearray()
        while len(content) <= limit and (piece := os.read(handle, limit + 1 - len(content))):
            content += piece
    except OSError as error:
        raise StateError(f"{path} can't be read: {error.strerror or error}") from error
    finally:
        os.close(handle)
    if len(content) > limit:
        raise StateError(f"{path} is longer than {limit} bytes")
    return bytes(content)


def set_aside(path: Path, label: str, most: int = 5) -> Path:
    """The first free name `path.label-n`; where `most` are there already, the oldest makes room."""
    taken = sorted(path.parent.glob(f"{path.name}.{label}-*"), key=lambda p: _suffix(p))
    taken = [p for p in taken if _suffix(p) > 0]
    for old in taken[: max(0, len(taken) - most + 1)]:
        for part in (old, *(old.with_name(old.name + end) for end in ("-wal", "-shm"))):
            part.unlink(missing_ok=True)
    return path.with_name(f"{path.name}.{label}-{_suffix(taken[-1]) + 1 if taken else 1}")


def _suffix(path: Path) -> int:
    number = path.name.rpartition("-")[2]
    return int(number) if number.isascii() and number.isdigit() else 0
