"""A walk over every screen of a terminal, which holds what is drawn against the hand-written table (matrix.py)."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path

from rich.cells import cell_len
from textual.widget import Widget

from evlink.settings.facts import Facts
from evlink.settings.kinds import Choice, Flag
from evlink.settings.registry import find
from tests.tui.bench import Desk, desk, screen_text
from tests.tui.matrix import LABELS, Cell, SubTab, Values, cells, for_facts, open_subtabs
from tests.tui.station_stub import Station
from tui.panes.form import Rows
from tui.panes.row import FormRow
from tui.widgets.bars import Bar, Note
from tui.widgets.fields import ChoiceField, FlagField, Press, SecretField
from tui.widgets.lines import Lines
from tui.widgets.listing import Listing

DATA = Path(__file__).parents[1] / "data"
FIELDS = {
    "configuration.date_time.manual_datetime": "moment",
    "maintenance.password.account": "accounts",
    "maintenance.password.current_password": "current",
    "maintenance.password.new_password": "new",
    "maintenance.password.confirm_password": "confirm",
}
"""Fields that are no rows of a form, by the id of their widget."""


@dataclass(frozen=True)
class Button:
    """A button of the manual's tool and how the terminal has it (tests/data/terminal-actions.txt)."""

    action: str
    subtab: str
    user: bool
    way: str
    names: tuple[str, ...]


def _button(line: str) -> Button:
    row = re.fullmatch(r"(\w+) +(\S+) +x +(x|-) +(?:(reader|frozen|key|list)(?:: |$))?(.*)", line)
    if row is None:
        raise ValueError(line)
    return Button(row[1], row[2], row[3] == "x", row[4] or "button", tuple(row[5].split(" | ")))


BUTTONS = [
    _button(line)
    for line in (DATA / "terminal-actions.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]


@dataclass
class Walk:
    """A terminal open on a station of certain facts; `check` looks at all screens with some values."""

    one: Desk
    facts: Facts
    admin: bool
    seen: list[str] = field(default_factory=list)

    @property
    def lang(self) -> str:
        """The language of the screens."""
        return self.one.app.lang

    def label(self, key: str) -> str:
        """A label of the manual in the language of the screens."""
        return LABELS[key][self.lang == "fr"]

    async def put(self, values: Values) -> None:
        """Let the station have values, and the terminal know."""
        self.one.station.put(dict(for_facts(values, self.facts)))
        await self.one.app.session.reload()
        self.one.main.edited()

    async def check(self, values: Values, only: set[str] | None = None) -> None:
        """Every sub-tab in turn, by the key that goes on to the next; or the ones named, opened by name."""
        await self.put(values)
        expected = open_subtabs(self.facts, values, self.admin)
        if only is None:
            await self._round(expected, values)
            return
        for sub in expected:
            if sub.id in only:
                await self.one.main.open(sub.id, focus=True)
                await self.look(sub, values)

    async def _round(self, expected: list[SubTab], values: Values) -> None:
        one = self.one
        await one.main.open(expected[0].id, focus=True)
        reached = []
        while one.main.subtab not in reached:
            reached.append(one.main.subtab)
            if sub := next((sub for sub in expected if sub.id == one.main.subtab), None):
                await self.look(sub, values)
            one.main.query_one("#tabs", Bar).focus()
            await one.pilot.press("right_square_bracket")
        own = ["extension"] if self.admin else []
        assert reached == [sub.id for sub in expected] + own, reached

    # One screen

    async def look(self, sub: SubTab, values: Values) -> None:
        """One sub-tab: which fields it has, which of them can be changed, and that all of it can be read."""
        one = self.one
        await self.drawn(sub.id)
        self.seen.append(sub.id)
        where = f"{sub.id} {self.facts.model} {self.lang} {one.app.size} {dict(values)}"
        self._frame(sub, values, where)
        page = await self._page()
        told = f"{where}\n" + "\n".join(page)
        expected = cells(sub, self.facts, values, self.admin)
        assert self._cells(sub) == [cell for cell in expected if not self._elsewhere(cell)], told
        for row in one.main.query(FormRow):
            self._row(row, page, told)
        self._others(sub, expected, told)
        self._buttons(sub, told)
        assert _outside(one) == [], told

    async def drawn(self, subtab: str) -> None:
        """Wait until a pane has asked the station what it shows, and drawn it."""
        one = self.one
        await self._calm()
        asked = [worker for worker in one.app.workers if worker.group == "call"]
        if asked:
            await one.app.workers.wait_for_complete(asked)
            await self._calm()
        assert one.main.pane is not None
        assert one.main.pane.subtab == subtab

    async def _calm(self) -> None:
        """Wait until every widget has done what it was told; unlike `Pilot.pause` it doesn't sleep to be sure."""
        for _ in range(2):
            await self.one.pilot._wait_for_screen()
            self.one.app.screen._on_timer_update()

    def _frame(self, sub: SubTab, values: Values, where: str) -> None:
        """Header, tabs and sub-tabs are there whole, in the manual's order."""
        main = self.one.main
        for name in ("#header", "#tabs", "#subtabs"):
            bar = main.query_one(name, Bar)
            assert len(bar.targets()) == len(bar._items), f"{name} has no room for all: {where}"
        top = sub.id.partition(".")[0]
        shown = [name for name, _ in main.query_one("#subtabs", Bar).targets()]
        family = [tab.id for tab in open_subtabs(self.facts, values, self.admin) if tab.id.partition(".")[0] == top]
        assert shown == [name for name in family if "." in name], where
        tops = [name for name, _ in main.query_one("#tabs", Bar).targets()]
        every = [tab.id.partition(".")[0] for tab in open_subtabs(self.facts, values, self.admin)]
        assert tops == [*dict.fromkeys(every), *(["extension"] if self.admin else [])], where

    async def _page(self) -> list[str]:
        """The pane's form as it is when scrolled from top to bottom, else the pane; every line is as it was drawn."""
        one = self.one
        holders = list(one.main.query(Rows))
        if not holders:
            return _crop(one, one.main.query_one("#pane"))
        rows = holders[0]
        height = max(1, rows.size.height)
        page = [""] * max(height, rows.virtual_size.height)
        for top in range(0, len(page), height):
            if rows.virtual_size.height > height:
                rows.scroll_to(y=top, animate=False, force=True, immediate=True)
                await self._calm()
            at = int(rows.scroll_offset.y)
            drawn = _crop(one, rows)
            page[at : at + height] = drawn[: len(page) - at]
        rows.scroll_to(y=0, animate=False, force=True, immediate=True)
        return page

    def _cells(self, sub: SubTab) -> list[Cell]:
        """The fields of a form as it has them, its label once an outlet; a table of versions has its own."""
        if sub.id == "maintenance.update":
            return []
        found = []
        for row in self.one.main.query(FormRow):
            for one in row.rows:
                field = row.fields.get(one.path)
                found.append(Cell(one.path, field is not None and field.can_focus and not field.disabled))
        return found

    def _elsewhere(self, cell: Cell) -> bool:
        return cell.path in FIELDS or cell.path.startswith(("authentication.", "maintenance.update."))

    def _row(self, row: FormRow, page: list[str], told: str) -> None:
        """A row's label, choices and read-only values are drawn whole, over their lines; a long text has its mark."""
        y, height = row.virtual_region.y, row.virtual_region.height
        lines = [line.ljust(self.one.app.size.width) for line in page[y : y + height]]
        assert len(lines) == height, told
        width = row.geometry.left - 3
        label = "".join(line[2 : 2 + width] for line in lines[: row._height])
        assert _same(label, self.label(row.key)), f"{row.key} reads {label!r}: {told}"
        for one in row.rows:
            field = row.fields.get(one.path)
            start = row.geometry.left + row.column_of(one) * row.geometry.column
            end = start + row.geometry.column
            text = "".join(line[start:end] for line in lines[: row._height])
            if field is None:
                shown = self._shown(one.path)
                assert _same(text, shown) or (row.geometry.columns == 1 and _starts(text, shown)), f"{one.path}: {told}"
            elif isinstance(field, ChoiceField):
                assert _starts(text, f"‹{self._shown(one.path)}›"), f"{one.path}: {text!r} {told}"
            elif isinstance(field, FlagField):
                kind = find(one.path)
                assert kind is not None
                assert isinstance(kind.setting.kind, Flag)
                on = self.one.station.values.get(one.path)
                words = kind.setting.kind.on if on else kind.setting.kind.off
                assert _starts(text, f"[{'x' if on else ' '}] {words.text(self.lang)}"), f"{one.path}: {told}"
            elif not isinstance(field, SecretField):
                value = str(self._shown(one.path, unit=False))
                held = text[: field.size.width]
                whole = _same(held, value) or held.rstrip() == value
                assert whole or (held.endswith("…") and value.startswith(held[:-1])), f"{one.path}: {told}"
                text = text[field.size.width :]
            assert "…" not in text, f"{one.path} is cut: {told}"
        if row.geometry.columns == 1:
            field = next(iter(row.fields.values()), None)
            used = row.geometry.left + (field.size.width if field is not None else 0)
            assert "…" not in lines[0][used:], f"beside {row.key}: {told}"
        assert all("…" not in line for line in lines[row._height :]), f"below {row.key}: {told}"

    def _shown(self, path: str, unit: bool = True) -> str:
        found = find(path)
        assert found is not None
        setting, value = found.setting, self.one.station.values.get(path)
        if isinstance(setting.kind, Choice):
            return next(option.label.text(self.lang) for option in setting.kind.options if option.id == value)
        text = setting.kind.show(value, self.lang)
        return f"{text} {setting.unit}" if unit and setting.unit and text else text

    def _others(self, sub: SubTab, expected: list[Cell], told: str) -> None:
        """Fields that are no rows of a form: there, or not, as the table says; what the pane tells is whole."""
        main = self.one.main
        for path, name in FIELDS.items():
            if not path.startswith(sub.id + "."):
                continue
            there = [widget for widget in main.query(f"#{name}") if _displayed(widget)]
            wanted = next((cell for cell in expected if cell.path == path), None)
            assert bool(there) is (wanted is not None), f"{path}: {told}"
            assert all(widget.can_focus is (wanted is not None and wanted.writable) for widget in there), path
        if sub.id == "maintenance.update":
            self._versions(expected, told)
        if sub.id == "authentication":
            self._badges(expected, told)
        for note in main.query("#pane Note").results(Note):
            if _displayed(note) and not self._scrolled(note) and note.id not in ("helpline", "banner"):
                assert _same("".join(_crop(self.one, note)), note.text), f"{note.text!r} is cut: {told}"
        for lines in main.query("#pane Lines").results(Lines):
            if _displayed(lines) and not isinstance(lines, Listing):
                assert all("…" not in row for row in _crop(self.one, lines)), f"{lines.id} is cut: {told}"

    def _scrolled(self, widget: Widget) -> bool:
        return any(isinstance(parent, Rows) for parent in widget.ancestors)

    def _versions(self, expected: list[Cell], told: str) -> None:
        """R-230: a column a version, a row an outlet; the labels of the manual over them."""
        page = "\n".join(_crop(self.one, self.one.main.query_one("#versions")))
        head, *rows = page.splitlines()
        rows = list(takewhile(str.strip, rows))  # below them stands what an update does
        names = dict.fromkeys(cell.path.rpartition(".")[2] for cell in expected)
        for name in ("outlet", "board_version", "tool_version", "rfid_reader_version"):
            assert (self.label(f"maintenance.update.{name}") in head) is (name in names), f"{name}: {told}"
        values = [[self._shown(cell.path) for cell in expected if f".{n}." in cell.path] for n in self.facts.outlets]
        assert [row.split() for row in rows if row.strip()] == values, told
        assert not any(cell.writable for cell in expected)

    def _badges(self, expected: list[Cell], told: str) -> None:
        """R-174: number and identifier to read, type and comment to change."""
        listing = self.one.main.query_one("#badges", Listing)
        head = _crop(self.one, listing)[0]
        for cell in expected:
            assert self.label(cell.path) in head or cell.path.endswith(".number"), f"{cell.path}: {told}"
        wanted = ["number", "uid", "type", "comment"]
        assert [cell.path.rpartition(".")[2] for cell in expected] == wanted
        assert [cell.writable for cell in expected] == [False, False, True, True]

    def _buttons(self, sub: SubTab, told: str) -> None:
        """The manual's buttons for this account and no others of them; each drawn whole."""
        one = self.one
        shown = [press for press in one.main.query(Press) if _displayed(press)]
        labels = [press.label for press in shown]
        for button in BUTTONS:
            if button.subtab == sub.id and button.way in ("button", "reader", "frozen"):
                name = button.names[self.lang == "fr"]
                there = (self.admin or button.user) and button.way != "frozen"
                there = there and (button.way != "reader" or self.facts.has_rfid_reader)
                assert (name in labels) is there, f"{button.action}: {labels} {told}"
        for press in shown:
            assert press.size.width >= cell_len(press.label) + 4, f"{press.label} is cut: {told}"
            if not self._scrolled(press):
                assert _crop(one, press)[0].strip() == f"[ {press.label} ]", f"{press.label} is cut: {told}"


def _crop(one: Desk, widget: Widget) -> list[str]:
    """The lines of the screen where a widget is."""
    region = widget.region
    width = one.app.size.width
    lines = [line.ljust(width) for line in screen_text(one.app).split("\n")]
    right = min(region.right, width)
    return [line[region.x : right].rstrip() for line in lines[region.y : region.bottom]]


def _displayed(widget: Widget) -> bool:
    return all(one.display for one in (widget, *widget.ancestors) if isinstance(one, Widget))


def _plain(text: str) -> str:
    return re.sub(r"\s", "", text)


def _same(drawn: str, meant: str) -> bool:
    """Whether a text is drawn whole, wherever its lines end."""
    return _plain(drawn).rstrip("-") == _plain(meant).rstrip("-")


def _starts(drawn: str, meant: str) -> bool:
    return _plain(drawn).startswith(_plain(meant))


def _outside(one: Desk) -> list[Widget]:
    """Widgets that stick out of the screen, what scrolls left aside."""
    width, height = one.app.size
    return [
        widget
        for widget in one.app.screen.query("*")
        if widget.display
        and (widget.region.right > width or widget.region.bottom > height)
        and not any(type(parent).__name__ in ("Rows", "VerticalScroll") for parent in widget.ancestors)
    ]


@asynccontextmanager
async def walk(
    folder: Path, facts: Facts, *, admin: bool, lang: str, size: tuple[int, int], plain: bool
) -> AsyncIterator[Walk]:
    """A terminal logged in on a station of certain facts."""
    account = "chef" if admin else "utilisateur"
    station = Station(facts=facts)
    async with desk(folder, account, lang, station=station, plain=plain, size=size) as one:
        yield Walk(one, facts, admin)
