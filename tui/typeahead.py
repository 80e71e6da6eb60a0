"""Typeahead: each key is handled to its end before the next one is given to the widget that has the focus then.

Textual gives a key to the queue of the widget in focus and goes on; what the key does, a move of the focus among
it, comes later. Keys that arrive in one packet would so all go to the widget that had the focus at first.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from textual.events import Key, Paste
from textual.message_pump import MessagePump

if TYPE_CHECKING:
    from tui.app import Terminal

_LEAVE = ("f10", "ctrl+q", "ctrl+c")
_PATIENCE = 3.0  # s; a key that takes longer no longer holds the ones behind it
_LOGIN = 15.0
_ROUNDS = 3  # a key makes a message, and that another: Changed, Edited, Submitted


class Typeahead:
    """The keys that wait for the one before them. `give` hands one on to the widget in focus."""

    def __init__(self, app: Terminal, give: Callable[[Key | Paste], Awaitable[None]]) -> None:
        self._app = app
        self._give = give
        self._keys: deque[Key | Paste] = deque()
        self._task: asyncio.Task[None] | None = None

    def add(self, key: Key | Paste) -> None:
        """Handle a key once those before it are."""
        self._keys.append(key)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())

    def stop(self) -> None:
        """Forget what waits."""
        self._keys.clear()

    async def _run(self) -> None:
        while self._keys and self._app.is_running:
            key = self._keys.popleft()
            try:
                await self._give(key)
            except Exception as error:
                self._app._handle_exception(error)
                return
            with suppress(TimeoutError):
                await asyncio.wait_for(self._settle(), _PATIENCE)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._login(), _LOGIN)

    async def _settle(self) -> None:
        """Wait until the widget in focus and all above it have handled what they have, and a new screen is there."""
        for _ in range(_ROUNDS):
            app = self._app
            screen = app.screen
            pump: MessagePump | None = app.focused or screen
            while pump is not None:
                await _passed(pump)
                pump = pump._parent
            if app.screen is not screen:
                await _passed(app.screen)

    async def _login(self) -> None:
        """Wait until a login that is under way is answered: the next screen asks for something else."""
        while self._app.is_running and self._app.entering:
            if self._keys and isinstance(self._keys[0], Key) and self._keys[0].key in _LEAVE:
                return
            await asyncio.sleep(0.01)
        await self._settle()


async def _passed(pump: MessagePump) -> None:
    """Wait until a pump has handled what is in its queue now; one that is closed has."""
    done = asyncio.Event()
    if not pump.call_later(done.set):
        return
    while not done.is_set() and (pump.is_running or not pump._closed):
        with suppress(TimeoutError):
            await asyncio.wait_for(done.wait(), 0.1)
