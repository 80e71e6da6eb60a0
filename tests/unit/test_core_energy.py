"""Energy: exact integers, no drift, no loss by splitting (R-160, R-161)."""

from __future__ import annotations

from array import array
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evlink._core import FAULT_MEASUREMENT, FEEDBACK_CONTACTOR, Core, Limits, Protection
from tests.unit import core_bench

STEPS = st.lists(st.tuples(st.integers(0, 100_000), st.integers(0, 5_000)), max_size=80)


@settings(max_examples=100, deadline=None)
@given(steps=STEPS, voltage_mv=st.integers(175_000, 276_000))
def test_energy_equals_the_fraction(steps: list[tuple[int, int]], voltage_mv: int) -> None:
    """The trapezoid over any steps equals exact rational arithmetic, rounded down once at the end."""
    protection = Protection(Limits(voltage_mv=voltage_mv))
    exact = Fraction(0)
    last: int | None = None
    for current, dt in steps:
        protection.step(current, 16_000, dt)
        exact += Fraction((current + (current if last is None else last)) * voltage_mv * dt, 2 * 1000 * 1000)
        last = current
    assert protection.energy_mvas == int(exact)


@settings(max_examples=100, deadline=None)
@given(current=st.integers(0, 80_000), parts=st.lists(st.integers(0, 3_000), min_size=1, max_size=40))
def test_splitting_an_interval_changes_nothing(current: int, parts: list[int]) -> None:
    """One interval and the same in parts give the same total to the unit."""
    whole, split = Protection(), Protection()
    whole.step(current, 16_000, sum(parts))
    for part in parts:
        split.step(current, 16_000, part)
    assert split.energy_mvas == whole.energy_mvas


def test_eight_hours_do_not_drift() -> None:
    """8 h at 6 A in steps of 100 ms: 11.04 kWh to the unit, where a 32-bit float would lose 0.03 kWh."""
    protection = Protection()
    for _ in range(8 * 36_000):
        protection.step(6_000, 16_000, 100)
    assert protection.energy_mvas == 6_000 * 230 * 8 * 3600


def test_a_lifetime_fits() -> None:
    """80 A for 20 years in steps of a day overflows nothing."""
    protection = Protection()
    for _ in range(20 * 365):
        protection.step(80_000, 80_000, 86_400_000)
    assert protection.energy_mvas == 80_000 * 230 * 86_400 * 20 * 365


@settings(max_examples=15, deadline=None)
@given(cuts=st.lists(st.integers(1, 5_000), min_size=1, max_size=30))
def test_blocks_cut_anywhere_give_the_same_energy(cuts: list[int]) -> None:
    """The core's energy depends on the samples alone, not on the blocks."""
    stream = core_bench.frames(core_bench.pilot("A", 10000, 60_000), (7, 0, 13))
    whole, cut = Core(1), Core(1)
    whole.feed(1, stream, feedback=FEEDBACK_CONTACTOR)
    at = 0
    while at < len(stream):
        size = cuts[at % len(cuts)]
        cut.feed(1, stream[at : at + size], feedback=FEEDBACK_CONTACTOR)
        at += size
    assert cut.frame(1).energy_mvas == whole.frame(1).energy_mvas > 0
    assert cut.frame(1)._replace(blocks=0) == whole.frame(1)._replace(blocks=0)


def test_each_phase_has_its_own_energy() -> None:
    """Energy per phase is exact (the RMS of the window, rounded down to the unit), and the sum is the total."""
    core = Core(1)
    block = core_bench.frames(core_bench.pilot("A", 10000, 10_000), (7, 0, 13))
    exact = [Fraction(0)] * 3
    for _ in range(777):
        core.feed(1, block, feedback=FEEDBACK_CONTACTOR)
        exact = [e + Fraction(ma * 230_000, 10_000) for e, ma in zip(exact, core.frame(1).current_ma, strict=True)]
    frame = core.frame(1)
    assert frame.energy_phase_mvas == tuple(int(e) for e in exact)
    assert frame.energy_mvas == sum(frame.energy_phase_mvas)


def test_phases_are_summed() -> None:
    """Three phases of 10 A are 6.9 kVA: energy of 10 s within 0.1 %."""
    core = Core(1)
    block = core_bench.frames(core_bench.pilot("A", 10000, 10_000), (10, 10, 10))
    for _ in range(100):
        core.feed(1, block, feedback=FEEDBACK_CONTACTOR)
    assert abs(core.frame(1).energy_mvas - 69_000_000) < 69_000


def test_what_no_contact_carries_is_no_energy() -> None:
    """A sensor that shows a current through an open contactor is a measurement fault, and sells nothing."""
    core = Core(1)
    block = core_bench.frames(core_bench.pilot("A", 10000, 10_000), (10, 10, 10))
    for _ in range(100):
        core.feed(1, block)
    assert core.frame(1).faults & FAULT_MEASUREMENT
    assert core.frame(1).energy_mvas <= 3 * 10_000 * 230  # of the second in which a contactor might still open


def test_a_current_that_stands_still_is_no_energy() -> None:
    """A converter that shows the same number all the time measures nothing, also through a closed contactor."""
    core = Core(1)
    block = core_bench.frames(core_bench.pilot("A", 10000, 10_000), (0, 0, 0))
    block[:, 1:] = 1_000
    for _ in range(100):
        core.feed(1, block, feedback=FEEDBACK_CONTACTOR)
    assert core.frame(1).faults & FAULT_MEASUREMENT
    assert core.frame(1).energy_mvas <= 3 * 10_000 * 230 // 5


@settings(max_examples=60, deadline=None)
@given(steps=STEPS, limit=st.integers(0, 80_000))
def test_a_batch_equals_its_steps(steps: list[tuple[int, int]], limit: int) -> None:
    """`run` over arrays gives the trips and the energy of the same rows one by one."""
    one, batch = Protection(), Protection()
    rows = [(row, bits) for row, (current, dt) in enumerate(steps) if (bits := one.step(current, limit, dt))]
    currents, spans = array("q", [current for current, _ in steps]), array("q", [dt for _, dt in steps])
    assert batch.run(currents, array("q", [limit] * len(steps)), spans) == rows
    assert batch.energy_mvas == one.energy_mvas


def test_a_batch_with_one_interval() -> None:
    """`dt_ms` may be one number; NumPy's arrays are taken as they are."""
    batch = Protection()
    assert batch.run(np.full(10, 60_000), np.full(10, 16_000), 1000) == [(0, 4), (4, 2)]
    assert batch.energy_mvas == 60_000 * 230 * 10


@pytest.mark.parametrize(
    ("currents", "limits", "dt", "words"),
    [
        ([1, -1], [1, 1], 1, "row 1: current_ma is -1"),
        ([1, 1], [1, 2_000_000_000], 1, "row 1: limit_ma"),
        ([1, 1], [1, 1], -5, "dt_ms is -5"),
        ([1, 1], [1], 1, "2 currents, but 1 limits"),
    ],
)
def test_a_wrong_batch_counts_nothing(currents: list[int], limits: list[int], dt: int, words: str) -> None:
    """The first impossible row is named, and nothing before it was counted."""
    protection = Protection()
    with pytest.raises(ValueError, match=words):
        protection.run(array("q", currents), array("q", limits), dt)
    assert protection.energy_mvas == 0
    with pytest.raises(ValueError, match="64-bit"):
        protection.run(array("i", currents), array("q", limits), 1)
