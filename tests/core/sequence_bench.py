"""What a sequence of the timing table is measured with: vehicles plugged and charging, moments found to the block."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

from evlink import _core
from evlink._core import Limits
from tests.unit.core_bench import Bench

MS = 100  # samples


SECOND = 100_000


WIDE = Limits(rating_ma=80_000, station_max_ma=200_000)


NO_BOUND = 1 << 40


def plugged(rng: random.Random, state: str = "B", limits: Limits = WIDE, **permit: Any) -> Bench:
    """An outlet with a permit and a vehicle in B that sees PWM (or, in another state, just plugged in)."""
    bench = Bench(limits)
    bench.phase, bench.shift = rng.randrange(100), rng.randrange(10)
    bench.wait(0.05)
    limit = rng.randrange(60, 801) * 100
    bench.grant(**{"limit_ma": limit, "attached_cable": limit > 63_000, "lock": rng.random() < 0.5} | permit)
    bench.plug(state, 100)
    amps = limit / 1000 * rng.choice((0.0, 0.5, 0.9))
    bench.amps = (amps, amps, amps) if rng.random() < 0.5 else (amps, 0.0, 0.0)
    if state == "B":
        bench.wait(0.35)
        assert 0 < bench.outputs.duty < 10_000, "no PWM in B with a permit"
    return bench


def charging(rng: random.Random, limits: Limits = WIDE, **permit: Any) -> Bench:
    """An outlet in a charge, in C or (with ventilation) in D."""
    state = rng.choice("CD") if permit.pop("d", True) else "C"
    bench = plugged(rng, limits=limits, ventilation=state == "D" or rng.random() < 0.5, **permit)
    bench.state = state
    bench.wait(0.45)
    assert not bench.outputs.contactor
    bench.until(True, 3)
    bench.run(0.04)
    bench.wait(0.1)
    return bench


def blocks(bench: Bench, seconds: float) -> Iterator[int]:
    """Feed blocks of 10 ms for a time at most; yields the samples since the beginning after each."""
    begun = bench.now
    while bench.now - begun < seconds * SECOND:
        bench.block()
        yield bench.now - begun
    raise AssertionError(f"not within {seconds} s")


def changed(bench: Bench, rng: random.Random, change: Callable[[], object], seconds: float = 1.0) -> Iterator[int]:
    """Make a change at a random place in a window, then feed; yields the samples since the change after each window."""
    offset = rng.randrange(1000)
    if offset:
        bench.block(offset)
    change()
    bench.block(1000 - offset)
    yield 1000 - offset
    for since in blocks(bench, seconds):
        yield since + 1000 - offset


def until_open(bench: Bench, rng: random.Random, change: Callable[[], object], seconds: float = 1.0) -> int:
    """Samples from a change to the command that opens the contactor."""
    return next(since for since in changed(bench, rng, change, seconds) if not bench.outputs.contactor)


def becomes(bench: Bench, state: str) -> Callable[[], None]:
    """A change of the vehicle's state."""

    def change() -> None:
        bench.state = state

    return change


def closings(bench: Bench) -> int:
    """How often the contactor was commanded closed."""
    return len(bench.events(_core.EVENT_CLOSED))
