"""Maintenance > Control: restart, and the way back to the factory configuration (R-224 to R-229); versions (R-230)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evlink.settings.model import Role
from tui import files
from tui.clean import clean
from tui.lines import explain
from tui.lines.subtab import SubTabPage
from tui.saving import label_of
from tui.updating import last_text, notes, offer_pairs, send, state_text

_KINDS = (".epk", ".zip")
_CONFIRMATION = "RESET"
_GONE = "DECOMMISSION"


class ControlPage(SubTabPage):
    """The orders; all but the first are Admin's alone (R-226, R-244)."""

    subtab = "maintenance.control"

    @property
    def _words(self) -> list[str]:
        admin = self.console.session.role is Role.ADMIN
        return ["control.restart_button", *(["control.reset_button", "control.gone_button"] if admin else [])]

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
        elif int(command) == 2:
            await self._reset("reset", _CONFIRMATION)
        else:
            await self._reset("gone", _GONE)
        return True

    def explain(self, number: int | None) -> None:
        """What the orders do."""
        explain.subtab(self.console, self.subtab)
        self.console.tell("control.restart_text")
        if len(self._words) > 1:
            self.console.tell("control.reset_text")
            self.console.tell("control.gone_text")

    async def _restart(self) -> None:
        console = self.console
        if await console.sure(lambda: console.word("control.restart_sure")):
            await console.session.restart("restart")
            console.tell("control.restarting")
        else:
            console.tell("lines.nothing")

    async def _reset(self, word: str, wanted: str) -> None:
        """Ask for the word that confirms a reset, and order it (R-226, R-244)."""
        console = self.console
        console.tell(f"control.{word}_text")
        if await console.ask(lambda: console.word(f"control.{word}_sure"), free=True) != wanted:
            console.tell("control.reset_not")
            return
        if word == "gone":
            await console.session.restart("decommission", confirm=wanted)
        else:
            await console.session.restart("factory_reset")
        console.tell(f"control.{word}_done")


class UpdatePage(SubTabPage):
    """The versions of each outlet's boards."""

    subtab = "maintenance.update"

    @property
    def letters(self) -> Sequence[tuple[str, str]]:
        """Install a package."""
        return [("i", "lines.do.install")]

    async def show(self) -> None:
        """Ask the station and write them."""
        console = self.console
        await console.session.reload()
        draft = console.session.draft
        for rows in draft.of_tab(self.subtab):
            for row in rows:
                console.pair(label_of(row.path, console.lang), draft.shown(row.path, console.lang) or "-")
        document = await console.session.call("update.status")
        for text, _ in (state_text(console.lang, document), last_text(console.lang, document)):
            if text:
                console.say(text)

    async def answer(self, command: str, rest: str) -> bool:
        """Install a package: send it, read its note, confirm."""
        if command != "i" or rest:
            return False
        document = await self._offered()
        if document is not None:
            await self._install(document)
        return True

    async def _offered(self) -> Mapping[str, Any] | None:
        """The package that waits to be confirmed, or one that is sent now; None, after the reason was told."""
        console = self.console
        document: Mapping[str, Any] = await console.session.call("update.status")
        if document["phase"] == "ready":
            return document
        console.tell("file.place")
        kinds = files.listed(_KINDS, console.lang)
        name = await console.ask(lambda: console.word("lines.file.read", kinds=kinds), free=True)
        if not name:
            console.tell("lines.nothing")
            return None
        path = files.named(name)
        if why := files.check(path, _KINDS, console.lang):
            console.tell("file.failed", path=clean(path), why=why)
            return None
        console.tell("update.sending", n=0)
        try:
            return await send(console.session, path, lambda percent: None)
        except OSError as error:
            console.say(files.failure(console.lang, path, error))
            return None

    async def _install(self, document: Mapping[str, Any]) -> None:
        """Write the note, ask, and install (R-231)."""
        console, package = self.console, document["package"]
        for label, text in offer_pairs(console.lang, package):
            console.pair(label, text)
        for title, rows in notes(console.lang, package):
            console.say(title)
            for row in rows:
                console.say(row, "  ")
        word = "update.charging" if document.get("charging") else "update.sure"
        if await console.sure(lambda: console.word(word)):
            await console.session.call("update.install", version=package["version"])
            console.tell("update.installing", n=0)
        else:
            await console.session.call("update.cancel")
            console.tell("update.cancelled")

    def explain(self, number: int | None) -> None:
        """What the versions are."""
        explain.subtab(self.console, self.subtab)
