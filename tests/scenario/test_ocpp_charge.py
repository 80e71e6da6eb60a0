"""A charge told to a central system in another process, from the durable queue on the disk (R02)."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher

from evlink.domain.effects import Enqueue
from evlink.domain.record import TransactionMessage
from evlink.ocpp.supervision import Supervision
from evlink.storage.state import StatePaths
from evlink.storage.store import Store
from tests.ocpp_central.client import CentralProcess
from tests.ocpp_central.station import CHARGING, QUICK, TestDesk, WallClock, charge, config, document, outlet

TRANSACTION = ("StartTransaction", "MeterValues", "StopTransaction")


class Station:
    """A station's supervision on a real store; `again` is a new process on the same disk."""

    def __init__(self, store: Store, url: str, **settings: Any) -> None:
        self.store = store
        self.desk = TestDesk()
        self.supervision = Supervision(config(url, **settings), store, self.desk, store, WallClock(), QUICK)
        self.task = asyncio.create_task(self.supervision.run())

    async def put(self, messages: Iterable[TransactionMessage]) -> None:
        await self.store.apply([Enqueue(message) for message in messages])

    async def emptied(self) -> bool:
        return await self.store.count() == 0

    async def end(self) -> None:
        self.task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await self.task


@asynccontextmanager
async def opened(tmp_path: Path) -> AsyncIterator[Store]:
    root = tmp_path / "state"
    root.mkdir(mode=0o700, exist_ok=True)
    store = await Store.open(StatePaths(root), WallClock(), PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    try:
        yield store
    finally:
        await store.close()


async def until_empty(station: Station, timeout_s: float = 15) -> None:
    async with asyncio.timeout(timeout_s):
        while not await station.emptied():
            await asyncio.sleep(0.02)


def told(central: CentralProcess) -> list[dict[str, Any]]:
    """Transaction messages that the central system took for the first time, in order."""
    return [entry for entry in central.requests(*TRANSACTION) if not entry["repeat"] and not entry["fault"]]


def energies(central: CentralProcess) -> list[tuple[str, int]]:
    """Action and energy of each transaction message."""
    rows = []
    for entry in told(central):
        _, _, action, payload = entry["message"]
        match action:
            case "StartTransaction":
                rows.append((action, payload["meterStart"]))
            case "MeterValues":
                rows.append((action, int(payload["meterValue"][0]["sampledValue"][0]["value"])))
            case _:
                rows.append((action, payload["meterStop"]))
    return rows


WHOLE = [
    ("StartTransaction", 1000),
    ("MeterValues", 1100),
    ("MeterValues", 1200),
    ("MeterValues", 1300),
    ("StopTransaction", 1350),
]


async def test_a_whole_charge_is_valid_and_complete(tmp_path: Path) -> None:
    """Boot, states, start, meter values, stop: every message by its schema, once, in order."""
    async with CentralProcess(tmp_path / "log.jsonl") as central, opened(tmp_path) as store:
        station = Station(store, central.url)
        await central.until(lambda: len(central.requests("StatusNotification")) == 3)
        messages = charge()
        station.desk.show(document(outlet(1, **CHARGING), outlet(2)))
        await station.put(messages[:1])
        await central.until(lambda: len(told(central)) == 1)
        await station.put(messages[1:4])
        await central.until(lambda: len(told(central)) == 4)
        station.desk.show(document(outlet(1, outlet_status="OK_ChargeLoopEnded"), outlet(2)))
        await station.put(messages[4:])
        await central.until(lambda: len(told(central)) == 5)
        await until_empty(station)
        assert energies(central) == WHOLE
        assert {entry["message"][3].get("transactionId", 1001) for entry in told(central)} == {1001}
        await central.until(lambda: len(central.requests("StatusNotification")) == 5)
        states = [entry["message"][3] for entry in central.requests("StatusNotification")]
        assert [state["status"] for state in states if state["connectorId"] == 1] == [
            "Available",
            "Charging",
            "Finishing",
        ]
        assert station.desk.transactions == {"s-1": 1001}
        assert station.supervision.state.queue == 0
        assert central.faults() == []
        await station.end()


async def test_the_central_system_killed_in_mid_charge_hears_everything_once(tmp_path: Path) -> None:
    """R02: SIGKILL and restart; each Start, MeterValues and Stop exactly once, in order."""
    async with CentralProcess(tmp_path / "log.jsonl") as central, opened(tmp_path) as store:
        station = Station(store, central.url)
        messages = charge(samples=12)
        await station.put(messages[:3])
        await central.until(lambda: len(told(central)) == 3)
        await central.kill()
        await station.put(messages[3:8])
        await asyncio.sleep(0.3)
        assert not station.supervision.state.connected
        assert await store.count() == 5
        await central.start()
        await central.until(lambda: len(told(central)) == 8)
        await central.kill()
        await central.start()
        await station.put(messages[8:])
        await central.until(lambda: len(told(central)) == len(messages))
        await until_empty(station)
        assert [energy for _, energy in energies(central)] == [*range(1000, 2201, 100), 2250]
        ids = [entry["message"][1] for entry in told(central)]
        assert len(set(ids)) == len(ids) == len(messages)
        assert len(central.requests("BootNotification")) == 1
        assert central.faults() == []
        await station.end()


async def test_the_station_killed_between_sending_and_answer_repeats_under_the_same_id(tmp_path: Path) -> None:
    """A new process on the same disk: the message that was out goes again as the repeat it is."""
    async with CentralProcess(tmp_path / "log.jsonl") as central:
        await central.do("rule", action="MeterValues", silent=True)
        async with opened(tmp_path) as store:
            station = Station(store, central.url)
            await station.put(charge())
            await central.until(lambda: len(central.requests("MeterValues")) == 1)
            await station.end()
        async with opened(tmp_path) as store:
            station = Station(store, central.url)
            await central.until(lambda: len(told(central)) == 5)
            await until_empty(station)
            await station.end()
        assert energies(central) == WHOLE
        repeats = [entry["message"][1] for entry in central.requests(*TRANSACTION) if entry["repeat"]]
        assert repeats == [told(central)[1]["message"][1]]
        assert len(central.requests("BootNotification")) == 2
        assert central.faults() == []


@pytest.mark.parametrize("action", TRANSACTION)
async def test_an_answer_lost_with_the_connection(tmp_path: Path, action: str) -> None:
    """The connection drops after receipt: the same message again, same id and payload, no attempt counted."""
    async with CentralProcess(tmp_path / "log.jsonl") as central, opened(tmp_path) as store:
        await central.do("rule", action=action, drop=True, times=2)
        station = Station(store, central.url, retry_attempts=1)
        await station.put(charge(samples=1))
        await central.until(lambda: len(told(central)) == 3)
        await until_empty(station)
        repeated = [entry["message"] for entry in central.requests(action)]
        assert len(repeated) == 3
        assert repeated[0] == repeated[1] == repeated[2]
        assert [name for name, _ in energies(central)] == list(TRANSACTION)
        assert central.faults() == []
        await station.end()


async def test_no_answer_at_all_means_a_new_connection_and_the_same_message(tmp_path: Path) -> None:
    """A timeout is no attempt: reconnect, and go on."""
    async with CentralProcess(tmp_path / "log.jsonl") as central, opened(tmp_path) as store:
        await central.do("rule", action="StartTransaction", silent=True)
        station = Station(store, central.url, retry_attempts=1, call_timeout_s=0.3)
        await station.put(charge(samples=0))
        await central.until(lambda: len(told(central)) == 2)
        assert central.opened() == 2
        starts = [entry["message"] for entry in central.requests("StartTransaction")]
        assert starts[0] == starts[1]
        assert central.faults() == []
        await station.end()


async def test_a_callerror_is_retried_at_growing_waits_then_dropped(tmp_path: Path) -> None:
    """OCPP 1.6 section 3.7: interval times attempts; other messages pass meanwhile; then the next one goes."""
    async with CentralProcess(tmp_path / "log.jsonl") as central, opened(tmp_path) as store:
        await central.do("rule", action="MeterValues", error=["InternalError", "no"], times=3)
        station = Station(store, central.url, retry_interval_s=1, retry_attempts=3)
        await station.put(charge(samples=2))
        await central.until(lambda: len(central.requests("MeterValues")) == 2)
        station.desk.show(document(outlet(1, **CHARGING), outlet(2)))
        await central.until(lambda: len(central.requests("StopTransaction")) == 1)
        refused = central.requests("MeterValues")[:3]
        waits = [later["at"] - earlier["at"] for earlier, later in itertools.pairwise(refused)]
        assert 1.0 <= waits[0] < 2.0
        assert 2.0 <= waits[1] < 3.0
        assert len({entry["message"][1] for entry in refused}) == 1
        changed = next(e for e in central.requests("StatusNotification") if e["message"][3]["status"] == "Charging")
        assert refused[1]["at"] < changed["at"] < refused[2]["at"]
        energy = [e["message"][3]["meterValue"][0]["sampledValue"][0]["value"] for e in central.requests("MeterValues")]
        assert energy == ["1100", "1100", "1100", "1200"]
        await until_empty(station)
        await station.end()


async def test_sessions_of_an_offline_time_arrive_whole_with_their_own_ids(tmp_path: Path) -> None:
    """Started and stopped off-line: the ids come from the late StartTransaction.conf, never -1 (libocpp 495)."""
    async with opened(tmp_path) as store, CentralProcess(tmp_path / "log.jsonl") as central:
        await central.kill()
        station = Station(store, central.url)
        for number in range(1, 4):
            await station.put(charge(f"s-{number}", outlet=1 + number % 2, samples=2, first_wh=1000 * number))
        await asyncio.sleep(0.3)
        assert not central.log.read_text() or not told(central)
        await central.start()
        await central.until(lambda: len(told(central)) == 12)
        ids = [entry["message"][3].get("transactionId") for entry in told(central)]
        assert ids == [None, 1001, 1001, 1001, None, 1002, 1002, 1002, None, 1003, 1003, 1003]
        await until_empty(station)
        assert await store.session_of(1002) == "s-2"
        assert central.faults() == []
        await station.end()


async def test_a_start_denied_by_the_supervision_reaches_the_station(tmp_path: Path) -> None:
    """OCPP 1.6 section 4.8 with `idTagInfo` Blocked."""
    async with CentralProcess(tmp_path / "log.jsonl") as central, opened(tmp_path) as store:
        await central.do("rule", action="StartTransaction", reply={"idTagInfo": {"status": "Blocked"}})
        station = Station(store, central.url)
        await station.put(charge(samples=0))
        await central.until(lambda: len(told(central)) == 2)
        await until_empty(station)
        assert [(session, answer.status) for session, answer in station.desk.denied] == [("s-1", "Blocked")]
        assert central.faults() == []
        await station.end()


async def test_remote_start_and_stop_by_transaction(tmp_path: Path) -> None:
    """OCPP 1.6 sections 5.11 and 5.12, over the wire and through the store."""
    async with CentralProcess(tmp_path / "log.jsonl") as central, opened(tmp_path) as store:
        station = Station(store, central.url)
        await central.until(lambda: len(central.requests("StatusNotification")) == 3)
        answer = await central.call("RemoteStartTransaction", {"idTag": "abc", "connectorId": 1})
        assert answer is not None
        assert answer[2] == {"status": "Accepted"}
        assert station.desk.started == [("ABC", 1)]
        await station.put(charge()[:1])
        await until_empty(station)
        answer = await central.call("RemoteStopTransaction", {"transactionId": 1001})
        assert answer is not None
        assert answer[2] == {"status": "Accepted"}
        answer = await central.call("RemoteStopTransaction", {"transactionId": 7})
        assert answer is not None
        assert answer[2] == {"status": "Rejected"}
        assert station.desk.stopped == ["s-1"]
        assert central.faults() == []
        await station.end()
