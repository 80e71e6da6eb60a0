"""Files that commands read and write: whole or not at all, and nobody else's to read."""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from evlink.commands.output import Stop, wrong
from evlink.commands.words import Words

_LARGEST = 8 << 20  # bytes; settings and badge lists are far smaller


def read_file(name: str, t: Words) -> str:
    """Text of a file in UTF-8; Stop where it cannot be read, is too large or no text."""
    try:
        with open(name, "rb") as file:
            data = file.read(_LARGEST + 1)
    except OSError as error:
        raise wrong(f"{name}: {error.strerror}") from None
    if len(data) > _LARGEST:
        raise wrong(t("{file}: larger than {n} bytes", file=name, n=_LARGEST))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise wrong(t("{file}: no UTF-8 text", file=name)) from None


def write_file(name: str, text: str) -> None:
    """Write a file (0600) beside its place and put it there in one step; "-" is the output.

    A file of that name is replaced; what is neither a file nor absent is left alone. Stop where it fails.
    """
    if name == "-":
        sys.stdout.write(text)
        return
    path = Path(name)
    made: str | None = None
    try:
        if path.exists() and not stat.S_ISREG(path.stat().st_mode):
            raise Stop(f"{name}: not a regular file")
        path = path.resolve()  # the file that a link points to is replaced, not the link
        fd, made = tempfile.mkstemp(prefix=f".{path.name[:100]}.", dir=path.parent)  # 0600 from the start
        with open(fd, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(made, path)
        made = None
        _sync_directory(path.parent)
    except OSError as error:
        raise Stop(f"{name}: {error.strerror}") from None
    finally:
        if made is not None:
            with suppress(OSError):
                os.unlink(made)


def _sync_directory(directory: Path) -> None:
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
