"""Maintenance > Report: what the station says of itself, every event included (R-222)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textual.app import ComposeResult

from tui import terms
from tui.clean import clean
from tui.panes.base import Pane
from tui.panes.status_table import LABEL, plug_names, status_lines
from tui.session import Session, zone_of
from tui.widgets.lines import Line, Lines, Span, fit
from tui.words import say


class ReportPane(Pane):
    """A page to scroll; F5 asks anew."""

    def compose(self) -> ComposeResult:
        """The page."""
        yield Lines(name="report")

    def on_mount(self) -> None:
        """Show what is known."""
        self.query_one("#report").can_focus = True
        self._show()

    def on_resize(self) -> None:
        """Columns follow the width."""
        self._show()

    async def fetch(self) -> None:
        """Ask for the state of now."""
        session = self.terminal.session
        session.snapshot = await session.call("snapshot")
        self._show()

    def _show(self) -> None:
        page = self.query_one("#report", Lines)
        page.show(report_lines(self.terminal.session, (page.size.width or self.app.size.width) - 1))


def report_lines(session: Session, width: int) -> list[Line]:
    """The station, its states, and all of its events, OK or KO."""
    lang, document = session.lang, session.snapshot
    station: Mapping[str, Any] = document.get("station") or {}
    plugs = plug_names(session)
    supervision = station.get("supervision") or {}
    zone = zone_of(session.draft.base)
    clock = f"{terms.moment(lang, station.get('clock'), zone)} ({zone})" if station.get("clock") else ""
    pairs = (
        ("report.name", station.get("name", session.station)),
        ("about.serial", session.facts.serial_number),
        ("report.model", station.get("model", session.facts.model.value)),
        ("report.firmware", station.get("firmware", session.firmware)),
        ("report.clock", clock),
        ("report.supervision", terms.address(supervision.get("url")) or say(lang, "not_set")),
    )
    lines: list[Line] = [(Span(" " + say(lang, "report.product"), "strong"),)]
    lines += [(Span(" " + fit(say(lang, word), LABEL + 4)), Span(clean(value))) for word, value in pairs]
    lines += [(Span(" " + clean(warning), "wait"),) for warning in station.get("warnings") or ()]
    lines += status_lines(lang, document, width, plugs)
    first = max(20, min(44, width - 12 * len(plugs)))
    lines.append(
        (
            Span(fit(" " + say(lang, "report.events"), first), "title"),
            *(Span(fit(plug, 12), "title") for plug in plugs),
        )
    )
    events = document.get("events") or {}
    for name in sorted(events, key=int):
        cells = [(str(cell), "bad" if cell == "KO" else "") for cell in events[name]]
        lines.append(
            (
                Span("  " + fit(terms.event_name(int(name)), first - 2)),
                *(Span(fit(text, 12), tone) for text, tone in cells),
            )
        )
    return lines
