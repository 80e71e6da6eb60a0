"""The numbers by which registers say what an outlet does: pilot, vehicle, last charge, limit, status flags.

Lists as the field's energy managers know them (docs/modbus.md). Each function takes a view of one outlet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from evlink.domain.orders import reserved
from evlink.domain.outcomes import BARRING
from evlink.domain.state import evse_flags
from evlink.domain.words import ChargeStatus, EvseStatus, EvState
from evlink.domain.words import OutletStatus as S

if TYPE_CHECKING:
    from evlink.modbus.map import View

EV_STATES = {state: number for number, state in enumerate(EvState)}
LAST_CHARGES = {
    ChargeStatus.NONE: 255,
    ChargeStatus.DONE: 1,
    ChargeStatus.UPSTREAM: 0,
    ChargeStatus.INTERNAL: 4,
    ChargeStatus.EV_DISCONNECTED: 6,
    ChargeStatus.SHORT_CIRCUIT: 7,
    ChargeStatus.OVERLOAD: 8,
    ChargeStatus.VENTILATION: 10,
    ChargeStatus.CONTACTOR: 11,
    ChargeStatus.REFUSED: 12,
    ChargeStatus.LOCK: 14,
}
OTHER = 254
# How a charge that ended without a fault was ended, where the list has a word for it.
DONE_BY = {"EVDisconnected": 6, "Remote": 9}
STOP_CAUSES = {
    "": 0,
    "EmergencyStop": 1,
    "EVDisconnected": 2,
    "HardReset": 3,
    "Local": 4,
    "Other": 5,
    "PowerLoss": 6,
    "Reboot": 7,
    "Remote": 8,
    "SoftReset": 9,
    "UnlockCommand": 10,
    "DeAuthorized": 11,
}
REASONS = {
    "none": 0,
    "rated": 1,
    "domestic": 1,
    "derated": 2,
    "cable": 3,
    "input": 4,
    "share": 5,
    "house": 5,
    "cluster": 6,
    "modbus": 7,
    "supervision": 8,
    "degraded": 9,
    "floor": 10,
    "simplified": 0,
    "not_ready": 0,
}
SHARED, FAULT = 5, 11
METERS = {"internal": 0, "starting": 0, "ok": 1, "lost": 2, "misconfigured": 2, "implausible": 3}
EVSE_BITS = {
    EvseStatus.SIMPLIFIED_MODE_3: 0,
    EvseStatus.VENTILATION: 1,
    EvseStatus.CLUSTER: 2,
    EvseStatus.THREE_PHASE: 3,
    EvseStatus.DOMESTIC: 4,
    EvseStatus.VIP: 5,
    EvseStatus.UNAVAILABLE_OCPP: 6,
    EvseStatus.NOT_ENOUGH_ENERGY: 7,
    EvseStatus.POSTPONED: 8,
    EvseStatus.MAINTENANCE_PLC: 9,
    EvseStatus.BOOKED_PLC: 10,
    EvseStatus.SUSPENDED_PLC: 11,
    EvseStatus.UNAVAILABLE_PLC: 12,
}


def ev_state(view: View) -> int:
    """The vehicle's state, 0 to 8 in the order of the status page (status 2.5)."""
    reading = view.outlet.reading
    return EV_STATES[reading.ev if reading is not None else EvState.F]


def cpw_state(view: View) -> int:
    """The control pilot's state: 0 not available, 1 free, 2 plug, 4 to 11 vehicle, 12 stopping, 13 alarm, 14 short."""
    outlet, reading = view.outlet, view.outlet.reading
    if reading is None or reading.ev is EvState.F or not outlet.available:
        return 0
    if reading.ev is EvState.E:
        return 14
    if outlet.faults & BARRING:
        return 13
    if outlet.status is S.LOOP_ENDED:
        return 12
    match reading.ev:
        case EvState.A:
            return 2 if reading.cable_a > 0 and not outlet.config.attached_cable else 1
        case EvState.B:
            return 4
        case EvState.B_M12V:
            return 7
        case EvState.C:
            return 5
        case EvState.C_M12V:
            return 9 if reading.contactor else 8
        case EvState.D:
            return 6
        case _:
            return 11 if reading.contactor else 10


def vehicle_present(view: View) -> int:
    """Whether a vehicle is connected."""
    return int(view.outlet.reading is not None and view.outlet.reading.vehicle)


def pro_state(view: View) -> int:
    """The state as the younger generation counts it: 1 out of service to 10 invalid pilot."""
    outlet, reading = view.outlet, view.outlet.reading
    if reading is None or reading.ev is EvState.F or not outlet.available:
        return 1
    ventilated = reading.ev.value[0] == "D"
    if reading.ev is EvState.E:
        return 10
    if reading.contactor and reading.ready:
        return 9 if ventilated else 8
    if outlet.status is S.LOOP_ENDED:
        return 5 if ventilated else 4
    if reading.vehicle:
        return 7 if outlet.status is S.LOOP_STARTED else 3
    return 2 if outlet.faults & BARRING else 6


def ocpp_status(view: View) -> int:
    """The connector's status in OCPP's order: 0 starting, 1 Available to 9 Faulted."""
    outlet, reading = view.outlet, view.outlet.reading
    if reading is None or outlet.status is S.NOT_INITIALIZED:
        return 0
    if outlet.faults & BARRING:
        return 9
    if not outlet.available:
        return 8
    if outlet.status is S.LOOP_STARTED:
        if reading.contactor:
            return 3
        return 5 if reading.ready or outlet.limit.amps == 0 else 4
    if outlet.status in (S.LOOP_ENDED, S.UNPLUG_STARTED):
        return 6
    if reserved(view.state, outlet):
        return 7
    waiting = outlet.status in (S.AUTHORISATION_STARTED, S.INIT_DONE, S.UNPLUG_DONE)
    return 1 if waiting and not reading.vehicle else 2


def last_charge(view: View) -> int:
    """How the last charge ended; 255 before the first."""
    word = ChargeStatus(view.outlet.last_charge_status)
    if word is ChargeStatus.DONE:
        return DONE_BY.get(view.outlet.remote.stopped, 1)
    return LAST_CHARGES.get(word, OTHER)


def stop_cause(view: View) -> int:
    """Why the last charge ended, by the younger generation's list."""
    return STOP_CAUSES.get(view.outlet.remote.stopped, STOP_CAUSES["Other"])


def reason(view: View) -> int:
    """What sets the current that is offered; a fault where one keeps the outlet from charging."""
    if view.outlet.faults & BARRING:
        return FAULT
    return REASONS.get(str(view.shown["limit_reason"]), SHARED)


def evse_bits(view: View) -> int:
    """The EVSE status as bits (status 2.7)."""
    flags = evse_flags(view.state, view.outlet)
    return sum(1 << EVSE_BITS[flag] for flag in flags if flag in EVSE_BITS)


def meter_health(view: View) -> int:
    """What the energy comes from: 0 the internal transformers, 1 a meter, 2 a meter that is lost, 3 implausible."""
    meter = view.shown.get("meter") or {}
    return METERS.get(str(meter.get("health", "internal")), 0)
