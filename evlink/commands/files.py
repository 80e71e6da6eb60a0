"""Files that commands read and write: whole or not at all, and nobody else's to read."""

from __future__ import annotations

import errno
import os
import stat
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from evlink.commands.output import Stop, wrong
from evlink.commands.words import Words

_LARGEST = 8 << 20  # bytes; settings and badge lists are far smaller


SYSTEM = {
    errno.ENOENT: "No such file or directory",
    errno.EACCES: "Permission denied",
    errno.EISDIR: "Is a directory",
    errno.ENOTDIR: "Not a directory",
    errno.ENOSPC: "No space left on device",
    errno.EROFS: "Read-only file system",
    errno.ELOOP: "Too many levels of symbolic links",
    errno.ENAMETOOLONG: "File name too long",
}
"""What the system says of files, as far as it is said in two languages."""


def complaint(error: OSError, t: Words) -> str:
    """What the system says of a file."""
    return t(SYSTEM[error.errno]) if error.errno in SYSTEM else error.strerror or str(error)


def check_name(name: str, t: Words) -> None:
    """Stop where a name can be none of a file: it is empty, or a directory's."""
    if not name:
        raise wrong(t("the name of the file is empty"))
    if name.endswith("/") or os.path.isdir(name):
        raise wrong(t("{label}: {text}", label=name, text=t(SYSTEM[errno.EISDIR])))


def check_readable(name: str, t: Words) -> None:
    """Stop where a file cannot be read; nothing is read of it, and nothing waited for."""
    check_name(name, t)
    try:
        os.stat(name)
    except OSError as error:
        raise wrong(t("{label}: {text}", label=name, text=complaint(error, t))) from None
    if not os.access(name, os.R_OK):
        raise wrong(t("{label}: {text}", label=name, text=t(SYSTEM[errno.EACCES])))


def read_file(name: str, t: Words) -> str:
    """Text of a regular file in UTF-8; Stop where it cannot be read, is too large or no text."""
    check_readable(name, t)
    try:
        # O_NONBLOCK: what turns out to be a pipe is refused, not waited for.
        with open(os.open(name, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise wrong(t("{file}: not a regular file", file=name))
            data = file.read(_LARGEST + 1)
    except OSError as error:
        raise wrong(t("{label}: {text}", label=name, text=complaint(error, t))) from None
    if len(data) > _LARGEST:
        raise wrong(t("{file}: larger than {n} bytes", file=name, n=_LARGEST))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise wrong(t("{file}: no UTF-8 text", file=name)) from None


def write_file(name: str, text: str, t: Words) -> None:
    """Write a file (0600) beside its place and put it there in one step; "-" is the output.

    A file of that name is replaced; what is neither a file nor absent is left alone. Stop where it fails.
    """
    if name == "-":
        sys.stdout.write(text)
        return
    check_name(name, t)
    path = Path(name)
    made: str | None = None
    try:
        if path.exists() and not stat.S_ISREG(path.stat().st_mode):
            raise Stop(t("{file}: not a regular file", file=name))
        path = _resolved(path)  # the file that a link points to is replaced, not the link
        fd, made = tempfile.mkstemp(prefix=f".{path.name[:100]}.", dir=path.parent)  # 0600 from the start
        with open(fd, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(made, path)
        made = None
        _sync_directory(path.parent)
    except OSError as error:
        raise Stop(t("{label}: {text}", label=name, text=complaint(error, t))) from None
    finally:
        if made is not None:
            with suppress(OSError):
                os.unlink(made)


def _resolved(path: Path) -> Path:
    """The path behind links. OSError for links that lead round, whatever this Python calls them."""
    try:
        return path.resolve()
    except RuntimeError:
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP)) from None


def _sync_directory(directory: Path) -> None:
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
