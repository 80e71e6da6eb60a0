"""Energy management > Energy meters: the form below the health of the meters, and the probe (R-159 to R-171)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from textual.app import ComposeResult
from textual.containers import Horizontal

from evlink.settings.model import Role
from tui.metering import Text, meter_texts, probe_texts
from tui.panes.form import FormPane
from tui.widgets.fields import Press
from tui.widgets.lines import Line, Lines, Span
from tui.wrapping import wrap

LOOK_S = 0.25

Document = Mapping[str, Any]


class MetersPane(FormPane):
    """The form with a line an outlet above it, and a button each that probes the outlet's line (Admin)."""

    def __init__(self, subtab: str) -> None:
        super().__init__(subtab)
        self._report: Document = {}
        self._probing = False

    def compose(self) -> ComposeResult:
        """The meters, the form, the buttons."""
        yield Lines(name="meterlines")
        yield from super().compose()
        if self.terminal.session.role is Role.ADMIN:
            with Horizontal(id="buttons"):
                for outlet in self.terminal.session.facts.outlets:
                    yield Press(self.say("meters.probe", outlet=outlet), name=f"probe-{outlet}")

    async def on_mount(self) -> None:
        """Show the meters as last heard."""
        self._meters(self.terminal.session.snapshot)

    def follow(self, document: Document) -> None:
        """A meter may have gone or come."""
        super().follow(document)
        self._meters(document)

    def lost(self) -> None:
        """Without the station nothing is known of its meters."""
        self._draw([(Span(f"  {self.say('meters.unknown')}", "dim"),)])

    def _meters(self, document: Document) -> None:
        lang, width = self.terminal.lang, self._room()
        self._draw([*meter_lines(lang, document, width), *probe_lines(lang, self._report, width)])

    def _draw(self, lines: list[Line]) -> None:
        block = self.query_one("#meterlines", Lines)
        if block.styles.height is None or block.styles.height.value != len(lines):
            block.styles.height = len(lines)
        block.show(lines)

    def on_press_pressed(self, event: Press.Pressed) -> None:
        """Probe an outlet's line; pressed again while it runs: stop."""
        event.stop()
        outlet = int(str(event.button.id).rpartition("-")[2])
        self.terminal.ask(self._stop if self._probing else lambda: self._probe(outlet))

    async def _stop(self) -> None:
        self._take(await self.terminal.session.call("meters.probe", action="stop"))

    async def _probe(self, outlet: int) -> None:
        session = self.terminal.session
        self._probing = True
        try:
            self._take(await session.call("meters.probe", action="start", outlet=outlet))
            self._rename(True)
            if any(path.startswith(("energy_management.meters.", "extension.meters.")) for path in session.draft.texts):
                self.terminal.banner(self.say("meters.staged"))
            while self._report.get("running") and self.is_attached:
                await asyncio.sleep(LOOK_S)
                self._take(await session.call("meters.probe"))
        finally:
            self._probing = False
            if self.is_attached:
                self._rename(False)

    def _take(self, report: Document) -> None:
        self._report = report
        if self.is_attached:
            self._meters(self.terminal.session.snapshot)

    def _rename(self, running: bool) -> None:
        for button in self.query("#buttons Press").results(Press):
            outlet = int(str(button.id).rpartition("-")[2])
            button.rename(self.say("meters.stop") if running else self.say("meters.probe", outlet=outlet))


def _rows(text: str, width: int, glyph: str, tone: str) -> list[Line]:
    rows = wrap(text, max(20, width - 5)) or [""]
    return [(Span(f"  {glyph if at == 0 else ' '} {row}", tone if at == 0 else ""),) for at, row in enumerate(rows)]


def meter_lines(lang: str, document: Document, width: int) -> list[Line]:
    """The meters' sentences, wrapped, a glyph before each."""
    texts = meter_texts(lang, document)
    return [line for text, tone in texts for line in _rows(text, width, "●" if tone == "good" else "○", tone)]


def probe_lines(lang: str, report: Document, width: int) -> list[Line]:
    """The probe's sentences, wrapped."""
    texts: list[Text] = probe_texts(lang, report)
    return [line for at, (text, tone) in enumerate(texts) for line in _rows(text, width, " " if at else "›", tone)]
