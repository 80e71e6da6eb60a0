"""Folders as the file dialog lists them: entries with size and date, places to start from, names completed."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

MOST = 2000
"""Entries listed of one folder; how many more there are is told."""

MOUNTS = ("/media", "/run/media", "/mnt")


@dataclass(frozen=True, slots=True)
class Entry:
    """One name in a folder: `size` in bytes and `changed` in seconds since 1970 are 0 where they can't be read.

    `fits` says whether a file is of a wanted kind; folders fit always.
    """

    path: Path
    folder: bool
    fits: bool
    size: int = 0
    changed: float = 0.0


@dataclass(frozen=True, slots=True)
class Folder:
    """What a folder holds: folders first, then files, by name; `fault` is why it can't be listed, an errno or 0.

    `beyond` counts the names that are more than `MOST`.
    """

    path: Path
    entries: tuple[Entry, ...]
    beyond: int = 0
    fault: int = 0


def look(path: Path, kinds: Sequence[str]) -> Folder:
    """List a folder; `kinds` are the wanted suffixes, each with its dot. Nothing is raised."""
    found: list[Entry] = []
    beyond = 0
    try:
        with os.scandir(path) as names:
            for name in names:
                if len(found) >= MOST:
                    beyond += 1
                    continue
                found.append(_entry(Path(name.path), kinds))
    except OSError as error:
        return Folder(path, (), fault=error.errno or errno.EIO)
    found.sort(key=lambda entry: (not entry.folder, entry.path.name.casefold()))
    return Folder(path, tuple(found), beyond)


def _entry(path: Path, kinds: Sequence[str]) -> Entry:
    try:
        about = path.stat()
    except OSError:
        return Entry(path, False, path.suffix.lower() in kinds)
    folder = stat.S_ISDIR(about.st_mode)
    fits = folder or (stat.S_ISREG(about.st_mode) and path.suffix.lower() in kinds)
    return Entry(path, folder, fits, 0 if folder else about.st_size, about.st_mtime)


def home() -> Path:
    """Where the dialog starts: the home directory of the account, the root where there is none."""
    try:
        start = Path.home()
    except RuntimeError:
        return Path("/")
    return start if os.access(start, os.R_OK | os.X_OK) else Path("/")


def places(mounts: Sequence[str] = MOUNTS) -> list[Path]:
    """Home, and each removable medium that this account can read: folders below `mounts` that are mounted there.

    `/media/NAME` and `/media/ACCOUNT/NAME` are both usual.
    """
    found = [home()]
    for top in mounts:
        if os.path.ismount(top):
            found.append(Path(top))
        for child in _folders(Path(top)):
            if os.path.ismount(child):
                found.append(child)
            else:
                found += [inner for inner in _folders(child) if os.path.ismount(inner)]
    return [place for place in found if os.access(place, os.R_OK | os.X_OK)]


def _folders(path: Path) -> list[Path]:
    try:
        with os.scandir(path) as names:
            return sorted(Path(name.path) for name in names if name.is_dir(follow_symlinks=False))
    except OSError:
        return []


def named(text: str, folder: Path) -> Path:
    """The path that a typed text means in a folder: `~` is the home directory."""
    text = text.strip()
    try:
        path = Path(text).expanduser()
    except RuntimeError:  # ~somebody who has no account
        path = Path(text)
    return Path(os.path.normpath(folder / path))


def candidates(text: str, folder: Path, kinds: Sequence[str]) -> list[str]:
    """The names that begin as a typed text ends, of folders with a `/` behind them; hidden ones only if asked for."""
    head, slash, begun = text.rpartition("/")
    inside = look(named(head + slash, folder) if slash else folder, kinds)
    return [
        entry.path.name + ("/" if entry.folder else "")
        for entry in inside.entries
        if entry.fits and entry.path.name.startswith(begun) and (begun.startswith(".") or entry.path.name[0] != ".")
    ]


def complete(text: str, folder: Path, kinds: Sequence[str]) -> str:
    """A typed text with as much of the name added as all names that begin so share; folders end in `/`.

    Only folders and files of `kinds` count. The text itself where nothing can be added.
    """
    head, slash, begun = text.rpartition("/")
    names = candidates(text, folder, kinds)
    if not names:
        return text
    least, most = min(names), max(names)
    shared = least[: next((at for at, pair in enumerate(zip(least, most, strict=False)) if len(set(pair)) > 1), None)]
    return head + slash + shared if len(shared) > len(begun) else text
