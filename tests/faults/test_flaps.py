"""A link that flaps: seeded scripts of bad network between a station's books and the central system's (R20)."""

from __future__ import annotations

import asyncio
import os
import random
from pathlib import Path
from typing import Any

import pytest

from evlink.ocpp.supervision import Supervision
from evlink.storage.state import prepare
from evlink.storage.store import Store
from tests.faults.proxy import Proxy, Weather, script
from tests.faults.table import Tally
from tests.ocpp_central.client import CentralProcess
from tests.ocpp_central.station import QUICK, TestDesk, WallClock, config
from tests.unit.storage_bench import HandClock, charge, quick_hasher

SAMPLES = 4
SCRIPTS = [3, pytest.param(200, marks=[pytest.mark.faults, pytest.mark.timeout(1500)])]


async def emptied(store: Store) -> None:
    """Wait until the queue is empty."""
    async with asyncio.timeout(40):
        while await store.count():
            await asyncio.sleep(0.02)


def books(central: CentralProcess) -> dict[int, list[dict[str, Any]]]:
    """The central system's: each distinct message of each transaction, in order."""
    answers = {
        entry["message"][1]: entry["message"][2]
        for entry in central.entries()
        if entry["dir"] == "out" and entry["message"][0] == 3
    }
    found: dict[int, list[dict[str, Any]]] = {}
    seen: set[str] = set()
    for entry in central.requests("StartTransaction", "MeterValues", "StopTransaction"):
        _, id_, action, payload = entry["message"]
        if id_ in seen or entry["fault"]:
            continue
        seen.add(id_)
        number = answers[id_]["transactionId"] if action == "StartTransaction" else payload["transactionId"]
        found.setdefault(number, []).append({"action": action, **payload})
    return found


@pytest.mark.slow
@pytest.mark.parametrize("scripts", SCRIPTS)
async def test_a_flapping_link_loses_and_doubles_nothing(tmp_path: Path, scripts: int, tally: Tally) -> None:
    """R20: each message once by its id and in its order, no message for an unknown transaction, no leak."""
    rng = random.Random(20)
    store = await Store.open(prepare(tmp_path / "state"), HandClock(), quick_hasher())
    async with CentralProcess(tmp_path / "log.jsonl") as central, Proxy(central.port) as proxy:
        url = f"ws://127.0.0.1:{proxy.port}/ocpp"
        settings = config(url, ping_interval_s=1, call_timeout_s=1.0, retry_attempts=1000)
        supervision = Supervision(settings, store, TestDesk(), store, WallClock(), QUICK)
        task = asyncio.create_task(supervision.run())
        try:
            await central.until(lambda: supervision.state.connected)
            tasks, descriptors = len(asyncio.all_tasks()), len(os.listdir("/proc/self/fd"))
            for number in range(scripts):
                for fold in charge(f"s-{number}", 1 + number % 2, 1000 * number, SAMPLES):
                    await store.apply(fold)
                for weather in script(rng):
                    proxy.turn(weather)
                    await asyncio.sleep(weather.seconds)
                proxy.turn(Weather("pass"))
                await emptied(store)
            await central.until(lambda: supervision.state.connected)
            proxy.break_all()  # what the proxy still holds of connections that the station has left
            async with asyncio.timeout(30):
                while len(asyncio.all_tasks()) > tasks + 1 or len(os.listdir("/proc/self/fd")) > descriptors + 2:
                    await asyncio.sleep(0.2)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        assert central.faults() == []
        found = books(central)
        assert len(found) == scripts
        for number, (_, messages) in enumerate(sorted(found.items())):
            actions = [message["action"] for message in messages]
            assert actions == ["StartTransaction", *["MeterValues"] * SAMPLES, "StopTransaction"], number
            assert messages[0]["meterStart"] == 1000 * number
            assert messages[-1]["meterStop"] == 1000 * number + 10 * SAMPLES
        opened = central.opened()
        assert opened > scripts / 2, "the weather broke nothing"
        note = f"{opened} connections, {scripts * (SAMPLES + 2)} messages, each once and in order"
        tally(
            "network",
            "flap script: refused, reset, swallowed, byte by byte, late, cut, half-closed",
            scripts,
            note=note,
        )
    await store.close()
