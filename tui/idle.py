"""The idle lock: a terminal that nobody touches for a while gives the role back and shows the login."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from evlink.settings.model import Role
from tui.session import IDLE_LOCK_S

if TYPE_CHECKING:
    from tui.app import Terminal


class IdleLock:
    """When an app was touched last, and the watch that locks it `seconds` later; 0 never locks."""

    def __init__(self, app: Terminal) -> None:
        self._app = app
        self.seconds = IDLE_LOCK_S
        self._touched = monotonic()

    def touch(self) -> None:
        """Somebody is there."""
        self._touched = monotonic()

    def watch(self) -> None:
        """Begin to watch."""
        self.touch()
        if self.seconds:
            self._app.set_timer(self.seconds, self._look)

    async def _look(self) -> None:
        """Lock once nobody has touched the terminal for long enough; else look again when that may be."""
        left = self.seconds - (monotonic() - self._touched)
        if left <= 0:
            left = self.seconds
            await self.lock()
        self._app.set_timer(max(left, 0.01), self._look)

    async def lock(self) -> None:
        """Show the login and give the role back; what is staged stays for the account that staged it."""
        if self._app.session.role is not Role.NONE:
            self._app.due_password = ""
            await self._app.shut("login.locked")
