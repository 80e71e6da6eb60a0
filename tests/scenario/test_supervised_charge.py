"""The same charge against an OCPP 1.6 central system in another process, which is killed in its middle."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.ocpp_central.client import CentralProcess
from tests.scenario.house import House

SUPERVISED = {
    "configuration.general.station_type": "supervision",
    "configuration.supervision.ocpp_version": "ocpp_1_6",
    "configuration.supervision.box_identity": "CP-1",
    "configuration.supervision.default_id_tag": "FREE",
    "configuration.supervision.meter_sample_interval": 2,
}


async def supervised(house: House, central: CentralProcess, **more: Any) -> None:
    """Start a station that is supervised by a central system."""
    values = {**SUPERVISED, "configuration.supervision.supervision_url": central.url, **more}
    pairs = [f"{key}={value}" for key, value in values.items()]
    await asyncio.to_thread(house.evlink, "set", *pairs)  # no station runs: the files are set
    await asyncio.to_thread(house.start)
    await asyncio.to_thread(
        house.wait, lambda: house.status()["station"]["supervision"]["connected"], "the supervision", 20
    )


@pytest.mark.slow
async def test_a_charge_while_the_supervision_dies_and_comes_back(tmp_path: Path) -> None:
    """Each Start, MeterValues and Stop arrives exactly once, in order; StopTransaction's energy is the record's."""
    house = House(speed=3.0)
    try:
        async with CentralProcess(tmp_path / "central.jsonl") as central:
            await supervised(house, central)
            await asyncio.to_thread(house.charge, 1, "04A1B2C3")
            await central.until(lambda: len(central.requests("MeterValues")) >= 2)
            await central.kill()
            before = len(central.requests("MeterValues"))
            # Two meter values and more fall into the time without a supervision.
            await asyncio.to_thread(
                house.wait, lambda: house.status()["station"]["supervision"]["queue"] >= 2, "a queue", 20
            )
            assert (await asyncio.to_thread(house.outlet))["contactor"]
            await central.start()
            await central.until(lambda: len(central.requests("MeterValues")) >= before + 3, 30)
            transaction = await asyncio.to_thread(lambda: house.outlet()["transaction_id"])
            assert isinstance(transaction, int)
            answer = await central.call("RemoteStopTransaction", {"transactionId": transaction})
            assert answer is not None
            assert answer[2] == {"status": "Accepted"}
            await central.until(lambda: len(central.requests("StopTransaction")) == 1, 20)
            await asyncio.to_thread(
                house.wait, lambda: house.status()["station"]["supervision"]["queue"] == 0, "an empty queue", 20
            )
            (record,) = (await asyncio.to_thread(house.call, "history.list"))["records"]

            assert central.faults() == []
            starts, stops = central.requests("StartTransaction"), central.requests("StopTransaction")
            start, stop = starts[0]["message"][3], stops[0]["message"][3]
            assert len({r["message"][1] for r in starts}) == 1
            assert stop["meterStop"] - start["meterStart"] == record["energy_wh"]
            assert (start["idTag"], stop["transactionId"], stop["reason"]) == ("04A1B2C3", transaction, "Remote")
            assert record["transaction_id"] == str(transaction)
            told = central.requests("StartTransaction", "MeterValues", "StopTransaction")
            numbers = [r["message"][1] for r in told]
            once = list(dict.fromkeys(numbers))
            order = [next(r["message"][2] for r in told if r["message"][1] == n) for n in once]
            assert order == ["StartTransaction", *["MeterValues"] * (len(order) - 2), "StopTransaction"]
            times = [r["message"][3]["meterValue"][0]["timestamp"] for r in told if r["message"][2] == "MeterValues"]
            assert sorted(set(times)) == list(dict.fromkeys(times))
    finally:
        house.end()
