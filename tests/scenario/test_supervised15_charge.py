"""A charge on the whole station, supervised in OCPP 1.5 by SOAP; the central system dies in its middle."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.ocpp_central.book import samples
from tests.ocpp_central.client import CentralProcess
from tests.scenario.house import House
from tests.scenario.test_ocpp15_charge import free_port
from tests.scenario.test_supervised_charge import supervised


@pytest.mark.slow
async def test_a_charge_while_the_supervision_dies_and_comes_back(tmp_path: Path) -> None:
    """R-116, R-121: each Start, MeterValues and Stop once, in order; the remote stop comes in by the public address."""
    house = House(speed=3.0)
    port = free_port()
    try:
        async with CentralProcess(tmp_path / "central.jsonl", speak="soap") as central:
            await supervised(
                house,
                central,
                **{
                    "configuration.supervision.ocpp_version": "ocpp_1_5",
                    "configuration.supervision.local_port": port,
                    "configuration.supervision.public_port": port,
                    "configuration.supervision.public_ip_address": "127.0.0.1",
                },
            )
            shown = await asyncio.to_thread(lambda: house.status()["station"]["supervision"]["protocol"])
            assert shown == "ocpp1.5-soap"
            await asyncio.to_thread(house.charge, 1, "04A1B2C3")
            await central.until(lambda: len(central.requests("MeterValues")) >= 2)
            await central.kill()
            before = len(central.requests("MeterValues"))
            await asyncio.to_thread(
                house.wait, lambda: house.status()["station"]["supervision"]["queue"] >= 2, "a queue", 20
            )
            await asyncio.to_thread(
                house.wait, lambda: house.status()["events"]["30"] == ["KO", "KO"], "the loss (R-129)", 20
            )
            assert (await asyncio.to_thread(house.outlet))["contactor"]
            await central.start()
            await central.until(lambda: len(central.requests("MeterValues")) >= before + 3, 30)
            transaction = await asyncio.to_thread(lambda: house.outlet()["transaction_id"])
            answer = await central.call("RemoteStopTransaction", {"transactionId": transaction})
            assert answer is not None
            assert answer[2] == {"status": "Accepted"}
            await central.until(lambda: len(central.requests("StopTransaction")) == 1, 20)
            await asyncio.to_thread(
                house.wait, lambda: house.status()["station"]["supervision"]["queue"] == 0, "an empty queue", 20
            )
            (record,) = (await asyncio.to_thread(house.call, "history.list"))["records"]

            assert central.faults() == []
            told = [
                e for e in central.requests("StartTransaction", "MeterValues", "StopTransaction") if not e["repeat"]
            ]
            order = [entry["message"][2] for entry in told]
            assert order == ["StartTransaction", *["MeterValues"] * (len(order) - 2), "StopTransaction"]
            start, stop = told[0]["message"][3], told[-1]["message"][3]
            assert stop["meterStop"] - start["meterStart"] == record["energy_wh"]
            assert (start["idTag"], stop["transactionId"]) == ("04A1B2C3", transaction)
            energies = [int(samples(entry["message"][3])[0]["value"]) for entry in told[1:-1]]
            assert energies == sorted(energies)
            times = [entry["message"][3]["values"][0]["timestamp"] for entry in told[1:-1]]
            assert times == sorted(set(times))
    finally:
        house.end()
