"""Maintenance > Status: what the station and its outlets do now, as a picture, a table, or the pilot itself.

Refreshed every 5 s (R-210 to R-218); the oscilloscope has a pace of its own.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any, ClassVar, Final

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.timer import Timer

from evlink.client import CallError, Disconnected
from tui import terms
from tui.keys import bindings
from tui.panes.base import Pane
from tui.panes.scope import Scope, scope_lines
from tui.panes.scope import Sheet as ScopeSheet
from tui.panes.status_picture import Sheet, picture_lines
from tui.panes.status_table import ko_events, plug_names, status_lines
from tui.session import zone_of
from tui.widgets.bars import Bar, Note
from tui.widgets.board import Board
from tui.widgets.fields import Press
from tui.widgets.lines import Line
from tui.widgets.track import Track
from tui.words import say

PERIOD = 5.0
_EARLY = 0.5
"""Documents come each second; one that is due within this is taken."""
SCOPE_PERIOD = 1.0
SCOPE_PERIOD_PLAIN = 5.0
"""Seconds between two wave forms; on a serial line each costs bytes."""

VIEWS: Final = ("picture", "table", "scope")


class StatusPane(Pane):
    """The live page. Its rows are redrawn cell by cell; stopping the refresh freezes it (R-211)."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("status")

    def __init__(self, subtab: str) -> None:
        super().__init__(subtab)
        self._running = True
        self._shown_at = float("-inf")
        self._due: Timer | None = None
        self._tracks: dict[object, Track] = {}
        self.view = VIEWS[0]
        self.scope = Scope()

    def compose(self) -> ComposeResult:
        """Views and message, page, buttons."""
        with Horizontal(id="statushead"):
            yield Bar(follow=True, name="views")
            yield Note(name="message")
        yield Board(name="status", header=1)
        with Horizontal(id="buttons"):
            yield Press(self.say("status.stop"), name="stop")
            yield Press(self.say("status.force"), name="force")
            yield Press(self.say("status.start"), name="start")
            yield Note(name="running")
        with Horizontal(id="scopebuttons"):
            yield Press(self.say("scope.freeze"), name="freeze")
            yield Press(self.say("scope.zoom", n=self.scope.periods), name="zoom")
            yield Press("", name="outlet")
            yield Press(self.say("scope.back"), name="back")

    def on_mount(self) -> None:
        """Show what is known already, and ask for the sessions' past."""
        self.query_one("#status").can_focus = True
        for outlet in self._outlets():
            self._tracks[outlet.get("id")] = Track()
        self._buttons()
        self._show(self.terminal.session.snapshot)
        self.run_worker(self._recall(), group="recall", exclusive=True)

    def on_resize(self) -> None:
        """Columns follow the width."""
        self._show(self.terminal.session.snapshot)

    def keys(self) -> list[tuple[str, str]]:
        """The views."""
        app = self.terminal
        return [(app.key(name), self.say(f"{name[:7]}key.{name[7:]}")) for name in ("status.view", "status.scope")]

    def focus_first(self, typing: bool = True) -> bool:
        """The page, so that it scrolls at once."""
        self.query_one("#status").focus()
        return True

    def follow(self, document: Mapping[str, Any]) -> None:
        """Show a document where the last one is 5 s old; frozen, none."""
        for outlet in document.get("outlets") or ():
            self._tracks.setdefault(outlet.get("id"), Track()).follow(outlet)
        if not self._running or self.view == "scope":
            return
        wait = self._shown_at + PERIOD - _EARLY - time.monotonic()
        if wait <= 0:
            self._show(document)
        elif self._due is None:
            # The last document of a change may be the last for long.
            self._due = self.set_timer(wait, self._catch_up)

    def _catch_up(self) -> None:
        self._due = None
        if self._running and self.view != "scope":
            self._show(self.terminal.session.snapshot)

    def lost(self) -> None:
        """Say that what stands here is the last that was heard."""
        self.scope.missing = self.say("scope.lost")
        self._show(self.terminal.session.snapshot)

    def hold(self) -> dict[str, str]:
        """Which view stands here, and whether it is frozen."""
        held = {"view": self.view, "outlet": str(self.scope.outlet), "zoom": str(self.scope.zoom)}
        if not self._running:
            held["stopped"] = "yes"
        if not self.scope.running:
            held["frozen"] = "yes"
        return held

    def resume(self, held: Mapping[str, str]) -> None:
        """Stay there; a frozen oscilloscope reads once to have a picture."""
        self._running = "stopped" not in held
        self.scope.choose(int(held.get("outlet", self.scope.outlet)))
        self.scope.zoom = int(held.get("zoom", self.scope.zoom))
        self.scope.running = "frozen" not in held
        self._open(held.get("view", self.view))

    async def fetch(self) -> None:
        """One refresh."""
        session = self.terminal.session
        session.snapshot = await session.call("snapshot")
        if self.view == "scope":
            await self._read()
        self._show(session.snapshot)

    def _outlets(self) -> list[Mapping[str, Any]]:
        return list(self.terminal.session.snapshot.get("outlets") or ())

    async def _recall(self) -> None:
        """Ask for the trace of each outlet's session; a station that has none leaves the terminal's own."""
        try:
            for outlet in self._outlets():
                document = await self.terminal.session.call("trace", outlet=outlet.get("id"))
                self._tracks.setdefault(outlet.get("id"), Track()).load(document)
        except (CallError, Disconnected):
            return
        if self.view == "picture":
            self._show(self.terminal.session.snapshot)

    # Drawing

    def _show(self, document: Mapping[str, Any]) -> None:
        board, message = self.query_one("#status", Board), self.query_one("#message", Note)
        if not document:
            message.say(self.say("status.wait"), "wait")
            return
        self._shown_at = time.monotonic()
        board.show(self._lines(document, board))
        station = document.get("station") or {}
        clock = terms.time_of_day(station.get("clock"), zone_of(self.terminal.session.draft.base))
        if self.terminal.session.client is None:
            message.say(say(self.terminal.lang, "status.lost", time=clock), "bad")
            return
        worry = ko_events(document)
        text, tone = (self.say("status.event"), "bad") if worry else (self.say("status.calm"), "good")
        if worry and all(number in terms.WARNINGS for number, _ in worry):
            text, tone = self.say("status.warned"), "wait"
        if clock and not self._running:
            # Live, the time would be all that changes; stopped, it says how old the page is.
            text = self.say("status.as_of", time=clock, text=text)
        message.say(text, tone)

    def _lines(self, document: Mapping[str, Any], board: Board) -> list[Line]:
        app = self.terminal
        width, height = board.size.width or app.size.width, board.size.height or app.size.height - 10
        plugs = plug_names(app.session)
        ascii_only = app.profile.plain or app.profile.charset != "utf-8"
        if self.view == "table":
            return status_lines(app.lang, document, width - 1, plugs)
        if self.view == "picture":
            return picture_lines(Sheet(app.lang, width - 1, height, ascii_only), document, plugs, self._tracks)
        known = [outlet.get("id") for outlet in self._outlets()]
        at = known.index(self.scope.outlet) if self.scope.outlet in known else -1
        plug = plugs[at] if at >= 0 else str(self.scope.outlet)
        worry = tuple(number for number, cells in ko_events(document) if 0 <= at < len(cells) and cells[at] == "KO")
        return scope_lines(self.scope, ScopeSheet(app.lang, width - 1, height, ascii_only, plug, worry))

    def _buttons(self) -> None:
        scope = self.view == "scope"
        self.query_one("#views", Bar).show([(view, [self.say(f"status.view.{view}")]) for view in VIEWS], self.view)
        self.query_one("#buttons").display = not scope
        self.query_one("#scopebuttons").display = scope
        self.query_one("#stop").display = self._running
        self.query_one("#force").display = not self._running
        self.query_one("#start").display = not self._running
        word = "status.running" if self._running else "status.stopped"
        self.query_one("#running", Note).say(self.say(word), "" if self._running else "wait")
        self.query_one("#freeze", Press).rename(self.say("scope.freeze" if self.scope.running else "scope.run"))
        self.query_one("#zoom", Press).rename(self.say("scope.zoom", n=self.scope.periods))
        other = self._beside()
        self.query_one("#outlet").display = other is not None
        if other is not None:
            self.query_one("#outlet", Press).rename(self.say("plug", n=self.terminal.session.plug(other)))

    # The views

    def _open(self, view: str) -> None:
        self.view = view
        board = self.query_one("#status", Board)
        board.top = 0
        self._buttons()
        self._show(self.terminal.session.snapshot)
        board.refresh()
        if view == "scope":
            self.run_worker(self._watch(), group="scope", exclusive=True)
        else:
            self.workers.cancel_group(self, "scope")

    def action_next_view(self) -> None:
        """The next view."""
        self._open(VIEWS[(VIEWS.index(self.view) + 1) % len(VIEWS)])

    def action_scope(self) -> None:
        """The oscilloscope, or back to the picture."""
        self._open("picture" if self.view == "scope" else "scope")

    def on_bar_opened(self, event: Bar.Opened) -> None:
        """A view was chosen on the bar."""
        if event.bar.id != "views":
            return
        event.stop()
        if event.item != self.view:
            self._open(event.item)
        if event.deep:
            self.query_one("#status").focus()

    # The oscilloscope

    def _beside(self) -> int | None:
        """The outlet that the oscilloscope turns to next; None where there is no other."""
        known = [outlet["id"] for outlet in self._outlets() if isinstance(outlet.get("id"), int)]
        if self.scope.outlet not in known:
            return known[0] if known else None
        other = known[(known.index(self.scope.outlet) + 1) % len(known)]
        return other if other != self.scope.outlet else None

    async def _watch(self) -> None:
        """Read again and again while the view is open; frozen, only what has never been read."""
        period = SCOPE_PERIOD_PLAIN if self.terminal.profile.plain else SCOPE_PERIOD
        while True:
            if self.scope.running or not self.scope.reading:
                await self._read()
                self._show(self.terminal.session.snapshot)
            await asyncio.sleep(period)

    async def _read(self) -> None:
        """One reading; why there is none is said on the page."""
        session, outlet = self.terminal.session, self.scope.outlet
        try:
            reading = await session.call("pilot", outlet=outlet)
        except CallError as error:
            self.scope.missing = str(error.data.get("fr") or error.message) if session.lang == "fr" else error.message
        except Disconnected:
            self.scope.missing = self.say("scope.lost")
            self.terminal.lost()
        else:
            if outlet == self.scope.outlet:
                clock = (session.snapshot.get("station") or {}).get("clock")
                self.scope.take(reading, clock, zone_of(session.draft.base))

    def action_hold_wave(self) -> None:
        """Freeze the wave form, or let it run."""
        if self.view != "scope":
            return
        self.scope.running = not self.scope.running
        self._open("scope")

    def action_zoom(self) -> None:
        """2, 5 or 10 periods."""
        if self.view == "scope":
            self.scope.turn()
            self._buttons()
            self._show(self.terminal.session.snapshot)

    def action_next_outlet(self) -> None:
        """The next outlet."""
        if self.view == "scope" and (other := self._beside()) is not None:
            self.scope.choose(other)
            self._open("scope")

    def on_press_pressed(self, event: Press.Pressed) -> None:
        """Stop, force, start; and the oscilloscope's own."""
        event.stop()
        match event.button.id:
            case "force":
                self.terminal.ask(self.fetch)
            case "stop" | "start":
                self._running = event.button.id == "start"
                self._buttons()
                self.query_one("#stop" if self._running else "#start").focus()
                self._show(self.terminal.session.snapshot)
            case "freeze":
                self.action_hold_wave()
            case "zoom":
                self.action_zoom()
            case "outlet":
                self.action_next_outlet()
            case _:
                self._open("picture")
                self.query_one("#status").focus()
