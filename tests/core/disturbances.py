"""Disturbances of the pilot known from the field, each as the first strength at which the core misreads it.

Power-line communication of 35.9 to 90.6 kHz on the pilot, a 2.7 kOhm glitch after a change of the duty, a short pulse
of C by which a vehicle wakes a station, a plug that bounces, and the contactor's own burst. The signals are synthetic.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from evlink import _core
from evlink._core import Pilot
from tests.core.sequence_bench import charging, plugged
from tests.unit.core_bench import Bench, Samples, period

KHZ = (35.9, 41.3, 49.7, 50.0, 61.8, 75.0, 90.6)
AMPLITUDES_MV = range(250, 12_001, 250)
STATES = {"A": _core.PILOT_A, "B": _core.PILOT_B, "C": _core.PILOT_C, "D": _core.PILOT_D}
DUTIES = (1000, 5333, 9600)


@dataclass(frozen=True, slots=True)
class Found:
    """The first strength of a disturbance that was misread, None where even the strongest was not."""

    what: str
    unit: str
    first: int | None
    tried: int  # the strongest

    def __str__(self) -> str:
        first = f"{self.first:>6} {self.unit}" if self.first is not None else f"none to {self.tried} {self.unit}"
        return f"{self.what:<66} {first}"


def scan(what: str, unit: str, strengths: range, misread: Callable[[int], bool]) -> Found:
    """Try strengths from the least; the first that is misread."""
    for strength in strengths:
        if misread(strength):
            return Found(what, unit, strength, strengths[-1])
    return Found(what, unit, None, strengths[-1])


def line_noise(state: str, duty: int, khz: float, strengths: range = AMPLITUDES_MV) -> Found:
    """A carrier on the pilot for 1 s: the amplitude at which any window settles on another state."""
    clean = np.resize(period(state, duty, True, 3), 100_000).astype(np.float64)
    carrier = np.sin(2 * np.pi * khz * np.arange(100_000) / 100.0 + 0.7)

    def misread(mv: int) -> bool:
        pilot = Pilot()
        for _ in range(60):
            pilot.feed(np.ascontiguousarray(clean[:1000].astype("<i2")))
        noisy = np.clip(clean + mv * carrier, -32768, 32767).astype("<i2")
        return any(pilot.feed(noisy[at : at + 1000]) != STATES[state] for at in range(0, 100_000, 1000))

    return scan(f"{khz} kHz on {state} at {duty / 100:.0f} % duty", "mV", strengths, misread)


def rides(bench: Bench, state: str, samples: int) -> bool:
    """Whether a charge outlives another state for so many samples."""
    kept = bench.state
    bench.state = state
    left = samples
    while left > 0:
        bench.block(min(left, 1000))
        left -= 1000
    bench.state = kept
    bench.run(0.1)
    return bench.outputs.contactor


def glitch(after_duty_change: bool, state: str) -> Callable[[int], bool]:
    """A state that comes and goes in a charge, 500 ms after the duty changed or at any time: opened by one of ten."""

    def misread(ms: int) -> bool:
        for number in range(10):
            rng = random.Random(number)
            bench = charging(rng, d=False, limit_ma=32_000, attached_cable=True)
            if after_duty_change:
                bench.grant(limit_ma=16_000, attached_cable=True)
                bench.amps = (10.0, 0.0, 0.0)
                bench.run(0.5)
            bench.block(1 + rng.randrange(999))
            if not rides(bench, state, ms * 100):
                return True
        return False

    return misread


def pulse(ms: int) -> bool:
    """A pulse of C in B: closed by one of ten."""
    for number in range(10):
        rng = random.Random(number)
        bench = plugged(rng)
        bench.block(1 + rng.randrange(999))
        bench.state = "C"
        bench.wait(ms / 1000)
        bench.state = "B"
        bench.run(0.1)
        if bench.events(_core.EVENT_CLOSED):
            return True
    return False


def burst(mv: int) -> bool:
    """200 ms of white noise on the pilot right after the contactor closed: opened in one of five."""
    for number in range(5):
        rng = np.random.default_rng(number)
        bench = plugged(random.Random(number), limit_ma=16_000, attached_cable=True)
        bench.state = "C"
        bench.amps = (10.0, 10.0, 10.0)
        bench.until(True, 3)
        closed_at = bench.now

        def disturb(block: Samples, now: int, rng: np.random.Generator = rng, at: int = closed_at) -> Samples:
            if now >= at + 20_000:
                return block
            noisy = block.copy()
            shaken = noisy[:, 0] + rng.uniform(-mv, mv, len(noisy))
            noisy[:, 0] = np.clip(shaken, -32768, 32767).astype("<i2")
            return noisy

        bench.disturb = disturb
        bench.run(0.5)
        if bench.frame.faults or not bench.outputs.contactor:
            return True
    return False


def report(step: int = 250) -> Iterator[Found]:
    """All disturbances with the first strength that is misread."""
    for khz in KHZ:
        for state in STATES:
            for duty in DUTIES if state != "A" else (10_000,):
                yield line_noise(state, duty, khz, range(step, 12_001, step))
    yield scan("2.7 kOhm for so long, 500 ms after a change of the duty: opened", "ms", range(1, 60), glitch(True, "B"))
    yield scan("bounce 3 -> 1 (C to A and back) in a charge: opened", "ms", range(1, 60), glitch(False, "A"))
    yield scan("pulse of C in B: closed", "ms", range(250, 600, 5), pulse)
    yield scan("200 ms of white noise after the contactor closed: opened", "mV", range(step, 12_001, step), burst)
