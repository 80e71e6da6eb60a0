"""The sequences of IEC 61851-1 table A.6 as measurements: each takes one random case and returns a time in samples.

A case is random in the limit offered (so in duty), in the pilot's phase, in where within a window the change falls, in
the currents, and in state C or D. A sequence's bounds are of the clause, or this product's own where they are tighter.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from evlink import _core
from tests.core.sequence_bench import (
    MS,
    NO_BOUND,
    SECOND,
    WIDE,
    becomes,
    blocks,
    changed,
    charging,
    closings,
    plugged,
    until_open,
)
from tests.unit.core_bench import Bench

FULL, FULL_LONG = 10_000, 200  # cases of what takes up to a second, and of longer waits


@dataclass(frozen=True, slots=True)
class Sequence:
    """One row of the timing table: bounds in samples, or closings of the contactor where `unit` says so."""

    name: str
    clause: str
    what: str
    allowed: str  # in the words of the clause or of the peers
    least: int
    most: int
    measure: Callable[[random.Random], int]
    long: bool = False
    unit: str = "samples"


@dataclass(frozen=True, slots=True)
class Measured:
    """The extremes over all cases of a sequence."""

    sequence: Sequence
    cases: int
    least: int
    worst: int
    worst_seed: int

    @property
    def kept(self) -> bool:
        """Whether every case was within the bounds."""
        return self.sequence.least <= self.least and self.worst <= self.sequence.most

    def __str__(self) -> str:
        s = self.sequence
        if s.unit == "samples":
            found = f"{self.least:>9} .. {self.worst:>9} samples = {self.worst / MS:9.2f} ms"
            bound = (
                f"{s.least / MS:.0f} .. {s.most / MS:.0f} ms" if s.most < NO_BOUND else f"{s.least / MS:.0f} ms or more"
            )
        else:
            found, bound = f"{self.least:>9} .. {self.worst:>9} {s.unit}", f"{s.least} .. {s.most} {s.unit}"
        word = "" if self.kept else "  BROKEN"
        return f"{s.clause:<12} {s.what:<58} {s.allowed:<16} {bound:<22} {found:<46} {self.cases:>6}{word}"


HEADER = (
    f"{'clause':<12} {'sequence':<58} {'clause allows':<16} {'held to':<22} "
    f"{'measured: least .. worst':<46} {'cases':>6}"
)


def run(sequence: Sequence, cases: int, seed: int = 1) -> Measured:
    """Measure a sequence over so many random cases."""
    least, worst, worst_seed = 1 << 62, -1, 0
    for number in range(cases):
        found = sequence.measure(random.Random(f"{sequence.name} {seed} {number}"))
        least = min(least, found)
        if found > worst:
            worst, worst_seed = found, number
    return Measured(sequence, cases, least, worst, worst_seed)


def plug_in(rng: random.Random) -> int:
    """1.1: A to B, until B is announced."""
    bench = Bench()
    bench.phase, bench.shift = rng.randrange(100), rng.randrange(10)
    bench.wait(0.1)
    return next(s for s in changed(bench, rng, lambda: bench.plug("B")) if bench.frame.pilot == _core.PILOT_B)


def plug_in_simplified(rng: random.Random) -> int:
    """1.2: A to C without B between, until it is announced as simplified mode."""
    bench = Bench()
    bench.phase, bench.shift = rng.randrange(100), rng.randrange(10)
    bench.wait(0.1)
    bench.vehicle_obeys = False
    return next(s for s in changed(bench, rng, lambda: bench.plug("C")) if bench.frame.simplified)


def unplug_in_b(rng: random.Random) -> int:
    """2.1: B2 to A, until the state is announced and the PWM is off."""
    bench = plugged(rng)
    done = (_core.PILOT_A, 10_000)
    return next(s for s in changed(bench, rng, bench.unplug) if (bench.frame.pilot, bench.outputs.duty) == done)


def unplug_in_charge(rng: random.Random) -> int:
    """2.2: C2 or D2 to A."""
    bench = charging(rng)
    return until_open(bench, rng, bench.unplug)


def ready(rng: random.Random) -> int:
    """4: B2 to C2 or D2, until the contactor closes."""
    bench = plugged(rng, ventilation=True)
    return next(s for s in changed(bench, rng, becomes(bench, rng.choice("CD")), 4) if bench.outputs.contactor)


def pwm_falls(rng: random.Random) -> int:
    """6: a lower limit, until the duty shows it."""
    bench = charging(rng, limit_ma=32_000, attached_cable=True)
    limit = rng.randrange(60, 300) * 100
    want = _core.duty_from_ma(limit)
    change = changed(bench, rng, lambda: bench.grant(limit_ma=limit, ventilation=True, attached_cable=True))
    return next(s for s in change if bench.outputs.duty == want)


def pwm_rises(rng: random.Random) -> int:
    """6: limits that change all the time: the least samples from any change of the duty to a rise."""
    bench = charging(rng, d=False)
    least, last_at, last = NO_BOUND, -1, bench.outputs.duty
    end = bench.now + 20 * SECOND
    while bench.now < end:
        bench.grant(limit_ma=rng.randrange(60, 320) * 100, attached_cable=True)
        bench.amps = (5.0, 5.0, 5.0)
        for _ in range(rng.randrange(10, 200)):
            duty = bench.block().duty
            if duty != last:
                if duty > last and last_at >= 0:
                    least = min(least, bench.now - last_at)
                last, last_at = duty, bench.now
    return least


def s2_opens(rng: random.Random) -> int:
    """7, 8.1: C2 or D2 to B2."""
    bench = charging(rng)
    return until_open(bench, rng, becomes(bench, "B"))


def s2_opens_without_pwm(rng: random.Random) -> int:
    """8.2: C1 to B1, after the station stopped its PWM."""
    bench = charging(rng)
    bench.vehicle_obeys = False
    bench.grant(authorised=False, ventilation=True, attached_cable=True)
    bench.wait(rng.choice((0.05, 0.5, 2.0)))
    assert (bench.outputs.duty, bench.outputs.contactor) == (10_000, True)
    return until_open(bench, rng, becomes(bench, "B"))


def pwm_stops(rng: random.Random) -> int:
    """10.1: the permit is withdrawn, until the pilot is a constant +12 V source."""
    bench = charging(rng)
    return next(s for s in changed(bench, rng, lambda: bench.grant(authorised=False)) if bench.outputs.duty == 10_000)


def ignored(rng: random.Random) -> int:
    """10.2: the vehicle stays in C1 or D1, from 100 % duty until the contactor opens under load."""
    bench = charging(rng)
    bench.vehicle_obeys = False
    bench.grant(authorised=False, ventilation=True)
    for _ in blocks(bench, 0.1):
        if bench.outputs.duty == 10_000:
            break
    return next(s for s in blocks(bench, 8) if not bench.outputs.contactor)


def short_pulses(rng: random.Random) -> int:
    """11: pulses of C up to 480 ms, with B between: how often the contactor closed."""
    bench = plugged(rng)
    for length in (rng.randrange(10, 481), 250, rng.randrange(10, 481)):
        offset = rng.randrange(1000)
        bench.block(1 + offset)
        bench.state = "C"
        bench.wait(length / 1000)
        bench.state = "B"
        bench.block(999 + (length % 10 == 0) * (1000 - offset))
        bench.wait(0.1)
    return closings(bench)


def pilot_short(rng: random.Random) -> int:
    """12: 80 ohms from the pilot to earth in C2 or D2 (A.4.9)."""
    bench = charging(rng)
    return until_open(bench, rng, becomes(bench, "E"))


def no_diode(rng: random.Random) -> int:
    """Table A.4, footnote: a vehicle without a diode that asks for current; closings of the contactor."""
    bench = plugged(rng, "A")
    bench.wait(0.05)
    bench.diode = False
    bench.plug("B", 100)
    bench.wait(rng.choice((0.0, 0.3)))
    bench.state = rng.choice("CD")
    bench.vehicle_obeys = False
    bench.wait(1.0)
    return closings(bench)


def diode_lost(rng: random.Random) -> int:
    """Table A.4, footnote: the diode fails in C2 or D2."""
    bench = charging(rng)
    return until_open(bench, rng, lambda: setattr(bench, "diode", False))


def plug_drawn(rng: random.Random) -> int:
    """The plug resistor opens in C2 or D2 while the pilot still shows the vehicle."""
    bench = charging(rng, limit_ma=32_000, attached_cable=False)
    return until_open(bench, rng, lambda: setattr(bench, "plug_ohm", -1))


def pilot_low_lost(rng: random.Random) -> int:
    """The generator sticks at +12 V in C2 or D2: no modulation is seen."""
    bench = charging(rng)
    bench.vehicle_obeys = False
    return until_open(bench, rng, lambda: setattr(bench, "pilot_duty", 10_000))


def clipped(rng: random.Random) -> int:
    """A current beyond the converter: opened in the very block in which it clips, within half a period and 10 ms."""
    bench = charging(rng)

    def change() -> None:
        bench.amps = (400.0, 0.0, 0.0)  # 566 A at the peak; the ring of int16 clips

    return until_open(bench, rng, change)


def unlock_in_f(rng: random.Random) -> int:
    """F: out of service with a cable locked in, from the order until the lock lets go."""
    bench = plugged(rng, lock=True, limit_ma=16_000, attached_cable=False)
    change = changed(bench, rng, lambda: bench.grant(authorised=False, available=False, lock=True), 8)
    return next(s for s in change if not bench.outputs.lock)


def guard_after(state: str) -> Callable[[random.Random], int]:
    """A vehicle that leaves a state and asks again, until the contactor closes again."""

    def measure(rng: random.Random) -> int:
        bench = charging(rng, d=False)
        if state != "C":
            bench.grant(limit_ma=16_000, ventilation=True, attached_cable=True)
            bench.amps = (10.0, 0.0, 0.0)
            bench.state = state
            bench.wait(0.3 + rng.random())
        begun = bench.now
        bench.state = "B"
        bench.wait(rng.choice((0.1, 1.0, 4.0)))
        bench.state = "C"
        assert not bench.outputs.contactor
        return next(s for s in blocks(bench, 40) if bench.outputs.contactor) and bench.now - begun

    return measure


def wake_up(rng: random.Random) -> int:
    """A.5.3: a vehicle that stays in B2, from its PWM to the step that wakes it."""
    bench = Bench(WIDE)
    bench.phase, bench.shift = rng.randrange(100), rng.randrange(10)
    bench.wait(0.05)
    bench.grant(limit_ma=rng.randrange(60, 320) * 100)
    bench.plug("B", 100)
    begun = next(bench.now for _ in blocks(bench, 1) if 0 < bench.outputs.duty < 10_000)
    bench.wait(29.5)
    return next(bench.now - begun for _ in blocks(bench, 2) if bench.outputs.duty == 0)


def wake_step(rng: random.Random) -> int:
    """A.5.3: the length of the step."""
    bench = plugged(rng)
    bench.wait(29)
    next(s for s in blocks(bench, 3) if bench.outputs.duty == 0)
    begun = bench.now
    bench.wait(3.9)
    return next(bench.now - begun for _ in blocks(bench, 2) if bench.outputs.duty)


def low_current_ends(rng: random.Random) -> int:
    """A.2.3: simplified mode has no S2; from under 1 A to the opening, SM3StopDelay 20 s."""
    bench = Bench(WIDE._replace(simplified_stop_s=20))
    bench.phase, bench.shift = rng.randrange(100), rng.randrange(10)
    bench.vehicle_obeys = False
    bench.wait(0.05)
    bench.grant(limit_ma=16_000)
    bench.plug("C", 220)
    bench.amps = (8.0, 0.0, 0.0)
    bench.until(True, 5)
    bench.wait(25)
    assert bench.outputs.contactor
    assert bench.frame.simplified
    bench.amps = (rng.choice((0.0, 0.5, 0.9)), 0.0, 0.0)
    return next(s for s in blocks(bench, 25) if not bench.outputs.contactor)


def lapse_degraded(rng: random.Random) -> int:
    """The lease: from the last permit to the degraded set point."""
    bench = charging(rng, limit_ma=32_000, attached_cable=True, d=False)
    bench.grant(limit_ma=32_000, attached_cable=True)
    bench.block()
    granted = bench.now - 1000
    bench.silence()
    bench.amps = (8.0, 0.0, 0.0)
    bench.wait(4.8)
    for _ in blocks(bench, 1):
        if bench.frame.permit_state == _core.PERMIT_DEGRADED:
            break
    assert bench.frame.limit_ma == 8_000
    return bench.now - granted


def lapse_open(rng: random.Random) -> int:
    """The lease: from the last permit to the open contactor, of a vehicle that obeys or does not."""
    bench = charging(rng, limit_ma=32_000, attached_cable=True, d=False)
    bench.grant(limit_ma=32_000, attached_cable=True)
    bench.block()
    granted = bench.now - 1000
    bench.silence()
    bench.vehicle_obeys = rng.random() < 0.5
    bench.amps = (8.0, 0.0, 0.0)
    bench.wait(59.9)
    for _ in blocks(bench, 8):
        if not bench.outputs.contactor:
            break
    return bench.now - granted


SEQUENCES: tuple[Sequence, ...] = (
    Sequence("1.1", "A.6, 1.1", "plug in, A to B: announced", "an event", 9_000, 12_000, plug_in),
    Sequence("1.2", "A.6, 1.2", "plug in, A to C: simplified mode", "an event", 0, 53_000, plug_in_simplified),
    Sequence("2.1", "A.6, 2.1", "unplug in B2: A announced, PWM off", "100 ms", 0, 4_000, unplug_in_b),
    Sequence("2.2", "A.6, 2.2", "unplug in C2, D2: contactor opens", "100 ms", 0, 4_000, unplug_in_charge),
    Sequence("4", "A.6, 4", "vehicle ready: contactor closes, after 500 ms stable", "3 s", 50_000, 53_000, ready),
    Sequence("6 down", "A.6, 6", "lower limit: duty falls at once", "5 s", 0, 2_000, pwm_falls),
    Sequence("6 up", "A.6, 6", "duty rises no oftener than", "every 5 s", 500_000, NO_BOUND, pwm_rises, long=True),
    Sequence("8.1", "A.6, 7, 8.1", "vehicle opens S2, C2 or D2 to B2: contactor opens", "100 ms", 0, 4_000, s2_opens),
    Sequence("8.2", "A.6, 8.2", "the same without PWM, C1 to B1", "100 ms", 0, 4_000, s2_opens_without_pwm),
    Sequence("10.1", "A.6, 10.1", "permit withdrawn: PWM off", "at once", 0, 2_000, pwm_stops),
    Sequence("10.2", "A.6, 10.2", "vehicle ignores it: opened under load", "6 s", 600_000, 602_000, ignored, long=True),
    Sequence("11", "A.6, 11", "pulses of C up to 480 ms: contactor closes", "never", 0, 0, short_pulses, unit="times"),
    Sequence("12", "A.6, 12", "pilot short to earth in C2, D2: contactor opens", "3 s", 0, 4_000, pilot_short),
    Sequence("A.4", "table A.4", "no diode: contactor closes", "never", 0, 0, no_diode, unit="times"),
    Sequence("A.4 lost", "table A.4", "diode lost in C2, D2: contactor opens", "-", 0, 13_000, diode_lost),
    Sequence("low lost", "table A.4", "-12 V lost in C2, D2: contactor opens", "-", 0, 13_000, pilot_low_lost),
    Sequence("B.2", "table B.2", "plug resistor opens in C2, D2: contactor opens", "100 ms", 0, 5_000, plug_drawn),
    Sequence("short", "-", "current beyond the converter: contactor opens", "at once", 0, 2_000, clipped),
    Sequence("F", "A.6, F", "out of service: lock lets go", "5 s", 500_000, 502_000, unlock_in_f, long=True),
    Sequence(
        "guard C", "guard", "C left, asked again: closes no sooner", "-", 500_000, 560_000, guard_after("C"), long=True
    ),
    Sequence(
        "guard D",
        "guard",
        "D left, asked again: closes no sooner",
        "-",
        3_000_000,
        3_060_000,
        guard_after("D"),
        long=True,
    ),
    Sequence(
        "guard E",
        "guard",
        "E left, asked again: closes no sooner",
        "-",
        3_000_000,
        3_060_000,
        guard_after("E"),
        long=True,
    ),
    Sequence("A.5.3", "A.5.3", "asleep in B2: wake-up begins", "30 s", 3_000_000, 3_002_000, wake_up, long=True),
    Sequence("A.5.3 step", "A.5.3", "length of the wake-up step", "4 s", 400_000, 402_000, wake_step, long=True),
    Sequence(
        "A.2.3",
        "A.2.3",
        "simplified, under 1 A: opens",
        "20 s as set",
        2_000_000,
        2_022_000,
        low_current_ends,
        long=True,
    ),
    Sequence("lease 5", "lease", "station silent: degraded limit", "5 s", 500_000, 502_000, lapse_degraded, long=True),
    Sequence("lease 60", "lease", "station silent: open", "60 s + 6 s", 6_000_000, 6_602_000, lapse_open, long=True),
)
