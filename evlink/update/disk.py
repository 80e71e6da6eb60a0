"""What an update does to the disk, step by step, so that each step may be the last before a power cut."""

from __future__ import annotations

import json
import os
import shutil
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

LARGEST_NOTE = 64 << 10


class Disk:
    """The steps. `before` is called before each with its name; a test kills the process there."""

    def __init__(self, before: Callable[[str], None] = lambda step: None) -> None:
        self._before = before

    def write(self, path: Path, document: Mapping[str, Any]) -> None:
        """Put a JSON document in the place of a file, whole or not at all, and durably."""
        self._before(f"write {path.name}")
        new = path.with_name(f".{path.name}.new")
        new.unlink(missing_ok=True)
        handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with open(handle, "w", encoding="utf-8") as file:
            json.dump(document, file)
            file.flush()
            os.fsync(file.fileno())
        self._before(f"rename {path.name}")
        os.replace(new, path)
        sync(path.parent)

    def remove(self, path: Path) -> None:
        """Remove a file durably; one that is not there is fine."""
        self._before(f"remove {path.name}")
        path.unlink(missing_ok=True)
        sync(path.parent)

    def point(self, link: Path, target: str) -> None:
        """Make a symbolic link point elsewhere, by the rename of a new one: it is the old or the new, never none."""
        self._before(f"make {link.name}")
        new = link.with_name(f".{link.name}.new")
        new.unlink(missing_ok=True)
        new.symlink_to(target)
        self._before(f"switch {link.name}")
        os.replace(new, link)
        sync(link.parent)

    def clear(self, path: Path) -> None:
        """Remove a directory with all that is in it; links in it are removed, not followed."""
        self._before(f"clear {path.name}")
        if path.is_symlink() or path.is_file():
            path.unlink()
        elif path.exists():
            shutil.rmtree(path)

    def settle(self) -> None:
        """Wait until all that was written is on the disk."""
        self._before("settle")
        os.sync()


def sync(folder: Path) -> None:
    """Make the names in a directory durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read(path: Path) -> dict[str, Any]:
    """A JSON document of ours; empty where there is none that can be read."""
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return {}
            document = json.loads(file.read(LARGEST_NOTE))
    except (OSError, ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}
