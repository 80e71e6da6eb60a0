"""The desk: who asks the station for something, and the tasks that answer the loop's questions."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from datetime import datetime
from typing import Any

from evlink.domain.admission import can_start
from evlink.domain.effects import Ask
from evlink.domain.events import (
    Answered,
    Deauthorised,
    RemoteStart,
    StopAsked,
    SupervisionSeen,
    TransactionKnown,
    Verdict,
)
from evlink.domain.record import Badge
from evlink.ocpp.link import Answer, Outbox, Settings, SupervisionState
from evlink.runtime.bus import Bus, Document
from evlink.runtime.clock import StationClock
from evlink.runtime.loop import Loop

COUNT_S = 1.0
log = logging.getLogger("evlink.desk")


class Tasks:
    """Tasks that outlive their caller, kept until they end so that none is lost and none fails unseen."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Run some work beside everything else."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("a task failed", exc_info=task.exception())

    async def cancel(self) -> None:
        """Cancel all of them and wait until they have ended."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class Authoriser:
    """Answers the loop's `Ask`: from the local list, or by asking the supervision (R-070, R-074)."""

    def __init__(
        self,
        find_badge: Callable[[str], Awaitable[Badge | None]],
        ask_supervision: Callable[[str], Awaitable[Answer | None]],
        tasks: Tasks,
    ) -> None:
        self._find_badge = find_badge
        self._ask_supervision = ask_supervision
        self._tasks = tasks

    def ask(self, loop: Loop, ask: Ask) -> None:
        """Answer a question in a task of its own."""
        self._tasks.start(self._answer(loop, ask))

    async def _answer(self, loop: Loop, ask: Ask) -> None:
        try:
            verdict = await self._verdict(ask)
        except Exception:
            log.exception("could not look up a badge")
            verdict = Verdict("NoAnswer" if ask.by == "supervision" else "Invalid")
        loop.post(Answered(loop.moment(), ask.outlet, ask.ticket, verdict))

    async def _verdict(self, ask: Ask) -> Verdict:
        badge = await self._find_badge(ask.uid)
        if ask.by == "station":
            return Verdict("Accepted", badge.type, badge.comment) if badge else Verdict("Unknown")
        answer = await self._ask_supervision(ask.uid)
        if answer is None:
            return Verdict("NoAnswer")
        # The local list still names a known badge in the history; only the supervision admits it.
        return Verdict(answer.status, comment=badge.comment if badge else "", parent_id=answer.parent_id)


class Desk:
    """`ocpp.link.Desk` on the loop."""

    def __init__(self, loop: Loop, bus: Bus, clock: StationClock, follow_clock: bool, settings: Settings) -> None:
        self.settings = settings
        self._loop = loop
        self._bus = bus
        self._clock = clock
        self._follow_clock = follow_clock
        self.supervision = SupervisionState()
        self.queue = 0

    def snapshot(self) -> Document:
        """The status document."""
        return self._bus.document

    def changes(self) -> AsyncIterator[Document]:
        """Status documents as they change."""
        return self._bus.changes()

    async def remote_start(self, id_tag: str, outlet: int | None) -> bool:
        """Ask for a charge at an outlet, or at the first that can take one; False where none can."""
        for state in self._loop.state.outlets:
            if outlet in (None, state.outlet) and can_start(state):
                self._loop.post(RemoteStart(self._loop.moment(), state.outlet, id_tag))
                return True
        return False

    async def remote_stop(self, session: str) -> bool:
        """Ask for a session's end; False where it does not run."""
        for state in self._loop.state.outlets:
            if state.session is not None and state.session.session == session:
                self._loop.post(StopAsked(self._loop.moment(), state.outlet, "Remote"))
                return True
        return False

    async def deauthorised(self, session: str, answer: Answer) -> None:
        """End a session whose idTag the supervision did not accept."""
        self._loop.post(Deauthorised(self._loop.moment(), session, answer.status))

    async def transaction_known(self, session: str, transaction_id: int, answer: Answer) -> None:
        """Note a session's transaction id."""
        self._loop.post(TransactionKnown(self._loop.moment(), session, transaction_id))

    async def supervision_changed(self, state: SupervisionState) -> None:
        """Note the link's state; the loop hears of it where it came or went."""
        came_or_went = state.connected != self.supervision.connected
        self.supervision = state
        if came_or_went:
            self._loop.post(SupervisionSeen(self._loop.moment(), state.connected))

    async def count(self, outbox: Outbox) -> None:
        """Keep the queue's length up to date, for ever; off line the supervision itself looks but seldom."""
        while True:
            self.queue = await outbox.count()
            await asyncio.sleep(COUNT_S)

    async def clock_told(self, now: datetime) -> None:
        """Take the supervision's time of day where no time server gives a better one."""
        if self._follow_clock and abs((now - self._clock.wall()).total_seconds()) > 1.0:
            self._clock.set_wall(now)
