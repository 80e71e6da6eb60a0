"""The supervision's time of day in mid charge: a label moves, nothing that lasts does."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.ocpp_central.client import CentralProcess
from tests.scenario.house import House
from tests.scenario.test_supervised_charge import supervised


@pytest.mark.slow
async def test_a_clock_that_steps_a_day_moves_no_duration(tmp_path: Path) -> None:
    """libocpp: a clock step at BootNotification let the power budget expire and the duty drop.

    Pilot, contactor and the seconds of the session go on; only the time of day is another.
    """
    house = House()
    try:
        async with CentralProcess(tmp_path / "central.jsonl") as central:
            await supervised(house, central, **{"configuration.date_time.clock_source": "manual"})
            await asyncio.to_thread(house.charge)
            duty = (await asyncio.to_thread(house.board))["duty_percent"]
            before = await asyncio.to_thread(house.outlet)
            for days in (1, -1):
                then = datetime.now(UTC) + timedelta(days=days)
                told = then.isoformat(timespec="milliseconds").replace("+00:00", "Z")
                await central.do("rule", action="Heartbeat", reply={"currentTime": told})
                answer = await central.call("TriggerMessage", {"requestedMessage": "Heartbeat"})
                assert answer is not None
                assert answer[2] == {"status": "Accepted"}

                def stepped(then: datetime = then) -> bool:
                    shown = datetime.fromisoformat(house.status()["station"]["clock"])
                    return abs((shown - then).total_seconds()) < 60

                await asyncio.to_thread(house.wait, stepped, "the supervision's time of day")
                for _ in range(10):
                    board = await asyncio.to_thread(house.board)
                    assert (board["duty_percent"], board["contactor"]) == (duty, True)
                    await asyncio.sleep(0.05)
            after = await asyncio.to_thread(house.outlet)
            assert 0 <= after["session_seconds"] - before["session_seconds"] < 30
            assert after["transaction_id"] == before["transaction_id"]
            assert central.faults() == []
    finally:
        await asyncio.to_thread(house.end)
