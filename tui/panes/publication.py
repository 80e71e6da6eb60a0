"""Charge history > Publication settings: the form below what was sent and what waits, and TEST (R-196 to R-209)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from textual.app import ComposeResult
from textual.containers import Horizontal

from tui.panes.form import FormPane
from tui.publication import Text, publication_texts, trial_text
from tui.session import zone_of
from tui.widgets.fields import Press
from tui.widgets.lines import Line, Lines, Span
from tui.wrapping import wrap

LOOK_S = 0.25
REFRESH_S = 10.0
_KEY = "charge_history.publication."

Document = Mapping[str, Any]


class PublicationPane(FormPane):
    """The form with the state of the publication above it, and the TEST button below."""

    def __init__(self, subtab: str) -> None:
        super().__init__(subtab)
        self._state: Document = {}
        self._report: Document = {}
        self._testing = False

    def compose(self) -> ComposeResult:
        """The state, the form, the button."""
        yield Lines(name="letters")
        yield from super().compose()
        with Horizontal(id="buttons"):
            yield Press(self.say("publication.test"), name="test")

    async def on_mount(self) -> None:
        """Ask how the publication is, and again from time to time."""
        self._draw([])
        self.set_interval(REFRESH_S, lambda: self.terminal.ask(self._look))
        self.terminal.ask(self._look)

    def lost(self) -> None:
        """Without the station nothing is known of its letters."""
        self._draw([(self.say("publication.unknown"), "dim")])

    async def _look(self) -> None:
        self._state = await self.terminal.session.call("publication.status")
        test = self._state.get("test") or {}
        if not self._testing and (test.get("running") or self._report.get("running")):
            self._report = test  # one that was begun on another terminal
        self._show()

    def _show(self) -> None:
        if not self.is_attached:
            return
        zone = zone_of(self.terminal.session.draft.base)
        texts = publication_texts(self.terminal.lang, self._state, zone)
        if self._report:
            texts = [*texts[:1], trial_text(self.terminal.lang, self._report), *_waiting(texts)]
        self._draw(texts)

    def _draw(self, texts: list[Text]) -> None:
        width = max(20, self._room() - 5)
        lines: list[Line] = []
        for text, tone in texts:
            glyph = {"good": "●", "bad": "○", "wait": "›"}.get(tone, " ")
            for at, row in enumerate(wrap(text, width) or [""]):
                lines.append((Span(f"  {glyph if at == 0 else ' '} {row}", tone if at == 0 else ""),))
        block = self.query_one("#letters", Lines)
        if block.styles.height is None or block.styles.height.value != len(lines):
            block.styles.height = len(lines)
        block.show(lines)

    def on_press_pressed(self, event: Press.Pressed) -> None:
        """TEST, one at a time."""
        event.stop()
        if not self._testing:
            self.terminal.ask(self._test)

    async def _test(self) -> None:
        session = self.terminal.session
        self._testing = True
        try:
            self._report = await session.call("publication.test", action="start")
            self._show()
            if any(path.startswith(_KEY) for path in session.draft.texts):
                self.terminal.banner(self.say("publication.staged"))
            while self._report.get("running") and self.is_attached:
                await asyncio.sleep(LOOK_S)
                self._report = await session.call("publication.test")
                self._show()
        finally:
            self._testing = False
        await self._look()


def _waiting(texts: list[Text]) -> list[Text]:
    """The letters that wait: what stands after the next and the last one, where a test's result takes its place."""
    return texts[2:]
