"""`evlink pilot` and the trace of a session: what people need to find noise on a pilot, from the running station."""

from __future__ import annotations

import json
import os
import signal

import pytest

from evlink.client import CallError
from tests.scenario.house import House, house


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


@pytest.mark.slow
def test_the_trace_of_a_charge_and_control_fallen_silent() -> None:
    """docs/protocol.md, `trace`: a session from its start; `pilot` says so where nothing is measured any more."""
    with house() as station:
        station.charge()

        def traced() -> bool:
            trace = station.call("trace", outlet=1)
            return bool(trace["session"] and max(trace["current_a"][0] or [0.0]) > 30.0)

        station.wait(traced, "the current in the trace")
        trace = station.call("trace", outlet=1)
        assert trace["from_s"] <= 2.0
        assert len(trace["power_w"]) == len(trace["energy_wh"]) == len(trace["current_a"][2])
        assert len(trace["power_w"]) == pytest.approx(trace["seconds"] - trace["from_s"], abs=2)
        assert station.call("trace", outlet=2)["power_w"] == []
        os.kill(station.pid("control.lock"), signal.SIGSTOP)
        try:
            station.wait(lambda: "silent" in refusal(station), "the silence of control")
        finally:
            os.kill(station.pid("control.lock"), signal.SIGCONT)
        station.wait(lambda: refusal(station) == "", "its reading again")


def refusal(station: House) -> str:
    """Why the station has no pilot reading; empty where it has one."""
    try:
        station.call("pilot", outlet=1)
    except CallError as error:
        return error.message
    return ""
