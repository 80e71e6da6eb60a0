"""Files that the person at the keyboard names: written anew, never over another; every failure is one sentence."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from tui.clean import clean
from tui.words import say

if TYPE_CHECKING:
    from tui.app import Terminal

LIMIT = 4 << 20


def named(text: str) -> Path:
    """The path that a typed text means: `~` is the home directory."""
    return Path(text.strip()).expanduser()


def write_new(path: Path, data: bytes) -> None:
    """Write a file that must not exist yet, readable by its owner alone; OSError where that fails."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)


def read(path: Path) -> bytes:
    """The content of a file of at most 4 MiB; OSError where it can't be read, ValueError where it is larger."""
    with path.open("rb") as file:
        data = file.read(LIMIT + 1)
    if len(data) > LIMIT:
        raise ValueError("larger than 4 MiB")
    return data


async def export(app: Terminal, text: str, data: bytes, count: str) -> None:
    """Write data under a typed name and tell the banner how it went."""
    path = named(text)
    try:
        write_new(path, data)
    except FileExistsError:
        app.banner(say(app.lang, "file.exists", path=clean(path)), "bad")
    except OSError as error:
        app.banner(failure(app.lang, path, error), "bad")
    else:
        app.banner(say(app.lang, "file.written", path=clean(path), n=count), "good")


def failure(lang: str, path: Path, error: OSError | ValueError) -> str:
    """The sentence of a file that could not be read or written."""
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return say(lang, "file.failed", path=clean(path), why=clean(reason))
