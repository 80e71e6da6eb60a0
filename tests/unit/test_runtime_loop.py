"""The loop around the fold: what is stored before what is permitted, and a disk that refuses."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from evlink.domain.effects import Ask, CloseSession, Durable, EventStarted, Grant, SaveSession
from evlink.domain.events import Answered, BadgeRead, StopAsked, Verdict
from evlink.domain.snapshot import Surroundings
from evlink.domain.state import Config, OutletConfig, Reading
from evlink.domain.station import begin
from evlink.domain.words import EvState, Evt, OutletStatus
from evlink.runtime.bus import Bus
from evlink.runtime.clock import StationClock
from evlink.runtime.loop import Loop

SPEED = 50.0


class Board:
    """Control and disk in one notebook: what was granted and what was stored, in the order in which it came."""

    def __init__(self) -> None:
        self.reading = Reading(EvState.B, cable_a=32, locked=True)
        self.notes: list[Grant | Durable] = []
        self.broken = False

    def readings(self) -> tuple[Reading | None, ...]:
        """What one outlet reads."""
        return (self.reading,)

    def grant(self, grant: Grant) -> None:
        """Note a permit."""
        self.notes.append(grant)

    async def apply(self, effects: Sequence[Durable]) -> object:
        """Note what is stored, or refuse it."""
        if self.broken:
            raise OSError("no space left")
        self.notes += effects
        return None


async def run(work: Callable[[Loop, Board], Awaitable[None]], **config: Any) -> Board:
    """Run a loop with an outlet for as long as `work` takes."""
    board = Board()
    clock = StationClock(SPEED)
    state = begin(Config((OutletConfig(1, station_id="S"),), **config), {}, {})

    def ask(question: Ask) -> None:
        loop.post(Answered(loop.moment(), question.outlet, question.ticket, Verdict("Accepted")))

    loop = Loop(state, clock, board, board, Bus(), ask, Surroundings)
    task = asyncio.create_task(loop.run(SPEED))
    try:
        async with asyncio.timeout(10):
            await work(loop, board)
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    return board


async def until(true: Callable[[], bool]) -> None:
    """Wait until something holds."""
    while not true():
        await asyncio.sleep(0.002)


def status(loop: Loop) -> OutletStatus:
    return loop.state.outlet(1).status


async def test_a_session_is_stored_before_its_permit_and_a_stop_does_not_wait() -> None:
    """docs/decisions/0004."""

    async def work(loop: Loop, board: Board) -> None:
        await until(lambda: status(loop) is OutletStatus.AUTHORISATION_STARTED)
        loop.post(BadgeRead(loop.moment(), 1, "0401"))
        await until(lambda: any(isinstance(n, Grant) and n.authorised for n in board.notes))
        first = next(i for i, n in enumerate(board.notes) if isinstance(n, Grant) and n.authorised)
        assert any(isinstance(n, SaveSession) for n in board.notes[:first])
        board.reading = Reading(EvState.C_M12V, cable_a=32, locked=True, contactor=True)
        board.broken = True
        before = len(board.notes)
        loop.post(StopAsked(loop.moment(), 1, "Local"))
        await until(lambda: any(isinstance(n, Grant) and not n.authorised for n in board.notes[before:]))

    await run(work)


async def test_a_session_that_the_disk_refuses_gets_no_permit_until_it_is_stored() -> None:
    """docs/decisions/0004; a disk that fills up between a badge and its session (R05 of the research)."""

    async def work(loop: Loop, board: Board) -> None:
        await until(lambda: status(loop) is OutletStatus.AUTHORISATION_STARTED)
        board.broken = True
        loop.post(BadgeRead(loop.moment(), 1, "0401"))
        await until(lambda: Evt.SOFTWARE_CONFIGURATION in loop.state.outlet(1).faults)
        await asyncio.sleep(0.1)  # five seconds of the station's
        assert not any(isinstance(n, Grant) and n.authorised for n in board.notes)
        board.broken = False
        await until(lambda: any(isinstance(n, Grant) and n.authorised for n in board.notes))
        first = next(i for i, n in enumerate(board.notes) if isinstance(n, Grant) and n.authorised)
        assert any(isinstance(n, SaveSession) for n in board.notes[:first])

    await run(work)


async def test_what_a_broken_disk_refuses_is_owed_and_stored_in_order() -> None:
    """Nothing is lost: the record comes once the disk works; meanwhile Evt #9 shows and no new charge starts."""

    async def work(loop: Loop, board: Board) -> None:
        await until(lambda: status(loop) is OutletStatus.AUTHORISATION_STARTED)
        loop.post(BadgeRead(loop.moment(), 1, "0401"))
        await until(lambda: status(loop) is OutletStatus.LOOP_STARTED)
        board.broken = True
        loop.post(StopAsked(loop.moment(), 1, "Local"))
        await until(lambda: Evt.SOFTWARE_CONFIGURATION in loop.state.outlet(1).faults)
        await until(lambda: status(loop) is OutletStatus.UNPLUG_STARTED)
        loop.post(BadgeRead(loop.moment(), 1, "0402"))
        await until(lambda: status(loop) is OutletStatus.PLUG_STARTED)
        await asyncio.sleep(0.1)
        assert status(loop) is OutletStatus.PLUG_STARTED  # barred
        board.broken = False
        await until(lambda: Evt.SOFTWARE_CONFIGURATION not in loop.state.outlet(1).faults)
        await until(lambda: status(loop) is OutletStatus.LOOP_STARTED)

    board = await run(work)
    kinds = [type(n) for n in board.notes if isinstance(n, SaveSession | CloseSession)]
    assert kinds == [SaveSession, CloseSession, SaveSession]
    assert any(isinstance(n, EventStarted) and n.event == Evt.SOFTWARE_CONFIGURATION for n in board.notes)


async def test_the_bus_tells_the_newest_and_only_what_changed() -> None:
    bus = Bus()
    seen: list[Any] = []

    async def read() -> None:
        async for document in bus.changes():
            seen.append(document)

    bus.publish({"n": 1})
    task = asyncio.create_task(read())
    await asyncio.sleep(0)
    bus.publish({"n": 1})
    await asyncio.sleep(0)
    bus.publish({"n": 2})
    bus.publish({"n": 3})
    await asyncio.sleep(0.01)
    task.cancel()
    assert seen == [{"n": 1}, {"n": 3}]
