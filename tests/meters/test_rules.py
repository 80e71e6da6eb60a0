"""The pure rules of meters: wiring, plausibility, the watch, and the one register (R-160 to R-169)."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evlink.modbus.meters import Sample
from evlink.modbus.plausible import Bounds, impossible
from evlink.modbus.watch import Health, Watch, Witness, judged, missed, owes
from evlink.modbus.wiring import ORDERS, Phases, by_line, moves_as_mapped
from evlink.runtime.register import Register
from evlink.settings.label import Label
from evlink.settings.meters import PHASES

SAID = Label("said")
WH = 3_600_000


def sample(wh: int, amps: float = 10.0, watts: float = 6900.0) -> Sample:
    return Sample((amps,) * 3, (230.0,) * 3, watts, wh, (wh % 65536, round(amps * 100)))


# Wiring (R-169, N-47)


def test_the_orders_are_those_of_the_settings() -> None:
    assert set(ORDERS) == set(PHASES.ids())
    assert {order for order in ORDERS.values() if 0 not in order} == set(permutations((1, 2, 3)))


@given(st.sampled_from(sorted(ORDERS)), st.tuples(*[st.floats(0, 64)] * 3))
def test_each_reading_goes_to_its_line_phase(name: str, readings: Phases) -> None:
    """L(k) is the reading of the input whose line phase is k."""
    order = ORDERS[name]
    lines = by_line(order, readings)
    for terminal, phase in enumerate(order):
        if phase:
            assert lines[phase - 1] == readings[terminal]
    assert [lines[k] for k in range(3) if k + 1 not in order] == [0.0] * order.count(0)


@pytest.mark.parametrize(
    ("expected", "metered", "verdict"),
    [
        ((16.0, 0.0, 0.0), (15.8, 0.0, 0.0), True),
        ((16.0, 0.0, 0.0), (0.0, 15.8, 0.0), False),
        ((16.0, 16.0, 0.0), (16.0, 0.0, 16.0), False),
        ((16.0, 16.0, 16.0), (16.0, 16.0, 16.0), None),  # all alike: any order would do
        ((0.0, 0.0, 0.0), (0.0, 16.0, 0.0), None),  # no charge
        ((16.0, 2.0, 0.0), (0.0, 16.0, 0.0), None),  # a current that just begins
        ((16.0, 0.0, 0.0), (0.0, 0.0, 0.0), None),  # the meter has not seen it yet
    ],
)
def test_the_phase_that_moves_is_the_mapped_one(expected: Phases, metered: Phases, verdict: bool | None) -> None:
    """Evt #15."""
    assert moves_as_mapped(expected, metered) is verdict


# Plausibility


@pytest.mark.parametrize(
    "changes",
    [
        {"power_w": 6900.0},
        {"power_w": None, "current_a": None, "voltage_v": None},
        {"voltage_v": (230.0, 0.0, 0.0), "current_a": (16.0, 0.0, 0.0), "power_w": 3600.0},
        {"current_a": (-0.01, 0.0, 0.0), "power_w": -3.0},
        {"current_a": (64.0, 64.0, 64.0), "power_w": 44_000.0},
    ],
)
def test_what_may_be(changes: dict[str, object]) -> None:
    assert impossible(replace(sample(1000), **changes), Bounds()) is None  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"current_a": (float("nan"), 0.0, 0.0)}, "not a number"),
        ({"power_w": float("inf")}, "not a number"),
        ({"energy": float("nan")}, "not a number"),
        ({"energy": -1}, "negative"),
        ({"power_w": -500.0}, "negative"),
        ({"current_a": (64.1, 0.0, 0.0)}, "64.1 A"),
        ({"voltage_v": (16.0, 16.0, 16.0)}, "16 V"),
        ({"voltage_v": (230.0, 230.0, 400.0)}, "400 V"),
        ({"voltage_v": (60.0, 230.0, 230.0)}, "60 V"),
        ({"power_w": 9000.0}, "9000 W, more than 8085 W"),  # than its currents carry: kW taken for W shows here
        ({"power_w": 50_000.0, "current_a": None}, "50000 W"),
    ],
)
def test_what_can_not_be(changes: dict[str, object], said: str) -> None:
    """modbus research 2: NaN, inf, negative or more than twice the rated value is a bad sample."""
    wrong = impossible(replace(sample(1000), **changes), Bounds())  # type: ignore[arg-type]
    assert wrong is not None
    assert said in wrong.en


# The watch


def test_three_missed_periods_are_a_loss_and_two_samples_a_return() -> None:
    watch, believed = judged(Watch(Bounds()), sample(1000), 0.0, Witness())
    assert (watch.health, believed) == (Health.OK, True)
    for _ in range(2):
        watch = missed(watch, SAID)
        assert watch.counting
    watch = missed(watch, SAID)
    assert watch.health is Health.LOST
    watch, believed = judged(watch, sample(900), 5.0, Witness())  # an exchanged meter may have a lower counter
    assert (watch.counting, believed) == (False, False)
    watch, believed = judged(watch, sample(901), 6.0, Witness())
    assert (watch.counting, believed) == (True, True)


def test_two_misses_and_a_sample_are_no_loss() -> None:
    watch, _ = judged(Watch(Bounds()), sample(1000), 0.0, Witness())
    for second in range(1, 30, 3):
        watch = missed(missed(watch, SAID), SAID)
        watch, believed = judged(watch, sample(1000 + second), float(second), Witness())
        assert believed


def test_a_lost_meter_that_jumps_about_does_not_come_back() -> None:
    watch = Watch(Bounds())
    for _ in range(3):
        watch = missed(watch, SAID)
    for second, wh in enumerate((1000, 90_000, 5, 70_000, 6, 1_000_000)):
        watch, believed = judged(watch, sample(wh), float(second), Witness())
        assert not believed


def test_an_idle_meter_is_not_frozen() -> None:
    """The same numbers for an hour are what an idle meter says; some reactive current changes nothing."""
    watch = Watch(Bounds())
    for second in range(3600):
        idle = Sample((0.0,) * 3, (230.0,) * 3, 0.0, 1000, (1, 2, 3))
        watch, believed = judged(watch, idle, float(second), Witness(1.0, second * 0.064))
        assert believed


def test_values_that_stand_while_the_transformers_see_a_charge() -> None:
    watch = Watch(Bounds())
    frozen = Sample((0.0,) * 3, (230.0,) * 3, 0.0, 1000, (1, 2, 3))
    for second in range(60):
        watch, believed = judged(watch, frozen, float(second), Witness(16.0, second * 3.0))
        if not believed:
            break
    assert 19 <= second <= 25
    assert (watch.health, watch.frozen) == (Health.IMPLAUSIBLE, True)


def test_a_slow_meter_owes_what_flowed_until_it_tells() -> None:
    """A counter that moves every ten seconds, also after the charge, is late and not frozen."""
    watch = Watch(Bounds())
    for second in range(31):
        seen = Sample((0.0,) * 3, (230.0,) * 3, None, 1000 + second // 10 * 30, (second // 10,))
        flows = Witness(16.0 if second < 25 else 0.0, min(second, 25) * 3.0)
        watch, believed = judged(watch, seen, float(second), flows)
        assert believed
        assert owes(watch) is (second % 10 >= 5)


def _frozen(lively: bool) -> tuple[Watch, int]:
    """A watch over a meter whose counter stands at 1000 Wh while 11 kW flow, and when it was found frozen."""
    watch = Watch(Bounds())
    for second in range(60):
        watch, believed = judged(watch, _standing(second if lively else 0), float(second), Witness(16.0, second * 3.0))
        if not believed:
            return watch, second
    raise AssertionError("it was believed for a minute")


def _standing(seed: int, wh: int = 1000) -> Sample:
    volts = 230.0 + seed % 7 / 10
    return Sample((16.0,) * 3, (volts,) * 3, 11_000.0, wh, (seed % 7, wh))


@pytest.mark.parametrize("lively", [False, True])
def test_what_froze_stays_lost_through_a_silence_until_it_moves(lively: bool) -> None:
    """R-163: neither some seconds of silence nor other voltages make a counter that stands one to be believed."""
    watch, at = _frozen(lively)
    for second in range(at + 1, at + 40):
        if second % 9 < 4:
            watch = missed(watch, SAID)
        else:
            seed = second if lively else 0
            watch, believed = judged(watch, _standing(seed), float(second), Witness(16.0, second * 3.0))
            assert not believed
        assert not watch.counting
    for second in (at + 40, at + 41):
        watch, _ = judged(watch, _standing(second, 1000 + second), float(second), Witness(16.0, second * 3.0))
    assert watch.counting


@given(st.lists(st.one_of(st.none(), st.integers(0, 2000)), max_size=60))
def test_no_belief_in_a_falling_counter(counters: list[int | None]) -> None:
    """Between two samples that are believed without a loss between them, the counter never fell."""
    watch, last = Watch(Bounds()), -1
    for second, wh in enumerate(counters):
        if wh is None:
            watch = missed(watch, SAID)
            believed = False
        else:
            watch, believed = judged(watch, sample(wh, 0.0, 0.0), float(second), Witness())
        if not watch.counting:
            last = -1
        if believed and wh is not None:
            assert wh >= last
            last = wh


# The register

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("core"), st.integers(0, 10**9)),
        st.tuples(st.just("meter"), st.integers(0, 10**12)),
        st.tuples(st.just("lost"), st.booleans()),
        st.tuples(st.just("restart"), st.just(0)),
    ),
    max_size=60,
)


@given(STEPS)
def test_the_register_never_falls_and_never_jumps(steps: list[tuple[str, int]]) -> None:
    """It gains no more than whoever counts has counted, at whatever moment the counter changes hands."""
    register, count, shown = Register(), 0, 0
    counter: int | None = None
    read = moved = 0  # what the core has counted since the meter was read, and since its counter moved
    for what, value in steps:
        before = register.shown
        match what:
            case "core":
                count, read, moved = count + value, read + value, moved + value
                register.by_core(count)
                if counter is not None:
                    assert register.shown == before
                else:
                    assert register.shown - before <= read
                    read = 0
            case "meter":
                gain = 0 if counter is None else max(0, value - counter)
                register.by_meter(count, value)
                assert register.shown - before <= gain + (read if counter is None else 0)
                moved = 0 if counter is None or gain else moved
                counter, read = max(value, counter or 0), 0
            case "lost":
                read = moved if value and counter is not None else read
                register.lost(bool(value))
                counter = None
            case "restart":
                # The core begins anew; storage kept the register, and what the core alone knows by then goes with it.
                register.by_core(count)
                register.restart(register.shown)
                count = read = moved = 0
        assert register.shown >= shown
        shown = register.shown


def test_a_charge_from_one_counter_to_the_other() -> None:
    register = Register()
    register.restart(1000 * WH)
    assert register.by_core(10 * WH) == 1010 * WH
    register.by_meter(10 * WH, 5_000_000 * WH)  # says only where it stands
    assert register.by_core(60 * WH) == 1010 * WH
    assert register.by_meter(60 * WH, 5_000_045 * WH) == 1055 * WH
    assert register.by_core(63 * WH) == 1055 * WH
    register.lost()
    assert register.by_core(63 * WH) == 1058 * WH  # from the last good reading on
    register.by_meter(70 * WH, 5_000_050 * WH)
    assert register.shown == 1065 * WH
    assert register.by_meter(71 * WH, 5_000_052 * WH) == 1067 * WH


def test_a_counter_that_stood_is_made_up_for_from_its_last_move() -> None:
    register = Register()
    register.by_meter(0, 100 * WH)
    register.by_meter(5 * WH, 105 * WH)
    register.by_meter(20 * WH, 105 * WH)
    register.lost(stood=True)
    assert register.by_core(21 * WH) == (5 + 16) * WH
