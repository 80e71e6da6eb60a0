"""A sub-tab of settings: a numbered line each, one an outlet where there is one value an outlet."""

from __future__ import annotations

from collections.abc import Sequence

from evlink.settings.kinds import Secret, Whole
from tui.clean import clean
from tui.draft import Row
from tui.lines import editing, explain
from tui.lines.changes import value_text
from tui.lines.console import Console
from tui.saving import label_of
from tui.words import WORDS


class FormPage:
    """All settings of a sub-tab that this account sees and that are visible with what is staged now."""

    def __init__(self, console: Console, subtab: str) -> None:
        self.console = console
        self.subtab = subtab

    @property
    def title(self) -> str:
        """The sub-tab's name."""
        return title_of(self.console, self.subtab)

    @property
    def letters(self) -> Sequence[tuple[str, str]]:
        """A number opens a setting, `?` and a number explain it."""
        return [("1", "lines.do.edit"), ("1=...", "lines.do.put"), ("? 1", "lines.do.explain")]

    @property
    def rows(self) -> list[Row]:
        """The settings in the order of their numbers."""
        return [row for rows in self.console.session.draft.of_tab(self.subtab) for row in rows]

    async def show(self) -> None:
        """Ask the station and list the settings."""
        console = self.console
        moved = await console.session.reload()
        rows, block, warned = self.rows, "", ""
        for number, row in enumerate(rows, 1):
            if row.setting.group != block:
                block = row.setting.group
                if f"heading.{block}" in WORDS:
                    console.say(f"-- {console.word(f'heading.{block}')}")
            console.say(f"{number} {line_of(console, row)}", hang="   ")
            if row.setting.key != warned and console.session.draft.editable(row):
                warned = row.setting.key
                explain.warnings(console, row)
            explain.floors(console, row)
        if not rows:
            console.tell("form.empty")
        for path in moved:
            value = value_text(console, path, console.session.draft.rows[path].value)
            console.tell("banner.stale", what=label_of(path, console.lang), value=value)

    async def answer(self, command: str, rest: str) -> bool:
        """Change the setting of a number, at once where its value stands after `=`."""
        rows = self.rows
        if not command.isdigit() or (rest and not rest.startswith("=")):
            return False
        if not 1 <= int(command) <= len(rows):
            self.console.tell("lines.number" if rows else "form.empty", n=len(rows))
            return True
        row = rows[int(command) - 1]
        if rest:
            editing.put(self.console, row, rest[1:].strip())
        else:
            await editing.edit(self.console, row)
        if [one.path for one in self.rows] != [one.path for one in rows]:
            self.console.tell("lines.moved")
        return True

    def explain(self, number: int | None) -> None:
        """Help on the sub-tab, or on one of its settings."""
        rows = self.rows
        if number is None:
            explain.subtab(self.console, self.subtab)
        elif 1 <= number <= len(rows):
            explain.setting(self.console, rows[number - 1])
        else:
            self.console.tell("lines.number", n=len(rows))


def title_of(console: Console, subtab: str) -> str:
    """The name of a sub-tab in the language of the session."""
    tabs = (tab for top in console.session.tabs() for tab in console.session.subtabs(top.id))
    return next((tab.label.text(console.lang) for tab in tabs if tab.id == subtab), subtab)


def line_of(console: Console, row: Row) -> str:
    """A setting on a line: name, value, unit, and its range or that it can't be changed."""
    draft, setting = console.session.draft, row.setting
    staged = row.path in draft.texts
    value = draft.staged.get(row.path, row.value)
    text = value_text(console, row.path, value) if row.path not in draft.problems else clean(draft.texts[row.path])
    if draft.texts.get(row.path) and isinstance(setting.kind, Secret):
        text = console.word("lines.new")
    extra = []
    if not draft.editable(row):
        extra.append(console.word("lines.read_only"))
    elif isinstance(setting.kind, Whole):
        upper = draft.upper(row)
        top = setting.kind.max if upper is None else min(upper, setting.kind.max)
        extra.append(console.word("form.range", low=setting.kind.min, high=top))
    if staged:
        extra.append(console.word("lines.was", value=value_text(console, row.path, row.value)))
    if row.path in draft.problems:
        extra.append(console.word("lines.allowed", text=draft.problems[row.path].text(console.lang)))
    line = console.word("labelled", label=label_of(row.path, console.lang), text=text)
    return f"{line} ({'; '.join(extra)})" if extra else line
