"""Maintenance > Update: the versions of each outlet's boards (R-230)."""

from __future__ import annotations

from textual.app import ComposeResult

from tui.panes.base import Pane
from tui.widgets.lines import Line, Lines, Span, fit

_COLUMNS = (
    ("update.outlet", "outlet", 9),
    ("update.board", "board_version", 21),
    ("update.tool", "tool_version", 26),
    ("update.reader", "rfid_reader_version", 20),
)


class UpdatePane(Pane):
    """A table that nobody can change."""

    def compose(self) -> ComposeResult:
        """The table."""
        yield Lines(name="versions")

    def on_mount(self) -> None:
        """Show it."""
        self._show()

    async def fetch(self) -> None:
        """Fetch the versions again."""
        await self.terminal.session.reload()
        self._show()

    def _show(self) -> None:
        session = self.terminal.session
        draft, lang = session.draft, session.lang
        shown = [
            (word, name, width)
            for word, name, width in _COLUMNS
            if any(row.setting.name == name for rows in draft.of_tab(self.subtab) for row in rows)
        ]
        lines: list[Line] = [tuple(Span(" " + fit(self.say(word), width), "strong") for word, _, width in shown)]
        for outlet in session.facts.outlets:
            cells = []
            for _, name, width in shown:
                path = f"{self.subtab}.{outlet}.{name}"
                text = draft.shown(path, lang) if path in draft.rows else ""
                cells.append(Span(" " + fit(text or "-", width)))
            lines.append(tuple(cells))
        self.query_one("#versions", Lines).show(lines)
