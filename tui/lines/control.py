"""Maintenance > Control: restart, and the way back to the factory configuration (R-224 to R-229); versions (R-230)."""

from __future__ import annotations

from collections.abc import Sequence

from evlink.settings.model import Role
from tui.lines import explain
from tui.lines.console import Console
from tui.lines.form import title_of
from tui.saving import label_of

_CONFIRMATION = "RESET"


class ControlPage:
    """Two orders; the second is Admin's alone (R-226)."""

    subtab = "maintenance.control"

    def __init__(self, console: Console) -> None:
        self.console = console

    @property
    def title(self) -> str:
        """Control."""
        return title_of(self.console, self.subtab)

    @property
    def letters(self) -> Sequence[tuple[str, str]]:
        """The numbers say it all."""
        return []

    @property
    def _words(self) -> list[str]:
        admin = self.console.session.role is Role.ADMIN
        return ["control.restart_button", *(["control.reset_button"] if admin else [])]

    async def show(self) -> None:
        """The orders."""
        self.console.numbered([self.console.word(word) for word in self._words])

    async def answer(self, command: str, rest: str) -> bool:
        """Ask, then act."""
        if not command.isdigit() or rest:
            return False
        if not 1 <= int(command) <= len(self._words):
            self.console.tell("lines.number", n=len(self._words))
        elif int(command) == 1:
            await self._restart()
        else:
            await self._reset()
        return True

    def explain(self, number: int | None) -> None:
        """What the orders do."""
        explain.subtab(self.console, self.subtab)
        self.console.tell("control.restart_text")
        if len(self._words) > 1:
            self.console.tell("control.reset_text")

    async def _restart(self) -> None:
        console = self.console
        if await console.sure(lambda: console.word("control.restart_sure")):
            await console.session.restart("restart")
            console.tell("control.restarting")
        else:
            console.tell("lines.nothing")

    async def _reset(self) -> None:
        console = self.console
        console.tell("control.reset_text")
        if await console.ask(lambda: console.word("control.reset_sure"), free=True) != _CONFIRMATION:
            console.tell("control.reset_not")
            return
        await console.session.restart("factory_reset")
        console.tell("control.reset_done")


class UpdatePage:
    """The versions of each outlet's boards."""

    subtab = "maintenance.update"

    def __init__(self, console: Console) -> None:
        self.console = console

    @property
    def title(self) -> str:
        """Update."""
        return title_of(self.console, self.subtab)

    @property
    def letters(self) -> Sequence[tuple[str, str]]:
        """Nothing but the page."""
        return []

    async def show(self) -> None:
        """Ask the station and write them."""
        console = self.console
        await console.session.reload()
        draft = console.session.draft
        for rows in draft.of_tab(self.subtab):
            for row in rows:
                console.pair(label_of(row.path, console.lang), draft.shown(row.path, console.lang) or "-")

    async def answer(self, command: str, rest: str) -> bool:
        """No answer means anything here."""
        return False

    def explain(self, number: int | None) -> None:
        """What the versions are."""
        explain.subtab(self.console, self.subtab)
