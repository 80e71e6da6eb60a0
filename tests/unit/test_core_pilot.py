"""The pilot: millivolt table, plateaus, duty, frequency, debounce (IEC 61851-1 tables A.4 and A.8)."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evlink import _core
from evlink._core import Pilot, classify, duty_from_ma, ma_from_duty
from tests.unit.core_bench import Samples, pilot

U, A, B, C, D, E, F = range(7)

# (from mV, to mV, {previous: state}); the key None stands for every other previous state.
TABLE: list[tuple[int, int, dict[int | None, int]]] = [
    (13001, 32767, {None: U}),
    (11000, 13000, {None: A}),
    (10000, 10999, {A: A, None: B}),
    (8000, 9999, {None: B}),
    (7000, 7999, {A: B, B: B, None: C}),
    (5000, 6999, {None: C}),
    (4000, 4999, {A: C, B: C, C: C, None: D}),
    (2000, 3999, {None: D}),
    (-1000, 1999, {None: E}),
    (-2000, -1001, {A: E, B: E, C: E, D: E, E: E, None: U}),
    (-10000, -2001, {None: U}),
    (-11000, -10001, {F: F, None: U}),
    (-13000, -11001, {None: F}),
    (-32768, -13001, {None: U}),
]


@pytest.mark.parametrize(("low", "high", "states"), TABLE)
@pytest.mark.parametrize("previous", [U, A, B, C, D, E, F])
def test_table_to_the_millivolt(low: int, high: int, states: dict[int | None, int], previous: int) -> None:
    """Table A.4 with hysteresis by the measurement before, both ends of every band."""
    wanted = states.get(previous, states[None])
    assert classify(low, previous) == wanted
    assert classify(high, previous) == wanted


def test_the_table_has_no_gap() -> None:
    """Every millivolt belongs to exactly one band of the test's own table."""
    edges = sorted((low, high) for low, high, _ in TABLE)
    assert all(high + 1 == low for (_, high), (low, _) in pairwise(edges))


@pytest.mark.parametrize("tenths", range(60, 801))
def test_duty_round_trip(tenths: int) -> None:
    """Table A.8 from 6 A to 80 A: what is offered is never more, and at most one hundredth of a percent less."""
    ma = tenths * 100
    back = ma_from_duty(duty_from_ma(ma))
    if 51_000 < ma < 52_525:  # no duty means these: the lesser current is offered
        assert duty_from_ma(ma) == 8500
        assert back == 51_000
    else:
        assert ma - 25 < back <= ma


@pytest.mark.parametrize(
    ("ma", "duty"),
    [
        (0, 10000), (5999, 10000), (6000, 1000), (10000, 1666), (13000, 2166), (16000, 2666), (20000, 3333),
        (32000, 5333), (51000, 8500), (51001, 8500), (52499, 8500), (52500, 8500), (52525, 8501), (63000, 8920),
        (80000, 9600), (100_000, 9600), (-1, 10000),
    ],
)  # fmt: skip
def test_duty_of_the_common_currents(ma: int, duty: int) -> None:
    """32 A is 53.33 %, 63 A is 89.2 %: the integer errors of other stations must not come back."""
    assert duty_from_ma(ma) == duty


@pytest.mark.parametrize(
    ("duty", "ma"),
    [
        (0, 0), (299, 0), (300, 0), (500, 0), (700, 0), (799, 0), (800, 6000), (999, 6000), (1000, 6000),
        (5333, 31998), (8500, 51000), (8501, 52525), (9600, 80000), (9601, 80000), (9700, 80000), (9701, 0), (10000, 0),
    ],
)  # fmt: skip
def test_current_of_the_special_duties(duty: int, ma: int) -> None:
    """Below 8 % and above 97 % there is no charging; 5 % asks for digital communication."""
    assert ma_from_duty(duty) == ma


@pytest.mark.parametrize(
    ("ohm", "ma"),
    [
        (-1, 0), (4501, 0), (4500, -1), (2461, -1), (2460, 13000), (1500, 13000), (1100, 13000), (1099, -1), (937, -1),
        (936, 20000), (680, 20000), (400, 20000), (399, -1), (309, -1), (308, 32000), (220, 32000), (164, 32000),
        (163, -1), (141, -1), (140, 63000), (100, 63000), (80, 63000), (79, -1), (0, -1),
    ],
)  # fmt: skip
def test_cable_from_the_plug_resistor(ohm: int, ma: int) -> None:
    """Table B.2; a resistor in a gap never counts as the larger cable."""
    assert _core.cable_from_ohm(ohm) == ma


@pytest.mark.parametrize(("state", "code", "high"), [("A", A, 12000), ("B", B, 8965), ("C", C, 5969), ("D", D, 2891)])
@pytest.mark.parametrize("duty", [1000, 2666, 5333, 8920, 10000])
def test_plateaus_duty_and_frequency(state: str, code: int, high: int, duty: int) -> None:
    """Each state at each duty: plateaus to 60 mV though the edges are round, duty to a sample, frequency to 0.2 %."""
    core = Pilot()
    core.feed(pilot(state, duty, 60_000))
    assert core.measured == code
    assert core.high_mv == pytest.approx(high, abs=60)
    assert core.duty == pytest.approx(duty, abs=100)
    if duty < 10000:
        assert core.low_mv == pytest.approx(-12000, abs=60)
        assert core.frequency == pytest.approx(1000, abs=2)
    assert core.modulated is (duty < 10000)


def test_constant_levels() -> None:
    """100 % has no low plateau, 0 % is F, a short is E on both sides."""
    core = Pilot()
    core.feed(pilot("A", 0, 1000))
    assert (core.measured, core.high_mv, core.duty, core.frequency) == (F, -12000, 0, 0)
    core.feed(pilot("E", 5000, 1000))
    assert core.measured == E
    assert not core.modulated


@pytest.mark.parametrize("seed", range(5))
def test_single_spikes_do_not_move_the_plateau(seed: int) -> None:
    """Spikes of one sample up to the end of the scale, 5 % of all: the means stay within 60 mV."""
    rng = np.random.default_rng(seed)
    wave = pilot("C", 5333, 1000).copy()
    wave[rng.choice(1000, 50, replace=False)] = rng.choice([32767, -32768, 12000, -3000], 50)
    core = Pilot()
    core.feed(wave)
    assert core.measured == C
    assert core.high_mv == pytest.approx(5969, abs=60)
    assert core.low_mv == pytest.approx(-12000, abs=60)


def test_a_few_samples_are_no_plateau() -> None:
    """A constant -12 V line with a burst on it stays F."""
    wave = pilot("A", 0, 1000).copy()
    wave[100:110] = 9000
    core = Pilot()
    core.feed(wave)
    assert core.measured == F


@pytest.mark.parametrize("amplitude", [200, 600, 900])
@pytest.mark.parametrize("hertz", [8_000, 35_900, 62_500, 90_600])
@pytest.mark.parametrize("state", ["B", "C"])
def test_carrier_noise_on_the_line(state: str, hertz: int, amplitude: int) -> None:
    """Power-line carriers (36 to 91 kHz) and ripple up to 0.9 V leave the state alone."""
    t = np.arange(100_000) / 100_000
    noise = amplitude * np.sin(2 * np.pi * hertz * t + 0.3)
    wave = (pilot(state, 5333, 100_000) + noise).round().astype("<i2")
    core = Pilot()
    seen = {core.feed(wave[i : i + 1000]) for i in range(0, 100_000, 1000)}
    assert core.measured == {"B": B, "C": C}[state]
    assert seen <= {U, core.measured}


@settings(max_examples=40, deadline=None)
@given(cuts=st.lists(st.integers(1, 2500), min_size=1, max_size=20), seed=st.integers(0, 9))
def test_windows_come_from_the_stream_not_from_the_blocks(cuts: list[int], seed: int) -> None:
    """However a stream is cut into blocks, the same samples give the same state, plateaus and glitches."""
    rng = np.random.default_rng(seed)
    parts = [pilot(rng.choice(list("ABCD")), int(rng.integers(1000, 9600)), 7300, seed) for _ in range(4)]
    stream = np.ascontiguousarray(np.concatenate(parts) + rng.normal(0, 50, 29200).astype("<i2"), dtype="<i2")
    whole = Pilot()
    whole.feed(stream)
    cut = Pilot()
    at = 0
    while at < len(stream):
        size = cuts[at % len(cuts)]
        cut.feed(stream[at : at + size])
        at += size
    assert results(cut) == results(whole)


@settings(max_examples=40, deadline=None)
@given(
    channels=st.integers(1, 6),
    channel=st.integers(0, 5),
    cuts=st.lists(st.integers(0, 1500), min_size=1, max_size=20),
)
def test_a_channel_of_frames_is_as_good_as_the_channel_alone(channels: int, channel: int, cuts: list[int]) -> None:
    """The pilot may lie among other channels (design of the samples: cp, i1, i2, i3): the results are the same."""
    alone = pilot("C", 5333, 5000)
    frames = np.full((5000, channels), 32_767, "<i2")
    frames[:, channel % channels] = alone
    one, other = Pilot(), Pilot()
    at = 0
    for size in cuts:
        settled = one.feed(frames[at : at + size, channel % channels])
        assert settled == other.feed(np.ascontiguousarray(alone[at : at + size]))
        at += size
    assert results(one) == results(other)


def results(core: Pilot) -> tuple[int, ...]:
    return (core.measured, core.high_mv, core.low_mv, core.duty, core.frequency, core.glitches)


@pytest.mark.parametrize("hertz", [940, 995, 1005, 1040])
def test_frequency_of_instruments(hertz: int) -> None:
    """940 to 1040 Hz, as test instruments drive it: frequency to 0.5 %, duty to half a percent."""
    t = np.arange(1000) / 100_000
    wave = np.where((t * hertz) % 1 < 0.4, 9000, -12000).astype("<i2")
    core = Pilot()
    core.feed(wave)
    assert core.frequency == pytest.approx(hertz, rel=0.005)
    assert core.duty == pytest.approx(4000, abs=60)


def settle(core: Pilot, wave: Samples, wanted: int, least: int = 100) -> int:
    """Feed in steps until the state settles as wanted; samples it took."""
    for at in range(0, len(wave), least):
        if core.feed(wave[at : at + least]) == wanted:
            return at + least
    raise AssertionError(f"never settled to {wanted}")


@pytest.mark.parametrize("offset", range(0, 1000, 37))
@pytest.mark.parametrize(
    ("old", "new", "code"), [("C", "B", B), ("C", "A", A), ("C", "E", E), ("D", "B", B), ("C", "D", D)]
)
def test_toward_less_energy_within_40_ms(old: str, new: str, code: int, offset: int) -> None:
    """Over every phase of the window: from C to B, A and E within 40 ms of samples (table A.6, 7 and 8.1)."""
    core = Pilot()
    assert core.feed(pilot(old, 5333, 60_000 + offset)) == {"C": C, "D": D}[old]
    wave = pilot(new, 5333, 6000, offset)
    took = 0
    for at in range(6000):
        left = core.feed(wave[at : at + 1]) not in (C, D) if new != "D" else core.feed(wave[at : at + 1]) == D
        if left:
            took = at + 1
            break
    assert 2000 < took <= 4000
    core.feed(wave[:2000])
    assert core.measured == code


@pytest.mark.parametrize("offset", range(0, 1000, 111))
def test_toward_more_energy_only_after_500_ms(offset: int) -> None:
    """B to C needs 500 ms of C, over every phase of the window."""
    core = Pilot()
    assert core.feed(pilot("B", 5333, 20_000 + offset)) == B
    assert 50_000 <= settle(core, pilot("C", 5333, 60_000, offset), C) <= 52_000


def test_a_short_c_pulse_is_not_c() -> None:
    """A vehicle that shows C for 250 ms only signals (table A.6, 11)."""
    core = Pilot()
    core.feed(pilot("B", 5333, 20_000))
    for _ in range(5):
        for state, samples in (("C", 25_000), ("B", 10_000)):
            assert core.feed(pilot(state, 5333, samples)) == B


def test_one_or_two_windows_alone_change_nothing() -> None:
    """A burst of 20 ms in C is suppressed and counted."""
    core = Pilot()
    core.feed(pilot("C", 5333, 60_000))
    before = core.glitches
    core.feed(pilot("A", 5333, 2_000))
    assert core.feed(pilot("C", 5333, 2_000)) == C
    assert core.glitches == before + 1


@pytest.mark.parametrize(
    "block",
    [
        np.zeros((10, 2), "<i2"),
        np.zeros(10, "<i4"),
        np.zeros(10, "<f4"),
        np.zeros(20, "<u2"),
        np.zeros(20, ">i2"),
        np.zeros(20, "<i2")[::-1],
        np.broadcast_to(np.int16(0), (20,)),
        np.zeros(20, np.dtype([("cp", "<i2"), ("flags", "u1")]))["cp"],
    ],
)
def test_another_shape_or_type_is_refused(block: npt.NDArray[np.generic]) -> None:
    """A wrong block gets one sentence and changes nothing."""
    with pytest.raises(ValueError, match="int16"):
        Pilot().feed(block)
