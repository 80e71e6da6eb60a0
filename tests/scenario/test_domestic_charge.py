"""A domestic socket through the real processes: alone (`te`), and beside a T2 on one outlet (`t2_te`)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.scenario.house import House, house

BOARD = Path(__file__).parents[2] / "docs" / "examples" / "board-parking-domestic.toml"
BOTH, ALONE = 1, 2


@pytest.fixture
def station() -> Iterator[House]:
    with house(str(BOARD)) as running:
        yield running


def records(station: House) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(station.evlink("history", "--json").stdout)
    return found


@pytest.mark.slow
def test_a_domestic_socket_alone(station: House) -> None:
    """Badge, current, status words, the end by schukoWithNoDetectionEndOfCharge; a DOMESTIC record (R-193, R-218)."""
    o = ("--outlet", str(ALONE))
    station.evlink("set", "internal.functional.schuko_with_no_detection_end_of_charge=3")
    station.until(ALONE, outlet_status="OK_ChargeAuthorisationStarted", ev_state="A_Not_Present_12V", contactor=False)
    assert set(station.status()["events"]["17"]) == {"OK"}
    station.evlink("sim", "plug", "--amps", "9", *o)
    station.evlink("sim", "badge", "04A1B2C3", *o)
    charging = station.until(ALONE, outlet_status="OK_ChargeLoopStarted", contactor=True, locked=True)
    assert (charging["limit_a"], charging["limit_reason"], charging["duty_percent"]) == (14, "domestic", 100)
    assert charging["evse_status"] == ["Single-Phase", "Domestic cable detected"]
    assert (charging["ev_state"], charging["cable_state"]) == ("A_Not_Present_12V", "Not_Plugged")
    station.wait(lambda: station.outlet(ALONE)["current_a"] == pytest.approx([9, 0, 0], abs=0.2), "current")
    station.wait(lambda: station.outlet(ALONE)["session_energy_wh"] >= 2, "energy")
    assert "has no pilot" in station.evlink("pilot", *o, code=1).stderr
    station.evlink("sim", "unplug", *o, code=1)  # its shutter is locked
    station.evlink("sim", "pause", *o)
    station.until(ALONE, outlet_status="OK_ChargeAuthorisationStarted", contactor=False, locked=False)
    (record,) = records(station)
    assert (record["outlet"], record["uid"], record["socket_type"]) == (ALONE, "04A1B2C3", "DOMESTIC")
    assert record["charge_type"] == "AC_SINGLE_PHASE"
    assert record["energy_wh"] == pytest.approx(station.board(ALONE)["energy_wh"], abs=2)
    station.evlink("sim", "unplug", *o)
    assert all(cell == "OK" for cells in station.status()["events"].values() for cell in cells)


@pytest.mark.slow
def test_two_sockets_on_one_outlet(station: House) -> None:
    """The start button chooses the domestic one; a cable in the T2 needs no choice; each record has its socket."""
    station.sim("plug", BOTH, into="domestic", amps=9)
    station.sim("badge", BOTH, uid="0401")
    waiting = station.until(BOTH, outlet_status="OK_PlugProcedureStarted")
    assert not waiting["contactor"]
    station.sim("button", BOTH, which="start")
    live = station.until(BOTH, outlet_status="OK_ChargeLoopStarted", contactor=True)
    assert "Domestic cable detected" in live["evse_status"]
    station.sim("badge", BOTH, uid="0401")
    station.until(BOTH, outlet_status="OK_ChargeAuthorisationStarted", contactor=False, locked=False)
    station.sim("unplug", BOTH)

    mode3 = station.charge(BOTH, uid="0402", amps=16)
    assert mode3["evse_status"] == ["Normal_Mode_3", "Three-Phase"]
    station.sim("badge", BOTH, uid="0402")
    station.until(BOTH, outlet_status="OK_UnplugProcedureStarted", contactor=False)
    by_badge = {record["uid"]: record["socket_type"] for record in records(station)}
    assert by_badge == {"0401": "DOMESTIC", "0402": "TYPE2"}


@pytest.mark.slow
def test_a_killed_station_keeps_a_domestic_charge(station: House) -> None:
    """Control goes on under its permit; the station takes the same session up on the same socket."""
    station.sim("plug", BOTH, into="domestic", amps=9)
    station.sim("badge", BOTH, uid="0401")
    station.until(BOTH, outlet_status="OK_PlugProcedureStarted")
    station.sim("button", BOTH, which="start")
    station.until(BOTH, contactor=True)
    station.kill_station()
    assert station.board(BOTH)["contactor"]
    station.start()
    again = station.until(BOTH, outlet_status="OK_ChargeLoopStarted", contactor=True)
    assert "Domestic cable detected" in again["evse_status"]
    assert station.board(BOTH)["contactor"]
    assert station.board(BOTH)["drops"] == 0
    station.sim("badge", BOTH, uid="0401")
    station.until(BOTH, contactor=False)
    (record,) = records(station)
    assert record["socket_type"] == "DOMESTIC"
