"""Files that the person at the keyboard chooses: asked for, read, written; every failure is one sentence."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from tui import folders
from tui.clean import clean
from tui.words import WORDS, say

if TYPE_CHECKING:
    from tui.app import Terminal

LIMIT = 4 << 20

BINARY = frozenset({".epk", ".zip"})
"""Kinds of files that are no text, and may be large."""
LARGEST = 512 << 20

Mode = Literal["read", "write"]


class Unfit(ValueError):  # noqa: N818  # the sentence says it
    """A file that can't be used; the text is the sentence, without the file's name."""


async def ask_file(app: Terminal, kinds: Sequence[str], mode: Mode, name: str = "", title: str = "") -> Path | None:
    """The file that the person chooses; None where they give up.

    `kinds` are suffixes with their dot, lower case (`(".toml", ".cfg")`). To "read", the file is there, regular, not
    empty, not too large, and text of that kind by its name; to "write" it is new, or may be replaced: that was asked.
    `name` stands in the field at first. To be awaited in a worker, as `Terminal.ask` makes one.
    """
    from tui.screens.files import FileDialog

    return await app.push_screen_wait(FileDialog(tuple(kinds), mode, name, title))


def named(text: str) -> Path:
    """The path that a typed text means: `~` is the home directory."""
    return folders.named(text, Path.cwd())


def read(path: Path) -> bytes:
    """The content of a file; OSError where it can't be read, Unfit where it is no regular file or over 4 MiB.

    The text of Unfit is English: `check` says the same in the language of the screens.
    """
    # O_NONBLOCK: what turns out to be a pipe is refused, not waited for.
    with open(os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK), "rb") as file:
        mode = os.fstat(file.fileno()).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if not stat.S_ISREG(mode):
            raise Unfit(say("en", "file.special"))
        data = file.read(LIMIT + 1)
    if len(data) > LIMIT:
        raise Unfit(say("en", "file.large", n=LIMIT >> 20))
    return data


def check(path: Path, kinds: Sequence[str], lang: str) -> str:
    """Why a file can't be read as one of `kinds`, in one sentence without its name; empty where it can."""
    try:
        about = path.stat()
        if stat.S_ISDIR(about.st_mode):
            return say(lang, "file.folder")
        if not stat.S_ISREG(about.st_mode):
            return say(lang, "file.special")
        if path.suffix.lower() not in kinds:
            return say(lang, "file.other", kinds=listed(kinds, lang))
        if not about.st_size:
            return say(lang, "file.empty")
        binary = path.suffix.lower() in BINARY
        limit = LARGEST if binary else LIMIT
        if about.st_size > limit:
            return say(lang, "file.large", n=limit >> 20)
        if binary:
            return "" if os.access(path, os.R_OK) else say(lang, "errno.EACCES")
        data = read(path)
    except Unfit as error:
        return str(error)
    except OSError as error:
        return reason(lang, error)
    return "" if text_of(data) is not None else say(lang, "file.binary")


def text_of(data: bytes) -> str | None:
    """The text of a file in UTF-8; None where it is binary."""
    if b"\0" in data:
        return None
    with suppress(UnicodeDecodeError):
        return data.decode("utf-8-sig")
    return None


def listed(kinds: Sequence[str], lang: str) -> str:
    """Suffixes as a sentence names them: ".toml or .cfg"."""
    return f" {say(lang, 'or')} ".join(kinds)


def write_new(path: Path, data: bytes) -> None:
    """Write a file that must not exist yet, readable by its owner alone; OSError where that fails."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)


def write(path: Path, data: bytes) -> None:
    """Write a file, whole or not at all, readable by its owner alone, in place of one that is there; OSError."""
    descriptor, made = tempfile.mkstemp(prefix=".evlink-", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(made, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(made)
        raise


def save(app: Terminal, path: Path, data: bytes, count: str) -> bool:
    """Write data to the file that `ask_file` gave and tell the banner; whether it is written.

    `count` says how much it is ("42 settings").
    """
    try:
        write(path, data)
    except OSError as error:
        app.banner(failure(app.lang, path, error), "bad")
        return False
    app.banner(say(app.lang, "file.written", path=clean(path), n=count), "good")
    return True


async def export(app: Terminal, text: str, data: bytes, count: str) -> None:
    """Write data under a typed name, never over another file, and tell the banner how it went."""
    path = named(text)
    try:
        write_new(path, data)
    except FileExistsError:
        app.banner(say(app.lang, "file.exists", path=clean(path)), "bad")
    except OSError as error:
        app.banner(failure(app.lang, path, error), "bad")
    else:
        app.banner(say(app.lang, "file.written", path=clean(path), n=count), "good")


def reason(lang: str, error: OSError) -> str:
    """What the system says of a file, in the language of the screens as far as it is known there."""
    word = f"errno.{errno.errorcode.get(error.errno or 0, '')}"
    return say(lang, word) if word in WORDS else clean(error.strerror or str(error))


def failure(lang: str, path: Path, error: OSError | ValueError) -> str:
    """The sentence of a file that could not be read or written, with its name."""
    why = reason(lang, error) if isinstance(error, OSError) else clean(error)
    return say(lang, "file.failed", path=clean(path), why=why)
