"""A charge that a meter counts, through the real station, and what becomes of it when the meter dies (R-162, R-163)."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator

import pytest

from tests.meters.device import Device, TcpMeters, iem3x5x
from tests.scenario.house import House, house

FACTOR = 0.9  # of the meter's power to the transformers' apparent power: so the two can be told apart


class Feeding:
    """A meter in a thread of its own that counts what the simulated car draws."""

    def __init__(self) -> None:
        self.device: Device = iem3x5x()
        self.amps = 0.0
        self.wh = 1_000_000.0
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def start(self) -> None:
        self._thread.start()
        assert self._ready.wait(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        self._ended = asyncio.Event()
        meters = await TcpMeters(self.device).start()
        self.port = meters.port
        counting = asyncio.create_task(self._count())
        self._ready.set()
        await self._ended.wait()
        counting.cancel()
        await asyncio.gather(counting, return_exceptions=True)
        await meters.stop()

    async def _count(self) -> None:
        before = self._loop.time()
        while True:
            now = self._loop.time()
            watts = FACTOR * 3 * 230.0 * self.amps
            self.wh += watts * (now - before) / 3600
            before = now
            for k in range(3):
                self.device.put(2999 + 2 * k, "f32", self.amps)
                self.device.put(3027 + 2 * k, "f32", 230.0)
                self.device.put(3053 + 2 * k, "f32", watts / 3000)
            self.device.put(3059, "f32", watts / 1000)
            self.device.put(3203, "i64", int(self.wh))
            await asyncio.sleep(0.05)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join()


@pytest.fixture(scope="module")
def meter() -> Iterator[Feeding]:
    made = Feeding()
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def home(meter: Feeding) -> Iterator[House]:
    with house() as built:
        built.evlink(
            "set",
            "energy_management.meters.1.meter_type=iem3x5x",
            "energy_management.meters.1.protocol=modbus_tcp",
            "extension.meters.1.gateway_host=127.0.0.1",
            f"extension.meters.1.gateway_port={meter.port}",
        )
        built.wait(lambda: built.outlet()["meter"]["health"] == "ok", "the meter")
        yield built


def charging(home: House, meter: Feeding) -> None:
    """A car draws 16 A, and the meter sees it."""
    home.sim("plug", cable=32, phases=3, amps=16)
    home.until(cable_state="32A")
    home.sim("badge", uid="04A1B2C3")
    home.sim("ready")
    home.until(contactor=True)
    meter.amps = 16.0
    home.wait(lambda: home.outlet()["session_energy_wh"] >= 5, "energy", 30)


def ended(home: House, meter: Feeding) -> dict[str, object]:
    """The record of the charge, once the car has stopped and the session was ended; the car has gone then."""
    before = home.call("history.list")["total"]
    home.sim("pause")
    meter.amps = 0.0
    home.call("order", name="stop", outlet=1)
    home.wait(lambda: home.call("history.list")["total"] == before + 1, "the record")
    record: dict[str, object] = home.call("history.list")["records"][0]
    home.until(locked=False)
    home.sim("unplug")
    home.until(outlet_status="OK_ChargeAuthorisationStarted", cable_state="Not_Plugged")
    return record


def test_the_record_is_the_meters(home: House, meter: Feeding) -> None:
    """R-162: energy, voltage and power are read from the meter; the record holds what its counter gained."""
    began = int(meter.wh)
    charging(home, meter)
    outlet = home.outlet()
    assert outlet["voltage_v"] == [230.0, 230.0, 230.0]
    assert outlet["power_w"] == round(FACTOR * 3 * 230 * 16)
    assert outlet["meter"]["model"] == "iEM3155"
    assert home.outlet(2)["meter"]["health"] == "internal"
    assert "iEM3155  305419896      in order" in home.evlink("meters").stdout
    found = json.loads(home.evlink("meters", "probe", "--json").stdout)["found"]
    assert [(one["unit"], one["serial"]) for one in found] == [(2, "305419896")]
    record = ended(home, meter)
    assert record["energy_wh"] == int(meter.wh) - began
    assert record["estimated_wh"] == 0
    assert record["comment"] == ""


def test_the_meter_dies_in_the_charge(home: House, meter: Feeding) -> None:
    """R-163: Evt #12, the charge goes on by the transformers, and the record says which share is theirs."""
    charging(home, meter)
    before = home.outlet()["session_energy_wh"]
    meter.device.fault = "silent"
    home.wait(lambda: home.status()["events"]["12"][0] == "KO", "Evt #12")
    outlet = home.outlet()
    assert outlet["contactor"] is True
    assert outlet["meter"]["health"] == "lost"
    assert outlet["meter"]["problem"] == "unit 2 does not answer"
    assert outlet["session_energy_wh"] >= before
    home.wait(lambda: home.outlet()["session_energy_wh"] >= before + 10, "estimated energy", 40)
    assert home.outlet()["power_w"] == pytest.approx(3 * 230 * 16, rel=0.05)
    meter.device.fault = ""
    last = home.outlet()["session_energy_wh"]
    home.wait(lambda: home.status()["events"]["12"][0] == "OK", "the meter's return")
    back = home.outlet()["session_energy_wh"]
    assert last <= back <= last + 40  # no step: at most what flowed meanwhile
    record = ended(home, meter)
    estimated = record["estimated_wh"]
    assert isinstance(estimated, int)
    assert isinstance(record["energy_wh"], int)
    assert 10 <= estimated <= record["energy_wh"]
    assert record["comment"] == f"(CT: {estimated} Wh)"
    said = home.evlink("history").stdout
    assert f"(CT: {estimated} Wh)" in said


def test_a_restart_in_a_metered_charge(home: House, meter: Feeding) -> None:
    """The session goes on from its register: no step back, no energy twice."""
    charging(home, meter)
    before = home.outlet()["session_energy_wh"]
    home.kill_station()
    home.start()
    home.wait(lambda: home.outlet()["meter"]["health"] == "ok", "the meter")
    after = home.outlet()["session_energy_wh"]
    assert before <= after + 1 <= before + 200
    record = ended(home, meter)
    assert isinstance(record["energy_wh"], int)
    assert record["energy_wh"] >= after
