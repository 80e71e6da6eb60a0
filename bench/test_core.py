"""The control core beside what a user would write without it, and beside the limit of reading the samples at all."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pytest_benchmark.fixture import BenchmarkFixture

from bench.conftest import Samples
from evlink._core import PILOT_C, Core, Pilot, Protection


def numpy_pilot(block: Samples) -> tuple[float, float, int, int, float, int]:
    """The straightforward NumPy version: mask at 0 V, means, extremes, duty, rising edges."""
    high = block > 0
    above = block[high]
    below = block[~high]
    rising = np.flatnonzero(~high[:-1] & high[1:])
    duty = above.size / block.size
    return float(above.mean()), float(below.mean()), int(above.max()), int(below.min()), duty, rising.size


def test_pilot_block(benchmark: BenchmarkFixture, pilot_block: Samples) -> None:
    """One 10 ms block (1000 samples) of the pilot: plateaus, duty, frequency, state, debounce."""
    pilot = Pilot()
    for _ in range(100):
        pilot.feed(pilot_block)
    assert benchmark(pilot.feed, pilot_block) == PILOT_C


def test_pilot_block_numpy(benchmark: BenchmarkFixture, pilot_block: Samples) -> None:
    """The same block in NumPy, without state and debounce: the core should be 10 times as fast."""
    high, *_ = benchmark(numpy_pilot, pilot_block)
    assert abs(high - 5969) < 100


def test_pilot_second(benchmark: BenchmarkFixture, pilot_second: Samples) -> None:
    """One second (100 000 samples) of the pilot."""
    pilot = Pilot()
    assert benchmark(pilot.feed, pilot_second) == PILOT_C


def test_pilot_second_among_frames(benchmark: BenchmarkFixture, second: Samples) -> None:
    """The same second, the pilot read out of its interleaved frames: at most 3 times `test_read_limit`."""
    pilot = Pilot()
    assert benchmark(pilot.feed, second[:, 0]) == PILOT_C


def test_read_limit(benchmark: BenchmarkFixture, second: NDArray[np.int16]) -> None:
    """`numpy.min` over one second of the pilot in its interleaved frames: what reading alone costs."""
    assert benchmark(np.min, second[:, 0]) < -11_000


def test_step(benchmark: BenchmarkFixture, block: Samples) -> None:
    """One 10 ms block of a three-phase outlet through everything: pilot, currents, energy, protection, contactor."""
    core = Core(1)
    benchmark(core.feed, 1, block, plug_ohm=220, feedback=0)
    assert core.frame(1).current_ma[0] > 15_000


def test_day(benchmark: BenchmarkFixture) -> None:
    """A recorded day at 1 Hz (86 400 rows) through tiers and energy in one call: at most 20 ms."""
    currents, limits = np.full(86_400, 16_200), np.full(86_400, 16_000)

    def day() -> Protection:
        protection = Protection()
        protection.run(currents, limits, 1000)
        return protection

    assert benchmark(day).energy_mvas == 16_200 * 230 * 86_400
