"""Publication in words: what was sent and what waits above the form, and `t` to test the saved settings."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from tui.lines.form import FormPage
from tui.publication import publication_texts, trial_text
from tui.session import zone_of

_LOOK_S = 0.25
_KEY = "charge_history.publication."


class PublicationPage(FormPage):
    """Charge history > Publication settings."""

    @property
    def letters(self) -> Sequence[tuple[str, str]]:
        """Those of a form, and `t`."""
        return [*super().letters, ("t", "publication.do.test")]

    async def show(self) -> None:
        """The next letter, the last one and those that wait, then the form."""
        console, session = self.console, self.console.session
        document = await session.call("publication.status")
        for text, _ in publication_texts(console.lang, document, zone_of(session.draft.base)):
            console.say(text, hang="  ")
        await super().show()

    async def answer(self, command: str, rest: str) -> bool:
        """Test, else as any form."""
        if command != "t" or rest:
            return await super().answer(command, rest)
        await self._test()
        return True

    async def _test(self) -> None:
        """Test the saved settings to the end; each step is told once."""
        console, session = self.console, self.console.session
        if any(path.startswith(_KEY) for path in session.draft.texts):
            console.tell("publication.staged")
        report = await session.call("publication.test", action="start")
        told = ""
        while report.get("running"):
            text, _ = trial_text(console.lang, report)
            if text != told:
                console.say(text, hang="  ")
                told = text
            await asyncio.sleep(_LOOK_S)
            report = await session.call("publication.test")
        console.say(trial_text(console.lang, report)[0], hang="  ")
