"""`evlink pilot`: what people need to find noise on a pilot, from the running station."""

from __future__ import annotations

import json

import pytest

from tests.scenario.house import house


@pytest.mark.slow
def test_the_pilot_of_a_charge_and_its_noise() -> None:
    with house() as station:
        station.charge()
        view = json.loads(station.evlink("pilot", "--json").stdout)
        assert (view["state"], view["modulated"], view["frequency_hz"]) == ("C", True, 1000)
        assert view["duty_percent"] == pytest.approx(53.33, abs=1)
        assert view["high_mv"]["min"] <= view["high_mv"]["mean"] <= view["high_mv"]["max"]
        assert view["low_mv"]["mean"] == pytest.approx(-12_000, abs=300)
        assert [step["to"] for step in view["transitions"]][-2:] == ["B", "C"]
        samples = view["scope"]["samples_mv"]
        assert len(samples) == 1000
        assert sum(s > 0 for s in samples) == pytest.approx(533, abs=15)
        quiet = view["high_mv"]["max"] - view["high_mv"]["min"]
        station.sim("fault", name="noise", on=True)

        def noisy() -> bool:
            now = station.call("pilot", outlet=1)
            return bool(now["glitches"] > 0 or now["high_mv"]["max"] - now["high_mv"]["min"] > 3 * quiet)

        station.wait(noisy, "the noise on the screen")
        picture = station.evlink("pilot").stdout
        assert "+13 V |" in picture
        assert "Glitches rejected" in picture
        assert station.evlink("pilot", "--outlet", "3", code=2).stderr.count("\n") == 1
