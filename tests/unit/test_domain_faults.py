"""Events in a session: which end a charge, which interrupt it, which bar a start."""

from __future__ import annotations

import pytest

from evlink.domain.effects import CloseSession
from evlink.domain.words import ChargeStatus, EvState, Evt, OutletError
from evlink.domain.words import OutletStatus as S
from tests.unit.domain_bench import Bench
from tests.unit.test_domain_session import charging


@pytest.mark.parametrize(
    ("event", "error", "word"),
    [
        (Evt.EV_DISCONNECTED, OutletError.UNLOCKED_IN_CHARGE, ChargeStatus.EV_DISCONNECTED),
        (Evt.OVERLOAD, OutletError.UNPLUG_ERROR, ChargeStatus.OVERLOAD),
        (Evt.SHORT_CIRCUIT, OutletError.UNPLUG_ERROR, ChargeStatus.SHORT_CIRCUIT),
        (Evt.VENTILATION, OutletError.UNPLUG_ERROR, ChargeStatus.VENTILATION),
        (Evt.CONTACTOR_STATE, OutletError.UNPLUG_ERROR, ChargeStatus.CONTACTOR),
        (Evt.UPSTREAM_PROTECTION, OutletError.UNPLUG_ERROR, ChargeStatus.UPSTREAM),
    ],
)
def test_events_that_end_a_charge(event: Evt, error: OutletError, word: ChargeStatus) -> None:
    bench = charging().see(faults=frozenset({event}))
    assert bench.outlet().status is S.LOOP_ENDED
    assert not bench.last_grant().authorised
    assert bench.outlet().last_error is error
    assert bench.outlet().last_charge_status is word
    bench.see(contactor=False)
    assert bench.of(CloseSession)


@pytest.mark.parametrize(
    ("event", "error", "word"),
    [
        (Evt.OUTLET_LOCK, OutletError.UNLOCKED_IN_CHARGE, ChargeStatus.LOCK),
        (Evt.PLUG_PRESENCE, OutletError.UNPLUG_ERROR, ChargeStatus.PLUG_PRESENCE),
        (Evt.PILOT, OutletError.UNPLUG_ERROR, ChargeStatus.PILOT),
        (Evt.INTERNAL_COMMUNICATION, OutletError.UNPLUG_ERROR, ChargeStatus.INTERNAL),
    ],
)
def test_events_that_interrupt_a_charge(event: Evt, error: OutletError, word: ChargeStatus) -> None:
    """A fault that may pass keeps the session for a minute, then ends it with its own words (status 2.6, 2.9)."""
    bench = charging().see(faults=frozenset({event}), contactor=False).tick(58)
    assert bench.outlet().status is S.LOOP_STARTED
    assert bench.see(faults=frozenset()).tick(58).outlet().status is S.LOOP_STARTED
    assert bench.badge("04A1").outlet().last_charge_status is ChargeStatus.DONE
    bench = charging().see(faults=frozenset({event}), contactor=False).tick(61)
    assert bench.of(CloseSession)
    assert (bench.outlet().last_error, bench.outlet().last_charge_status) == (error, word)


def test_a_charge_that_is_stopped_while_it_is_interrupted_tells_by_what() -> None:
    """The driver's badge, or the vehicle's leaving by which the fault passes, doesn't make a good end of it."""
    for leaves in (False, True):
        bench = charging().see(faults=frozenset({Evt.PILOT}), contactor=False).tick(5)
        if leaves:
            bench.see(ev=EvState.A, cable_a=0, faults=frozenset())
        else:
            bench.badge("04A1")
        assert bench.outlet().last_charge_status is ChargeStatus.PILOT
        (closed,) = bench.of(CloseSession)
        assert closed.record.reason == ("EVDisconnected" if leaves else "Local")


def test_a_welded_contactor_shows_at_the_end() -> None:
    """It shows once it should have opened: the end was asked for in order and didn't come about."""
    bench = charging().badge("04A1").tick(0.5)
    assert bench.outlet().last_charge_status is ChargeStatus.DONE
    bench.see(faults=frozenset({Evt.CONTACTOR_STATE}))
    assert bench.outlet().last_charge_status is ChargeStatus.CONTACTOR
    assert bench.outlet().last_error is OutletError.UNPLUG_ERROR


@pytest.mark.parametrize("event", [Evt.PLUG_PRESENCE, Evt.PILOT, Evt.SHORT_CIRCUIT])
def test_a_fault_that_keeps_the_plug_from_being_read(event: Evt) -> None:
    """It is the fault, not a missing cable or vehicle, that the plug procedure failed by (status 2.9)."""
    bench = Bench().tick().badge("04A1").see(faults=frozenset({event})).tick(61)
    assert bench.outlet().last_error is OutletError.PLUG_ERROR


def test_a_lock_that_does_not_let_go() -> None:
    """After the charge the lock stays shut: KO_PlugOrShutterAbnormallyLocked (status 2.9)."""
    bench = charging().badge("04A1").see(contactor=False, ev=EvState.B)
    assert bench.outlet().status is S.UNPLUG_STARTED
    bench.tick(4).see(faults=frozenset({Evt.OUTLET_LOCK}))
    assert bench.outlet().last_error is OutletError.LOCKED


@pytest.mark.parametrize("street", [True, False])
def test_the_shutter_of_a_city(street: bool) -> None:
    """Opened in the charge, and still open at its end: City only, and the charge goes on (status 2.9)."""
    bench = charging(street=street).see(faults=frozenset({Evt.FLAP_SENSOR}))
    assert bench.outlet().status is S.LOOP_STARTED
    assert bench.outlet().last_error is (OutletError.SHUTTER_IN_CHARGE if street else OutletError.NONE)
    bench.badge("04A1").see(ev=EvState.A, cable_a=0, contactor=False)
    assert bench.outlet().status is S.AUTHORISATION_STARTED
    assert bench.outlet().last_error is (OutletError.SHUTTER_NOT_CLOSED if street else OutletError.NONE)


def test_a_contactor_that_never_opens_does_not_keep_the_record() -> None:
    bench = charging().see(faults=frozenset({Evt.CONTACTOR_STATE}))
    bench.tick(9)
    assert not bench.of(CloseSession)
    bench.tick(2)
    assert bench.of(CloseSession)


@pytest.mark.parametrize("event", [Evt.PILOT, Evt.PLUG_PRESENCE, Evt.INTERNAL_COMMUNICATION, Evt.OVERLOAD])
def test_events_that_bar_a_start(event: Evt) -> None:
    bench = Bench().tick()
    bench.see(ev=EvState.B, cable_a=32, locked=True, faults=frozenset({event})).badge("04A1").tick(1)
    assert bench.outlet().status is S.PLUG_STARTED
    bench.see(faults=frozenset()).tick()
    assert bench.outlet().status is S.LOOP_STARTED
