"""What a charge survives and what it must not: the station killed, control stopped, both gone."""

from __future__ import annotations

import os
import signal
import time

import pytest

from tests.scenario.house import House, house


@pytest.mark.slow
def test_a_station_killed_in_mid_charge_resumes_the_same_transaction() -> None:
    """SIGKILL while charging: protection and energy go on; back within the lease the same session goes on."""
    with house() as station:
        station.charge(uid="0401")
        station.wait(lambda: station.outlet()["session_energy_wh"] >= 5, "energy")
        before = station.outlet()["session_seconds"]
        station.kill_station()
        time.sleep(2)
        assert station.board()["contactor"]  # nobody told the car anything
        delivered = station.board()["energy_wh"]
        station.start()
        resumed = station.until(outlet_status="OK_ChargeLoopStarted", badge="0401", contactor=True)
        assert resumed["session_energy_wh"] >= delivered - 3
        assert resumed["session_seconds"] >= before >= 1
        assert station.call("history.list")["total"] == 0
        station.sim("badge", uid="0401")
        station.until(outlet_status="OK_UnplugProcedureStarted")
        (record,) = station.call("history.list")["records"]
        assert record["energy_wh"] == pytest.approx(station.board()["energy_wh"], abs=3)


@pytest.mark.slow
def test_a_station_that_stays_away_degrades_then_stops_the_charge() -> None:
    """5 s without a permit: degraded set point (14 A on three phases); 60 s: stopped in order. At 10 times speed."""
    with house("preset:parking-2", 10.0) as station:
        station.charge()
        assert station.board()["duty_percent"] == pytest.approx(53.33, abs=0.02)
        station.kill_station()
        station.wait(lambda: abs(station.board()["duty_percent"] - 23.33) < 0.05, "the degraded set point", 10)
        assert station.board()["contactor"]
        station.wait(lambda: not station.board()["contactor"], "the contactor's opening", 20)
        assert station.board()["duty_percent"] == 100
        station.wait(lambda: not _runs(station.pid("control.lock")), "control's own end", 20)


@pytest.mark.slow
def test_control_stopped_lets_the_board_drop_its_outputs() -> None:
    """SIGSTOP of control: the board's dead-man opens the contactor; SIGCONT re-arms through the core."""
    with house() as station:
        station.charge()
        control = station.pid("control.lock")
        os.kill(control, signal.SIGSTOP)
        began = time.monotonic()
        while station.board()["contactor"]:
            assert time.monotonic() - began < 2
        station.wait(lambda: station.status()["events"]["3"][0] == "KO", "event 3")
        os.kill(control, signal.SIGCONT)
        station.wait(lambda: station.status()["events"]["3"][0] == "OK", "event 3 gone")


@pytest.mark.slow
def test_control_killed_is_started_again_and_no_energy_is_lost() -> None:
    with house() as station:
        station.charge()
        station.wait(lambda: station.outlet()["session_energy_wh"] >= 5, "energy")
        old = station.pid("control.lock")
        os.kill(old, signal.SIGKILL)
        station.wait(lambda: _pid(station) not in (0, old), "another control", 15)
        station.wait(lambda: station.status()["events"]["3"][0] == "OK", "event 3 gone", 15)
        assert station.outlet()["session_energy_wh"] >= 5


@pytest.mark.slow
def test_a_terminated_station_leaves_a_charge_alone_and_ends_clean() -> None:
    with house() as station:
        station.charge()
        assert station.stop_station() == 0
        assert station.board()["contactor"]
        station.start()
        station.until(outlet_status="OK_ChargeLoopStarted", contactor=True)


@pytest.mark.slow
def test_restart_by_order_keeps_the_charge() -> None:
    """R-225: a restart applies what waits for it, and the car charges on."""
    with house() as station:
        station.charge(uid="0401")
        station.evlink("set", "configuration.supervision.meter_sample_interval=60")
        assert station.status()["station"]["restart_needed"]
        station.evlink("restart")
        station.wait(
            lambda: station.client() is not None and not station.status()["station"]["restart_needed"], "it", 20
        )
        assert station.until(outlet_status="OK_ChargeLoopStarted", contactor=True)["badge"] == "0401"


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat") as stat:
        return stat.read().rpartition(")")[2].split()[0] != "Z"


def _pid(station: House) -> int:
    try:
        return station.pid("control.lock")
    except (OSError, ValueError, IndexError):
        return 0
