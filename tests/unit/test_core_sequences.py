"""Sequences of IEC 61851-1 Annex A beyond an ordinary charge: simplified Mode 3, wake-up, delays, guards, blanking."""

from __future__ import annotations

import pytest

from evlink import _core
from evlink._core import Limits, Permit
from tests.unit.core_bench import Bench

OPENED, CLOSED = _core.EVENT_OPENED, _core.EVENT_CLOSED


def simplified(limits: Limits | None = None, **permit: object) -> Bench:
    """A vehicle without S2 that has just been plugged in: A to C."""
    bench = Bench(limits)
    bench.run(0.3)
    bench.vehicle_obeys = False
    bench.grant(**permit)
    bench.plug("C")
    return bench


def test_simplified_mode_charges_without_pwm() -> None:
    """A.2.3, 1.2: a moment of PWM to see the diode, then 100 %; capped at SM3MaxCurrent."""
    bench = simplified()
    bench.until(True)
    assert bench.outputs.duty == 10_000
    bench.amps = (10, 0, 0)
    for _ in range(1500):
        assert bench.block().duty == 10_000
    frame = bench.frame
    assert (frame.simplified, frame.refused, frame.limit_ma, frame.contactor) == (True, False, 10_000, True)
    assert frame.faults == 0


def test_simplified_mode_without_a_diode_never_closes() -> None:
    """Table A.4: resistance alone is no vehicle."""
    bench = Bench()
    bench.run(0.3)
    bench.vehicle_obeys = bench.diode = False
    bench.grant()
    bench.plug("C")
    bench.run(5)
    assert bench.frame.simplified
    assert bench.frame.faults == _core.FAULT_DIODE
    assert not bench.events(CLOSED)


def test_simplified_mode_refused() -> None:
    """`simplifiedMode3 = false`: marked, no fault, never closed; the next ordinary vehicle charges."""
    bench = simplified(Limits(simplified_allowed=False))
    bench.run(5)
    frame = bench.frame
    assert (frame.simplified, frame.refused, frame.limit_ma, frame.faults, frame.duty) == (True, True, 0, 0, 10_000)
    assert not bench.events(CLOSED)
    bench.unplug()
    bench.run(0.5)
    assert not bench.frame.refused
    bench.vehicle_obeys = True
    bench.plug("B")
    bench.run(1)
    bench.state = "C"
    bench.until(True)


def test_a_vehicle_that_shows_b_is_not_simplified() -> None:
    """S2 that opens proves that there is one: PWM from then on."""
    bench = simplified()
    bench.until(True)
    bench.state = "B"
    bench.until(False)
    bench.vehicle_obeys = True
    bench.run(6)
    assert not bench.frame.simplified
    assert bench.outputs.duty == 2666


def test_simplified_limit_is_protected() -> None:
    """Where nothing is signalled the tiers hold to the limit itself: 10 A + 0.5 A, 70 % above it for a second."""
    bench = simplified()
    bench.until(True)
    bench.amps = (17, 0, 0)
    bench.run(3)
    assert bench.outputs.contactor
    bench.amps = (19, 0, 0)
    assert bench.until(False) <= 1.2
    assert bench.frame.faults == _core.FAULT_OVERLOAD


def test_simplified_charge_ends_by_current() -> None:
    """SM3CurrentLowThreshold for SM3StopDelay: opened, ended, until the vehicle has gone."""
    bench = simplified(Limits(simplified_stop_s=20))
    bench.amps = (8, 0, 0)
    bench.until(True)
    bench.run(30)
    bench.amps = (0.9, 0, 0)
    assert 19.8 <= bench.until(False, 25) <= 20.2
    assert bench.events(OPENED)[-1].a == _core.OPEN_ENDED
    assert bench.frame.ended
    bench.run(40)
    assert not bench.outputs.contactor
    bench.unplug()
    bench.run(0.5)
    assert not bench.frame.ended


def test_simplified_withdrawn_opens_at_once() -> None:
    """No S2 to wait for: the contactor opens with the permit."""
    bench = simplified()
    bench.until(True)
    bench.grant(authorised=False)
    assert bench.until(False) <= 0.02
    assert bench.events(OPENED)[-1].a == _core.OPEN_NO_PERMIT


def test_wake_up() -> None:
    """A.5.3: 30 s in B2, 4 s of F, 100 % for statePDelayPwmOn, PWM again; once a session; the state stays B."""
    bench = Bench()
    bench.run(0.3)
    bench.grant()
    bench.plug("B")
    bench.run(0.5)
    changes: list[tuple[int, int]] = [(0, bench.outputs.duty)]
    begun = bench.now
    for _ in range(10_000):
        duty = bench.block().duty
        if duty != changes[-1][1]:
            changes.append((bench.now - begun, duty))
            assert bench.frame.waking is (duty == 0)
        assert bench.frame.pilot == _core.PILOT_B
    assert [duty for _, duty in changes] == [2666, 0, 10_000, 2666]
    assert changes[1][0] == pytest.approx(3_000_000, abs=60_000)
    assert changes[2][0] - changes[1][0] == pytest.approx(400_000, abs=1000)
    assert changes[3][0] - changes[2][0] == pytest.approx(300_000, abs=1000)
    assert bench.frame.faults == 0
    bench.state = "C"
    bench.until(True)


def test_no_wake_up_after_a_charge_nor_when_switched_off() -> None:
    """A vehicle that has charged and rests in B is full, not asleep; 0 s is never."""
    bench = Bench()
    bench.charging()
    bench.state = "B"
    bench.run(60)
    assert bench.outputs.duty == 2666
    never = Bench(Limits(wake_up_s=0))
    never.run(0.3)
    never.grant()
    never.plug("B")
    never.run(60)
    assert never.outputs.duty == 2666


def test_unplugged_during_the_wake_up() -> None:
    """Gone while it could not be seen: A is announced once the step ends, and nothing was ever closed."""
    bench = Bench(Limits(wake_up_s=2))
    bench.run(0.3)
    bench.grant()
    bench.plug("B")
    while not bench.frame.waking:
        bench.block()
    bench.unplug()
    bench.run(5)
    assert bench.frame.pilot == _core.PILOT_A
    assert not bench.events(CLOSED)
    assert bench.frame.faults == 0


def test_delays_around_a_suspension() -> None:
    """statePDelayPwmOff keeps the offer, statePDelayPwmOn waits for the limit to stay; a fault waits for neither."""
    bench = Bench(Limits(pwm_off_delay_s=2, pwm_on_delay_s=8))
    bench.charging()
    bench.grant(limit_ma=0)
    bench.run(1.9)
    assert (bench.outputs.duty, bench.outputs.contactor) == (2666, True)
    bench.run(0.3)
    assert bench.outputs.duty == 10_000
    bench.grant()
    bench.run(7.9)
    assert bench.outputs.duty == 10_000
    bench.run(0.3)
    assert bench.outputs.duty == 2666
    bench.grant(authorised=False)
    bench.block()
    assert bench.outputs.duty == 10_000


@pytest.mark.parametrize(("away", "guard_s"), [("B", 5), ("E", 30)])
def test_restart_guards(away: str, guard_s: int) -> None:
    """5 s after C, 30 s after E until the contactor closes again."""
    bench = Bench()
    bench.charging()
    bench.state = away
    bench.until(False)
    opened = bench.now
    bench.run(0.2)
    guard = bench.frame.guard_until
    assert guard >= opened
    bench.state = "B"
    bench.run(1)
    bench.state = "C"
    bench.until(True, 40)
    assert bench.now - opened >= guard_s * 100_000
    assert bench.now - opened <= (guard_s + 1) * 100_000


def test_chatter_is_a_fault() -> None:
    """A vehicle that opens and closes S2 without end: after six closings in a minute fault #5, until it has gone."""
    bench = Bench()
    bench.charging()
    for _ in range(12):
        bench.state = "B"
        bench.run(0.2)
        bench.state = "C"
        bench.run(5.2)
    assert len(bench.events(CLOSED)) == 6 == bench.frame.closings
    fault = next(e for e in bench.events(_core.EVENT_FAULT_SET) if e.a == _core.FAULT_CONTACTOR)
    assert fault.b == _core.CONTACTOR_CHATTER
    bench.unplug()
    bench.run(2)
    assert bench.frame.faults == 0


@pytest.mark.parametrize("after_ms", range(0, 100, 10))
@pytest.mark.parametrize("state", ["A", "B", "E"])
def test_blanking_never_delays_beyond_100_ms(state: str, after_ms: int) -> None:
    """In the 80 ms after closing bounce is ignored; a vehicle that really opened is obeyed within 100 ms (8.1)."""
    bench = Bench()
    bench.run(0.3)
    bench.grant()
    bench.plug("B")
    bench.run(0.5)
    bench.state = "C"
    bench.until(True)
    bench.run(after_ms / 1000)
    bench.state = state
    begun = bench.now
    while bench.outputs.contactor:
        bench.block(10)
    assert bench.now - begun <= (4000 if after_ms >= 90 else 10_000)


def test_bounce_after_closing_is_ignored() -> None:
    """60 ms of a pilot in B (and out of every band) right after closing: not one opening, no fault."""
    bench = Bench()
    bench.run(0.3)
    bench.grant()
    bench.plug("B")
    bench.run(0.5)
    bench.state = "C"
    bench.until(True)
    bench.state = "B"
    bench.run(0.06)
    bench.state = "C"
    bench.run(2)
    assert bench.outputs.contactor
    assert not bench.events(OPENED)


def domestic(limits: Limits | None = None, **permit: object) -> Bench:
    """An outlet whose domestic socket is chosen: nothing on the pilot."""
    bench = Bench(limits)
    bench.run(0.3)
    bench.grant(**({"domestic": True, "lock": True} | permit))
    return bench


def flowing(bench: Bench, amps: float) -> None:
    """Let a current flow that the pilot knows nothing of, for a second; 0.1 s a block."""
    from tests.unit import core_bench

    for _ in range(10):
        wave = core_bench.frames(core_bench.pilot("A", 10_000, 10_000), (amps, 0, 0))
        feedback = bench.outputs.contactor * _core.FEEDBACK_CONTACTOR | bench.outputs.lock * _core.FEEDBACK_LOCK
        assert bench.granting is not None
        bench.core.permit(1, bench.granting)
        bench.outputs = bench.core.feed(1, wave, feedback=feedback)


def test_domestic_socket() -> None:
    """No pilot needed: closes once authorised and locked, at maxTEValue; opens with the right."""
    bench = domestic(limit_ma=32_000)
    bench.until(True)
    assert bench.frame.lock_feedback
    frame = bench.frame
    assert (frame.pilot, frame.limit_ma, frame.duty, frame.faults) == (_core.PILOT_A, 14_000, 10_000, 0)
    bench.grant(domestic=True, lock=True, authorised=False)
    assert bench.until(False) <= 0.02


def test_domestic_socket_waits_for_its_lock() -> None:
    """Not before the flap is locked; a lock that fails is fault #4."""
    bench = domestic()
    bench.lock_stuck = False
    bench.run(5)
    assert not bench.events(CLOSED)
    assert bench.frame.faults == _core.FAULT_LOCK


def test_domestic_charge_ends_by_current() -> None:
    """Below 1 A for `schukoWithNoDetectionEndOfCharge` (taken as seconds): opened until deauthorised."""
    bench = domestic(Limits(domestic_end_s=5), limit_ma=10_000)
    bench.until(True)
    for _ in range(8):
        flowing(bench, 8)
    assert bench.outputs.contactor
    for _ in range(6):
        flowing(bench, 0.8)
    assert (bench.frame.contactor, bench.frame.ended) == (False, True)
    for _ in range(4):
        flowing(bench, 0)
    assert len(bench.events(CLOSED)) == 1
    bench.core.permit(1, Permit(domestic=True))
    bench.run(0.1)
    assert not bench.frame.ended


def test_domestic_overload_is_latched() -> None:
    """The pilot shows A all the time: a trip must not be let go by that, but by the end of the authorisation."""
    bench = domestic(limit_ma=10_000)
    bench.until(True)
    flowing(bench, 8)
    flowing(bench, 25)
    flowing(bench, 25)
    assert not bench.outputs.contactor
    for _ in range(5):
        flowing(bench, 0)
    assert bench.frame.faults == _core.FAULT_OVERLOAD
    assert len(bench.events(CLOSED)) == 1
    bench.core.permit(1, Permit(domestic=True))
    bench.run(0.1)
    assert bench.frame.faults == 0


def test_domestic_socket_beside_a_vehicle_stays_open() -> None:
    """A vehicle on the pilot of the same outlet: the domestic socket is not energised."""
    bench = Bench()
    bench.run(0.3)
    bench.plug("B")
    bench.run(0.5)
    bench.grant(domestic=True)
    bench.run(2)
    assert not bench.events(CLOSED)
