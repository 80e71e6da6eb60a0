"""Energy against exact rational arithmetic, over a million intervals and onto a full lifetime (R-160, R-161)."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest

from evlink._core import Limits, Protection

MVAS_A_KWH = 3_600_000_000


def against_fractions(intervals: int, seed: int) -> None:
    """Random currents and lengths; every thousandth total is compared, rounded down as the register is."""
    rng = random.Random(seed)
    voltage = rng.randrange(175_000, 276_000)
    protection = Protection(Limits(voltage_mv=voltage))
    exact = Fraction(0)
    part = 0  # in units of half a milliampere x millivolt x millisecond
    last: int | None = None
    for number in range(intervals):
        current = rng.choice((0, 220, rng.randrange(80_000), rng.randrange(80_000)))
        dt = rng.choice((10, 100, 1_000, rng.randrange(10_000)))
        protection.step(current, 80_000, dt)
        part += (current + (current if last is None else last)) * dt
        last = current
        if number % 1_000 == 999:
            exact += Fraction(part * voltage, 2 * 1_000 * 1_000)
            part = 0
            assert protection.energy_mvas == exact.numerator // exact.denominator
    assert protection.energy_mvas > 0


def test_energy_equals_the_fraction() -> None:
    """A million intervals."""
    against_fractions(1_000_000, 1)


@pytest.mark.faults
@pytest.mark.parametrize("seed", range(2, 4))
def test_energy_equals_the_fraction_in_full(seed: int) -> None:
    """Five million intervals a seed."""
    against_fractions(5_000_000, seed)


def test_eight_hours_onto_a_lifetime() -> None:
    """8 h at 6 A in steps of 100 ms onto 50 000 kWh: 11.04 kWh more, to the unit (a 32-bit float loses them all)."""
    protection = Protection()
    lifetime = 50_000 * MVAS_A_KWH
    rate = 6_000 * 230  # milli-volt-amperes
    hour = 3_600_000
    while lifetime - protection.energy_mvas >= rate * 3_600:  # hours are as exact as 100 ms
        steps = (lifetime - protection.energy_mvas) // (rate * 3_600)
        for _ in range(min(steps, 24)):
            protection.step(6_000, 16_000, hour)
    before = protection.energy_mvas
    assert lifetime - before < rate * 3_600
    for _ in range(8 * 36_000):
        protection.step(6_000, 16_000, 100)
    assert protection.energy_mvas - before == rate * 8 * 3_600
