"""The draft: what the station holds of its settings, and the changes staged over it; no screen, no socket.

Visibility and editability are the declaration's conditions over the staged values, so a form follows the typing.
The station checks all of it again when the changes are applied.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evlink.settings.check import Problem, check_changes
from evlink.settings.facts import Facts
from evlink.settings.kinds import Choice, Flag, NotAllowed, Secret, Value
from evlink.settings.label import Label
from evlink.settings.model import Apply, Role, Setting, Store
from evlink.settings.registry import find
from evlink.settings.values import Values
from evlink.settings.view import allowed


@dataclass(frozen=True, slots=True)
class Row:
    """One value of the station as this account may see it: `path` has the outlet's number in it where it has one."""

    path: str
    setting: Setting
    outlet: int | None
    value: Value | None
    writable: bool
    visible: bool
    editable: bool


class Draft:
    """The rows of `settings.list` with staged changes over them; also what conditions look at."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.version = 0
        self.rows: dict[str, Row] = {}
        self.staged: dict[str, Value] = {}
        self.texts: dict[str, str] = {}
        self.problems: dict[str, Label] = {}
        self.moved: set[str] = set()
        self._values = Values(facts)
        self._after: Values | None = None

    def load(self, listing: Mapping[str, Any]) -> list[str]:
        """Take the result of `settings.list`; paths staged here whose value somebody else changed meanwhile."""
        before = {path: row.value for path, row in self.rows.items()}
        self.version = int(listing["version"])
        self.rows = {}
        for item in listing["settings"]:
            path = str(item["key"])
            found = find(path)
            if found is None or found.setting.store is Store.ACTION:
                continue
            self.rows[path] = Row(
                path=path,
                setting=found.setting,
                outlet=found.outlet,
                value=item.get("value"),
                writable=item.get("right") == "rw",
                visible=bool(item.get("visible", True)),
                editable=bool(item.get("editable", True)),
            )
        self._values = Values(self.facts).with_changes(
            {
                path: row.value
                for path, row in self.rows.items()
                if row.setting.store is Store.VALUE and not row.setting.secret and row.value is not None
            }
        )
        self._after = None
        moved = []
        for path in self.touched:
            row = self.rows.get(path)
            if row is None:
                self.drop(path)
            elif path in before and before[path] != row.value and not row.setting.secret:
                if self.staged.get(path) == row.value:
                    self.drop(path)
                else:
                    moved.append(path)
        self.moved.update(moved)
        self._recheck()
        return moved

    def _recheck(self) -> None:
        """Check again what another value may have made wrong or right: numbers that another setting bounds.

        What was typed before the connection was lost is taken as a value here, too.
        """
        for path, text in list(self.texts.items()):
            row = self.rows.get(path)
            if row is not None and (row.setting.bound_by or (path not in self.staged and path not in self.problems)):
                self._parse(row, text)

    # What conditions see

    @property
    def base(self) -> Values:
        """The station's values as far as this account knows them."""
        return self._values

    @property
    def values(self) -> Values:
        """The station's values as far as this account knows them, with the staged ones over them."""
        if self._after is None:
            known = {path: value for path, value in self.staged.items() if path not in self.problems}
            self._after = self._values.with_changes(known)
        return self._after

    def visible(self, row: Row) -> bool:
        """Whether the row is on the form with the values staged now."""
        if not self.staged:
            return row.visible
        shown = self.values.shown(row.setting, row.outlet)
        # What this account may not read, it can't reckon with: the station's word holds unless ours changed.
        return row.visible if shown == self._values.shown(row.setting, row.outlet) else shown

    def editable(self, row: Row) -> bool:
        """Whether the row can be written with the values staged now."""
        if not row.writable or not self.visible(row):
            return False
        now = self.values.open(row.setting, row.outlet)
        return row.editable if now == self._values.open(row.setting, row.outlet) else now

    # Staging

    @property
    def touched(self) -> list[str]:
        """Paths with a staged change, right or wrong, in the order of the declarations."""
        return [path for path in self.rows if path in self.texts] + [p for p in self.texts if p not in self.rows]

    @property
    def restart(self) -> bool:
        """Whether some staged change takes effect only after a restart (R-042)."""
        return any(self.rows[path].setting.apply is Apply.RESTART for path in self.texts if path in self.rows)

    def text(self, path: str) -> str:
        """What the field of a path shows: the text as typed, else the value."""
        return self.texts[path] if path in self.texts else self.original(path)

    def original(self, path: str) -> str:
        """The station's value as a field's text; empty for a secret."""
        row = self.rows[path]
        return "" if row.setting.secret or row.value is None else field_text(row.setting, row.value)

    def stage(self, path: str, text: str) -> None:
        """Stage a text as typed; the problem, if it is no value, is in `problems`. The old value unstages."""
        row = self.rows[path]
        if text == self.original(path):
            self.drop(path)
            return
        self.texts[path] = text
        self._parse(row, text)
        self._recheck()

    def _parse(self, row: Row, text: str) -> None:
        """Take a typed text as the staged value of a row, or as a problem of it."""
        path = row.path
        self._after = None
        self.staged.pop(path, None)
        self.problems.pop(path, None)
        try:
            value = row.setting.kind.parse(text)
        except NotAllowed:
            self.problems[path] = allowed(row.setting, self.values, row.outlet)
            return
        if row.setting.kind.check(value) is not None or self._beyond(row, value):
            self.problems[path] = allowed(row.setting, self.values, row.outlet)
        self.staged[path] = value
        self._after = None  # reckoned without this one just now

    def empty(self, path: str) -> None:
        """Stage that a secret, which is set, is set no longer."""
        if self.rows[path].setting.secret and self.rows[path].value:
            self._after = None
            self.texts[path], self.staged[path] = "", ""
            self.problems.pop(path, None)

    def put(self, path: str, value: Value) -> None:
        """Stage a value, as from a file."""
        self.stage(path, field_text(self.rows[path].setting, value))

    def drop(self, path: str) -> None:
        """Unstage a path."""
        self._after = None
        self.texts.pop(path, None)
        self.staged.pop(path, None)
        self.problems.pop(path, None)
        self.moved.discard(path)
        self._recheck()

    def clear(self) -> None:
        """Unstage everything."""
        for path in list(self.texts):
            self.drop(path)

    def upper(self, row: Row) -> int | None:
        """The maximum that another setting gives a number now."""
        if not row.setting.bound_by:
            return None
        bound = self.values.get(row.setting.bound_by, row.outlet)
        return bound if type(bound) is int else None

    def _beyond(self, row: Row, value: Value) -> bool:
        upper = self.upper(row)
        return upper is not None and isinstance(value, int) and value > upper

    def changes(self) -> dict[str, Value]:
        """The staged changes to apply; what became invisible or read-only on the way stays out."""
        return {
            path: value
            for path, value in self.staged.items()
            if (row := self.rows.get(path)) is not None and self.visible(row) and self.editable(row)
        }

    def refused(self, role: Role) -> list[Problem]:
        """What the declarations refuse of the staged changes, before the station is asked.

        Only Admin knows every value that a rule may read; what a User stages is left to the station.
        """
        if role is not Role.ADMIN:
            return []
        checked = check_changes(self._values, self.changes(), role)
        return checked if isinstance(checked, list) else []

    def shown(self, path: str, lang: str) -> str:
        """The value that counts now, as read-only text shows it, with its unit."""
        row = self.rows[path]
        return self._worded(row, self.staged.get(path, row.value), lang)

    def original_shown(self, path: str, lang: str) -> str:
        """The station's value as read-only text shows it, with its unit."""
        return self._worded(self.rows[path], self.rows[path].value, lang)

    def _worded(self, row: Row, value: Value | None, lang: str) -> str:
        if value is None or row.setting.secret:
            return ""
        text = row.setting.kind.show(value, lang)
        return f"{text} {row.setting.unit}" if row.setting.unit and text else text

    def of_tab(self, tab: str) -> list[list[Row]]:
        """The rows of a sub-tab that are visible now, grouped by setting: one row, or one an outlet."""
        groups: dict[str, list[Row]] = {}
        for row in self.rows.values():
            if row.setting.tab.id == tab and self.visible(row):
                groups.setdefault(row.setting.key, []).append(row)
        return list(groups.values())


def field_text(setting: Setting, value: Value) -> str:
    """A value as the text that its field holds: the id of a choice, `true` or `false`, else what is shown."""
    match setting.kind:
        case Choice():
            return str(value)
        case Flag():
            return "true" if value else "false"
        case Secret():
            return str(value)
        case kind:
            return kind.show(value)
