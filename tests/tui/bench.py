"""What the terminal's tests share: an app over a stub station, and the screen as plain text."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from textual.pilot import Pilot

from tests.tui.station_stub import Station
from tui.app import Terminal
from tui.profile import Profile
from tui.screens.main import MainScreen
from tui.session import Session
from tui.widgets.bars import Note

ACCOUNTS = {"chef": "Correct-Horse-9!", "utilisateur": "Utilisateur-2026!"}


@dataclass
class Desk:
    """A terminal open on a stub station."""

    station: Station
    app: Terminal
    pilot: Pilot[int]
    path: Path

    @property
    def text(self) -> str:
        """The screen as plain text."""
        return screen_text(self.app)

    @property
    def main(self) -> MainScreen:
        """The main screen."""
        assert isinstance(self.app.screen, MainScreen)
        return self.app.screen

    @property
    def banner(self) -> str:
        """The sentence in the banner, unwrapped."""
        return self.main.query_one("#banner", Note).text

    async def open(self, subtab: str) -> None:
        """Open a sub-tab as its tab does."""
        await self.main.open(subtab, focus=True)
        await self.settle()

    async def press(self, *keys: str) -> None:
        """Press keys, each once what the one before it brought has happened, and wait for what follows."""
        await self.app._press_keys(keys)
        await self.settle()

    async def type(self, text: str) -> None:
        """Type a text."""
        names = {
            " ": "space",
            "!": "exclamation_mark",
            "-": "minus",
            ".": "full_stop",
            "/": "slash",
            "_": "underscore",
            ":": "colon",
            "~": "tilde",
            "+": "plus",
        }
        await self.press(*(names.get(char, char) for char in text))

    async def settle(self) -> None:
        """Wait until calls have been answered and drawn."""
        await quiet()
        await self.pilot.pause()

    async def until(self, condition: Callable[[], bool], seconds: float = 10.0) -> None:
        """Wait until a condition holds; AssertionError with the screen where it never does."""
        end = asyncio.get_running_loop().time() + seconds
        while not condition():
            if asyncio.get_running_loop().time() > end:
                raise AssertionError(f"it never came:\n{self.text}")
            await asyncio.sleep(0.01)
            await self.pilot.pause()


FRAME_S = 1 / 60  # between what changes and the screen that shows it


async def quiet(_: float = 0, longest: float = 2.0) -> None:
    """Wait until nothing is left to do but for time to pass: app, client and station share this loop.

    It takes the place of Textual's own `wait_for_idle`, which sleeps in steps of 20 ms until the process takes little
    processor time: two of them a key, and many on a machine that is busy with something else.
    """
    loop: Any = asyncio.get_running_loop()
    end, calm = loop.time() + longest, 0
    while calm < 3 and loop.time() < end:
        await asyncio.sleep(0)
        calm = 0 if loop._ready else calm + 1
        if calm == 3 and loop._scheduled and (left := loop._scheduled[0].when() - loop.time()) < FRAME_S:
            await asyncio.sleep(max(0.0, left))
            calm = 0


def screen_text(app: Terminal) -> str:
    """The cells of the screen on top, one line a row, trailing blanks gone."""
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)


@asynccontextmanager
async def desk(
    folder: Path,
    account: str = "chef",
    lang: str = "en",
    *,
    station: Station | None = None,
    plain: bool = False,
    size: tuple[int, int] = (80, 24),
) -> AsyncIterator[Desk]:
    """A terminal on a stub station, logged in to `account`; with an empty account it stands at the login."""
    station = station or Station()
    path = folder / "evlink.sock"
    await station.start(path)
    session = Session(path=path, lang=lang)
    try:
        await session.connect()
        if account:
            await session.login(account, ACCOUNTS[account])
        app = Terminal(session, Profile(plain=plain, term="vt220" if plain else "xterm-256color"))
        with patch("textual.app.wait_for_idle", quiet), patch("textual.pilot.wait_for_idle", quiet):
            async with app.run_test(size=size) as pilot:
                one = Desk(station, app, pilot, path)
                await one.settle()
                yield one
                app.exit(0)
    finally:
        await session.close()
        await station.stop()
