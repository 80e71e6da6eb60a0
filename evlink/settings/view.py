"""What a form needs of the settings: which tabs and rows an account sees, and what it may do in each cell."""

from __future__ import annotations

from dataclasses import dataclass

from evlink.settings.kinds import Choice, Option, Value, Whole
from evlink.settings.label import Label
from evlink.settings.model import Right, Role, Scope, Setting, Store, Tab
from evlink.settings.places import Url
from evlink.settings.registry import settings_of
from evlink.settings.tabs import TABS
from evlink.settings.values import Values


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of a row: its path, its outlet (None for the whole station), and how it stands just now."""

    path: str
    outlet: int | None
    value: Value
    shown: bool
    editable: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A setting as a line of a form; one cell, or one an outlet (R-145)."""

    setting: Setting
    right: Right
    cells: tuple[Cell, ...]

    @property
    def shown(self) -> bool:
        """Whether any of its cells is shown."""
        return any(cell.shown for cell in self.cells)


def open_tabs(role: Role, values: Values, parent: str = "") -> tuple[Tab, ...]:
    """The tabs, or the sub-tabs of one, that an account sees on this station (R-049 to R-054)."""
    return tuple(
        tab for tab in TABS if tab.parent == parent and tab.right(role) is not Right.NONE and tab.visible.holds(values)
    )


def rows(tab_id: str, role: Role, values: Values) -> tuple[Row, ...]:
    """The rows of a tab for an account, in order: those it may see on this model, hidden ones marked as such.

    A form stages changes by asking again with `values.with_changes(...)`: what a choice hides or opens follows.
    """
    found = []
    for setting in settings_of(tab_id):
        right = setting.right(role)
        if right is Right.NONE or values.facts.model not in setting.models or setting.scope is Scope.BADGE:
            continue
        outlets = tuple(values.facts.outlets) if setting.scope is Scope.OUTLET else (None,)
        found.append(Row(setting, right, tuple(_cell(setting, outlet, right, values) for outlet in outlets)))
    return tuple(found)


def _cell(setting: Setting, outlet: int | None, right: Right, values: Values) -> Cell:
    shown = values.shown(setting, outlet)
    editable = right is Right.WRITE and setting.store is not Store.FACT and values.open(setting, outlet)
    return Cell(setting.path(outlet), outlet, values.get(setting.key, outlet), shown, editable)


def options(setting: Setting, values: Values) -> tuple[Option, ...]:
    """The choices that this station's model offers; none where the setting is no choice."""
    if not isinstance(setting.kind, Choice):
        return ()
    offered = setting.kind.ids(values.facts.model)
    return tuple(option for option in setting.kind.options if option.id in offered)


def warning(setting: Setting, value: object) -> Label:
    """What to mind with a value of a setting, empty where nothing is: a URL warns of its way in the clear alone."""
    if isinstance(setting.kind, Url):
        scheme, _, place = str(value or "").strip().partition("://")
        return setting.warning if scheme.casefold() in ("ws", "http") and place else Label("")
    return setting.warning


def allowed(setting: Setting, values: Values, outlet: int | None = None) -> Label:
    """What is allowed just now, in words: a range ends at the setting that bounds it."""
    if isinstance(setting.kind, Whole) and setting.bound_by:
        return setting.kind.allowed(int(values.get(setting.bound_by, outlet)))
    if isinstance(setting.kind, Choice):
        return setting.kind.allowed(values.facts.model)
    return setting.kind.allowed()
