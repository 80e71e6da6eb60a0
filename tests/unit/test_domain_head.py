"""The head meter's rule: base load, what is left under the protection, silence, and what the fold makes of it."""

from __future__ import annotations

import math

import pytest

from evlink.domain.events import HouseSeen, Verdict
from evlink.domain.head import (
    MARGIN_A,
    OVERDUE_S,
    SILENT_S,
    TREND,
    TREND_A,
    TREND_S,
    HeadRules,
    House,
    measured,
    plausible,
    room,
)
from evlink.domain.sharing import HOLD_S, Phases
from evlink.domain.state import Limit, OutletConfig, evse_flags
from evlink.domain.words import EvseStatus, EvState
from tests.unit.domain_bench import Bench

RULES = HeadRules(enabled=True, protection_a=40.0)
NONE: Phases = (0.0, 0.0, 0.0)


def seen(*readings: tuple[float, float, float], own: float = 0.0, rules: HeadRules = RULES) -> tuple[House, float]:
    """A house after readings of (time, L1, L2), our draw on L1 always the same; and the time of the last one."""
    house, at = House(), 0.0
    for at, first, second in readings:
        house = measured(house, rules, at, (first, second, 0.0), (own, 0.0, 0.0))
    return house, at


def left(house: House, at: float, floors: Phases = NONE, rules: HeadRules = RULES) -> Phases:
    return room(house, rules, at, floors, three_phase=True)


def test_what_the_house_leaves_is_its_protection_less_what_others_draw() -> None:
    """Each phase by itself; our own draw is no load of the house, and a margin stays free."""
    house, at = seen((0, 25, 4), own=16)
    assert left(house, at) == (40 - MARGIN_A - 9, 40 - MARGIN_A - 4, 40 - MARGIN_A)


def test_a_meter_behind_our_draw_shows_no_load() -> None:
    """base load = max(0, house - ours): a roof that feeds in gives nobody more than the protection."""
    house, at = seen((0, -12, 4), own=16)
    assert left(house, at)[0] == 40 - MARGIN_A


def test_a_car_that_has_just_fallen_is_not_taken_for_a_load() -> None:
    """The meter still shows 26 A of which 16 were ours a second ago: without that, the car would be lowered again."""
    house = measured(House(), RULES, 0.0, (26.0, 0.0, 0.0), (16.0, 0.0, 0.0))
    house = measured(house, RULES, 1.0, (26.0, 0.0, 0.0), (6.0, 0.0, 0.0))
    assert left(house, 1.0)[0] == 40 - MARGIN_A - 10
    house = measured(house, RULES, 4.0, (26.0, 0.0, 0.0), (6.0, 0.0, 0.0))
    assert left(house, 4.0)[0] == 40 - MARGIN_A - 20 - TREND_A  # but only for two seconds


def test_a_load_that_grows_is_expected_to_go_on_growing() -> None:
    """A vehicle follows within 5 s; by then the load has grown again. No more than 3 A are kept free for that."""
    house, at = seen((0, 10, 0), (1, 10.5, 0), (2, 11, 0))
    assert left(house, at)[0] == 40 - MARGIN_A - 11 - TREND * 1
    house, at = seen((0, 10, 0), (1, 25, 0))
    assert left(house, at)[0] == 40 - MARGIN_A - 25 - TREND_A
    house, at = seen((0, 10, 0), (1, 25, 0), (1 + TREND_S + 1, 25, 0))
    assert left(house, at)[0] == 40 - MARGIN_A - 25


def test_that_care_pauses_nobody() -> None:
    """A floor that fits without it is left; one that doesn't fit anyway is not."""
    house, at = seen((0, 20, 0), (1, 25, 0))
    assert left(house, at, (14.0, 14.0, 14.0))[0] == 14.0
    house, at = seen((0, 20, 0), (1, 26, 0))
    assert left(house, at, (14.0, 14.0, 14.0))[0] == 40 - MARGIN_A - 26


@pytest.mark.parametrize(("three_phase", "amps"), [(True, 14.0), (False, 8.0)])
def test_a_silent_meter_leaves_the_degraded_set_point(three_phase: bool, amps: float) -> None:
    """degradedModeSetPointMono / Tri: when it was never heard, too old, or said to be gone."""
    house, _ = seen((0, 10, 0))
    gone = measured(house, RULES, 1.0, None, NONE)
    for silent, now in ((House(), 0.0), (house, SILENT_S + 0.1), (gone, 1.0)):
        assert silent.silent(RULES, now)
        assert room(silent, RULES, now, NONE, three_phase) == (amps, amps, amps)
    assert not house.silent(RULES, SILENT_S)
    small = HeadRules(enabled=True, protection_a=10.0)
    assert room(House(), small, 0.0, NONE, True) == (10.0, 10.0, 10.0)


@pytest.mark.parametrize("amps", [math.nan, math.inf, -math.inf, 1e9])
def test_a_reading_that_is_no_current_is_none(amps: float) -> None:
    assert not plausible((0.0, amps, 0.0))
    house, at = seen((0, 10, 0))
    assert measured(house, RULES, at, (0.0, amps, 0.0), NONE).silent(RULES, at)


def test_above_the_protection_for_too_long_leaves_nothing() -> None:
    """Whoever was lowered has followed by then, or does not follow at all."""
    readings = [(float(at), 41.0, 0.0) for at in range(int(OVERDUE_S) + 2)]
    house, at = seen(*readings[:-2], own=30)
    assert left(house, at)[0] > 0
    house, at = seen(*readings, own=30)
    assert left(house, at) == NONE
    assert left(*seen(*readings, (at + 1, 39.0, 0.0), own=30))[0] > 0


# In the fold.


def home(protection: float = 32.0) -> Bench:
    """A single-phase wallbox with a car that charges under a head meter."""
    rules = HeadRules(enabled=True, protection_a=protection)
    bench = Bench(outlets=(OutletConfig(1, station_id="W"),), phases=1, head=rules).tick()
    house(bench, 0.0)
    bench.badge("04A1").plug()
    return bench.see(ev=EvState.C_M12V, contactor=True, phases_used=1)


def house(bench: Bench, amps: float) -> Bench:
    """The head meter shows so much besides what the car draws."""
    drawn = bench.readings[1].current_a[0]
    bench.post(HouseSeen(bench.moment(), (amps + drawn, 0.0, 0.0)))
    return bench


def told(bench: Bench) -> tuple[float, str]:
    limit = bench.outlet().limit
    return limit.amps, limit.reason


def test_lowering_is_in_the_permit_with_the_very_reading() -> None:
    """Lowering reaches the pilot within 0.2 s: no tick is waited for."""
    bench = house(home(), 20.0)
    assert told(bench) == (32 - MARGIN_A - 20 - TREND_A, "house")
    assert bench.last_grant().limit_a == 32 - MARGIN_A - 20 - TREND_A
    assert bench.last_grant().authorised


def test_raising_waits_for_what_lasts() -> None:
    """Up after 15 s of room: a load that comes and goes moves the car once, not each time."""
    bench = house(home(), 20.0)
    low = bench.last_grant().limit_a

    def second(amps: float) -> float:
        limit = bench.last_grant().limit_a
        house(bench.see(current_a=(limit, 0.0, 0.0)).tick(0.9), amps)
        return bench.last_grant().limit_a

    for number in range(60):
        assert second(20.0 if number % 10 < 5 else 4.0) <= 32 - MARGIN_A - 20
    for _ in range(int(HOLD_S + TREND_S) + 3):
        second(4.0)
    assert bench.last_grant().limit_a == 32 - MARGIN_A - 4 > low


def test_a_load_that_leaves_no_floor_pauses_and_does_not_end() -> None:
    """R-158, R-146: 0 A suspends; the session stays, and goes on with the room."""
    bench = house(home().see(current_a=(32.0, 0.0, 0.0)), 30.0)
    assert told(bench) == (0.0, "floor")
    assert bench.outlet().limit.cut == Limit(32 - MARGIN_A - 30, "house")
    assert bench.outlet().session is not None
    bench.see(current_a=(0.0, 0.0, 0.0))
    for _ in range(90):
        bench.tick(1.0)
        house(bench, 4.0)
    assert told(bench)[0] > 20


def test_a_car_that_begins_to_draw_is_not_paused_for_its_own_current() -> None:
    """The meter sees its 26 A before we do: one reading that this may explain lowers, the next one decides."""
    bench = house(home(), 4.0).tick(1.0)
    bench.post(HouseSeen(bench.moment(), (4.0 + 26.0, 0.0, 0.0)))
    assert told(bench) == (8.0, "house")
    bench.see(current_a=(8.0, 0.0, 0.0)).tick(0.8)
    assert told(house(bench, 4.0))[0] == 8.0
    # A load that stays is one: the next reading pauses.
    bench = house(home(), 4.0).tick(1.0)
    bench.post(HouseSeen(bench.moment(), (4.0 + 26.0, 0.0, 0.0)))
    bench.tick(1.0)
    bench.post(HouseSeen(bench.moment(), (4.0 + 26.0, 0.0, 0.0)))
    assert told(bench) == (0.0, "floor")


def test_an_outlets_own_meter_is_no_measure_of_the_house() -> None:
    """It is polled once a second: what the transformers see now is what the head meter's reading holds."""
    bench = house(home(), 4.0).see(current_a=(0.0, 0.0, 0.0), drawn_a=(16.0, 0.0, 0.0))
    bench.post(HouseSeen(bench.moment(), (20.0, 0.0, 0.0)))
    assert bench.state.house.samples[-1].base[0] == 4.0


def test_silence_is_noticed_within_the_second_and_passes() -> None:
    bench = house(home(), 4.0).tick(1.0)
    assert told(bench)[0] > 20
    bench.tick(SILENT_S + 1)
    assert told(bench) == (8.0, "degraded")
    for _ in range(30):
        bench.tick(1.0)
        house(bench, 4.0)
    assert told(bench)[0] > 20


def test_who_waits_beside_a_silent_meter_lacks_energy() -> None:
    """R-146: the degraded set point holds one charge; the other one says why it doesn't begin."""
    outlets = (OutletConfig(1, station_id="W1"), OutletConfig(2, station_id="W2"))
    bench = Bench(outlets=outlets, phases=3, head=HeadRules(enabled=True)).tick()
    for outlet in (1, 2):
        bench.badge(f"04A{outlet}", outlet, Verdict("Accepted")).plug(outlet)
    bench.tick(20.0)
    limits = {one.outlet: one.limit.amps for one in bench.state.outlets}
    assert sorted(limits.values()) == [0.0, 14.0]
    for one in bench.state.outlets:
        lacks = EvseStatus.NOT_ENOUGH_ENERGY in evse_flags(bench.state, one)
        assert lacks is (limits[one.outlet] == 0.0)


def test_without_a_head_meter_nothing_is_bounded() -> None:
    bench = Bench(outlets=(OutletConfig(1, station_id="W"),), phases=1).tick().badge("04A1").plug()
    house(bench, 300.0)
    assert told(bench) == (32.0, "rated")
