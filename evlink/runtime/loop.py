"""The station's loop: it reads control ten times a second, folds what happens, and carries out what follows."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Protocol

from evlink.domain.clock import Clock
from evlink.domain.effects import Ask, Durable, Effect, Grant, SaveSession
from evlink.domain.events import Condition, Event, Moment, Tick
from evlink.domain.snapshot import Surroundings, document
from evlink.domain.state import Reading, StationState
from evlink.domain.station import fold
from evlink.domain.words import Evt
from evlink.runtime.bus import Bus

TICK_S = 0.1
log = logging.getLogger("evlink.loop")


class Control(Protocol):
    """Control as the loop sees it."""

    def readings(self) -> tuple[Reading | None, ...]:
        """One reading an outlet, None where control is silent."""
        ...

    def grant(self, grant: Grant) -> None: ...


class Books(Protocol):
    """Storage as the loop sees it: all of a fold's durable effects in one transaction."""

    async def apply(self, effects: Sequence[Durable]) -> object: ...


class Loop:
    """The one place that owns the state. Everybody else posts events and reads the bus."""

    def __init__(
        self,
        state: StationState,
        clock: Clock,
        control: Control,
        books: Books,
        bus: Bus,
        ask: Callable[[Ask], None],
        around: Callable[[], Surroundings],
    ) -> None:
        self.state = state
        self._clock = clock
        self._control = control
        self._books = books
        self._bus = bus
        self._ask = ask
        self._around = around
        self._events: asyncio.Queue[Event] = asyncio.Queue()
        self._owed: list[Durable] = []
        self._granted: dict[int, Grant] = {}
        self._kept = {o.outlet: o.session.session for o in state.outlets if o.session is not None}  # sessions stored

    def moment(self) -> Moment:
        """Now, for an event."""
        return Moment(self._clock.monotonic(), self._clock.wall())

    def post(self, event: Event) -> None:
        """Put an event into the queue; it is folded in its turn."""
        self._events.put_nowait(event)

    async def run(self, speed: float = 1.0) -> None:
        """Fold for ever: events as they come, a tick each tenth of a second of the station's clock."""
        due = self._clock.monotonic()
        while True:
            wait = (due - self._clock.monotonic()) / speed
            if wait > 0:
                try:
                    event: Event = await asyncio.wait_for(self._events.get(), wait)
                except TimeoutError:
                    continue
            else:
                # A tick that is late is not made up for: durations come from the clock, not from counting ticks.
                due = max(due + TICK_S, self._clock.monotonic())
                event = Tick(self.moment(), self._control.readings())
                await asyncio.sleep(0)
            await self._fold(event)

    async def _fold(self, event: Event) -> None:
        self.state, effects = fold(self.state, event)
        await self._carry_out(effects)
        self.publish()

    def publish(self) -> None:
        """Put the status document on the bus."""
        self._bus.publish(document(self.state, self._around()))

    async def _carry_out(self, effects: list[Effect]) -> None:
        immediate: list[Grant | Ask] = []
        for effect in effects:
            if isinstance(effect, Grant | Ask):
                immediate.append(effect)
            else:
                self._owed.append(effect)
        # What lowers or ends a charge never waits for the disk; what allows one does (nothing acknowledged is lost).
        for effect in immediate:
            if isinstance(effect, Grant) and self._lowers(effect):
                self._control.grant(effect)
        if self._owed:
            await self._store()
        for effect in immediate:
            if isinstance(effect, Ask):
                self._ask(effect)
            elif not self._lowers(effect):
                if not self._stored(effect.outlet):
                    continue  # the disk refused its session: no energy that no book holds
                self._control.grant(effect)
            if isinstance(effect, Grant):
                self._granted[effect.outlet] = effect

    def _lowers(self, grant: Grant) -> bool:
        """Whether a permit ends a charge, or allows one that was allowed already no more than before."""
        before = self._granted.get(grant.outlet)
        if not grant.authorised:
            return True
        return before is not None and before.authorised and grant.limit_a <= before.limit_a

    def _stored(self, outlet: int) -> bool:
        """Whether the session that an outlet has is on the disk."""
        session = self.state.outlet(outlet).session
        return session is None or self._kept.get(outlet) == session.session

    async def _store(self) -> None:
        owed = tuple(self._owed)
        failed = any(Evt.SOFTWARE_CONFIGURATION in o.outside for o in self.state.outlets)
        try:
            await self._books.apply(owed)
        except Exception:
            # Kept and tried again with the next effects, in order; until then the outlets show Evt #9.
            if not failed:
                log.exception("could not store %d effects", len(owed))
                self.post(Condition(self.moment(), 0, Evt.SOFTWARE_CONFIGURATION, True))
            return
        del self._owed[: len(owed)]
        self._kept |= {e.session.outlet: e.session.session for e in owed if isinstance(e, SaveSession)}
        if failed:
            self.post(Condition(self.moment(), 0, Evt.SOFTWARE_CONFIGURATION, False))
