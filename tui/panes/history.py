"""Charge history: the last 30 records, newest first, and their export (R-191 to R-195)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, tzinfo
from typing import Any

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.containers import Horizontal

from tui import files, terms
from tui.clean import clean
from tui.panes.base import Pane
from tui.panes.records import history_csv
from tui.screens.dialogs import Ask, Page
from tui.session import zone_of
from tui.widgets.bars import Note
from tui.widgets.fields import Press
from tui.widgets.lines import Line, Span, fit
from tui.widgets.listing import Listing
from tui.words import say

SHOWN = 30
EXPORTED = 3000

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


def history_table(lang: str, records: list[Record]) -> tuple[list[int], list[Line]]:
    """Widths of the columns, gap included, and the lines, the heading first."""
    heads = [say(lang, word) for word, _, _ in COLUMNS]
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

    def __init__(self, subtab: str) -> None:
        super().__init__(subtab)
        self._records: list[Record] = []

    def compose(self) -> ComposeResult:
        """List and button."""
        yield Listing(name="records", fixed=1)
        with Horizontal(id="buttons"):
            yield Press(self.say("export"), name="export")
            yield Note(name="count")

    def keys(self) -> list[tuple[str, str]]:
        """Keys of the list."""
        return [(self.say("key.name.enter"), self.say("key.record")), ("← →", self.say("key.columns"))]

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
        widths, lines = history_table(self.terminal.lang, self._records)
        self.query_one(Listing).show_table(widths, lines)
        total = int(answer.get("total", len(self._records)))
        text = (
            self.say("history.count", shown=len(self._records), n=total) if self._records else self.say("history.none")
        )
        self.query_one("#count", Note).say(text)

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
        """Export."""
        event.stop()
        self.terminal.ask(self._export)

    async def _export(self) -> None:
        app = self.terminal
        name = await app.push_screen_wait(Ask(self.say("file.export_to"), self.say("file.place"), "history.csv"))
        if not name:
            return
        answer = await app.session.call("history.list", limit=EXPORTED)
        records = list(answer["records"])
        await files.export(app, name, history_csv(records, app.session.draft.base, app.lang), str(len(records)))
