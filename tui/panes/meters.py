"""Energy management > Energy meters: the form below the health of the meters, and the probe (R-159 to R-171)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import Any

from textual.app import ComposeResult
from textual.containers import Horizontal

from evlink.settings.model import Role
from tui.clean import clean
from tui.panes.form import FormPane
from tui.widgets.fields import Press
from tui.widgets.lines import Line, Lines, Span
from tui.words import WORDS, say

LOOK_S = 0.25
MOST_FOUND = 6
_TONES = {"ok": "good", "starting": "wait"}

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


def _why(lang: str, document: Document) -> str:
    return clean((document.get("problem_fr") if lang == "fr" else "") or document.get("problem") or "")


def _rows(text: str, width: int, glyph: str, tone: str) -> list[Line]:
    rows = wrap(text, max(20, width - 5)) or [""]
    return [(Span(f"  {glyph if at == 0 else ' '} {row}", tone if at == 0 else ""),) for at, row in enumerate(rows)]


def meter_lines(lang: str, document: Document, width: int) -> list[Line]:
    """Each outlet's meter, where one is fitted: who it is, how it is, and in one sentence why."""
    lines: list[Line] = []
    for outlet in document.get("outlets") or ():
        meter = outlet.get("meter") or {}
        health = str(meter.get("health") or "internal")
        if health == "internal":
            continue  # nothing to tell of the transformers, and rows of the form are dear
        word = f"meters.{health}"
        state = say(lang, word) if word in WORDS else clean(health)
        if meter.get("model"):
            name = {"model": clean(meter["model"]), "serial": clean(meter.get("serial") or "-")}
            state = f"{say(lang, 'meters.serial', **name)}, {state}"
        if why := _why(lang, meter):
            state = say(lang, "labelled", label=state, text=why)
        glyph = "●" if health == "ok" else "○"
        text = say(lang, "meters.outlet", outlet=outlet.get("id"), text=state)
        lines += _rows(text, width, glyph, _TONES.get(health, "bad"))
    return lines


def probe_lines(lang: str, report: Document, width: int) -> list[Line]:
    """How far a probe is, and who answered; nothing before the first."""
    if not report.get("line"):
        return []
    line = clean(report["line"])
    found: Sequence[Document] = report.get("found") or ()
    if report.get("running"):
        head = say(lang, "meters.probing", line=line, done=report.get("done", 0), total=report.get("total", 0))
        tone = "wait"
    elif why := _why(lang, report):
        head, tone = why, "bad"
    elif report.get("stopped") and not found:
        head, tone = say(lang, "meters.stopped"), ""
    else:
        answers = say(lang, "meters.probed", n=len(found)) if found else say(lang, "meters.nobody")
        head = say(lang, "labelled", label=line, text=answers)
        tone = "good" if found else "bad"
    lines = _rows(head, width, "›", tone)
    for one in found[:MOST_FOUND]:
        lines += _rows(say(lang, "meters.unit", unit=one.get("unit"), text=_found(lang, one)), width, " ", "")
    return lines


def _found(lang: str, one: Document) -> str:
    text = say(lang, "meters.stranger")
    if one.get("model"):
        text = say(lang, "meters.serial", model=clean(one["model"]), serial=clean(one.get("serial") or "-"))
    reading = one.get("reading")
    if why := _why(lang, one):
        return say(lang, "labelled", label=text, text=why)
    if not reading:
        return text
    volts = "/".join(f"{float(v):.0f}" for v in reading.get("voltage_v") or ())
    amps = "/".join(f"{float(a):.1f}" for a in reading.get("current_a") or ())
    figures = [f"{volts} V" if volts else "", f"{amps} A" if amps else "", f"{reading.get('energy_wh', 0)} Wh"]
    measured = ", ".join(part for part in figures if part)
    return f"{text}, {measured.replace('.', ',') if lang == 'fr' else measured}"
