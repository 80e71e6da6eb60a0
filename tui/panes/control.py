"""Maintenance > Control: restart, and the way back to the factory configuration (R-224 to R-229)."""

from __future__ import annotations

from textual.app import ComposeResult

from evlink.settings.model import Role
from tui.panes.base import Pane
from tui.screens.dialogs import Ask, Confirm
from tui.widgets.bars import Note
from tui.widgets.fields import Press

_CONFIRMATION = "RESET"


class ControlPane(Pane):
    """Two blocks with a button each; the second is for Admin only (R-226)."""

    def compose(self) -> ComposeResult:
        """The blocks."""
        yield self._note("control.restart", "heading")
        yield self._note("control.restart_text", "text")
        yield Press(self.say("control.restart_button"), name="restart")
        if self.terminal.session.role is Role.ADMIN:
            yield self._note("control.reset", "heading")
            yield self._note("control.reset_text", "text")
            yield Press(self.say("control.reset_button"), name="reset")

    def _note(self, word: str, kind: str) -> Note:
        note = Note(classes=kind)
        note.say(self.say(word))
        return note

    def on_press_pressed(self, event: Press.Pressed) -> None:
        """Ask, then act."""
        event.stop()
        self.terminal.ask(self._restart if event.button.id == "restart" else self._reset)

    async def _restart(self) -> None:
        app = self.terminal
        question = Confirm(self.say("control.restart_sure"), self.say("action.restart"), self.say("cancel"))
        if await app.push_screen_wait(question):
            await app.session.restart("restart")
            app.banner(self.say("control.restarting"), "wait")

    async def _reset(self) -> None:
        app = self.terminal
        typed = await app.push_screen_wait(Ask(self.say("control.reset_sure"), self.say("control.reset_text")))
        if typed is None:
            return
        if typed.strip() != _CONFIRMATION:
            app.banner(self.say("control.reset_not"))
            return
        await app.session.restart("factory_reset")
        app.banner(self.say("control.reset_done"), "wait")
