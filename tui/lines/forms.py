"""Forms with something of their own: export and import, the station's clock, the state of the supervision."""

from __future__ import annotations

from collections.abc import Sequence

from evlink.settings.model import Role
from tui import terms
from tui.clean import clean
from tui.lines import filing
from tui.lines.form import FormPage
from tui.session import zone_of


class GeneralPage(FormPage):
    """Configuration > General: its form, and the export and import of the whole configuration, which are Admin's."""

    @property
    def letters(self) -> Sequence[tuple[str, str]]:
        """Those of a form, `e` and `i`."""
        admin = self.console.session.role is Role.ADMIN
        more = [("e", "lines.do.export"), ("i", "lines.do.import")] if admin else []
        return [*super().letters, *more]

    async def answer(self, command: str, rest: str) -> bool:
        """Export or import, else as any form."""
        if self.console.session.role is Role.ADMIN and not rest and command in ("e", "i"):
            await (filing.export_settings if command == "e" else filing.import_settings)(self.console)
            return True
        return await super().answer(command, rest)


class ClockPage(FormPage):
    """Configuration > Date and time: its form below what the station's clock shows (R-085)."""

    async def show(self) -> None:
        """The clock in the station's zone, then the form."""
        console, session = self.console, self.console.session
        session.snapshot = await session.call("snapshot")
        zone = zone_of(session.draft.base)
        clock = (session.snapshot.get("station") or {}).get("clock")
        console.pair(console.word("report.clock"), f"{clean(terms.moment(console.lang, clock, zone))} ({zone})")
        await super().show()


class SupervisionPage(FormPage):
    """Configuration > Supervision: its form below the state of the connection."""

    async def show(self) -> None:
        """Address, whether it is connected, how many messages wait; then the form."""
        console, session = self.console, self.console.session
        session.snapshot = await session.call("snapshot")
        found = (session.snapshot.get("station") or {}).get("supervision") or {}
        address = clean(terms.address(found.get("url")))
        if address:
            state = console.word("box.supervised" if found.get("connected") else "box.unsupervised")
            queue = int(found.get("queue") or 0)
            parts = [address, state, *([console.word("box.queue", n=queue)] if queue else [])]
            console.say(", ".join(parts), hang="  ")
        await super().show()
