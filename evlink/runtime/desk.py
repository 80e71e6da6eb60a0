"""The desk: who asks the station for something, and the tasks that answer the loop's questions."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any

from evlink.domain.admission import can_start, closed_to_all, obeys
from evlink.domain.effects import Ask
from evlink.domain.events import (
    Allowed,
    Answered,
    AvailabilityAsked,
    Booked,
    Condition,
    Deauthorised,
    RemoteStart,
    StopAsked,
    SupervisionSeen,
    TransactionKnown,
    Verdict,
)
from evlink.domain.orders import kept_free
from evlink.domain.record import Badge, MeterReading
from evlink.domain.recording import elapsed, meter
from evlink.domain.state import Booking
from evlink.domain.words import Evt
from evlink.ocpp import link as ocpp
from evlink.ocpp.config import SupervisionState
from evlink.ocpp.link import Allowance, Answer, Installation, Machine, Memory, Outbox, Running, Settings
from evlink.runtime.bus import Bus, Document
from evlink.runtime.clock import StationClock
from evlink.runtime.loop import Loop

COUNT_S = 1.0
OLD_S = 3600
CLOSED = "no reader and no remote starts, so nobody can charge: configuration.general.external_control"
OLD_QUEUE = "messages of charges wait for the supervision for more than an hour: evlink supervision queue"
STEP_S = 0.1
RESTART_S = 15.0
SETTLE_S = 10.0
UNLOCK_S = 8.0
UNLOCK_LEAST_S = 0.3  # for the order to reach the lock
AVAILABILITY = "availability"
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

    def __init__(
        self,
        loop: Loop,
        bus: Bus,
        clock: StationClock,
        follow_clock: bool,
        settings: Settings,
        memory: Memory,
        machine: Machine,
        end: Callable[[], None],
    ) -> None:
        self.settings = settings
        self.machine = machine
        self._memory = memory
        self._end = end
        self._loop = loop
        self._bus = bus
        self._clock = clock
        self._follow_clock = follow_clock
        self.supervision = SupervisionState()
        self.queue = 0
        self.queue_age_s = 0  # of its oldest message

    def snapshot(self) -> Document:
        """The status document."""
        return self._bus.document

    def changes(self) -> AsyncIterator[Document]:
        """Status documents as they change."""
        return self._bus.changes()

    async def remote_start(self, id_tag: str, outlet: int | None) -> int:
        """Ask for a charge at an outlet, or at the first that can take one; 0 where none can, or may for this idTag."""
        station = self._loop.state
        for state in station.outlets:
            wanted = outlet in (None, state.outlet) and obeys(station, state)
            if wanted and can_start(state) and not kept_free(station, state, id_tag, ""):
                self._loop.post(RemoteStart(self._loop.moment(), state.outlet, id_tag))
                return state.outlet
        return 0

    async def remote_stop(self, session: str) -> bool:
        """Ask for a session's end; False where it does not run."""
        for state in self._loop.state.outlets:
            if state.session is not None and state.session.session == session:
                self._loop.post(StopAsked(self._loop.moment(), state.outlet, "Remote"))
                return True
        return False

    async def recall(self) -> None:
        """Put out of service what an earlier run was told to keep so (R-107; OCPP 1.6 section 5.2, TC 034)."""
        for outlet, operative in (await self._memory.recall(AVAILABILITY) or {}).items():
            self._loop.post(AvailabilityAsked(self._loop.moment(), int(outlet), bool(operative)))

    async def change_availability(self, connector: int, operative: bool) -> str:
        """Put an outlet (0: all) in or out of service, on the disk first: Accepted, or Scheduled during a charge."""
        known = dict(await self._memory.recall(AVAILABILITY) or {})
        asked = [one for one in self._loop.state.outlets if connector in (0, one.outlet)]
        known.update({str(one.outlet): operative for one in asked})
        await self._memory.remember(AVAILABILITY, known)
        self._loop.post(AvailabilityAsked(self._loop.moment(), connector, operative))
        busy = any(one.session is not None or one.holder is not None for one in asked)
        return "Scheduled" if busy and not operative else "Accepted"

    async def restart(self, hard: bool) -> None:
        """End the charges and then this run of the station; it is started again."""
        await self._end_charges("HardReset" if hard else "SoftReset")
        self._end()

    async def settle(self, reason: str) -> None:
        """End the charges, and let the supervision hear of it while it listens: what follows forgets the queue."""
        await self._end_charges(reason)
        await self._until(lambda: not self.supervision.connected or self.queue == 0, SETTLE_S)

    async def _end_charges(self, reason: str) -> None:
        for one in self._loop.state.outlets:
            self._loop.post(StopAsked(self._loop.moment(), one.outlet, reason))
        await self._until(lambda: all(one.session is None for one in self._loop.state.outlets), RESTART_S)

    async def unlock(self, connector: int) -> str:
        """Unlock a cable, which ends its charge: Unlocked, UnlockFailed, or NotSupported where it is fixed."""
        if self._loop.state.outlet(connector).config.attached_cable:
            return "NotSupported"
        self._loop.post(StopAsked(self._loop.moment(), connector, "UnlockCommand"))
        await self._clock.sleep(UNLOCK_LEAST_S)

        def unlocked() -> bool:
            reading = self._loop.state.outlet(connector).reading
            return reading is not None and not reading.locked

        return "Unlocked" if await self._until(unlocked, UNLOCK_S) else "UnlockFailed"

    async def _until(self, true: Callable[[], bool], within_s: float) -> bool:
        waited = 0.0
        while not true():
            if waited >= within_s:
                return False
            await self._clock.sleep(STEP_S)
            waited += STEP_S
        return True

    def meter(self, connector: int) -> MeterReading | None:
        """What the meter of an outlet shows now; None where control says nothing."""
        state = self._loop.state
        outlet = state.outlet(connector)
        if outlet.reading is None:
            return None
        return meter(state.config, outlet, self._loop.moment(), "Trigger")

    async def book(self, bookings: tuple[ocpp.Booking, ...]) -> None:
        """Hand the loop the reservations that hold from now on."""
        held = tuple(Booking(one.id, one.connector, one.id_tag, one.parent_id) for one in bookings)
        self._loop.post(Booked(self._loop.moment(), held))

    def booked(self) -> frozenset[int]:
        """The reservations by which somebody charges now."""
        sessions = (one.session for one in self._loop.state.outlets)
        return frozenset(s.reservation_id for s in sessions if s is not None and s.reservation_id is not None)

    def charges(self) -> dict[int, Running]:
        """The charges that run; they began as long ago as they have lasted, whatever became of the clock since."""
        state, wall = self._loop.state, self._clock.wall()
        return {
            one.outlet: Running(
                one.session.session,
                wall - timedelta(seconds=elapsed(one, state.now)),
                one.reading.phases_used if one.reading is not None else 0,
            )
            for one in state.outlets
            if one.session is not None
        }

    def installation(self) -> Installation:
        """The wiring, and what rating and derating allow each outlet."""
        config = self._loop.state.config
        ceilings = {one.outlet: float(min(one.rated_a, one.derated_a)) for one in config.outlets}
        return Installation(float(config.voltage_v), config.phases, ceilings)

    async def allow(self, allowance: Allowance) -> None:
        """Hand the loop what charging profiles allow from now on."""
        self._loop.post(Allowed(self._loop.moment(), allowance.station_a, allowance.connectors))

    async def deauthorised(self, session: str, answer: Answer) -> None:
        """End a session whose idTag the supervision did not accept."""
        self._loop.post(Deauthorised(self._loop.moment(), session, answer.status))

    async def transaction_known(self, session: str, transaction_id: int, answer: Answer) -> None:
        """Note a session's transaction id."""
        self._loop.post(TransactionKnown(self._loop.moment(), session, transaction_id))

    async def supervision_changed(self, state: SupervisionState) -> None:
        """Note the link's state; the loop hears of it where it came or went."""
        came_or_went = state.connected != self.supervision.connected
        modem_changed = state.modem_lost != self.supervision.modem_lost
        self.supervision = state
        if came_or_went:
            self._loop.post(SupervisionSeen(self._loop.moment(), state.connected))
        if modem_changed:
            self._loop.post(Condition(self._loop.moment(), 0, Evt.MODEM, state.modem_lost))

    @property
    def warnings(self) -> tuple[str, ...]:
        """What an operator should know of the supervision."""
        old = (OLD_QUEUE,) if self.queue_age_s >= OLD_S else ()
        return (*old, CLOSED) if closed_to_all(self._loop.state) else old

    async def count(self, outbox: Outbox) -> None:
        """Keep the queue's length and age up to date, for ever; off line the supervision itself looks but seldom."""
        while True:
            head = await outbox.head()
            self.queue = await outbox.count() if head else 0
            waited = (self._clock.wall() - head.message.meter.at).total_seconds() if head else 0.0
            self.queue_age_s = max(0, int(waited))
            await asyncio.sleep(COUNT_S)

    async def clock_told(self, now: datetime) -> None:
        """Take the supervision's time of day where no time server gives a better one."""
        if self._follow_clock and abs((now - self._clock.wall()).total_seconds()) > 1.0:
            self._clock.set_wall(now)
