"""`python -m bench.supervision [--write FILE]`: what supervision costs, from one run, as a table.

A central system on bare websockets in a thread of its own; the station's side is the product's, its queue on a real
database, its CPU that of its thread alone. Memory and the ten stations are real `evlink` processes with simulators.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import tempfile
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from websockets.asyncio.server import ServerConnection, serve

from bench.report import steal, write
from bench.terminal import table
from evlink.domain.effects import Enqueue
from evlink.domain.record import TransactionMessage
from evlink.hardware.facts import preset
from evlink.ocpp.config import Timing
from evlink.ocpp.supervision import Supervision
from evlink.runtime.facts import settings_facts
from evlink.runtime.opening import PRESETS, USUAL, settings_file
from evlink.runtime.settings_desk import SettingsDesk
from evlink.runtime.supervising import SupervisedSettings, supervision_config
from evlink.settings.values import Values
from evlink.storage.state import StatePaths
from evlink.storage.store import Store
from tests.ocpp_central.station import CHARGING, TestDesk, WallClock, charge, config, document, outlet
from tests.scenario.house import House

Row = tuple[str, str, str]
MARKS = ("<!-- figures: python -m bench.supervision --write -->", "<!-- end of supervision figures -->")
ROUNDS = 300
MESSAGES = 1000
STATIONS = 10
SETTLE_S = 25.0
WATCH_S = 15.0


def profile(periods: int) -> dict[str, Any]:
    """A request to install a charging profile."""
    return {
        "connectorId": 1,
        "csChargingProfiles": {
            "chargingProfileId": 1,
            "stackLevel": 0,
            "chargingProfilePurpose": "TxDefaultProfile",
            "chargingProfileKind": "Absolute",
            "chargingSchedule": {
                "chargingRateUnit": "A",
                "chargingSchedulePeriod": [{"startPeriod": n * 900, "limit": 6.0 + n % 26} for n in range(periods)],
            },
        },
    }


def key(name: str, value: str) -> dict[str, Any]:
    """A request to change a configuration key."""
    return {"key": name, "value": value}


# What is asked, how it goes, and the payloads, in turn.
COMMANDS: tuple[tuple[str, str, tuple[dict[str, Any], ...]], ...] = (
    ("TriggerMessage", "refused", ({"requestedMessage": "MeterValues", "connectorId": 9},)),
    ("RemoteStartTransaction", "taken", ({"idTag": "04A1B2C3", "connectorId": 1},)),
    ("GetConfiguration", "2 keys", ({"key": ["NumberOfConnectors", "HeartbeatInterval"]},)),
    ("ChangeConfiguration", "refused", (key("NumberOfConnectors", "0"),)),
    ("ChangeConfiguration", "saved", (key("MinimumStatusDuration", "1"), key("MinimumStatusDuration", "2"))),
    ("SetChargingProfile", "1 period", (profile(1),)),
    ("SetChargingProfile", "24 periods", (profile(24),)),
)


class Central:
    """A central system that accepts everything at once; `heard` notes when which action came."""

    def __init__(self) -> None:
        self.heard: list[tuple[float, str]] = []
        self.answers = 0
        self.stations: list[ServerConnection] = []
        self.loop = asyncio.new_event_loop()
        self._stop: asyncio.Event = asyncio.Event()
        self.url = ""

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

    async def _serve(self, listening: threading.Event) -> None:
        async with await serve(self.connected, "127.0.0.1", 0, subprotocols=["ocpp1.6"], compression=None) as server:  # type: ignore[list-item]
            self.url = f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}/ocpp"
            listening.set()
            await self._stop.wait()

    @contextmanager
    def listening(self) -> Iterator[str]:
        """Its URL while it listens, in a thread of its own."""
        listening = threading.Event()
        thread = threading.Thread(target=lambda: self.loop.run_until_complete(self._serve(listening)), daemon=True)
        thread.start()
        listening.wait(10)
        try:
            yield self.url
        finally:
            self.loop.call_soon_threadsafe(self._stop.set)
            thread.join(10)

    async def there(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something in its thread."""
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self.loop))

    async def until(self, true: Callable[[], object], seconds: float = 60.0) -> None:
        """Wait until something holds; the looking is done in its thread."""

        async def wait() -> None:
            async with asyncio.timeout(seconds):
                while not true():
                    await asyncio.sleep(0.001)

        await self.there(wait())

    async def ask(self, action: str, payloads: Sequence[str], times: int) -> None:
        """Send a command so often, each after the answer to the one before."""
        station = self.stations[-1]
        for number in range(times):
            goal = self.answers + 1
            await station.send(f'[2,"{number}","{action}",{payloads[number % len(payloads)]}]')
            while self.answers < goal:
                await asyncio.sleep(0)

    def count(self, action: str) -> int:
        """How often an action came."""
        return sum(name == action for _, name in self.heard)


async def opened(folder: Path) -> Store:
    """A real store in a directory."""
    hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    return await Store.open(StatePaths(folder), WallClock(), hasher)


def on_disk(folder: Path, changed: Callable[[], None]) -> SupervisedSettings:
    """A station's settings as they are in a real one, with their file."""
    board = preset(*PRESETS[USUAL])
    facts = settings_facts(board)
    values = Values(facts).with_changes({"configuration.general.station_type": "supervision"})

    def applied(now: Values) -> None:
        assert supervision_config(now, board) is not None
        changed()

    return SupervisedSettings(SettingsDesk(values, settings_file(StatePaths(folder), facts), applied))


async def inside() -> list[Row]:
    """Commands, drain and status, of the product's supervision in this process."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="evlink-") as folder:
        central, desk = Central(), TestDesk()
        with central.listening() as url:
            store = await opened(Path(folder))
            day: list[TransactionMessage] = [m for n in range(MESSAGES // 10) for m in charge(f"s-{n}", samples=8)]
            await store.apply([Enqueue(message) for message in day])
            desk.settings = on_disk(Path(folder), lambda: supervision.reconfigure(config(url)))  # type: ignore[assignment]
            supervision = Supervision(config(url), store, desk, store, WallClock(), Timing())
            begun = time.perf_counter()
            task = asyncio.create_task(supervision.run())
            await central.until(lambda: central.count("StatusNotification") >= 3)
            booted = next(at for at, name in central.heard if name == "BootNotification")
            rows.append(("supervision's start to BootNotification", f"{(booted - begun) * 1e3:.0f} ms", ""))
            while await store.count():
                await asyncio.sleep(0.01)
            last = max(at for at, name in central.heard if name in ("StopTransaction", "MeterValues"))
            took = last - booted
            rows.append(
                (f"{len(day)} queued messages", f"{took:.2f} s, {took / len(day) * 1e3:.2f} ms each", "at most 10 s")
            )
            rows += await commands(central)
            rows.append(await status(central, desk))
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await store.close()
    return rows


async def commands(central: Central) -> list[Row]:
    """CPU of the station's thread per incoming command: websocket, validation, handler, answer.

    What is written to the disk is written in a thread of its own, whose CPU isn't among it.
    """
    rows = []
    for action, word, given in COMMANDS:
        each = []
        payloads = [json.dumps(payload) for payload in given]
        for _ in range(3):
            begun = time.thread_time()
            await central.there(central.ask(action, payloads, ROUNDS))
            each.append((time.thread_time() - begun) / ROUNDS)
        rows.append((f"incoming {action}, {word}", f"{min(each) * 1e6:.0f} us of CPU", "at most 500 us, aim 300"))
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
    return ("status change on the wire", f"{took[25]:.1f} ms, longest {took[-1]:.1f}", "at most 50 ms")


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
        with central.listening() as url:
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
                    rows.append(("process start to BootNotification", f"{took * 1e3:.0f} ms", "below 1 s"))
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
                (
                    f"{STATIONS} stations that charge, {rate:.1f} meter values/s",
                    f"{sum(cpu) / len(cpu):.2f} % of a core each",
                    f"at most {max(cpu):.2f} %",
                )
            )
            rows.append(
                (
                    "memory of a station among them",
                    f"{sum(memory) / len(memory):.1f}, at most {max(memory):.1f} MB",
                    "at most 90 MB",
                )
            )
    finally:
        for house in houses:
            await asyncio.to_thread(house.end)
    return rows


async def growth() -> Row:
    """Memory that 10 000 meter values leave behind, told over the link from the durable queue."""
    with tempfile.TemporaryDirectory(prefix="evlink-") as folder:
        central, desk = Central(), TestDesk()
        with central.listening() as url:
            store = await opened(Path(folder))
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
            await store.close()
    return ("growth over 10 000 messages", f"{marks[-1] - marks[0]:+.1f} MB", "below 10 MB, both ends")


async def rows() -> list[Row]:
    """All rows."""
    return [*await inside(), await growth(), *await outside()]


def main() -> None:
    """Measure, print, and where asked write the table as printed."""
    parser = argparse.ArgumentParser(prog="python -m bench.supervision", description=__doc__)
    parser.add_argument("--write", type=Path, metavar="FILE", help="document that holds the table between its marks")
    given = parser.parse_args()
    taken, total = steal()
    found = asyncio.run(rows())
    later, whole = steal()
    text = table(found, (later - taken) / max(1, whole - total))
    print(text)
    if given.write is not None:
        write(given.write, text, MARKS)


if __name__ == "__main__":
    main()
