"""One charge, through the real processes, told in the spec's words at each step."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime

import pytest

from tests.scenario.house import House, house


@pytest.fixture
def station() -> Iterator[House]:
    with house() as running:
        yield running


@pytest.mark.slow
@pytest.mark.parametrize("outlet", [1, 2])
def test_a_charge_by_the_command_line(station: House, outlet: int) -> None:
    """`evlink sim ...` step by step, `evlink status --json` beside it, and the record in `evlink history --json`."""
    o = ("--outlet", str(outlet))
    station.until(outlet, outlet_status="OK_ChargeAuthorisationStarted", ev_state="A_Not_Present_12V")

    station.evlink("sim", "plug", "--cable", "20", "--phases", "3", "--amps", "16", *o)
    plugged = station.until(outlet, ev_state="B_Present_9V", cable_state="20A")
    assert plugged["cpw_state"] == "EV_Connected_StateB"
    assert not plugged["contactor"]

    station.evlink("sim", "badge", "04a1b2c3", *o)
    asked = station.until(outlet, outlet_status="OK_ChargeLoopStarted", ev_state="B_Present_Asked_9V_M12V")
    assert asked["badge"] == "04A1B2C3"
    assert (asked["limit_a"], asked["limit_reason"]) == (20, "cable")
    assert asked["duty_percent"] == pytest.approx(33.33, abs=0.01)

    station.evlink("sim", "ready", *o)
    station.until(outlet, ev_state="C_Ready_6V_M12V", contactor=True)
    station.wait(lambda: station.outlet(outlet)["session_energy_wh"] >= 10, "energy")
    status = json.loads(station.evlink("status", "--json").stdout)
    charging = status["outlets"][outlet - 1]
    assert charging["current_a"] == pytest.approx([16, 16, 16], abs=0.5)
    assert charging["power_w"] == pytest.approx(3 * 16 * 230, rel=0.03)
    assert charging["evse_status"] == ["Normal_Mode_3", "Three-Phase"]
    assert status["station"]["state"] == "in_service"
    assert set(status["events"]["21"]) == {"OK"}

    station.evlink("sim", "draw", "10", *o)
    station.wait(lambda: station.outlet(outlet)["current_a"][0] < 10.5, "the smaller draw")

    station.evlink("sim", "pause", *o)
    paused = station.until(outlet, ev_state="B_Present_Asked_9V_M12V", contactor=False)
    assert paused["outlet_status"] == "OK_ChargeLoopStarted"

    station.evlink("sim", "badge", "04A1B2C3", *o)
    ended = station.until(outlet, outlet_status="OK_UnplugProcedureStarted")
    assert ended["last_charge_status"] == "OK_ChargeLoopEnded"
    delivered = station.board(outlet)["energy_wh"]

    # The lock moves for 300 ms; a plug that it holds can't be pulled.
    station.wait(lambda: station.evlink("sim", "unplug", *o, code=None).returncode == 0, "unplugging")
    station.until(outlet, outlet_status="OK_ChargeAuthorisationStarted", cable_state="Not_Plugged")

    (record,) = json.loads(station.evlink("history", "--json").stdout)
    assert (record["outlet"], record["uid"], record["charge_type"]) == (outlet, "04A1B2C3", "AC_THREE_PHASE")
    assert record["energy_wh"] == pytest.approx(delivered, abs=2)
    start, end = datetime.fromisoformat(record["start"]), datetime.fromisoformat(record["end"])
    assert record["duration_s"] == pytest.approx((end - start).total_seconds(), abs=1.5)
    assert (record["number"], record["socket_type"], record["station"]) == (
        1,
        "TYPE2",
        f"3N170941686A{outlet}S1B7551700014",
    )


@pytest.mark.slow
def test_both_outlets_at_once_keep_their_own_books(station: House) -> None:
    station.charge(1, uid="0001")
    station.charge(2, uid="0002", phases=1)
    station.wait(lambda: station.outlet(2)["session_energy_wh"] >= 3, "energy")
    one, two = station.outlet(1), station.outlet(2)
    assert (one["badge"], two["badge"]) == ("0001", "0002")
    assert "Three-Phase" in one["evse_status"]
    assert "Single-Phase" in two["evse_status"]
    assert two["current_a"][1:] == pytest.approx([0, 0], abs=0.3)
    for outlet in (1, 2):
        station.call("order", name="stop", outlet=outlet)
        station.until(outlet, outlet_status="OK_UnplugProcedureStarted")
    records = station.call("history.list")["records"]
    assert {(r["outlet"], r["uid"], r["charge_type"]) for r in records} == {
        (1, "0001", "AC_THREE_PHASE"),
        (2, "0002", "AC_SINGLE_PHASE"),
    }


@pytest.mark.slow
def test_an_unknown_badge_is_refused_where_the_list_decides(station: House) -> None:
    """R-076 and R-084 through command line, reader and status."""
    station.evlink("set", "configuration.general.unknown_badge_strategy=reject_unknown")
    station.evlink("badges", "add", "04 01", "--comment", "Ana")
    station.sim("plug")
    station.sim("badge", uid="0499")
    refused = station.until(last_error="KO_BadgeUnknown")
    assert refused["outlet_status"] == "OK_ChargeAuthorisationStarted"
    station.sim("badge", uid="0401")
    station.until(outlet_status="OK_ChargeLoopStarted", last_error="Not_Initialized")
    station.call("order", name="stop", outlet=1)
    station.until(outlet_status="OK_UnplugProcedureStarted")
    (record,) = station.call("history.list")["records"]
    assert record["comment"] == "Ana"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "event"),
    [("diode", "17"), ("pp_gap", "18"), ("welded", "5"), ("overdraw", "21"), ("cp_short", "20"), ("clip", "20")],
)
def test_faults_end_the_charge_and_show_their_event(station: House, fault: str, event: str) -> None:
    if fault == "overdraw":
        station.evlink("set", "internal.current_measurement.medium_overcurrent_delay=1")
    if fault in ("diode", "pp_gap"):
        station.sim("fault", name=fault, on=True)
        station.sim("plug", cable=32)
        station.sim("badge", uid="0401")
        station.sim("ready")
        station.wait(lambda: station.status()["events"][event][0] == "KO", f"event {event}", 20)
        assert not station.board()["contactor"]
        return
    station.charge()
    station.sim("fault", name=fault, on=True)
    if fault == "welded":
        station.sim("pause")
    station.wait(lambda: station.status()["events"][event][0] == "KO", f"event {event}", 20)
    if fault != "welded":
        station.wait(lambda: not station.board()["contactor"], "the contactor's opening")
    assert station.status()["events"][event][1] == "OK"
    station.wait(lambda: station.call("history.list")["total"] == 1, "the record", 20)
