"""Disturbances of the pilot known from the field: what the core rides through, to the first strength it misreads."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from evlink import _core
from evlink._core import Pilot
from tests.core.disturbances import DUTIES, KHZ, STATES, Found, burst, glitch, line_noise, pulse, scan
from tests.unit.core_bench import period

Tell = Callable[[str, str], None]
TITLE = "disturbances: the first strength that is misread (all: python -m bench.disturbances)"

# Carriers at a fixed ratio to the sampling beat with it: their crests fall on the same samples of every period.
SYNCHRONOUS = (50.0, 75.0)


@pytest.mark.parametrize("khz", KHZ)
@pytest.mark.parametrize("state", STATES)
def test_power_line_noise(state: str, khz: float, tell: Tell) -> None:
    """36 to 91 kHz on the pilot: 5 V are read rightly in every state and duty (4 V where it beats)."""
    bound = 4_000 if khz in SYNCHRONOUS else 5_000 if state == "D" else 7_000
    found: list[Found] = []
    for duty in DUTIES if state != "A" else (10_000,):
        found.append(line_noise(state, duty, khz, range(500, 12_001, 500)))
        assert found[-1].first is None or found[-1].first >= bound, str(found[-1])
    tell(TITLE, str(min(found, key=lambda one: one.first or 1 << 30)))


ONCE: tuple[tuple[str, str, range, Callable[[int], bool], int, int], ...] = (
    ("2.7 kOhm, 500 ms after a change of the duty: opened", "ms", range(5, 60), glitch(True, "B"), 11, 40),
    ("bounce 3 -> 1 in a charge: opened", "ms", range(5, 60), glitch(False, "A"), 11, 40),
    ("pulse of C in B: closed", "ms", range(250, 600, 10), pulse, 500, 530),
    ("200 ms of white noise after the contactor closed: opened", "mV", range(500, 12_001, 500), burst, 5_000, 12_001),
)


@pytest.mark.parametrize(("what", "unit", "strengths", "misread", "least", "most"), ONCE, ids=[row[0] for row in ONCE])
def test_what_lasts_too_short(
    what: str, unit: str, strengths: range, misread: Callable[[int], bool], least: int, most: int, tell: Tell
) -> None:
    """One bad window never opens, a whole pulse of less than 500 ms never closes; what lasts is acted on."""
    found = scan(what, unit, strengths, misread)
    tell(TITLE, str(found))
    assert found.first is not None
    assert least <= found.first <= most


@pytest.mark.parametrize("state", "BCD")
def test_every_duty_is_read_wherever_the_samples_fall(state: str) -> None:
    """6 to 80 A in half amperes, ten places of the samples within an edge: state and -12 V are seen (table A.4)."""
    for limit in range(6_000, 80_001, 500):
        duty = _core.duty_from_ma(limit)
        for shift in range(10):
            pilot = Pilot()
            pilot.feed(np.resize(period(state, duty, True, shift), 4_000))
            assert (pilot.measured, pilot.modulated) == (STATES[state], True), f"{limit} mA, {shift} us: {pilot.low_mv}"


def test_noise_does_not_count_as_periods() -> None:
    """Duty and frequency are read to 1 % under 2 V of power-line noise."""
    clean = np.resize(period("C", 2666, True), 50_000).astype(np.float64)
    noisy = clean + 2_000 * np.sin(2 * np.pi * 61.8 * np.arange(50_000) / 100)
    pilot = Pilot()
    for at in range(0, 50_000, 1_000):
        pilot.feed(np.ascontiguousarray(noisy[at : at + 1_000].astype("<i2")))
        assert abs(pilot.frequency - 1_000) <= 10
        assert abs(pilot.duty - 2_666) <= 100
