"""Following the station: its news to the screens, a lost connection got back, calls beside the screen."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from textual.worker import Worker

from evlink.client import CallError, Disconnected, NoStation
from evlink.settings.model import Role
from tui.saving import refusal
from tui.session import REFUSED, Fallen

if TYPE_CHECKING:
    from tui.app import Terminal

_RETRY = (0.5, 1.0, 2.0, 3.0, 5.0)
LIVE_PERIOD = 1.0


class Following:
    """What keeps an app and its session with the station together; one worker listens or tries again."""

    def __init__(self, app: Terminal) -> None:
        self._app = app
        self._worker: Worker[None] | None = None

    def listen(self) -> None:
        """Follow the station's news until the connection ends, then try to get it back."""
        self.stop()
        self._work(self._listen)

    def stop(self) -> None:
        """Follow no longer."""
        if self._worker is not None:
            self._worker.cancel()
            self._worker = None

    def lost(self) -> None:
        """Somebody noticed that the connection is gone before the listener did."""
        if self._worker is None or self._worker.is_finished:
            self._work(self._reconnect)

    def _work(self, work: Callable[[], Awaitable[None]]) -> None:
        self._worker = self._app.run_worker(work(), name="news", group="news", exclusive=True)

    async def _listen(self) -> None:
        app = self._app
        try:
            async for document in app.session.news(LIVE_PERIOD):
                if (main := app.main) is not None:
                    main.follow(document)
        except Fallen:
            self._worker = None
            await app.show_login("login.fallen")
            return
        except (CallError, Disconnected):
            pass
        await self._reconnect()

    async def _reconnect(self) -> None:
        """Try until the station answers; the role belonged to the connection, so login comes next."""
        app, session = self._app, self._app.session
        asked = session.restart_asked
        await session.close()
        if (main := app.main) is not None:
            main.lost()
        for attempt in range(1_000_000):
            await asyncio.sleep(_RETRY[min(attempt, len(_RETRY) - 1)])
            try:
                await session.connect()
                break
            except (NoStation, Disconnected, CallError):
                continue
        session.restarted()
        await app.show_login("login.restarted" if asked else "login.again")

    def ask(self, work: Callable[[], Awaitable[Any]]) -> Worker[None]:
        """Run calls to the station beside the screen; a refusal is shown in the banner, nothing is raised."""
        return self._app.run_worker(self._ask(work), group="call")

    async def _ask(self, work: Callable[[], Awaitable[Any]]) -> None:
        app = self._app
        try:
            await work()
        except CallError as error:
            if error.code == REFUSED and await self._fallen():
                return
            app.banner(app.say("banner.refused", why=refusal(error, app.lang)), "bad")
        except Disconnected:
            self.lost()

    async def _fallen(self) -> bool:
        """Whether this session lost its role, as when its password was changed elsewhere; then login comes next."""
        session = self._app.session
        hello = await session.call("hello", client="terminal")
        if hello.get("role") != "none":
            return False
        self.stop()
        session.role = Role.NONE
        await self._app.show_login("login.fallen")
        return True
