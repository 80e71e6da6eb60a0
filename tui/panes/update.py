"""Maintenance > Update: versions of each outlet's boards, and the way to new ones (R-230 to R-234)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal

from evlink.client import CallError
from tui import files
from tui.keys import bindings
from tui.panes.base import Pane
from tui.screens.dialogs import Confirm
from tui.updating import last_text, notes, offer_pairs, send, state_text
from tui.widgets.bars import Note
from tui.widgets.fields import Press
from tui.widgets.lines import Line, Lines, Span, fit
from tui.wrapping import wrap

_COLUMNS = (
    ("update.outlet", "outlet", 9),
    ("update.board", "board_version", 21),
    ("update.tool", "tool_version", 26),
    ("update.reader", "rfid_reader_version", 20),
)
_KINDS = (".epk", ".zip")
_LOOK_S = 1.0
_UNKNOWN_METHOD = -32601


class UpdatePane(Pane):
    """The versions, what an update does now, and a button that begins one."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("update")

    def __init__(self, subtab: str) -> None:
        super().__init__(subtab)
        self._document: Mapping[str, Any] = {}
        self._sending = -1

    def compose(self) -> ComposeResult:
        """Table and button."""
        yield Lines(name="versions")
        with Horizontal(id="buttons"):
            yield Press(self.say("update.button"), name="update")
            yield Note(name="told")

    def keys(self) -> list[tuple[str, str]]:
        """Keys of the pane."""
        return [(self.terminal.key("update.begin"), self.say("update.button"))]

    def on_mount(self) -> None:
        """Show what is known, and follow it."""
        self._show()
        self.terminal.ask(self._look)
        self.set_interval(_LOOK_S, lambda: self.terminal.ask(self._look) if self._moving else None)

    @property
    def _moving(self) -> bool:
        return self._sending < 0 and self._document.get("phase", "idle") not in ("idle", "ready")

    async def fetch(self) -> None:
        """Fetch the versions again."""
        await self.terminal.session.reload()
        await self._look()

    async def _look(self) -> None:
        try:
            self._document = await self.terminal.session.call("update.status")
        except CallError as error:
            if error.code != _UNKNOWN_METHOD:  # a station of another version
                raise
        if self.is_attached:
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
        width = max(20, self.app.size.width - 4)
        lines.append(())
        for text, tone in (self._state(), last_text(lang, self._document)):
            lines += [(Span(f" {row}", tone),) for row in wrap(text, width)]
        self.query_one("#versions", Lines).show(lines)

    def _state(self) -> tuple[str, str]:
        if self._sending >= 0:
            return self.say("update.sending", n=self._sending), "wait"
        return state_text(self.terminal.lang, self._document)

    # A new version

    def on_press_pressed(self, event: Press.Pressed) -> None:
        """Begin."""
        event.stop()
        self.action_begin()

    def action_begin(self) -> None:
        """Choose a package, or go on with the one that waits to be confirmed."""
        self.terminal.ask(self._begin)

    async def _begin(self) -> None:
        app = self.terminal
        await self._look()
        if self._document.get("phase") != "ready":
            path = await files.ask_file(app, _KINDS, "read", title=self.say("update.choose"))
            if path is None or not await self._send(path):
                return
        await self._confirm()

    async def _send(self, path: Path) -> bool:
        """Send a file; whether the station found a package in it that it may install."""
        app = self.terminal
        self._sending = 0
        try:
            self._document = await send(app.session, path, self._told)
        except OSError as error:
            app.banner(files.failure(app.lang, path, error), "bad")
            return False
        finally:
            self._sending = -1
            await self._look()
        return True

    def _told(self, percent: int) -> None:
        if percent != self._sending:
            self._sending = percent
            self._show()

    async def _confirm(self) -> None:
        """Show the note, and install what was confirmed (R-231)."""
        app, package = self.terminal, self._document.get("package") or {}
        lines: list[Line] = [
            (Span(fit(label, 12), "dim"), Span(text)) for label, text in offer_pairs(app.lang, package)
        ]
        width = max(30, self.app.size.width - 12)
        for title, rows in notes(app.lang, package):
            lines += [(), (Span(title, "title"),)]
            lines += [(Span(piece),) for row in rows for piece in wrap(row, width) or [""]]
        question = self.say("update.charging" if self._document.get("charging") else "update.sure")
        title = self.say("update.title", version=str(package.get("version", "")))
        sure = Confirm(question, self.say("update.install"), self.say("cancel"), lines, title)
        if await app.push_screen_wait(sure):
            await app.session.call("update.install", version=package.get("version"))
        else:
            await app.session.call("update.cancel")
            app.banner(self.say("update.cancelled"))
        await self._look()
