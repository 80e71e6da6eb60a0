"""The telling of states and the heartbeat, in virtual time (OCPP 1.6 sections 4.6 and 4.9)."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest
from ocpp.v16 import call_result  # type: ignore[import-untyped]

from evlink.ocpp.chargepoint import ChargePoint, RefusedError
from evlink.ocpp.config import Present, Timing
from evlink.ocpp.connection import NoAnswerError
from evlink.ocpp.pulse import Pulse
from evlink.ocpp.status import StatusBoard
from tests.ocpp_central.station import CHARGING, START, config, document, outlet, virtual_time, wire


class Ear:
    """The other end: notes when what came."""

    def __init__(self) -> None:
        self.heard: list[tuple[int, int, str]] = []
        self.fails: list[Exception] = []

    async def ask(self, request: Any, message_id: str | None = None) -> Any:
        payload = wire(request)
        now = round(asyncio.get_running_loop().time())
        self.heard.append((now, payload["connectorId"], payload["status"]))
        if self.fails:
            raise self.fails.pop(0)
        return call_result.StatusNotification()

    def take(self) -> list[tuple[int, str]]:
        heard, self.heard = self.heard, []
        return [(connector, status) for _, connector, status in heard]


async def listen(board: StatusBoard, ear: Ear, for_s: float = 1) -> None:
    try:
        async with asyncio.timeout(for_s):
            await board.run(ear.ask)
    except TimeoutError:
        pass


def board_of(**settings: Any) -> StatusBoard:
    return StatusBoard(Present(config(**settings)), lambda: START)


@virtual_time
async def test_all_connectors_at_first_then_what_changed() -> None:
    board, ear = board_of(), Ear()
    board.see(document())
    await listen(board, ear)
    assert ear.take() == [(0, "Available"), (1, "Available"), (2, "Available")]
    board.see(document(outlet(1), outlet(2, **CHARGING)))
    await listen(board, ear)
    assert ear.take() == [(2, "Charging")]
    await listen(board, ear)
    assert ear.take() == []


PREPARING = {"outlet_status": "OK_PlugProcedureStarted", "ev_state": "B_Present_9V"}
CLOSING = {"outlet_status": "OK_ChargeLoopStarted", "ev_state": "C_Ready_6V_M12V"}


@virtual_time
async def test_preparing_becomes_charging_in_one_step() -> None:
    """TC 003: while the contactor closes nobody has suspended anything; an end of Charging is told at once."""
    board, ear = board_of(), Ear()
    board.see(document(outlet(1, **PREPARING), outlet(2)))
    await listen(board, ear)
    ear.take()
    board.see(document(outlet(1, **CLOSING), outlet(2)))
    await listen(board, ear, 1)
    board.see(document(outlet(1, **CHARGING), outlet(2)))
    await listen(board, ear)
    assert ear.take() == [(1, "Charging")]
    board.see(document(outlet(1, **CLOSING | {"ev_state": "B_Present_Asked_9V_M12V"}), outlet(2)))
    await listen(board, ear)
    assert ear.take() == [(1, "SuspendedEV")]


@virtual_time
async def test_a_passing_state_that_stays_is_told() -> None:
    board, ear = board_of(), Ear()
    board.see(document(outlet(1, **PREPARING), outlet(2)))
    await listen(board, ear)
    ear.take()
    board.see(document(outlet(1, **CLOSING), outlet(2)))
    await listen(board, ear, 2)
    assert ear.take() == []
    await listen(board, ear, 2)
    assert ear.take() == [(1, "SuspendedEVSE")]


@virtual_time
async def test_a_limit_of_0_is_told_at_once() -> None:
    """Nothing is on its way where the station offers nothing."""
    board, ear = board_of(), Ear()
    board.see(document(outlet(1, **PREPARING), outlet(2)))
    await listen(board, ear)
    ear.take()
    board.see(document(outlet(1, **CLOSING), outlet(2)))
    board.see(document(outlet(1, **CLOSING | {"limit_a": 0.0}), outlet(2)))
    await listen(board, ear, 1)
    assert ear.take() == [(1, "SuspendedEVSE")]


@virtual_time
async def test_after_an_absence_only_what_differs_is_told() -> None:
    """Nothing is queued: what went and came back in the meantime is not told (OCPP-J 1.6 section 5.4)."""
    board, ear = board_of(), Ear()
    board.see(document())
    await listen(board, ear)
    ear.take()
    board.see(document(outlet(1, **CHARGING), outlet(2, **CHARGING)))
    await asyncio.sleep(60)
    board.see(document(outlet(1), outlet(2, outlet_status="OK_ChargeLoopEnded")))
    await listen(board, ear)
    assert ear.take() == [(2, "Finishing")]


@virtual_time
async def test_a_state_is_told_once_it_has_lasted() -> None:
    """MinimumStatusDuration (OCPP 1.6 section 9.1.19)."""
    board, ear = board_of(minimum_status_duration_s=10), Ear()
    board.see(document())
    task = asyncio.create_task(board.run(ear.ask))
    await asyncio.sleep(1)
    assert len(ear.take()) == 3
    board.see(document(outlet(1, ev_state="B_Present_9V"), outlet(2)))
    await asyncio.sleep(5)
    board.see(document(outlet(1, **CHARGING), outlet(2)))
    await asyncio.sleep(9)
    assert ear.take() == []
    await asyncio.sleep(2)
    assert ear.take() == [(1, "Charging")]
    board.see(document())
    await asyncio.sleep(5)
    board.see(document(outlet(1, **CHARGING), outlet(2)))
    await asyncio.sleep(60)
    assert ear.take() == []
    task.cancel()


@virtual_time
async def test_a_refused_state_is_not_repeated_an_unheard_one_is() -> None:
    board, ear = board_of(), Ear()
    board.see(document(outlet(1)))
    ear.fails = [RefusedError("InternalError"), NoAnswerError("no answer")]
    with pytest.raises(NoAnswerError):
        await listen(board, ear)
    await listen(board, ear)
    assert ear.take() == [(0, "Available"), (1, "Available"), (1, "Available")]


class Heart:
    """The other end of heartbeats."""

    def __init__(self) -> None:
        self.beats: list[int] = []
        self.point = cast(ChargePoint, SimpleNamespace(last_sent_s=0.0))
        self.told: list[datetime] = []
        self.time = "2026-03-01T12:00:00.000Z"

    async def ask(self, request: Any, message_id: str | None = None) -> Any:
        now = asyncio.get_running_loop().time()
        self.point.last_sent_s = now
        self.beats.append(round(now))
        return call_result.Heartbeat(current_time=self.time)

    async def clock(self, now: datetime) -> None:
        self.told.append(now)


@virtual_time
async def test_a_heartbeat_only_after_silence_and_daily_at_least() -> None:
    """OCPP 1.6 section 4.6; over a websocket the clock is asked for once a day at least."""
    heart = Heart()
    pulse = Pulse(Timing(), heart.clock)
    await pulse.told("2026-03-01T12:00:00Z")
    pulse.set_interval(300)
    task = asyncio.create_task(pulse.run(heart.point, heart.ask))
    await asyncio.sleep(1000)
    assert heart.beats == [300, 600, 900]
    for _ in range(1000):  # something else is said every 100 s
        await asyncio.sleep(100)
        heart.point.last_sent_s = asyncio.get_running_loop().time()
    assert heart.beats[3:] == [900 + 86_400]
    assert heart.told == [datetime(2026, 3, 1, 12, 0, tzinfo=UTC)] * 5
    task.cancel()


@virtual_time
async def test_an_interval_changed_takes_effect_at_once() -> None:
    heart = Heart()
    pulse = Pulse(Timing(), heart.clock)
    await pulse.told(heart.time)
    pulse.set_interval(5000)
    task = asyncio.create_task(pulse.run(heart.point, heart.ask))
    await asyncio.sleep(10)
    pulse.set_interval(20)
    await asyncio.sleep(35)
    assert heart.beats == [20, 40]
    task.cancel()


@pytest.mark.parametrize(("told", "kept"), [(0, 86_400), (-5, 86_400), (2**31, 86_400), (10, 10)])
@virtual_time
async def test_no_interval_is_longer_than_a_day(told: int, kept: int) -> None:
    pulse = Pulse(Timing(), Heart().clock)
    pulse.set_interval(told)
    assert pulse.interval_s == kept


@pytest.mark.parametrize("told", ["", "soon", "1970-01-01T00:00:00Z", "9999-12-31T23:59:59-23:00"])
@virtual_time
async def test_a_time_that_is_none_sets_no_clock_and_causes_no_storm(told: str) -> None:
    heart = Heart()
    heart.time = told
    pulse = Pulse(Timing(), heart.clock)
    await pulse.told(told)
    pulse.set_interval(300)
    task = asyncio.create_task(pulse.run(heart.point, heart.ask))
    await asyncio.sleep(1000)
    assert heart.beats == [300, 600, 900]
    assert heart.told == []
    task.cancel()
