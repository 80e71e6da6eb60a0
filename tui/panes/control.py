"""Maintenance > Control: restart, and the way back to the factory configuration (R-224 to R-229)."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import VerticalScroll

from evlink.settings.model import Role
from tui.panes.base import Pane
from tui.screens.dialogs import Ask, Confirm
from tui.widgets.bars import Note
from tui.widgets.fields import Press

_CONFIRMATION = "RESET"
_GONE = "DECOMMISSION"


class ControlPane(Pane):
    """A block with a button each; all but the first are for Admin only (R-226, R-244)."""

    def compose(self) -> ComposeResult:
        """The blocks."""
        with VerticalScroll(can_focus=False):  # a small screen follows the focus
            yield self._note("control.restart", "heading")
            yield self._note("control.restart_text", "text")
            yield Press(self.say("control.restart_button"), name="restart")
            if self.terminal.session.role is Role.ADMIN:
                yield self._note("control.reset", "heading")
                yield self._note("control.reset_text", "text")
                yield Press(self.say("control.reset_button"), name="reset")
                yield self._note("control.gone", "heading")
                yield self._note("control.gone_text", "text")
                yield Press(self.say("control.gone_button"), name="gone")

    def _note(self, word: str, kind: str) -> Note:
        note = Note(classes=kind)
        note.say(self.say(word))
        return note

    def on_press_pressed(self, event: Press.Pressed) -> None:
        """Ask, then act."""
        event.stop()
        match event.button.id:
            case "restart":
                self.terminal.ask(self._restart)
            case "reset":
                self.terminal.ask(lambda: self._reset("reset", _CONFIRMATION, "factory_reset"))
            case _:
                self.terminal.ask(lambda: self._reset("gone", _GONE, "decommission"))

    async def _restart(self) -> None:
        app = self.terminal
        question = Confirm(self.say("control.restart_sure"), self.say("action.restart"), self.say("cancel"))
        if await app.push_screen_wait(question):
            await app.session.restart("restart")
            app.banner(self.say("control.restarting"), "wait")

    async def _reset(self, word: str, wanted: str, order: str) -> None:
        """Ask for the word that confirms a reset, and order it."""
        app = self.terminal
        typed = await app.push_screen_wait(Ask(self.say(f"control.{word}_sure"), self.say(f"control.{word}_text")))
        if typed is None:
            return
        if typed.strip() != wanted:
            app.banner(self.say("control.reset_not"))
            return
        if order == "decommission":
            await app.session.restart(order, confirm=wanted)
        else:
            await app.session.restart(order)
        app.banner(self.say(f"control.{word}_done"), "wait")
