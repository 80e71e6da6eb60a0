"""What has no number: a port that is taken, and remote start beside a refused badge, on stations of their own."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from tests.ocpp_central.client import CentralProcess
from tests.scenario.house import House
from tests.scenario.test_supervised_charge import supervised

pytestmark = [pytest.mark.slow, pytest.mark.tck, pytest.mark.timeout(180)]


async def test_a_port_that_is_taken_is_told_and_the_station_charges(tmp_path: Path) -> None:
    """R-125: one sentence in the status; messages still go out, a charge still begins."""
    house = House(speed=3.0)
    try:
        with socket.socket() as taken:
            taken.bind(("0.0.0.0", 0))
            taken.listen()
            port = taken.getsockname()[1]
            async with CentralProcess(tmp_path / "central.jsonl", speak="soap") as central:
                await supervised(
                    house,
                    central,
                    **{
                        "configuration.supervision.ocpp_version": "ocpp_1_5",
                        "configuration.supervision.local_port": port,
                    },
                )
                link = (await asyncio.to_thread(house.status))["station"]["supervision"]
                assert link["connected"]
                wanted = f"the supervision's calls can't be taken: local port {port}: address already in use"
                assert link["last_error"].lower() == wanted
                await asyncio.to_thread(house.charge, 1, "04A1B2C3")
                await central.until(lambda: len(central.requests("StartTransaction")) == 1)
                assert central.faults() == []
    finally:
        house.end()


async def test_remote_start_and_refused_badge(tmp_path: Path) -> None:
    """R-074: the supervision admits; R-084: what it refuses shows KO_BadgeUnknown."""
    house = House(speed=3.0)
    try:
        async with CentralProcess(tmp_path / "central.jsonl") as central:
            await supervised(house, central)
            refusal = {"idTagInfo": {"status": "Invalid"}}
            await central.do("rule", action="Authorize", reply=refusal)
            await asyncio.to_thread(house.sim, "badge", 1, uid="0BAD")
            await asyncio.to_thread(house.until, 1, last_error="KO_BadgeUnknown")
            answer = await central.call("RemoteStartTransaction", {"idTag": "APP1", "connectorId": 2})
            assert answer is not None
            assert answer[2] == {"status": "Accepted"}
            await asyncio.to_thread(house.until, 2, outlet_status="OK_PlugProcedureStarted")
            await asyncio.to_thread(house.sim, "plug", 2)
            await asyncio.to_thread(house.sim, "ready", 2)
            await asyncio.to_thread(house.until, 2, contactor=True)
            await central.until(lambda: len(central.requests("StartTransaction")) == 1)
            start = central.requests("StartTransaction")[0]["message"][3]
            assert (start["connectorId"], start["idTag"]) == (2, "APP1")
            assert central.faults() == []
    finally:
        house.end()
