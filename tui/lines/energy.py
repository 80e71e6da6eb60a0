"""Energy in words: the meters with the probe of a line, and the Modbus server, each above its form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evlink.settings.model import Role
from tui.lines.form import FormPage
from tui.metering import meter_texts, probe_texts
from tui.modbus import modbus_texts

_LOOK_S = 0.5
_TOLD = 8
"""Units of a long line after which it is told again how far a probe is."""


class MetersPage(FormPage):
    """Energy management > Energy meters: the health of the meters, and `p` to probe an outlet's line (Admin)."""

    @property
    def letters(self) -> Sequence[tuple[str, str]]:
        """Those of a form, and `p`."""
        admin = self.console.session.role is Role.ADMIN
        return [*super().letters, *([("p 1", "meters.do.probe")] if admin else [])]

    async def show(self) -> None:
        """How each meter is, then the form."""
        console, session = self.console, self.console.session
        session.snapshot = await session.call("snapshot")
        for text, _ in meter_texts(console.lang, session.snapshot):
            console.say(text, hang="  ")
        await super().show()

    async def answer(self, command: str, rest: str) -> bool:
        """Probe, else as any form."""
        session = self.console.session
        if command != "p" or session.role is not Role.ADMIN:
            return await super().answer(command, rest)
        outlets = list(session.facts.outlets)
        if rest not in map(str, outlets) and (rest or len(outlets) > 1):
            self.console.tell("lines.number", n=len(outlets))
        else:
            await self._probe(int(rest or outlets[0]))
        return True

    async def _probe(self, outlet: int) -> None:
        """Probe an outlet's line until its end, or until Enter."""
        console, session = self.console, self.console.session
        report = await session.call("meters.probe", action="start", outlet=outlet)
        if any(path.startswith(("energy_management.meters.", "extension.meters.")) for path in session.draft.texts):
            console.tell("meters.staged")
        if report.get("running"):
            console.tell("meters.ended")
        told = -_TOLD
        while report.get("running"):
            if int(report.get("done") or 0) >= told + _TOLD:
                told = int(report.get("done") or 0)
                self._tell(report)
            if await console.entered(_LOOK_S):
                report = await session.call("meters.probe", action="stop")
                break
            report = await session.call("meters.probe")
        self._tell(report)

    def _tell(self, report: Mapping[str, Any]) -> None:
        for text, _ in probe_texts(self.console.lang, report):
            self.console.say(text, hang="  ")


class ExtensionPage(FormPage):
    """The station's own settings below the state of the Modbus server."""

    async def show(self) -> None:
        """The server, then the form."""
        console, session = self.console, self.console.session
        session.snapshot = await session.call("snapshot")
        for text, _ in modbus_texts(console.lang, session.snapshot):
            console.say(text, hang="  ")
        await super().show()
