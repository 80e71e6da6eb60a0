"""A house kept under its protection, through the real station with a head meter on TCP; what its silence leaves."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.scenario.house import house
from tests.scenario.test_metered_charge import Feeding


@pytest.fixture
def meter() -> Iterator[Feeding]:
    made = Feeding()
    made.start()
    yield made
    made.stop()


@pytest.mark.slow
def test_the_house_stays_under_its_protection(meter: Feeding) -> None:
    """homeUpstreamProtection: what the house leaves; silent: the degraded set point; back: as before."""
    with house() as home:
        ours = "extension.meters."
        changes = {
            f"{ours}head_meter": "iem3x5x",
            f"{ours}head_protocol": "modbus_tcp",
            f"{ours}head_host": "127.0.0.1",
            f"{ours}head_port": meter.port,
            f"{ours}head_unit": 2,
            "internal.evlink_energy.home_upstream_protection": 40,
        }
        meter.amps = 4.0
        home.call("settings.apply", changes=changes)
        home.charge(amps=10)
        home.wait(lambda: home.outlet()["limit_a"] > 14, "what the house leaves", 60)
        home.wait(lambda: min(home.outlet()["current_a"]) > 9.9, "the car's 10 A")  # else they count as the house's
        meter.amps = 10 + 24.0
        lowered = home.until(limit_reason="house", seconds=10)
        assert 14 <= lowered["limit_a"] <= 40 - 24
        meter.device.fault = "silent"
        silent = home.until(limit_reason="degraded", seconds=20)
        assert silent["limit_a"] <= 14
        assert silent["outlet_status"] == "OK_ChargeLoopStarted"
        shown = home.status()
        assert shown["events"]["12"] == ["KO", "KO"]
        assert shown["station"]["state"] == "in_service"
        assert "! Head meter: silent, the degraded set point is shared, unit 2 does not answer" in (
            home.evlink("status").stdout
        )
        meter.device.fault = ""
        meter.amps = 10 + 24.0
        home.until(limit_reason="house", seconds=30)
        assert home.status()["events"]["12"] == ["OK", "OK"]
