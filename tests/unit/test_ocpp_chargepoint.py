"""The charge point on a websocket held in the test's hand: one request at a time, and a clean end."""

from __future__ import annotations

import asyncio
import json
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ocpp.v16 import call, call_result  # type: ignore[import-untyped]
from websockets.asyncio.client import ClientConnection

from evlink.ocpp.chargepoint import REQUESTS_IN_HAND, ChargePoint, Handler, MalformedError, RefusedError
from evlink.ocpp.connection import NoAnswerError
from evlink.ocpp.dialect import V16
from tests.ocpp_central.station import virtual_time
from tests.unit.test_ocpp_orders import Office


class Wire:
    """A websocket's two methods over queues."""

    def __init__(self) -> None:
        self.sent: list[Any] = []
        self.coming: asyncio.Queue[str] = asyncio.Queue()

    async def send(self, text: str) -> None:
        self.sent.append(json.loads(text))

    async def recv(self) -> str:
        return await self.coming.get()


def point(wire: Wire, handlers: dict[str, Handler] | None = None, answers: bool = True) -> ChargePoint:
    return ChargePoint(V16(), cast(ClientConnection, wire), 30.0, handlers or {}, lambda: answers)


HEARTBEAT = {"currentTime": "2026-03-01T12:00:00Z"}


@virtual_time
async def test_one_request_is_out_at_a_time() -> None:
    """OCPP-J 1.6 section 4.1.1: the second goes when the first is answered or timed out."""
    wire = Wire()
    station = point(wire)
    first = asyncio.create_task(station.ask(call.Heartbeat(), "a"))
    second = asyncio.create_task(station.ask(call.Heartbeat(), "b"))
    await asyncio.sleep(1)
    assert [frame[1] for frame in wire.sent] == ["a"]
    await station.route_message(json.dumps([3, "b", HEARTBEAT]))
    await station.route_message(json.dumps([3, "a", HEARTBEAT]))
    await asyncio.sleep(1)
    assert (await first).current_time == HEARTBEAT["currentTime"]
    assert [frame[1] for frame in wire.sent] == ["a", "b"]
    assert not second.done()
    await station.route_message(json.dumps([4, "b", "GenericError", "no", {}]))
    with pytest.raises(RefusedError, match="Heartbeat: GenericError no"):
        await second


@virtual_time
async def test_no_answer_in_time() -> None:
    wire = Wire()
    station = point(wire)
    before = asyncio.get_running_loop().time()
    with pytest.raises(NoAnswerError, match="no answer to Heartbeat within 30 s"):
        await station.ask(call.Heartbeat(), "a")
    assert round(asyncio.get_running_loop().time() - before) == 30
    task = asyncio.create_task(station.ask(call.Heartbeat(), "b"))
    await asyncio.sleep(0)
    await station.route_message(json.dumps([3, "a", HEARTBEAT]))  # the late one is nobody's
    await asyncio.sleep(1)
    assert not task.done()
    await station.route_message(json.dumps([3, "b", HEARTBEAT]))
    await task


@virtual_time
async def test_answers_to_nothing_pile_up_nowhere() -> None:
    """S17, S18: ten thousand of them, and foreign ones in front of the right one."""
    wire = Wire()
    station = point(wire)
    for number in range(5000):
        await station.route_message(json.dumps([3, f"x{number}", {}]))
    task = asyncio.create_task(station.ask(call.Heartbeat(), "a"))
    await asyncio.sleep(1)
    for number in range(5000):
        await station.route_message(json.dumps([3, f"x{number}", {}]))
    assert not task.done()
    await station.route_message(json.dumps([3, "a", HEARTBEAT]))
    await station.route_message(json.dumps([3, "a", {}]))
    assert (await task).current_time == HEARTBEAT["currentTime"]
    assert station._pending is None


@pytest.mark.parametrize("answer", [None, [], "x", {}, {"currentTime": 5}, {"currentTime": "t", "more": 1}])
async def test_an_answer_against_the_schema_is_no_refusal(answer: Any) -> None:
    wire = Wire()
    station = point(wire)
    task = asyncio.create_task(station.ask(call.Heartbeat(), "a"))
    await asyncio.sleep(0)
    await station.route_message(json.dumps([3, "a", answer]))
    with pytest.raises(MalformedError, match=r"^Heartbeat: "):
        await task


async def test_a_cancellation_that_meets_the_answer_ends_the_task() -> None:
    """On a connection's end no task of it goes on, also where its answer came in the same moment."""
    wire = Wire()
    station = point(wire)

    async def for_ever() -> None:
        while True:
            await station.ask(call.Heartbeat(), "a")

    task = asyncio.create_task(for_ever())
    await asyncio.sleep(0.01)
    await station.route_message(json.dumps([3, "a", HEARTBEAT]))
    task.cancel()
    done, _ = await asyncio.wait({task}, timeout=1)
    assert done
    assert task.cancelled()


async def test_requests_beyond_the_bound_are_refused_and_the_reading_goes_on() -> None:
    """A storm of requests while a handler is busy costs memory for eight, and a CALLERROR for each other."""
    wire = Wire()
    free = asyncio.Event()

    async def slow(**_: Any) -> Any:
        await free.wait()
        return call_result.Reset("Rejected")

    station = point(wire, {"Reset": slow})
    reading = asyncio.create_task(station.start())
    for number in range(100):
        wire.coming.put_nowait(json.dumps([2, str(number), "Reset", {"type": "Hard"}]))
    await asyncio.sleep(0.1)
    assert {frame[2] for frame in wire.sent} == {"GenericError"}
    assert 100 - len(wire.sent) <= REQUESTS_IN_HAND + 1
    free.set()
    await asyncio.sleep(0.1)
    assert sorted(int(frame[1]) for frame in wire.sent) == list(range(100))
    reading.cancel()


async def test_a_payload_nested_deep_costs_one_callerror() -> None:
    """S18: at every depth that JSON itself lets through."""
    wire = Wire()
    station = point(wire, {"DataTransfer": lambda **_: call_result.DataTransfer("UnknownVendorId")})
    reading = asyncio.create_task(station.start())
    for depth in (10, 100, 300, 500, 800, 900):
        nested = '{"a":' * depth + "1" + "}" * depth
        wire.coming.put_nowait(f'[2,"{depth}","DataTransfer",{nested}]')
    wire.coming.put_nowait('[2,"last","DataTransfer",{"vendorId":"v"}]')
    await asyncio.sleep(0.5)
    assert wire.sent[-1] == [3, "last", {"status": "UnknownVendorId"}]
    assert all(frame[0] == 4 for frame in wire.sent[:-1])
    assert not reading.done()
    reading.cancel()


_values = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30) | st.lists(st.text(), max_size=3)
)
_names = st.sampled_from(["idTag", "connectorId", "key", "value", "type", "transactionId", "vendorId"]) | st.text()
_frames = st.text(max_size=60) | st.builds(
    lambda *parts: json.dumps(list(parts)),
    st.sampled_from([2, 2, 2, 3, 4, 9]),
    st.text(max_size=10) | st.integers(),
    st.sampled_from(sorted(V16.actions)) | _values,
    st.dictionaries(_names, _values, max_size=4) | _values,
)


@settings(max_examples=150, deadline=None)
@given(st.lists(_frames, max_size=30))
def test_no_frame_ends_the_reading(frames: list[str]) -> None:
    """S18: with the station's real handlers, one answer at most for each frame, and the next is still read."""

    async def run() -> None:
        wire = Wire()
        station = point(wire, dict(Office().table))
        reading = asyncio.create_task(station.start())
        for frame in frames:
            wire.coming.put_nowait(frame)
            await asyncio.sleep(0)
        while not wire.coming.empty():
            await asyncio.sleep(0)
        await asyncio.sleep(0.001)
        wire.coming.put_nowait('[2,"last","GetConfiguration",{}]')
        async with asyncio.timeout(5):
            while not wire.sent or wire.sent[-1][1] != "last":
                await asyncio.sleep(0)
        assert wire.sent[-1][0] == 3
        assert len(wire.sent) <= len(frames) + 1
        assert not reading.done()
        reading.cancel()

    asyncio.run(run())


@pytest.mark.parametrize("frame", ['[2,"1","Reset",{"type":"Hard"}]', '[2,"1","Reset"]', '[2,"1","Nonsense",{}]'])
async def test_a_rejected_station_answers_nothing(frame: str) -> None:
    """OCPP 1.6 section 4.2."""
    wire = Wire()
    station = point(wire, {"Reset": lambda **_: call_result.Reset("Rejected")}, answers=False)
    reading = asyncio.create_task(station.start())
    wire.coming.put_nowait(frame)
    await asyncio.sleep(0.05)
    assert wire.sent == []
    reading.cancel()
