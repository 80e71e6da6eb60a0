"""What a limit waits for, told to people: the reason of 0 A, the rise on its way; lost meters as warnings."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from evlink.domain.events import Condition, Configured, HouseSeen, RemoteWrite
from evlink.domain.head import HeadRules
from evlink.domain.remote_control import LifeSeen, RemoteRules, RemoteSetpoint
from evlink.domain.sharing import FITTING_S, HOLD_S, RESUME_S, SETTLE_S
from evlink.domain.snapshot import Surroundings, document
from evlink.domain.state import OutletConfig
from evlink.domain.station import LIGHT_BLUE
from evlink.domain.words import EvState, Evt
from tests.unit.domain_bench import Bench

OUTLETS = (OutletConfig(1, station_id="S1"), OutletConfig(2, station_id="S2"))


def charging(*outlets: int, **config: Any) -> Bench:
    """A station that shares its current, with cars of three phases that draw all they are offered."""
    bench = Bench(authentication="disabled", **{"balancing": True, **config}).tick()
    for outlet in outlets:
        bench.plug(outlet)
        bench.see(outlet, ev=EvState.C_M12V, contactor=True, phases_used=3, current_a=(16.0, 16.0, 16.0)).tick(1)
    return bench


def shown(bench: Bench, outlet: int = 1) -> dict[str, Any]:
    found: dict[str, Any] = document(bench.state, Surroundings())["outlets"][outlet - 1]
    return found


def limit(bench: Bench, outlet: int = 1) -> tuple[float, str, dict[str, Any] | None]:
    one = shown(bench, outlet)
    return one["limit_a"], one["limit_reason"], one["limit_cut"]


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        # What an outlet's own limits leave lies below the floor: that is the rule, not its share, which is 0 for it.
        ({"outlets": (OutletConfig(1, derated_a=10), OUTLETS[1])}, (0, "floor", {"amps": 10, "reason": "derated"})),
        ({"outlets": (OutletConfig(1, derated_a=0), OUTLETS[1])}, (0, "derated", None)),
        # All there is to share lies below the floor.
        ({"station_max_a": 10}, (0, "floor", {"amps": 10, "reason": "share"})),
        ({"station_max_a": 0}, (0, "share", None)),
        ({"station_max_a": 20}, (20, "share", None)),
        ({}, (32, "rated", None)),
    ],
)
def test_the_reason_is_the_rule_that_leaves_nothing(config: dict[str, Any], expected: tuple[float, str, Any]) -> None:
    """R-137, R-144."""
    assert limit(charging(1, **config)) == expected


def test_who_waits_for_the_other_is_told_so() -> None:
    """R-133: there is enough for one floor, which the other has: its share is the reason, and its turn is told."""
    bench = charging(1, 2, station_max_a=20).tick(30)
    first, second = limit(bench, 1), limit(bench, 2)
    assert sorted((first, second), key=lambda one: one[0]) == [(0, "share", None), (20, "share", None)]
    waits = 1 if first[0] == 0 else 2
    told = shown(bench, waits)["limit_next"]
    assert told["why"] == "turn"
    assert 0 < told["in_s"] <= 900
    earlier = told["in_s"]
    bench.tick(60)
    assert earlier - 61 <= shown(bench, waits)["limit_next"]["in_s"] <= earlier - 59
    assert shown(bench, 3 - waits)["limit_next"] is None


def test_the_hold_before_a_rise_is_counted_down() -> None:
    """15 s possible before it is given: told to the second, and kept."""
    bench = charging(1, 2, station_max_a=40)
    bench.tick(30)
    assert limit(bench, 1) == (20, "share", None)
    bench.see(2, ev=EvState.A, contactor=False, current_a=(0.0,) * 3, cable_a=0, locked=False)
    bench.tick(1)
    assert limit(bench, 1)[0] == 20
    told = shown(bench, 1)["limit_next"]
    assert (told["amps"], told["why"]) == (32, "hold")
    assert HOLD_S - 2 <= told["in_s"] <= HOLD_S
    bench.tick(told["in_s"] + 1)
    assert limit(bench, 1) == (32, "rated", None)
    assert shown(bench, 1)["limit_next"] is None


def test_a_newcomer_waits_for_the_others_lowering() -> None:
    bench = charging(1, station_max_a=40).tick(30)
    bench.plug(2)
    bench.see(2, ev=EvState.C_M12V)
    bench.tick(1)
    told = shown(bench, 2)["limit_next"]
    assert (told["amps"], told["why"]) == (20, "hold")
    assert 0 < told["in_s"] <= SETTLE_S


def test_a_paused_charge_waits_for_room() -> None:
    """Shed for want of current, it goes on once its floor and 1 A were free for a minute."""
    bench = charging(1, 2, station_max_a=28).tick(30)
    bench.post(Configured(bench.moment(), replace(bench.state.config, station_max_a=20)))
    bench.tick(30)
    waits = 1 if limit(bench, 1)[0] == 0 else 2
    bench.post(Configured(bench.moment(), replace(bench.state.config, station_max_a=64)))
    bench.tick(1)
    told = shown(bench, waits)["limit_next"]
    assert told["why"] == "room"
    assert RESUME_S - 3 <= told["in_s"] <= RESUME_S < FITTING_S
    bench.tick(told["in_s"] + SETTLE_S + 1)
    assert limit(bench, waits)[0] > 0


def test_a_manager_that_raises_has_to_wait() -> None:
    """updateSetPointPeriodInSec: told with the current that was asked for."""
    bench = charging(1, balancing=False, remote=RemoteRules(enabled=True, timeout_s=60))
    bench.post(RemoteWrite(bench.moment(), 1, (LifeSeen(), RemoteSetpoint(1, 16))))
    bench.tick(40)
    bench.post(RemoteWrite(bench.moment(), 2, (LifeSeen(), RemoteSetpoint(1, 20))))
    bench.tick(0.1)
    assert limit(bench) == (20, "modbus", None)
    bench.post(RemoteWrite(bench.moment(), 3, (LifeSeen(), RemoteSetpoint(1, 24))))
    bench.tick(1)
    told = shown(bench)["limit_next"]
    assert (told["amps"], told["why"]) == (24, "manager")
    assert 12 <= told["in_s"] <= 15
    bench.tick(told["in_s"] + 1)
    assert (limit(bench)[0], shown(bench)["limit_next"]) == (24, None)


def test_a_lost_meter_is_a_warning() -> None:
    """R-163, R-168: Evt #12 is KO; outlet, light and station stay as they were, and the charge goes on."""
    bench = charging(1)
    before = shown(bench)
    bench.post(Condition(bench.moment(), 1, Evt.POWER_METER, True))
    bench.tick(1)
    found = document(bench.state, Surroundings())
    assert found["events"]["12"] == ["KO", "OK"]
    assert found["station"]["state"] == "in_service"
    assert (found["outlets"][0]["light"], before["light"]) == ("blue", "blue")
    assert bench.last_grant().light == LIGHT_BLUE
    assert bench.last_grant().authorised
    bench.post(Condition(bench.moment(), 1, Evt.CONTACTOR_STATE, True))
    bench.tick(0.1)
    found = document(bench.state, Surroundings())
    assert (found["station"]["state"], found["outlets"][0]["light"]) == ("fault", "red")


def test_a_silent_head_meter_is_told_on_every_outlet() -> None:
    """Evt #12 from its loss to its next reading, whatever becomes of an outlet's own meter meanwhile."""

    def events(bench: Bench) -> list[str]:
        found: list[str] = document(bench.state, Surroundings())["events"]["12"]
        return found

    bench = Bench(head=HeadRules(enabled=True)).tick(30)
    assert events(bench) == ["OK", "OK"]  # it was not asked yet
    bench.post(HouseSeen(bench.moment(), (5.0, 5.0, 5.0)))
    bench.tick(1)
    assert events(bench) == ["OK", "OK"]
    bench.post(HouseSeen(bench.moment(), None))
    assert events(bench) == ["KO", "KO"]
    for ko in (True, False):
        bench.post(Condition(bench.moment(), 1, Evt.POWER_METER, ko))
        assert events(bench) == ["KO", "KO"]
    bench.post(HouseSeen(bench.moment(), (5.0, 5.0, 5.0)))
    assert events(bench) == ["OK", "OK"]
    bench.tick(10)
    assert events(bench) == ["KO", "KO"]  # nobody asks it any more
    assert bench.state.outlets[0].faults == {Evt.POWER_METER}
