"""Overcurrent tiers on the recorded charge and on synthetic currents: no false trip, earlier ones as it gets worse."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evlink import _core
from evlink._core import Limits, Protection
from evlink.hardware.replay import Replay, replay

DATA = Path(__file__).parents[3] / "shared" / "data" / "openevse-2023-12-17.csv"
TIERS = (_core.TIER_LOW, _core.TIER_MEDIUM, _core.TIER_HIGH)
SCALES = tuple(1 + k / 25 for k in range(1, 38))  # 1.04 to 2.48
Tell = Callable[[str, str], None]


def recorded(scale: float) -> Replay:
    if not DATA.exists():
        pytest.skip(f"{DATA} is not there")
    return replay(DATA, "Charging_Current", "Current_Capacity", ";", scale)


def test_the_recorded_charge(tell: Tell) -> None:
    """A real car with 45 reductions: nothing up to 1.12 times; beyond, each tier earlier or as early, and none gone."""
    last: dict[str, int] = {}
    firsts: dict[str, float] = {}
    for scale in (1.0, *SCALES):
        rows = {trip.tier: trip.row for trip in recorded(scale).trips}
        assert scale > 1.12 or not rows, f"false trip at {scale}: {rows}"
        assert all(rows.get(tier, 1 << 30) <= row for tier, row in last.items()), f"later at {scale}"
        for tier in rows:
            firsts.setdefault(tier, scale)
        last = rows
    assert last.keys() == {"low", "medium", "high"}
    tell("tiers on the recorded charge", ", ".join(f"{tier} from {scale:.2f} times" for tier, scale in firsts.items()))


def first_trips(currents: list[int], limit: int, limits: Limits, dt: int = 100) -> dict[int, int]:
    """Each tier's first trip as the index of its step."""
    protection = Protection(limits)
    trips: dict[int, int] = {}
    for index, current in enumerate(currents):
        bits = protection.step(current, limit, dt)
        for tier in TIERS:
            if bits & 1 << tier:
                trips[tier] = index
    return trips


@pytest.mark.parametrize("limit", [6_000, 10_000, 16_000, 32_000, 63_000])
@pytest.mark.parametrize(
    ("percent", "tier", "delay_s"), [(12, _core.TIER_LOW, 1010), (27, _core.TIER_MEDIUM, 5), (72, _core.TIER_HIGH, 1)]
)
def test_a_step_trips_after_its_delay(limit: int, percent: int, tier: int, delay_s: int) -> None:
    """A constant current just over a tier: that tier after its delay to the step, no faster one at all."""
    current = (limit + 500) * (100 + percent) // 100
    trips = first_trips([0] * 10 + [current] * (delay_s * 10 + 20), limit, Limits())
    assert trips[tier] == 10 + delay_s * 10 - 1
    assert not trips.keys() & set(range(tier + 1, _core.TIER_HIGH + 1))


@pytest.mark.parametrize("percent", [0, 5, 8, 9.9])
def test_what_cars_do_never_trips(percent: float) -> None:
    """Some cars draw 7 to 8 % more than signalled for hours: no trip in eight hours."""
    current = int(16_500 * (1 + percent / 100))
    assert first_trips([current] * (8 * 3600), 16_000, Limits(), 1000) == {}


CURRENTS = st.lists(st.tuples(st.integers(0, 60_000), st.integers(1, 30)), min_size=1, max_size=30)
TIGHT = Limits(low_delay_s=5, medium_delay_s=2, high_delay_s=1)


@settings(max_examples=150, deadline=None)
@given(runs=CURRENTS, limit=st.integers(6_000, 32_000))
def test_leaky_is_never_later_than_reset(runs: list[tuple[int, int]], limit: int) -> None:
    """The leaky accumulator trips wherever a timer that resets would, and no later."""
    currents = [current for current, times in runs for _ in range(times)]
    leaky = first_trips(currents, limit, TIGHT)
    reset = first_trips(currents, limit, TIGHT._replace(leaky=False))
    assert all(tier in leaky and leaky[tier] <= at for tier, at in reset.items())


@settings(max_examples=150, deadline=None)
@given(runs=CURRENTS, limit=st.integers(6_000, 32_000), leaky=st.booleans())
def test_the_rule_step_by_step(runs: list[tuple[int, int]], limit: int, leaky: bool) -> None:
    """Over: strictly above (limit + 0.5 A) x (1 + tolerance). Over gains dt, else loses dt or all, never below 0."""
    limits = TIGHT._replace(leaky=leaky)
    currents = [current for current, times in runs for _ in range(times)]
    expected: dict[int, int] = {}
    for tier, tolerance, delay in zip(TIERS, (10, 25, 70), (5_000, 2_000, 1_000), strict=True):
        over = 0
        for index, current in enumerate(currents):
            exceeded = current * 100 > (limit + 500) * (100 + tolerance)
            over = over + 100 if exceeded else max(0, over - 100) if leaky else 0
            if exceeded and over >= delay:
                expected[tier] = index
                break
    assert first_trips(currents, limit, limits) == expected


@settings(max_examples=150, deadline=None)
@given(runs=CURRENTS, limit=st.integers(6_000, 32_000), more=st.integers(100, 300), leaky=st.booleans())
def test_more_current_trips_no_later(runs: list[tuple[int, int]], limit: int, more: int, leaky: bool) -> None:
    """The same currents scaled up: every tier that tripped trips again, no later."""
    limits = TIGHT._replace(leaky=leaky)
    currents = [current for current, times in runs for _ in range(times)]
    plain = first_trips(currents, limit, limits)
    scaled = first_trips([current * more // 100 for current in currents], limit, limits)
    assert all(tier in scaled and scaled[tier] <= at for tier, at in plain.items())


def test_oscillation_trips_leaky_only() -> None:
    """A vehicle 70 % of the time over a limit escapes a timer that resets for ever, never the leaky one."""
    currents = ([30_000] * 7 + [5_000] * 3) * 100
    assert _core.TIER_HIGH in first_trips(currents, 16_000, Limits())
    assert _core.TIER_HIGH not in first_trips(currents, 16_000, Limits(leaky=False))
