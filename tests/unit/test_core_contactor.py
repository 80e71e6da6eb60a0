"""The contactor: what must be there to close, what opens it and how fast (IEC 61851-1 table A.6; R-064 to R-066)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from evlink import _core
from evlink._core import Limits
from tests.unit.core_bench import Bench

OPENED, CLOSED = _core.EVENT_OPENED, _core.EVENT_CLOSED


def reasons(bench: Bench) -> list[int]:
    return [event.a for event in bench.events(OPENED)]


def test_a_charge() -> None:
    """Plug, permit, ready: PWM is offered in B, the contactor closes in C, never earlier."""
    bench = Bench()
    bench.run(0.3)
    assert bench.frame.pilot == _core.PILOT_A
    bench.plug("B")
    bench.run(1)
    assert (bench.outputs.duty, bench.outputs.contactor) == (10000, False)
    bench.grant(lock=True)
    bench.run(1)
    assert (bench.outputs.duty, bench.outputs.contactor, bench.outputs.lock) == (2666, False, True)
    bench.state, bench.amps = "C", (10, 10, 10)
    assert 0.5 <= bench.until(True) <= 0.6
    bench.run(1)
    frame = bench.frame
    assert list(frame.current_ma) == pytest.approx([10_000] * 3, abs=20)
    assert (frame.phases_used, frame.cable_ma, frame.limit_ma, frame.faults) == (3, 32000, 16000, 0)
    assert frame.modulated
    assert not frame.simplified
    bench.state = "B"
    bench.run(0.1)
    assert not bench.outputs.contactor
    assert reasons(bench) == [_core.OPEN_VEHICLE]


def prepared(**permit: Any) -> Bench:
    bench = Bench()
    bench.run(0.3)
    bench.grant(**permit)
    bench.plug("B")
    bench.run(0.5)
    return bench


Change = Callable[[Bench], object]

MISSING: list[tuple[str, dict[str, Any], Change]] = [
    ("not authorised", {"authorised": False}, lambda b: None),
    ("limit under 6 A", {"limit_ma": 5999}, lambda b: None),
    ("rating under 6 A", {"limits": Limits(rating_ma=5000)}, lambda b: None),
    ("not available", {"available": False}, lambda b: None),
    ("no plug", {}, lambda b: setattr(b, "plug_ohm", -1)),
    ("plug resistor in a gap", {}, lambda b: setattr(b, "plug_ohm", 350)),
    ("lock open", {"lock": True}, lambda b: setattr(b, "lock_stuck", False)),
    ("contactor welded", {}, lambda b: setattr(b, "stuck", True)),
    ("diode missing", {}, lambda b: setattr(b, "diode", False)),
    ("no modulation seen", {}, lambda b: setattr(b, "pilot_duty", 10000)),
]


@pytest.mark.parametrize(("what", "permit", "change"), MISSING, ids=[what for what, _, _ in MISSING])
def test_never_closes_without(what: str, permit: dict[str, Any], change: Change) -> None:
    """Each thing that is missing keeps the contactor open for good."""
    bench = prepared(**permit)
    change(bench)
    bench.vehicle_obeys = False
    bench.state = "C"
    for _ in range(500):
        assert not bench.block().contactor, what


def test_closes_with_nothing_missing() -> None:
    """The counterpart of the table above."""
    bench = prepared(lock=True)
    bench.state = "C"
    bench.until(True)


def test_d_closes_only_with_ventilation() -> None:
    """R-064, R-065, R-066: state D charges where ventilation is there, else it is fault #22 and no power."""
    allowed = prepared(ventilation=True)
    allowed.state = "D"
    allowed.until(True)
    refused = prepared()
    refused.state = "D"
    refused.run(2)
    assert not refused.outputs.contactor
    assert refused.frame.faults == _core.FAULT_VENTILATION
    assert refused.outputs.duty == 10000
    running = Bench()
    running.charging()
    running.state = "D"
    assert running.until(False) <= 0.04
    assert running.frame.faults == _core.FAULT_VENTILATION


@pytest.mark.parametrize("offset", range(0, 1000, 83))
@pytest.mark.parametrize("state", ["B", "A", "E"])
def test_opens_within_40_ms_of_samples(state: str, offset: int) -> None:
    """The contactor command opens within 40 ms of samples whatever the phase of the window (table A.6, 7, 8.1)."""
    bench = Bench()
    bench.charging()
    bench.block(offset or 1000)
    bench.state = state
    begun = bench.now
    while bench.outputs.contactor:
        bench.block(10)
    assert bench.now - begun <= 4000


@pytest.mark.parametrize("offset", range(0, 1000, 250))
def test_closes_after_500_ms_of_samples(offset: int) -> None:
    """B to C closes only after 500 ms of stable C."""
    bench = prepared()
    bench.block(offset or 1000)
    bench.state = "C"
    begun = bench.now
    while not bench.outputs.contactor:
        bench.block(10)
    assert 50_000 <= bench.now - begun <= 52_000


def test_a_250_ms_pulse_never_closes() -> None:
    """A signal of 250 ms in C, however often, closes nothing (table A.6, 11)."""
    bench = prepared()
    for _ in range(6):
        bench.state = "C"
        bench.run(0.25)
        bench.state = "B"
        bench.run(0.3)
    assert not bench.events(CLOSED)


def test_attached_cable_needs_neither_plug_nor_lock() -> None:
    """A station with its own cable has no plug resistor and no lock to wait for."""
    bench = Bench()
    bench.run(0.3)
    bench.grant(attached_cable=True, lock=True)
    bench.lock_stuck = False
    bench.state = "B"
    bench.run(0.5)
    bench.state = "C"
    bench.until(True)
    assert bench.frame.faults == 0


@pytest.mark.parametrize(("ohm", "duty"), [(1500, 2166), (680, 3333), (220, 5333), (100, 5333)])
def test_cable_and_rating_bound_the_pilot(ohm: int, duty: int) -> None:
    """The pilot offers the least of permit, cable and rating (R-144)."""
    bench = Bench()
    bench.run(0.3)
    bench.grant(limit_ma=80_000)
    bench.plug("B", ohm)
    bench.run(1)
    assert bench.outputs.duty == duty


def test_withdrawn_permit_waits_for_the_vehicle() -> None:
    """100 % duty first; the vehicle opens S2, then the contactor opens (table A.6, 10.1)."""
    bench = Bench()
    bench.charging()
    bench.grant(authorised=False)
    bench.block()
    assert (bench.outputs.duty, bench.outputs.contactor) == (10000, True)
    assert bench.until(False) <= 0.1
    assert reasons(bench) == [_core.OPEN_NO_PERMIT]


def test_vehicle_that_ignores_100_percent() -> None:
    """Opened under load 6 s after 100 % duty (table A.6, 10.2)."""
    bench = Bench()
    bench.charging()
    bench.vehicle_obeys = False
    bench.grant(authorised=False)
    assert 6.0 <= bench.until(False) <= 6.1
    assert reasons(bench) == [_core.OPEN_UNDER_LOAD]


def test_permit_back_before_the_contactor_opened() -> None:
    """A permit that comes back while the vehicle is still being asked resumes; PWM waits its 5 s."""
    bench = Bench()
    bench.charging()
    bench.vehicle_obeys = False
    bench.grant(authorised=False)
    bench.run(2)
    bench.grant()
    bench.run(2.9)
    assert (bench.outputs.duty, bench.outputs.contactor) == (10000, True)
    bench.run(0.3)
    assert (bench.outputs.duty, bench.outputs.contactor) == (2666, True)
    bench.run(10)
    assert bench.outputs.contactor


def test_pwm_rises_at_most_every_5_s_and_falls_at_once() -> None:
    """Table A.6, 6: the offer is not raised within 5 s of its last change; lowering never waits."""
    bench = Bench()
    bench.charging()
    bench.run(6)
    bench.grant(limit_ma=10_000)
    bench.run(0.02)
    assert bench.outputs.duty == 1666
    bench.grant(limit_ma=20_000)
    bench.run(4.9)
    assert bench.outputs.duty == 1666
    bench.grant(limit_ma=8_000)
    bench.run(0.02)
    assert bench.outputs.duty == 1333
    bench.grant(limit_ma=20_000)
    bench.run(4.9)
    assert bench.outputs.duty == 1333
    bench.run(0.2)
    assert bench.outputs.duty == 3333


def test_unavailable_is_f_and_frees_the_plug() -> None:
    """Not available: constant -12 V, the lock released 5 s later; in mid-charge the vehicle is asked first."""
    bench = Bench()
    bench.charging(lock=True)
    bench.grant(available=False, lock=True)
    bench.block()
    assert (bench.outputs.duty, bench.outputs.contactor) == (10000, True)
    bench.until(False)
    bench.run(1)
    assert (bench.outputs.duty, bench.outputs.lock) == (0, True)
    assert bench.frame.pilot == _core.PILOT_F
    assert bench.frame.faults == 0
    bench.run(5)
    assert not bench.outputs.lock


def test_lock_is_kept_under_a_closed_contactor() -> None:
    """A permit that releases the lock in mid-charge does so only once the contactor is open, by feedback too."""
    bench = Bench()
    bench.charging(lock=True)
    bench.grant(lock=False)
    bench.run(1)
    assert bench.outputs.contactor
    assert bench.outputs.lock
    bench.stuck = True  # and now it welds
    bench.grant(authorised=False, lock=False)
    welded = bench.run(2)
    assert not welded.contactor
    assert welded.lock
    assert bench.frame.faults & _core.FAULT_CONTACTOR


def test_simplified_mode_is_marked() -> None:
    """A to C without B between is simplified Mode 3 (A.2.3, R-218); it charges."""
    bench = Bench()
    bench.run(0.3)
    bench.vehicle_obeys = False
    bench.grant()
    bench.plug("C")
    bench.until(True)
    assert bench.frame.simplified
    bench.unplug()
    bench.run(1)
    assert not bench.frame.simplified


def test_a_pilot_that_swings_between_c_and_a_each_window_opens() -> None:
    """A bounce that never rests must not keep a contactor closed: it opens within 150 ms of samples."""
    bench = Bench()
    bench.charging()
    bench.run(1)
    for window in range(15):
        bench.state = "A" if window % 2 else "C"
        bench.block()
    assert not bench.frame.contactor


def test_not_closed_again_within_5_s_of_c() -> None:
    """Restart guard: 5 s after the vehicle left C, then as soon as everything else is there."""
    bench = Bench()
    bench.charging()
    bench.state = "B"
    bench.until(False)
    bench.run(0.1)
    bench.state = "C"
    assert 4.7 <= bench.until(True) <= 5.0


def test_inputs_are_announced() -> None:
    """Every change of the inputs is an event with the old bits and the new."""
    bench = Bench()
    bench.run(0.1)
    bench.inputs = _core.INPUT_BUTTON_STOP
    bench.run(0.1)
    bench.inputs = 0
    bench.run(0.1)
    assert [(e.a, e.b) for e in bench.events(_core.EVENT_INPUTS)] == [(0, 2), (2, 0)]


@pytest.mark.parametrize("outlet", [0, 2, -1])
def test_unknown_outlet(outlet: int) -> None:
    """An outlet that is not there: one sentence."""
    with pytest.raises(ValueError, match="allowed are 1 to 1"):
        Bench().core.frame(outlet)
