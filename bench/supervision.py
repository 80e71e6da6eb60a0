"""`python -m bench.supervision [--write FILE]`: what supervision costs, from one run, as a table.

A central system on bare websockets in this process; the station's side is the product's own, its queue on a real
database. Memory and the ten stations are real `evlink` processes with their simulators. Beside each figure stands its
bar; where something else does the same, it is measured in the same run.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from websockets.asyncio.server import ServerConnection, serve

from bench.report import Row, fill, table
from evlink.domain.effects import Enqueue
from evlink.domain.record import TransactionMessage
from evlink.ocpp.link import Timing
from evlink.ocpp.supervision import Supervision
from evlink.storage.state import StatePaths
from evlink.storage.store import Store
from tests.ocpp_central.station import CHARGING, TestDesk, WallClock, charge, config, document, outlet
from tests.scenario.house import House

MARKS = ("<!-- figures: python -m bench.supervision --write -->", "<!-- end of supervision figures -->")
ROUNDS = 300
MESSAGES = 1000
STATIONS = 10
SETTLE_S = 25.0
WATCH_S = 15.0
PROFILE = {
    "connectorId": 1,
    "csChargingProfiles": {
        "chargingProfileId": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Absolute",
        "chargingSchedule": {
            "chargingRateUnit": "A",
            "chargingSchedulePeriod": [{"startPeriod": n * 900, "limit": 6.0 + n % 26} for n in range(24)],
        },
    },
}
COMMANDS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("TriggerMessage", {"requestedMessage": "MeterValues", "connectorId": 9}),
    ("RemoteStartTransaction", {"idTag": "04A1B2C3", "connectorId": 1}),
    ("GetConfiguration", {"key": ["NumberOfConnectors", "HeartbeatInterval"]}),
    ("ChangeConfiguration", {"key": "MinimumStatusDuration", "value": "0"}),
    ("SetChargingProfile", PROFILE),
)


class Central:
    """A central system that accepts everything at once; `heard` notes when which action came."""

    def __init__(self) -> None:
        self.heard: list[tuple[float, str]] = []
        self.answers = 0
        self.stations: list[ServerConnection] = []

    async def connected(self, websocket: ServerConnection) -> None:
        self.stations.append(websocket)
        transaction = 1000
        async for raw in websocket:
            message = json.loads(raw)
            if message[0] != 2:
                self.answers += 1
                continue
            self.heard.append((time.perf_counter(), message[2]))
            answer: dict[str, Any] = {}
            match message[2]:
                case "BootNotification":
                    answer = {"status": "Accepted", "currentTime": "2026-01-01T00:00:00Z", "interval": 86400}
                case "Heartbeat":
                    answer = {"currentTime": "2026-01-01T00:00:00Z"}
                case "StartTransaction":
                    transaction += 1
                    answer = {"transactionId": transaction, "idTagInfo": {"status": "Accepted"}}
                case "Authorize":
                    answer = {"idTagInfo": {"status": "Accepted"}}
            await websocket.send(json.dumps([3, message[1], answer]))

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        """The URL while it listens."""
        async with await serve(self.connected, "127.0.0.1", 0, subprotocols=["ocpp1.6"], compression=None) as server:  # type: ignore[list-item]
            yield f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}/ocpp"

    async def until(self, true: Callable[[], object], seconds: float = 60.0) -> None:
        """Wait until something holds."""
        async with asyncio.timeout(seconds):
            while not true():
                await asyncio.sleep(0.001)

    def count(self, action: str) -> int:
        """How often an action came."""
        return sum(name == action for _, name in self.heard)


@asynccontextmanager
async def storing(folder: Path) -> AsyncIterator[Store]:
    """A real store in a directory."""
    store = await Store.open(StatePaths(folder), WallClock(), PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    try:
        yield store
    finally:
        await store.close()


async def inside() -> list[Row]:
    """Commands, drain and status, of the product's supervision in this process."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="evlink-") as folder:
        central, desk = Central(), TestDesk()
        async with central.listening() as url, storing(Path(folder)) as store:
            day: list[TransactionMessage] = [m for n in range(MESSAGES // 10) for m in charge(f"s-{n}", samples=8)]
            await store.apply([Enqueue(message) for message in day])
            supervision = Supervision(config(url), store, desk, store, WallClock(), Timing())
            begun = time.perf_counter()
            task = asyncio.create_task(supervision.run())
            await central.until(lambda: central.count("StatusNotification") >= 3)
            booted = next(at for at, name in central.heard if name == "BootNotification")
            rows.append(Row("supervision's start to BootNotification", f"{(booted - begun) * 1e3:.0f} ms", "", "< 1 s"))
            while await store.count():
                await asyncio.sleep(0.01)
            last = max(at for at, name in central.heard if name in ("StopTransaction", "MeterValues"))
            took = last - booted
            rows.append(
                Row(f"{len(day)} queued messages drained", f"{took:.2f} s", f"{took / len(day) * 1e3:.2f} ms", "<= 10 s")
            )
            rows += await commands(central)
            rows.append(await status(central, desk))
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
    return rows


async def commands(central: Central) -> list[Row]:
    """CPU per incoming command: the process's, less what the same exchange costs the central system alone."""
    station = central.stations[-1]
    rows = []
    for action, payload in COMMANDS:
        text = json.dumps(payload)
        each = []
        for _ in range(3):
            before, begun = central.answers, time.process_time()
            for number in range(ROUNDS):
                await station.send(f'[2,"{number}","{action}",{text}]')
                await central.until(lambda goal=before + number + 1: central.answers >= goal)  # type: ignore[misc]
            each.append((time.process_time() - begun) / ROUNDS)
        us = min(each) * 1e6
        rows.append(Row(f"incoming {action}", f"{us:.0f} us of CPU", "both ends", "<= 500 us, aim 300"))
    return rows


async def status(central: Central, desk: TestDesk) -> Row:
    """From a status document to its StatusNotification on the wire."""
    took = []
    for number in range(50):
        shown = CHARGING if number % 2 == 0 else {"outlet_status": "OK_ChargeLoopEnded"}
        before = central.count("StatusNotification")
        begun = time.perf_counter()
        desk.show(document(outlet(1, **shown), outlet(2)))
        await central.until(lambda goal=before + 1: central.count("StatusNotification") >= goal)  # type: ignore[misc]
        took.append((central.heard[-1][0] - begun) * 1e3)
    took.sort()
    return Row("status change on the wire", f"{took[25]:.1f} ms, at most {took[-1]:.1f}", "", "<= 50 ms")


def rss_mb(pid: int) -> float:
    """Megabytes that a process holds in memory, those shared with others by their share."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    return int(text.partition("\nPss:")[2].split()[0]) / 1024


def cpu_s(pid: int) -> float:
    """Seconds of CPU that a process took so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def outside() -> list[Row]:
    """Ten real stations that charge, meter values each second: CPU and memory of each."""
    central = Central()
    houses: list[House] = []
    rows = []
    try:
        async with central.listening() as url:
            for number in range(STATIONS):
                house = House()
                houses.append(house)
                settings = {
                    "configuration.general.station_type": "supervision",
                    "configuration.supervision.ocpp_version": "ocpp_1_6",
                    "configuration.supervision.box_identity": f"CP-{number}",
                    "configuration.supervision.default_id_tag": "FREE",
                    "configuration.supervision.meter_sample_interval": 1,
                    "configuration.supervision.supervision_url": url,
                }
                pairs = [f"{key}={value}" for key, value in settings.items()]
                await asyncio.to_thread(house.evlink, "set", *pairs)
                begun, before = time.perf_counter(), central.count("BootNotification")
                starting = asyncio.create_task(asyncio.to_thread(house.start))
                await central.until(lambda goal=before + 1: central.count("BootNotification") >= goal)  # type: ignore[misc]
                if number == 0:
                    took = time.perf_counter() - begun
                    rows.append(Row("process start to BootNotification.conf", f"{took * 1e3:.0f} ms", "", "< 1 s"))
                await starting
                await asyncio.to_thread(house.charge)
            await asyncio.sleep(SETTLE_S)
            stations = [house.station.pid for house in houses if house.station is not None]
            first = {pid: (cpu_s(pid), rss_mb(pid)) for pid in stations}
            values = central.count("MeterValues")
            await asyncio.sleep(WATCH_S)
            cpu = [(cpu_s(pid) - first[pid][0]) / WATCH_S * 100 for pid in stations]
            memory = [rss_mb(pid) for pid in stations]
            rate = (central.count("MeterValues") - values) / WATCH_S
            rows.append(
                Row(
                    f"{STATIONS} stations charging, {rate:.1f} meter values/s",
                    f"{sum(cpu) / len(cpu):.2f} % of a core",
                    f"at most {max(cpu):.2f} %",
                    "printed",
                )
            )
            rows.append(
                Row("memory of a station among them", f"{sum(memory) / len(memory):.1f} MB", f"at most {max(memory):.1f}", "<= 90 MB")
            )
    finally:
        for house in houses:
            await asyncio.to_thread(house.end)
    return rows


async def growth() -> Row:
    """Memory that 10 000 meter values leave behind, told over the link from the durable queue."""
    with tempfile.TemporaryDirectory(prefix="evlink-") as folder:
        central, desk = Central(), TestDesk()
        async with central.listening() as url, storing(Path(folder)) as store:
            supervision = Supervision(config(url), store, desk, store, WallClock(), Timing())
            task = asyncio.create_task(supervision.run())
            marks = []
            for batch in range(11):
                for number in range(100):
                    await store.apply([Enqueue(m) for m in charge(f"s-{batch}-{number}", samples=8)])
                while await store.count():
                    await asyncio.sleep(0.01)
                central.heard.clear()
                marks.append(rss_mb(os.getpid()))
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
    return Row("growth over 10 000 messages", f"{marks[-1] - marks[0]:+.1f} MB", "both ends", "< 10 MB")


async def rows() -> list[Row]:
    """All rows."""
    return [*await inside(), await growth(), *await outside()]


def main() -> None:
    """Print the table, or put it into a file between its marks."""
    parser = argparse.ArgumentParser(prog="bench.supervision")
    parser.add_argument("--write", type=Path)
    arguments = parser.parse_args()
    text = table(asyncio.run(rows()))
    text += f"\n\n{platform.machine()}, Python {platform.python_version()}, {os.cpu_count()} cores.\n"
    print(text)
    if arguments.write is not None:
        fill(arguments.write, text, MARKS)


if __name__ == "__main__":
    main()
