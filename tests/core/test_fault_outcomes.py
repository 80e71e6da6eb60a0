"""Each fault at the board, told to people: its one event, its KO_ value, its last charge status, and its end."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from evlink._core import Limits
from evlink.domain.effects import CloseSession
from evlink.domain.outcomes import LASTING_S
from evlink.domain.words import ChargeStatus, Evt, OutletError
from evlink.domain.words import OutletStatus as S
from tests.core.stand import Stand

Tell = Callable[[str, str], None]
TITLE = "faults in a charge: event, last error, last charge status"

# Fault, event, KO_ value, last charge status; and whether the fault ends the charge at once or after a minute.
ENDS: tuple[tuple[str, Evt, OutletError, ChargeStatus, bool], ...] = (
    ("cp_short", Evt.SHORT_CIRCUIT, OutletError.UNPLUG_ERROR, ChargeStatus.SHORT_CIRCUIT, True),
    ("diode", Evt.PILOT, OutletError.UNPLUG_ERROR, ChargeStatus.PILOT, False),
    ("pp_open", Evt.EV_DISCONNECTED, OutletError.UNLOCKED_IN_CHARGE, ChargeStatus.EV_DISCONNECTED, True),
    ("pp_gap", Evt.PLUG_PRESENCE, OutletError.UNPLUG_ERROR, ChargeStatus.PLUG_PRESENCE, False),
    ("stuck_open", Evt.CONTACTOR_STATE, OutletError.UNPLUG_ERROR, ChargeStatus.CONTACTOR, True),
    ("overdraw", Evt.OVERLOAD, OutletError.UNPLUG_ERROR, ChargeStatus.OVERLOAD, True),
    ("clip", Evt.SHORT_CIRCUIT, OutletError.UNPLUG_ERROR, ChargeStatus.SHORT_CIRCUIT, True),
    ("stuck_current", Evt.INTERNAL_COMMUNICATION, OutletError.UNPLUG_ERROR, ChargeStatus.INTERNAL, False),
    ("upstream", Evt.UPSTREAM_PROTECTION, OutletError.UNPLUG_ERROR, ChargeStatus.UPSTREAM, True),
)
# Told to people, and no reason to stop.
TOLD = {"surge": Evt.SURGE_ARRESTOR, "intrusion": Evt.ANTI_INTRUSION, "flap": Evt.FLAP_SENSOR}


def said(tell: Tell, name: str, event: Evt, error: OutletError, status: ChargeStatus) -> None:
    tell(TITLE, f"{name:<14} Evt #{event.value:<3} {error.value:<38} {status.value}")


@pytest.mark.parametrize(("name", "event", "error", "status", "at_once"), ENDS, ids=[row[0] for row in ENDS])
def test_a_fault_that_ends_a_charge(
    name: str, event: Evt, error: OutletError, status: ChargeStatus, at_once: bool, tell: Tell
) -> None:
    """One event begins, the session is closed with the fault's words; gone and unplugged, the next charge begins."""
    stand = Stand().charge()
    assert stand.closed()
    stand.plant.fault(name)
    stand.run(8)
    assert not stand.closed()
    assert bool(stand.bench.of(CloseSession)) is at_once
    if not at_once:
        assert stand.outlet.status is S.LOOP_STARTED
        stand.run(LASTING_S)
    assert stand.began == [event]
    (closed,) = stand.bench.of(CloseSession)
    assert closed.record.reason == ("EVDisconnected" if event is Evt.EV_DISCONNECTED else "Other")
    assert (stand.outlet.last_error, stand.outlet.last_charge_status) == (error, status)
    stand.plant.fault(name, False)
    stand.run(2)
    assert stand.board.unplug(1) == 0
    stand.run(3)
    assert stand.ended == [event]
    assert stand.outlet.status is S.AUTHORISATION_STARTED
    assert (stand.outlet.last_error, stand.outlet.last_charge_status) == (error, status)  # the last one, until another
    stand.run(31).charge()  # a guard of 30 s follows D, E and F
    assert stand.closed()
    assert stand.began == [event]
    said(tell, name, event, error, status)


@pytest.mark.parametrize("name", ["diode", "pp_gap", "stuck_current"])
def test_a_fault_that_passes_in_time(name: str) -> None:
    """Less than a minute: the same session goes on; a diode that was missing is latched until the vehicle leaves."""
    stand = Stand().charge()
    stand.plant.fault(name)
    stand.run(10)
    stand.plant.fault(name, False)
    stand.run(45)
    assert stand.closed() is (name != "diode")
    assert not stand.bench.of(CloseSession)


@pytest.mark.parametrize(("name", "event"), TOLD.items())
def test_a_fault_that_is_only_told(name: str, event: Evt) -> None:
    """The charge goes on; nothing but the event is said, and ends with it (R-216)."""
    stand = Stand(limits=Limits(inputs_enabled=0x70)).charge()
    stand.plant.fault(name)
    stand.run(3)
    assert stand.closed()
    assert stand.began == [event]
    assert stand.outlet.last_error is OutletError.NONE
    stand.plant.fault(name, False)
    stand.run(3)
    assert stand.ended == [event]


def test_a_welded_contactor_is_told_at_the_end(tell: Tell) -> None:
    """Evt #5, KO_UnplugProcedureError; the record is written though it never opens; free once it lets go."""
    stand = Stand().charge()
    stand.plant.fault("welded")
    stand.run(2)
    assert stand.began == []
    stand.bench.badge("04A1")
    stand.run(12)
    assert stand.began == [Evt.CONTACTOR_STATE]
    assert stand.bench.of(CloseSession)
    words = (stand.outlet.last_error, stand.outlet.last_charge_status)
    assert words == (OutletError.UNPLUG_ERROR, ChargeStatus.CONTACTOR)
    stand.plant.fault("welded", False)
    stand.run(3)
    assert stand.board.unplug(1) == 0
    stand.run(3)
    assert stand.ended == [Evt.CONTACTOR_STATE]
    said(tell, "welded", Evt.CONTACTOR_STATE, *words)


def test_a_lock_that_stays_open_or_shut(tell: Tell) -> None:
    """Evt #4 alone: before the charge ...AbnormallyNotLocked, after it ...AbnormallyLocked; ends when it moves."""
    stand = Stand()
    stand.plant.plug()
    stand.run(0.5)
    stand.plant.fault("lock")
    stand.bench.badge("04A1")
    stand.run(5)
    assert (stand.began, stand.outlet.last_error) == ([Evt.OUTLET_LOCK], OutletError.NOT_LOCKED)
    assert not stand.bench.of(CloseSession)
    said(tell, "lock, before", Evt.OUTLET_LOCK, OutletError.NOT_LOCKED, stand.outlet.last_charge_status)

    stand = Stand().charge()
    stand.plant.fault("lock")
    stand.bench.badge("04A1")
    stand.run(8)
    assert (stand.began, stand.outlet.last_error) == ([Evt.OUTLET_LOCK], OutletError.LOCKED)
    assert stand.outlet.last_charge_status is ChargeStatus.DONE
    stand.plant.fault("lock", False)
    stand.run(2)
    assert stand.ended == [Evt.OUTLET_LOCK]
    said(tell, "lock, after", Evt.OUTLET_LOCK, OutletError.LOCKED, ChargeStatus.DONE)


def test_a_plug_that_is_torn_out(tell: Tell) -> None:
    """A lock that holds nothing, and the plug pulled under load: KO_UnlockPlugInCharge (Evt #19)."""
    stand = Stand().charge()
    stand.plant.fault("lock")
    assert stand.board.unplug(1) == 0
    stand.run(0.5)
    assert stand.began == [Evt.EV_DISCONNECTED]
    words = (stand.outlet.last_error, stand.outlet.last_charge_status)
    assert words == (OutletError.UNLOCKED_IN_CHARGE, ChargeStatus.EV_DISCONNECTED)
    stand.plant.fault("lock", False)
    stand.run(3)
    assert stand.ended == [Evt.EV_DISCONNECTED]
    said(tell, "torn out", Evt.EV_DISCONNECTED, *words)


def test_ventilation_that_is_not_there(tell: Tell) -> None:
    """R-064 to R-066: a vehicle in D on an indoor station ends its charge, Evt #22."""
    stand = Stand().charge(ventilation=True)
    assert stand.began == [Evt.VENTILATION]
    words = (stand.outlet.last_error, stand.outlet.last_charge_status)
    assert words == (OutletError.UNPLUG_ERROR, ChargeStatus.VENTILATION)
    assert stand.board.unplug(1) == 0
    stand.run(2)
    assert stand.ended == [Evt.VENTILATION]
    said(tell, "ventilation", Evt.VENTILATION, *words)


@pytest.mark.parametrize(("name", "event"), [("cp_short", Evt.PILOT), ("pp_gap", Evt.PLUG_PRESENCE)])
def test_a_fault_before_the_charge(name: str, event: Evt) -> None:
    """It keeps the charge from starting: KO_PlugProcedureError when the plug procedure's time is over (status 2.9)."""
    stand = Stand()
    stand.plant.fault(name)
    stand.plant.plug()
    stand.run(1)
    stand.bench.badge("04A1")
    stand.run(62)
    assert (stand.began, stand.outlet.last_error) == ([event], OutletError.PLUG_ERROR)
    assert not stand.closed()
    assert not stand.bench.of(CloseSession)
