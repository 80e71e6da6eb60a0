"""A central system that answers wrongly, late, twice, to others, and asks for storms and absurdities.

The station stays within its own limits, loses no task and no descriptor, and is heard again by a sane one afterwards.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from evlink.domain.events import Allowed
from evlink.ocpp.link import Running
from evlink.ocpp.supervision import Supervision
from tests.ocpp_central.station import QUICK, ListOutbox, Notes, TestDesk, WallClock, charge, config
from tests.unit.domain_bench import Bench

NUMBERS = st.sampled_from([-(2**70), -(2**31), -1, 0, 1, 7, 86_401, 2**31, 2**63, 2**80])
MANNERS = st.sampled_from(["sane", "late", "twice", "silent", "foreign", "wrong", "error", "garbage", "drop"])
TRIGGERS = ("BootNotification", "Heartbeat", "MeterValues", "StatusNotification", "FirmwareStatusNotification")
PURPOSES = ("ChargePointMaxProfile", "TxDefaultProfile", "TxProfile")


def profile(limit: float, purpose: str, number: int, start: int) -> dict[str, Any]:
    """A charging profile, sensible or not."""
    return {
        "chargingProfileId": number,
        "stackLevel": number,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": "Absolute",
        "chargingSchedule": {
            "chargingRateUnit": "A",
            "chargingSchedulePeriod": [{"startPeriod": start, "limit": limit}],
        },
    }


ORDERS = st.one_of(
    st.tuples(st.just("TriggerMessage"), st.builds(lambda m: {"requestedMessage": m}, st.sampled_from(TRIGGERS))),
    st.tuples(st.just("RemoteStopTransaction"), st.builds(lambda n: {"transactionId": n}, NUMBERS)),
    st.tuples(st.just("RemoteStartTransaction"), st.builds(lambda n: {"idTag": "A", "connectorId": n}, NUMBERS)),
    st.tuples(
        st.just("ChangeConfiguration"),
        st.builds(
            lambda k, n: {"key": k, "value": str(n)},
            st.sampled_from(["HeartbeatInterval", "MeterValueSampleInterval", "WebSocketPingInterval"]),
            NUMBERS,
        ),
    ),
    st.tuples(
        st.just("SetChargingProfile"),
        st.builds(
            lambda c, limit, purpose, number, start: {
                "connectorId": c,
                "csChargingProfiles": profile(limit, purpose, number, start),
            },
            st.sampled_from([0, 1, 2, 9]),
            st.sampled_from([-1.0, 0.0, 6.0, 63.0, 1e6, 1e30]),
            st.sampled_from(PURPOSES),
            NUMBERS,
            st.sampled_from([0, 0, 0, -5, 100]),
        ),
    ),
    st.tuples(st.just("GetCompositeSchedule"), st.builds(lambda n: {"connectorId": 1, "duration": n}, NUMBERS)),
    st.tuples(st.sampled_from(["Reset", "MakeCoffee", "GetConfiguration"]), st.just({"type": 7})),
)
STEPS = st.lists(st.one_of(MANNERS, ORDERS, st.just("storm")), min_size=5, max_size=25)


class Mad:
    """The central system. Its manner changes how the next requests are answered."""

    def __init__(self) -> None:
        self.manner = "sane"
        self.interval: int = 1
        self.sane: list[str] = []  # actions that it answered as it should
        self.answers: list[Any] = []
        self.websocket: ServerConnection | None = None
        self._late: set[asyncio.Task[None]] = set()

    async def connected(self, websocket: ServerConnection) -> None:
        self.websocket = websocket
        try:
            async for raw in websocket:
                message = json.loads(raw)
                if message[0] == 2:
                    await self._answer(websocket, message[1], message[2])
                else:
                    self.answers.append(message)
        except ConnectionClosed:
            pass

    def usual(self, action: str) -> dict[str, Any]:
        now = datetime.now(UTC).isoformat()
        match action:
            case "BootNotification":
                return {"status": "Accepted", "currentTime": now, "interval": self.interval}
            case "Heartbeat":
                return {"currentTime": now}
            case "StartTransaction":
                return {"transactionId": 5, "idTagInfo": {"status": "Accepted"}}
            case "Authorize":
                return {"idTagInfo": {"status": "Accepted"}}
            case _:
                return {}

    async def _answer(self, websocket: ServerConnection, id_: str, action: str) -> None:
        right = json.dumps([3, id_, self.usual(action)])
        match self.manner:
            case "late":
                task = asyncio.create_task(self._later(websocket, right))
                self._late.add(task)
                task.add_done_callback(self._late.discard)
            case "twice":
                await websocket.send(right)
                await websocket.send(right)
            case "silent":
                pass
            case "foreign":
                await websocket.send(json.dumps([3, "somebody-else", self.usual(action)]))
                await websocket.send(right)
            case "wrong":
                await websocket.send(json.dumps([3, id_, {"status": 7, "transactionId": "x", "interval": -(2**70)}]))
            case "error":
                await websocket.send(json.dumps([4, id_, "InternalError", "\u202e\x1b[2J", {}]))
            case "garbage":
                await websocket.send("]" * 100)
                await websocket.send(right)
            case "drop":
                websocket.transport.abort()
            case _:
                self.sane.append(action)
                await websocket.send(right)

    async def _later(self, websocket: ServerConnection, text: str) -> None:
        await asyncio.sleep(0.15)
        with contextlib.suppress(ConnectionClosed):
            await websocket.send(text)

    async def order(self, action: str, payload: dict[str, Any], id_: str) -> None:
        if self.websocket is None:
            return
        with contextlib.suppress(ConnectionClosed):
            await self.websocket.send(json.dumps([2, id_, action, payload]))


async def run(steps: list[Any], interval: int) -> None:
    """One life of a station under a mad central system."""
    mad = Mad()
    mad.interval = interval
    async with await serve(mad.connected, "127.0.0.1", 0, subprotocols=["ocpp1.6"], ping_interval=None) as server:  # type: ignore[list-item]
        port = next(iter(server.sockets)).getsockname()[1]
        desk, outbox = TestDesk(), ListOutbox(*charge())
        desk.running = {1: Running("s-1", datetime.now(UTC), 3)}
        present = config(f"ws://127.0.0.1:{port}/ocpp", call_timeout_s=0.1, retry_interval_s=0)
        supervision = Supervision(present, outbox, desk, Notes(), WallClock(), QUICK)
        task = asyncio.create_task(supervision.run())
        for number, step in enumerate(steps):
            match step:
                case "storm":
                    for one in range(40):
                        await mad.order(
                            "TriggerMessage", {"requestedMessage": TRIGGERS[one % 4]}, f"storm-{number}-{one}"
                        )
                case (action, payload):
                    await mad.order(action, payload, f"order-{number}")
                case manner:
                    mad.manner = manner
            await asyncio.sleep(0.01)
        mad.manner, mad.interval = "sane", 1
        assert not task.done(), task
        async with asyncio.timeout(10):  # a sane one is served again, to the last message
            while outbox.queue or not supervision.state.connected:
                await asyncio.sleep(0.02)
        _within_limits(desk)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    await asyncio.gather(*mad._late, return_exceptions=True)


def _within_limits(desk: TestDesk) -> None:
    """Whatever was allowed, no outlet offers more than its own limit, and both no more than the station's."""
    bench = Bench(authentication="disabled", balancing=True, station_max_a=40)
    for outlet in (1, 2):
        bench.plug(outlet).charge(outlet)
    bench.tick(2)
    for allowance in desk.allowed:
        bench.post(Allowed(bench.moment(), allowance.station_a, allowance.connectors))
        bench.tick(1)
        amps = [bench.last_grant(outlet).limit_a for outlet in (1, 2)]
        assert all(0 <= one <= 32 for one in amps)
        assert sum(amps) <= 40


def _descriptors() -> set[str]:
    return {os.readlink(f"/proc/self/fd/{name}") for name in _numbers()}


def _numbers() -> Iterator[str]:
    for name in os.listdir("/proc/self/fd"):
        try:
            os.readlink(f"/proc/self/fd/{name}")
        except FileNotFoundError:
            continue
        yield name


@pytest.mark.slow
@settings(max_examples=50, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow], database=None)
@given(STEPS, NUMBERS)
def test_a_mad_central_system(steps: list[Any], interval: int) -> None:
    """50 seeded runs; limits hold, no task and no descriptor is left, a sane answer is heard again."""
    before = _descriptors()

    async def alone() -> None:
        await run(steps, interval)
        others = asyncio.all_tasks() - {asyncio.current_task()}
        assert others == set()

    asyncio.run(alone())
    assert {name for name in _descriptors() - before if "socket" in name or "pipe" in name} == set()
