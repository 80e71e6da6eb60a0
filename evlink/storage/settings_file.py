"""The settings on disk: saved durably with the last good copy beside them, and never silently empty.

The first line holds the sum of the rest: a file that lost its end, or a bit, would often still be valid TOML with other
settings. Who edits the file by hand takes that line out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from evlink.storage import files
from evlink.storage.errors import Notice, StateError, StorageError

T = TypeVar("T")
SUM = "# saved by the station; an edited file is taken without this line; sha256 "


@dataclass(frozen=True, slots=True)
class Loaded(Generic[T]):
    """Settings as read, None where nothing was ever saved (factory values), and what had to be done to read them."""

    settings: T | None
    notices: tuple[Notice, ...] = ()


class SettingsFile(Generic[T]):
    """One settings file with its previous good copy `<name>.previous`.

    `parse` turns text into settings and raises ValueError in one sentence; `render` is its inverse and writes
    only what deviates from the factory values.
    """

    def __init__(self, path: Path, parse: Callable[[str], T], render: Callable[[T], str]) -> None:
        self._path = path
        self._previous = path.with_name(path.name + ".previous")
        self._parse = parse
        self._render = render

    def load(self) -> Loaded[T]:
        """Read the settings; from the previous copy where the file is damaged or gone, with a notice.

        A damaged file is kept as `<name>.bad-<n>`. Settings are None only where nothing was saved yet, or, with a
        notice, where neither copy can be read.
        """
        settings, fault = self._read(self._path)
        if settings is not None:
            return Loaded(settings)
        previous, previous_fault = self._read(self._previous)
        if fault is None and previous is None and previous_fault is None:
            bad = sorted(p.name for p in self._path.parent.glob(f"{self._path.name}.bad-*"))
            text = f"no good copy of the settings, only {', '.join(bad)}; factory values apply"
            return Loaded(None, (Notice("settings", text),) if bad else ())
        notices = [Notice("settings", self._keep_bad(fault))]
        if previous is None:
            lost = previous_fault or f"{self._previous.name} is missing"
            notices.append(Notice("settings", f"no good copy of the settings: {lost}; factory values apply"))
            return Loaded(None, tuple(notices))
        content = files.read(self._previous)
        if content is not None:
            files.replace(self._path, content)
        notices.append(Notice("settings", f"the settings were taken from {self._previous.name}"))
        return Loaded(previous, tuple(notices))

    def save(self, settings: T) -> None:
        """Store settings durably. StorageError where that failed or they would not read back; nothing changed then."""
        text = self._render(settings)
        try:
            again = self._parse(text)
        except ValueError as error:
            raise StorageError(f"the settings would not read back: {error}") from error
        if self._render(again) != text:
            raise StorageError("the settings would not read back the same")
        content = summed(text)
        present, _ = self._read(self._path)
        good = content if present is None else files.read(self._path)
        if good is not None and (good != content or not self._previous.exists()):
            files.replace(self._previous, good)
        files.replace(self._path, content)

    def forget(self) -> None:
        """Remove the settings with every copy: the factory values apply again (R-227)."""
        for path in (self._path, self._previous, *self._path.parent.glob(f"{self._path.name}.bad-*")):
            path.unlink(missing_ok=True)
        files.sync_directory(self._path.parent)

    def _read(self, path: Path) -> tuple[T | None, str | None]:
        """Settings and no fault; or a sentence about the fault; or neither, where there is no such file."""
        try:
            content = files.read(path)
            return (None, None) if content is None else (self._parse(checked(content.decode())), None)
        except UnicodeDecodeError:
            return None, f"{path.name} is not UTF-8 text"
        except (ValueError, RecursionError, StateError) as error:
            return None, f"{path.name} can't be read: {error}"

    def _keep_bad(self, fault: str | None) -> str:
        if fault is None:
            return f"{self._path.name} is missing though it was saved before"
        kept = files.set_aside(self._path, "bad")
        self._path.rename(kept)
        files.sync_directory(kept.parent)
        return f"{fault}; kept as {kept.name}"


def summed(text: str) -> bytes:
    """The content of a file: the line with the sum, then the text."""
    return f"{SUM}{hashlib.sha256(text.encode()).hexdigest()}\n{text}".encode()


def checked(content: str) -> str:
    """The text of a file, where its sum fits or it has none. ValueError where it was cut off or changed."""
    if not content.strip():
        raise ValueError("it is empty")
    if not content.startswith("#"):
        return content
    line, _, text = content.partition("\n")
    if line != f"{SUM}{hashlib.sha256(text.encode()).hexdigest()}":
        raise ValueError("it was cut off or changed since it was saved")
    return text
