"""Currents: RMS, calibration, the three tiers, the station overload (control of R-160 and event #21)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evlink import _core
from evlink._core import Core, Limits, Permit, Protection
from tests.unit import core_bench
from tests.unit.core_bench import Bench

LOW, MEDIUM, HIGH = 1 << _core.TIER_LOW, 1 << _core.TIER_MEDIUM, 1 << _core.TIER_HIGH


@pytest.mark.parametrize("amps", [0.5, 1.0, 6.0, 15.95, 32.0, 63.0, 200.0])
@pytest.mark.parametrize("hertz", [50, 60])
def test_rms_over_whole_periods(amps: float, hertz: int) -> None:
    """100 ms are five periods at 50 Hz and six at 60 Hz: RMS to 0.1 % or 10 mA."""
    core = Core(1)
    t = np.arange(10_000) / 100_000
    block = np.zeros((10_000, 4), "<i2")
    block[:, 0] = 12_000
    for k in range(3):
        block[:, k + 1] = np.round(amps * 141.42136 * np.sin(2 * np.pi * hertz * t + k + 0.7))
    core.feed(1, block)
    assert list(core.frame(1).current_ma) == pytest.approx([amps * 1000] * 3, rel=0.001, abs=10)


@pytest.mark.parametrize(
    ("slope", "offset", "wanted"), [(722, 0, 10_000), (1444, 0, 20_000), (361, 0, 5_000), (722, -250, 9_750)]
)
def test_calibration(slope: int, offset: int, wanted: int) -> None:
    """`currentAdjustmentSlope` 722 is unity; the offset is added."""
    core = Core(1)
    core.permit(1, Permit(limits=Limits(slope=slope, offset_ma=offset)))
    core.feed(1, core_bench.frames(core_bench.pilot("A", 10000, 10_000), (10, 10, 10)))
    assert list(core.frame(1).current_ma) == pytest.approx([wanted] * 3, abs=20)


def test_noise_runs_up_no_energy() -> None:
    """Noise of 50 mA on an open outlet is no current."""
    core = Core(1)
    rng = np.random.default_rng(2)
    block = np.zeros((10_000, 4), "<i2")
    block[:, 0] = 12_000
    block[:, 1:] = rng.normal(0, 5, (10_000, 3))
    for _ in range(10):
        core.feed(1, block)
    assert core.frame(1).current_ma == (0, 0, 0)
    assert core.frame(1).energy_mvas == 0


def first_trip(limits: Limits, current: int, limit: int, tier: int, steps: int, dt: int = 1000) -> int | None:
    """Step (from 1) at which a tier trips at a constant current; None where it does not."""
    protection = Protection(limits)
    protection.step(current, limit, 0)
    for step in range(1, steps + 1):
        if protection.step(current, limit, dt) & (1 << tier):
            return step
    return None


@pytest.mark.parametrize(
    ("percent", "tier", "step"),
    [
        (110, _core.TIER_LOW, None), (111, _core.TIER_LOW, 1010), (125, _core.TIER_MEDIUM, None),
        (126, _core.TIER_MEDIUM, 5), (170, _core.TIER_HIGH, None), (171, _core.TIER_HIGH, 1),
        (125, _core.TIER_LOW, 1010),
    ],
)  # fmt: skip
def test_tiers_trip_strictly_above_their_tolerance(percent: int, tier: int, step: int | None) -> None:
    """Over means strictly above (limit + 0.5 A) x (1 + tolerance), for the delay."""
    assert first_trip(Limits(), (16_000 + 500) * percent // 100, 16_000, tier, 1200) == step


@pytest.mark.parametrize("dt", [10, 100, 250, 1000])
def test_delay_is_time_not_steps(dt: int) -> None:
    """The medium tier needs its 5 s at any step."""
    assert first_trip(Limits(), 25_000, 16_000, _core.TIER_MEDIUM, 1000, dt) == 5000 // dt


def test_each_tier_trips_once() -> None:
    """A tier reports its first trip alone."""
    protection = Protection()
    tripped = [protection.step(60_000, 16_000, 1000) for _ in range(1200)]
    assert sum(bool(bits & HIGH) for bits in tripped) == 1
    assert sum(bool(bits & MEDIUM) for bits in tripped) == 1
    assert sum(bool(bits & LOW) for bits in tripped) == 1


def test_grace_on_reduction() -> None:
    """From 32 A to 6 A: the largest limit of the last 6 s counts, its own row included; then the high tier trips."""
    protection = Protection()
    for _ in range(20):
        assert protection.step(32_000, 32_000, 1000) == 0
    bits = [protection.step(32_000, 6_000, 1000) for _ in range(8)]
    assert bits[:6] == [0] * 6
    assert bits[6] == HIGH  # 32 A signalled 7 s ago no longer counts


def test_an_ordinary_reduction_trips_nothing() -> None:
    """A vehicle that follows within 5 s is left alone, also in steps."""
    protection = Protection()
    current = 32_000
    for limit in (32_000, 20_000, 10_000, 6_000):
        for second in range(8):
            if second == 5:
                current = limit
            assert protection.step(current, limit, 1000) == 0


def test_an_oscillating_vehicle_trips_in_the_end() -> None:
    """3 s over, 1 s under, again and again: the leaky time adds up, a timer that resets never would."""
    pattern = [24_000, 24_000, 24_000, 16_000]
    leaky, reset = Protection(), Protection(Limits(leaky=False))
    leaks = [leaky.step(pattern[i % 4], 16_000, 1000) for i in range(40)]
    resets = [reset.step(pattern[i % 4], 16_000, 1000) for i in range(40)]
    assert any(bits & MEDIUM for bits in leaks)
    assert not any(resets)


def test_the_leak_stops_at_zero() -> None:
    """A long time below the limit earns no credit."""
    protection = Protection()
    for _ in range(100):
        protection.step(5_000, 16_000, 1000)
    assert [protection.step(25_000, 16_000, 1000) for _ in range(5)] == [0, 0, 0, 0, MEDIUM]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 80_000), st.integers(0, 80_000), st.integers(0, 20_000)), max_size=60))
def test_tiers_against_a_plain_model(rows: list[tuple[int, int, int]]) -> None:
    """The compiled tiers equal a plain model of the rule: reference, strict comparison, leak, first trip."""
    protection = Protection()
    now, over, seen = 0, [0, 0, 0], 0
    history: list[tuple[int, int]] = []
    for current, limit, dt in rows:
        now += dt
        history.append((now, limit))
        bar = max(value for at, value in history if now - at <= 6000) + 500
        wanted = 0
        for k, (tolerance, delay) in enumerate(((10, 1010), (25, 5), (70, 1))):
            exceeded = current * 100 > bar * (100 + tolerance)
            over[k] = over[k] + dt if exceeded else max(0, over[k] - dt)
            if exceeded and over[k] >= delay * 1000 and not seen & (1 << k):
                seen |= 1 << k
                wanted |= 1 << k
        assert protection.step(current, limit, dt) == wanted


@pytest.mark.parametrize(
    ("args", "name"),
    [((-1, 0, 0), "current_ma"), ((0, -1, 0), "limit_ma"), ((0, 0, -1), "dt_ms"), ((0, 0, 10**9), "dt_ms")],
)
def test_impossible_steps_are_refused(args: tuple[int, int, int], name: str) -> None:
    """A negative current is a measurement fault, never 'below the limit'."""
    with pytest.raises(ValueError, match=name):
        Protection().step(*args)


def test_high_tier_opens_at_once() -> None:
    """In the live loop: 1 s above 70 % over, then open in the same block; latched until A (event #21)."""
    bench = Bench()
    bench.charging((10, 10, 10))
    bench.amps = (10, 30, 10)
    assert 0.9 <= bench.until(False) <= 1.2  # in windows of 100 ms
    trip = bench.events(_core.EVENT_TRIP)[-1]
    assert (trip.a, trip.b) == (_core.TIER_HIGH, 2)
    assert bench.frame.faults == _core.FAULT_OVERLOAD
    bench.run(10)
    assert bench.frame.faults == _core.FAULT_OVERLOAD
    bench.unplug()
    bench.run(0.5)
    assert bench.frame.faults == 0


def test_medium_tier_asks_the_vehicle_first() -> None:
    """100 % duty, up to a second for the vehicle to open, then open."""
    bench = Bench()
    bench.charging((10, 10, 10))
    bench.vehicle_obeys = False
    bench.amps = (10, 10, 22)
    while not bench.events(_core.EVENT_TRIP):
        bench.block()
    bench.block()
    trip = bench.events(_core.EVENT_TRIP)[-1]
    assert (trip.a, trip.b) == (_core.TIER_MEDIUM, 3)
    assert (bench.outputs.duty, bench.outputs.contactor) == (10000, True)
    assert 0.9 <= bench.until(False) <= 1.1
    assert bench.events(_core.EVENT_OPENED)[-1].a == _core.OPEN_FAULT


def test_live_reduction_has_its_grace() -> None:
    """A reduction from 32 to 6 A in the live loop: nothing for 6 s, then the high tier if the vehicle ignores it."""
    bench = Bench()
    bench.charging((31, 31, 31), limit_ma=32_000)
    bench.vehicle_obeys = False
    bench.grant(limit_ma=6_000)
    assert 6.9 <= bench.until(False, 9) <= 7.4


def test_station_overload_opens_every_outlet() -> None:
    """The outlets' sum a phase above the station's maximum + 18 % for 90 s: all contactors (event #21)."""
    limits = Limits(station_max_ma=20_000, station_delay_s=3)
    core = Core(2)
    feedback = 0
    opened_at = [0, 0]
    for tick in range(900):
        state = "A" if tick < 20 else "B" if tick < 60 else "C"
        if tick % 50 == 0:
            for outlet in (1, 2):
                core.permit(outlet, Permit(authorised=True, limit_ma=16_000, limits=limits))
        for outlet in (1, 2):
            out = core.frame(outlet)
            amps = (12.0, 0.0, 0.0) if out.contactor else (0.0, 0.0, 0.0)
            shown = "B" if state == "C" and out.duty == 10000 else state
            block = core_bench.frames(core_bench.pilot(shown, out.duty, 1000, tick * 1000), amps, tick * 1000)
            feedback = _core.FEEDBACK_CONTACTOR if out.contactor else 0
            core.feed(outlet, block, plug_ohm=220, feedback=feedback)
    for outlet in (1, 2):
        events = core.events(outlet)
        closed = next(e.samples for e in events if e.kind == _core.EVENT_CLOSED)
        trip = next(e for e in events if e.kind == _core.EVENT_TRIP)
        opened_at[outlet - 1] = next(e.samples for e in events if e.kind == _core.EVENT_OPENED)
        assert (trip.a, trip.b) == (_core.TIER_STATION, 0)
        assert trip.samples - closed == pytest.approx(300_000, abs=30_000)
        assert core.frame(outlet).faults == _core.FAULT_OVERLOAD
    assert abs(opened_at[0] - opened_at[1]) <= 10_000


@pytest.mark.parametrize("hertz", [49.0, 49.5, 50.5, 51.0, 59.5, 60.5])
def test_rms_off_the_nominal_frequency(hertz: float) -> None:
    """A window of 100 ms then holds no whole number of periods: within 0.5 % at the edges of the mains' tolerance."""
    core = Core(1)
    t = np.arange(10_000) / 100_000
    block = np.zeros((10_000, 4), "<i2")
    block[:, 0] = 12_000
    for k in range(3):
        block[:, k + 1] = np.round(16 * 141.42136 * np.sin(2 * np.pi * hertz * t + 2.1 * k))
    core.feed(1, block)
    assert list(core.frame(1).current_ma) == pytest.approx([16_000] * 3, rel=0.02 if hertz in (49.0, 51.0) else 0.011)


@pytest.mark.parametrize("leaky", [True, False])
def test_an_oscillating_vehicle_in_the_live_loop(leaky: bool) -> None:
    """The same oscillation in the core: `leaky` trips the medium tier, `reset` does not."""
    bench = Bench(Limits(leaky=leaky))
    bench.charging((10, 10, 10))
    for _ in range(10):
        bench.amps = (22, 10, 10)
        bench.run(3)
        bench.amps = (10, 10, 10)
        bench.run(1)
    assert bool(bench.events(_core.EVENT_TRIP)) is leaky


@pytest.mark.parametrize(("amps", "mask"), [((10, 10, 10), 7), ((10, 0, 0), 1), ((0, 0, 10), 4), ((10, 0, 10), 5)])
def test_phases_in_use(amps: tuple[float, float, float], mask: int) -> None:
    """Bits of the phases that carry current, with hysteresis between 0.7 and 1 A."""
    bench = Bench()
    bench.charging(amps)
    assert (bench.frame.phases_mask, bench.frame.phases_used) == (mask, mask.bit_count())
    bench.amps = (min(amps[0], 0.8), min(amps[1], 0.8), min(amps[2], 0.8))
    bench.run(0.5)
    assert bench.frame.phases_mask == mask
    bench.amps = (0.5, 0.5, 0.5)
    bench.run(0.5)
    assert bench.frame.phases_mask == 0
