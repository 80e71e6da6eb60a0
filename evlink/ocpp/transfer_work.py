"""The station's errands for the supervision: one at a time, and the word of how they go, kept until it is heard."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from evlink.ocpp.exchange import Ask, MalformedError, RefusedError, UnsendableError

MOST_WORDS = 50
_log = logging.getLogger(__name__)


class Words:
    """Messages that wait for a connection, in order; the oldest go where there are too many."""

    def __init__(self) -> None:
        self._waiting: deque[Any] = deque(maxlen=MOST_WORDS)
        self._filled = asyncio.Event()

    def say(self, request: Any) -> None:
        """Send a message as soon as that can be."""
        self._waiting.append(request)
        self._filled.set()

    async def run(self, ask: Ask) -> None:
        """Send what waits and what comes, until cancelled; raises NoAnswerError, and what it held waits on."""
        while True:
            self._filled.clear()
            while self._waiting:
                request = self._waiting[0]
                try:
                    await ask(request)
                except (RefusedError, MalformedError, UnsendableError) as error:  # to repeat it would change nothing
                    _log.warning("%s", error)
                if self._waiting and self._waiting[0] is request:
                    self._waiting.popleft()
            await self._filled.wait()


class Errand:
    """Work that is done one piece at a time: a newer piece takes the place of the one that runs."""

    def __init__(self) -> None:
        self._next: Callable[[], Awaitable[None]] | None = None
        self._given = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def busy(self) -> bool:
        """Whether a piece of work runs or waits."""
        return self._next is not None or (self._task is not None and not self._task.done())

    def give(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do this from now on."""
        self._next = work
        if self._task is not None:
            self._task.cancel()
        self._given.set()

    async def run(self) -> None:
        """Do what is given, until cancelled; what fails is logged."""
        while True:
            await self._given.wait()
            self._given.clear()
            work, self._next = self._next, None
            if work is None:
                continue
            self._task = asyncio.ensure_future(_done(work))
            try:
                await asyncio.wait({self._task})
            finally:
                if not self._task.done():
                    self._task.cancel()
                    await asyncio.wait({self._task})
            if not self._task.cancelled() and (error := self._task.exception()) is not None:
                _log.error("an errand for the supervision failed", exc_info=error)


async def _done(work: Callable[[], Awaitable[None]]) -> None:
    await work()
