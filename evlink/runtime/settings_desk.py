"""The settings desk: the values in force, those stored, and the one door by which they change."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from evlink.runtime.rpc import BAD_VALUE, CONFLICT, REFUSED, Failure
from evlink.settings.check import Checked, Problem, check_changes
from evlink.settings.kinds import Value
from evlink.settings.model import Apply, Right, Role, Scope, Setting, Store
from evlink.settings.registry import SETTINGS, find, paths
from evlink.settings.values import Values


class Disk(Protocol):
    """Where settings are stored (`storage.settings_file.SettingsFile`)."""

    def save(self, settings: Values) -> None: ...


@dataclass(frozen=True, slots=True)
class Change:
    """One value that changed, by its path."""

    key: str
    old: Value
    new: Value


class SettingsDesk:
    """Stored values, and those in force: what needs a restart waits for it (R-042)."""

    def __init__(self, values: Values, disk: Disk, applied: Callable[[Values], None]) -> None:
        self.stored = values
        self.in_force = values
        self.version = 1
        self._disk = disk
        self._applied = applied
        self._changed_in: dict[str, int] = {}
        self._waiting: tuple[str, ...] | None = None
        self._lock = asyncio.Lock()

    @property
    def restart_needed(self) -> tuple[str, ...]:
        """Paths whose stored value waits for a restart."""
        if self._waiting is None:  # asked for with every status document
            self._waiting = tuple(p for p, _, _, value in self.stored.items() if value != self.in_force.get(p))
        return self._waiting

    async def apply(
        self,
        changes: Mapping[str, object],
        role: Role,
        base: int | None = None,
        dry_run: bool = False,
        imported: bool = False,
    ) -> dict[str, Any]:
        """Apply changes, all or none; the result of `settings.apply`. Failure where one is wrong or came too late."""
        async with self._lock:
            checked = self._check(changes, role, base, imported)
            before = self.stored
            if not dry_run and checked.changes:
                await asyncio.to_thread(self._disk.save, checked.values)
                self._take(checked)
            return {
                "version": self.version,
                "changed": [
                    {"key": path, "old": shown(before, path), "new": shown(checked.values, path)}
                    for path in checked.changes
                ],
                "restart": list(checked.restart),
                "notices": [notice.en for notice in checked.notices],
                "notices_fr": [notice.text("fr") for notice in checked.notices],
            }

    def _check(self, changes: Mapping[str, object], role: Role, base: int | None, imported: bool) -> Checked:
        if base is not None:
            for path in changes:
                if self._changed_in.get(path, 0) > base:
                    french = f"{path} a été modifié ailleurs entre-temps"
                    raise Failure(CONFLICT, f"{path} was changed elsewhere meanwhile", key=path, fr=french)
        checked = check_changes(self.stored, changes, role, imported=imported)
        if isinstance(checked, Checked):
            return checked
        raise _failure(checked)

    def _take(self, checked: Checked) -> None:
        self.stored = checked.values
        self.version += 1
        self._waiting = None
        now = {path: value for path, value in checked.changes.items() if _apply_of(path) is Apply.SAVE}
        self.in_force = self.in_force.with_changes(now)
        for path in checked.changes:
            self._changed_in[path] = self.version
        self._applied(self.in_force)

    def listing(self, role: Role) -> dict[str, Any]:
        """The result of `settings.list`: what the role may see, with its effective right (R-051)."""
        rows = []
        for setting in SETTINGS.values():
            if setting.store is Store.ACTION or setting.scope is Scope.BADGE or setting.right(role) is Right.NONE:
                continue
            for path in paths(setting, self.stored.facts):
                outlet = _outlet_of(path)
                rows.append(
                    {
                        "key": path,
                        "outlet": outlet,
                        "value": shown(self.stored, path),
                        "right": {Right.READ: "r", Right.WRITE: "rw"}[setting.right(role)],
                        "visible": self.stored.shown(setting, outlet),
                        "editable": self.stored.open(setting, outlet),
                        "carried": setting.carried,
                    }
                )
        return {"version": self.version, "settings": rows}

    def get(self, keys: list[str], role: Role) -> dict[str, Any]:
        """The result of `settings.get`. Failure for a key that there isn't, or that the role may not see (R-055)."""
        values: dict[str, Any] = {}
        problems: list[str] = []
        for key in keys:
            found = find(key)
            if (
                found is None
                or found.setting.store is Store.ACTION
                or found.setting.right(role) is Right.NONE
                or (found.outlet is not None and found.outlet not in self.stored.facts.outlets)
            ):
                problems.append(key)
                continue
            wanted = (key,) if found.outlet is not None else paths(found.setting, self.stored.facts)
            values |= {path: shown(self.stored, path) for path in wanted}
        if problems:
            # What may not even be read is refused as a change of it is: in the same words, with the same suggestions.
            checked = check_changes(self.stored, dict.fromkeys(problems, ""), role)
            assert not isinstance(checked, Checked)
            raise _failure(checked)
        return {"version": self.version, "values": values}


def _failure(problems: list[Problem]) -> Failure:
    """The answer to what is refused: the first problem, and all of them in both languages."""
    first = problems[0]
    return Failure(
        REFUSED if first.refused else BAD_VALUE,
        first.sentence(),
        key=first.key,
        value=first.value,
        allowed=first.allowed.en,
        problems=[
            {
                "key": p.key,
                "value": p.value,
                "allowed": p.allowed.en,
                "en": p.sentence("en"),
                "fr": p.sentence("fr"),
            }
            for p in problems
        ],
    )


def shown(values: Values, path: str) -> Value | None:
    """A value as the socket shows it: of a secret only whether it is set."""
    found = find(path)
    value = values.get(path)
    if found is not None and found.setting.secret:
        return "set" if value else None
    return value


def _apply_of(path: str) -> Apply:
    return _setting(path).apply


def _setting(path: str) -> Setting:
    found = find(path)
    if found is None:
        raise KeyError(path)
    return found.setting


def _outlet_of(path: str) -> int | None:
    found = find(path)
    return found.outlet if found else None
