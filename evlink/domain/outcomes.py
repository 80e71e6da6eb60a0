"""How a fault ends a charge: its KO_ value, its last charge status, what the supervision is told (status 2.6, 2.9).

The charge phase has no general KO_ value. A charge that a fault ends goes on to the unplug procedure, so that a fault
without a value of its own gives KO_UnplugProcedureError (docs/decisions/0013).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from evlink.domain.words import ChargeStatus, Evt, OutletError

LASTING_S = 60.0  # that a fault which may pass interrupts a charge before it ends it


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a charge ended; `error` None leaves the outlet's last error as it is."""

    status: ChargeStatus
    error: OutletError | None = OutletError.UNPLUG_ERROR
    reason: str = "Other"  # of the transaction's end (OCPP 1.6 section 7.36)


DONE = Outcome(ChargeStatus.DONE, None)
REFUSED = Outcome(ChargeStatus.REFUSED, OutletError.PLUG_ERROR)

# Events that end a charge: nothing but a new session may take it up again. The gravest first.
ENDING: dict[Evt, Outcome] = {
    Evt.SHORT_CIRCUIT: Outcome(ChargeStatus.SHORT_CIRCUIT),
    Evt.OVERLOAD: Outcome(ChargeStatus.OVERLOAD),
    Evt.UPSTREAM_PROTECTION: Outcome(ChargeStatus.UPSTREAM),
    Evt.CONTACTOR_STATE: Outcome(ChargeStatus.CONTACTOR),
    Evt.EV_DISCONNECTED: Outcome(ChargeStatus.EV_DISCONNECTED, OutletError.UNLOCKED_IN_CHARGE, "EVDisconnected"),
    Evt.VENTILATION: Outcome(ChargeStatus.VENTILATION),
}
# Events that interrupt a charge: it goes on when they pass, and ends where they last.
INTERRUPTING: dict[Evt, Outcome] = {
    Evt.OUTLET_LOCK: Outcome(ChargeStatus.LOCK, OutletError.UNLOCKED_IN_CHARGE),
    Evt.PLUG_PRESENCE: Outcome(ChargeStatus.PLUG_PRESENCE),
    Evt.PILOT: Outcome(ChargeStatus.PILOT),
    Evt.INTERNAL_COMMUNICATION: Outcome(ChargeStatus.INTERNAL),
}
# Events that keep a charge from starting, besides those that end one.
BARRING: frozenset[Evt] = frozenset(ENDING) | {
    Evt.INTERNAL_COMMUNICATION,
    Evt.SURGE_ARRESTOR,
    Evt.PLUG_PRESENCE,
    Evt.PILOT,
    Evt.HARDWARE_CONFIGURATION,
    Evt.SOFTWARE_CONFIGURATION,  # also: what happens can not be stored
}
# Events that leave an outlet in service: it charges on, and says what is missing.
WARNING: frozenset[Evt] = frozenset(
    {
        Evt.POWER_METER,
        Evt.REMOTE_AUTHENTICATION,
        Evt.PHASES,
        Evt.PLC,
        Evt.MODEM,
        Evt.REMOTE_ENERGY,
        Evt.SUPERVISION,
        Evt.NTP,
    }
)


def first_of(table: Mapping[Evt, Outcome], faults: frozenset[Evt]) -> Evt | None:
    """The gravest event of a table that is KO, None where none is."""
    for event in table:
        if event in faults:
            return event
    return None
