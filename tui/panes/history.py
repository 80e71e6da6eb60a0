"""Charge history: the last 30 records, sorted by any column, one record whole, and the export (R-191 to R-195)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any, ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal

from tui import files, terms
from tui.clean import clean
from tui.keys import bindings
from tui.panes.base import Pane
from tui.records import all_records, history_csv
from tui.screens.dialogs import Page, Pick
from tui.session import zone_of
from tui.widgets.bars import Note
from tui.widgets.fields import Press
from tui.widgets.lines import Line, Span, fit
from tui.widgets.listing import Listing
from tui.words import say

SHOWN = 30
EXPORTED = 3000
_NUMBER = "history.number"

Record = Mapping[str, Any]


def _minute(value: object, zone: tzinfo) -> str:
    """An ISO 8601 time as `YYYY-MM-DD HH:MM` (R-193), on the station's clock."""
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return str(value)
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M")


def _energy(lang: str, record: Record) -> str:
    return terms.number(lang, float(record.get("energy_wh") or 0) / 1000, 3)


# Columns in the manual's order: word, what stands in them, and whether numbers are set to the right.
COLUMNS: tuple[tuple[str, Callable[[str, Record], str], bool], ...] = (
    ("history.number", lambda _, r: str(r.get("number", "")), True),
    ("history.station", lambda _, r: str(r.get("station", "")), False),
    ("history.outlet", lambda _, r: str(r.get("outlet", "")), True),
    ("history.transaction", lambda _, r: str(r.get("transaction_id", "")), False),
    ("history.uid", lambda _, r: str(r.get("uid", "")), False),
    ("history.type", lambda _, r: str(r.get("charge_type", "")), False),
    ("history.start", lambda _, r: str(r.get("start", "")), False),
    ("history.end", lambda _, r: str(r.get("end", "")), False),
    ("history.energy", _energy, True),
    ("history.socket", lambda _, r: str(r.get("socket_type", "")), False),
    ("history.duration", lambda _, r: terms.duration(float(r.get("duration_s") or 0)), False),
    ("history.comment", lambda _, r: str(r.get("comment", "")), False),
)


# What a column is sorted by, where that is not what stands in it.
_WORTH: Mapping[str, Callable[[Record], float]] = {
    "history.number": lambda r: float(r.get("number") or 0),
    "history.outlet": lambda r: float(r.get("outlet") or 0),
    "history.energy": lambda r: float(r.get("energy_wh") or 0),
    "history.duration": lambda r: float(r.get("duration_s") or 0),
}


def in_order(records: Sequence[Record], column: str, falling: bool) -> list[Record]:
    """Records sorted by a column; equal ones, and those that have nothing there, newest first."""
    newest = sorted(records, key=_WORTH[_NUMBER], reverse=True)
    if column in _WORTH:
        return sorted(newest, key=_WORTH[column], reverse=falling)
    cell = next(cell for word, cell, _ in COLUMNS if word == column)
    filled = [record for record in newest if cell("en", record)]
    return [
        *sorted(filled, key=lambda r: cell("en", r).casefold(), reverse=falling),
        *(record for record in newest if not cell("en", record)),
    ]


def history_table(
    lang: str, records: list[Record], column: str = "", falling: bool = True
) -> tuple[list[int], list[Line]]:
    """Widths of the columns, gap included, and the lines, the heading first; the column sorted by has an arrow."""
    arrow = " ↓" if falling else " ↑"
    heads = [say(lang, word) + (arrow if word == column else "") for word, _, _ in COLUMNS]
    rows = [[clean(cell(lang, record)) for _, cell, _ in COLUMNS] for record in records]
    widths = [max(cell_len(text) for text in column) for column in zip(heads, *rows, strict=True)]
    lines = [
        (
            Span(" "),
            *(
                Span(fit(text, width, right=column[2]) + "  ")
                for text, width, column in zip(row, widths, COLUMNS, strict=True)
            ),
        )
        for row in [heads, *rows]
    ]
    return [widths[0] + 3, *(width + 2 for width in widths[1:])], lines


class HistoryPane(Pane):
    """The list; Enter shows a record whole, Left and Right bring the columns that don't fit."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("history")

    def __init__(self, subtab: str) -> None:
        super().__init__(subtab)
        self._records: list[Record] = []
        self._total = 0
        self._column = _NUMBER
        self._falling = True

    def compose(self) -> ComposeResult:
        """List and button."""
        yield Listing(name="records", fixed=1)
        with Horizontal(id="buttons"):
            yield Press(self.say("export"), name="export")
            yield Press(self.say("history.sort"), name="sort")
            yield Press(self.say("history.turn"), name="turn")
            yield Note(name="count")

    def keys(self) -> list[tuple[str, str]]:
        """Keys of the list."""
        key = self.terminal.key
        return [
            (key("listing.choose"), self.say("key.record")),
            ("← →", self.say("key.columns")),
            (key("history.sort"), self.say("history.sort")),
            (key("history.turn"), self.say("history.turn")),
        ]

    def on_mount(self) -> None:
        """Fetch the records."""
        self.terminal.ask(self.fetch)

    async def fetch(self) -> None:
        """Fetch the last records and show them."""
        answer = await self.terminal.session.call("history.list", limit=SHOWN)
        zone = zone_of(self.terminal.session.draft.base)
        self._records = [
            {**record, "start": _minute(record.get("start"), zone), "end": _minute(record.get("end"), zone)}
            for record in answer["records"]
        ]
        self._total = int(answer.get("total", len(self._records)))
        if self.is_attached:
            self._show()

    def _show(self) -> None:
        """Show the records in the order that was chosen."""
        lang, column, falling = self.terminal.lang, self._column, self._falling
        self._records = in_order(self._records, column, falling)
        self.query_one(Listing).show_table(*history_table(lang, self._records, column, falling))
        count = {"shown": len(self._records), "n": self._total}
        if not self._records:
            text = self.say("history.none")
        elif column == _NUMBER and falling:
            text = self.say("history.count", **count)
        else:
            text = self.say("history.sorted", what=self.say(column), way="↓" if falling else "↑", **count)
        self.query_one("#count", Note).say(text)

    def hold(self) -> dict[str, str]:
        """Order and cursor."""
        way = "falling" if self._falling else "rising"
        return {"column": self._column, "way": way, "cursor": str(self.query_one(Listing).cursor)}

    def resume(self, held: Mapping[str, str]) -> None:
        """Take the order that another pane had."""
        self._column = held.get("column", _NUMBER)
        self._falling = held.get("way") != "rising"
        self.terminal.ask(lambda: self._resume(int(held.get("cursor", "0"))))

    async def _resume(self, cursor: int) -> None:
        await self.fetch()
        self.query_one(Listing).move(cursor)

    # Sorting

    def sort(self, column: str) -> None:
        """Sort by a column: texts and times rising, numbers falling; by the same once more, the other way round."""
        if column == self._column:
            self._falling = not self._falling
        else:
            self._column, self._falling = column, column in _WORTH
        listing = self.query_one(Listing)
        self._show()
        listing.move(0)

    def on_listing_pointed(self, event: Listing.Pointed) -> None:
        """A click on a column's head sorts by it."""
        event.stop()
        if event.row < 0:
            self.sort(COLUMNS[event.column][0])

    def action_sort(self) -> None:
        """Choose the column to sort by."""
        self.terminal.ask(self._sort)

    def action_turn(self) -> None:
        """Turn the order round."""
        self.sort(self._column)

    async def _sort(self) -> None:
        app = self.terminal
        options = [(word, self.say(word)) for word, _, _ in COLUMNS]
        column = await app.push_screen_wait(Pick(self.say("history.sort_by"), options, self._column))
        if column is not None:
            self.sort(column)

    def on_listing_chosen(self, event: Listing.Chosen) -> None:
        """Show the whole record."""
        event.stop()
        record, lang = self._records[event.row], self.terminal.lang
        lines: list[Line] = [
            (Span(fit(say(lang, word), 18), "dim"), Span(clean(cell(lang, record)) or "-")) for word, cell, _ in COLUMNS
        ]
        title = self.say("history.record", n=clean(record.get("number", "")))
        self.app.push_screen(Page(title, lines, self.terminal.close_hint))

    def on_press_pressed(self, event: Press.Pressed) -> None:
        """Export, sort, turn."""
        event.stop()
        match event.button.id:
            case "sort":
                self.action_sort()
            case "turn":
                self.action_turn()
            case _:
                self.terminal.ask(self._export)

    def _collected(self, done: int, n: int) -> None:
        self.terminal.banner(self.say("history.collecting", done=done, n=n), "wait")

    async def _export(self) -> None:
        """Write the last 3000 records, newest first, whatever the order on the screen (R-193, R-194)."""
        app = self.terminal
        path = await files.ask_file(app, (".csv",), "write", "history.csv")
        if path is not None:
            records = await all_records(app.session, EXPORTED, self._collected)
            data = history_csv(records, app.session.draft.base, app.lang)
            files.save(app, path, data, self.say("history.charges", n=len(records)))
