"""The security log and its telling: SecurityEventNotification until it is heard (security whitepaper)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from ocpp.v16 import call  # type: ignore[import-untyped]

from evlink.domain.text import clean
from evlink.ocpp.exchange import Ask, MalformedError, RefusedError, UnsendableError
from evlink.ocpp.link import Memory
from evlink.ocpp.messages import read_time
from evlink.ocpp.samples import timestamp

KEY = "ocpp.security_log"
MOST = 200
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SecurityEvent:
    """One event; `type` is the whitepaper's word."""

    number: int
    type: str
    at: str
    detail: str


class SecurityEvents:
    """The newest 200 events, kept over restarts, each told once.

    `speaks` says whether the supervision knows of the security extensions; until it does the log is kept alone.
    """

    def __init__(self, memory: Memory, wall: Callable[[], datetime], speaks: Callable[[], bool]) -> None:
        self._memory = memory
        self._wall = wall
        self._speaks = speaks
        self._events: list[SecurityEvent] = []
        self._told = 0
        self._changed = asyncio.Event()

    async def load(self) -> None:
        """Take up the log of earlier runs, unless this one began already."""
        if self._events:
            return
        kept = await self._memory.recall(KEY) or {}
        self._events = [SecurityEvent(**each) for each in kept.get("events", [])]
        self._told = int(kept.get("told", 0))

    async def note(self, kind: str, detail: str) -> None:
        """Add an event; it is on the disk when this returns."""
        number = max(self._told, self._events[-1].number if self._events else 0) + 1
        event = SecurityEvent(number, clean(kind, 50), timestamp(self._wall()), clean(detail, 255))
        self._events = [*self._events, event][-MOST:]
        _log.warning("security: %s %s", event.type, event.detail)
        await self._store()
        self._changed.set()

    def look_again(self) -> None:
        """Look whether the supervision listens now."""
        self._changed.set()

    async def run(self, ask: Ask) -> None:
        """Tell what was not told yet, until cancelled; raises NoAnswerError."""
        while True:
            self._changed.clear()
            event = self._next()
            if event is None:
                await self._changed.wait()
                continue
            try:
                await ask(_request(event))
            except (RefusedError, MalformedError, UnsendableError) as error:  # it was heard
                _log.warning("%s", error)
            self._told = max(self._told, event.number)
            await self._store()

    def text(self, since: datetime | None, until: datetime | None) -> str:
        """The log between two times, a line an event."""
        lines = []
        for event in self._events:
            at = read_time(event.at)
            if at is not None and (since is None or at >= since) and (until is None or at <= until):
                lines.append(f"{event.at} {event.type} {event.detail}".rstrip() + "\n")
        return "".join(lines)

    def _next(self) -> SecurityEvent | None:
        if not self._speaks():
            return None
        return next((event for event in self._events if event.number > self._told), None)

    async def _store(self) -> None:
        await self._memory.remember(KEY, {"told": self._told, "events": [asdict(event) for event in self._events]})


def _request(event: SecurityEvent) -> Any:
    return call.SecurityEventNotification(type=event.type, timestamp=event.at, tech_info=event.detail or None)
