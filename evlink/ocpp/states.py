"""The status of connectors: from the station's status document to OCPP's words (OCPP 1.6 sections 4.9, 7.6, 7.7)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from evlink.domain.text import clean
from evlink.domain.words import EVENT_NAMES, EvseStatus, EvState, Evt, OutletStatus


@dataclass(frozen=True, slots=True)
class ConnectorState:
    """What a StatusNotification tells of a connector; equal states need no second message.

    A `passing` one is on its way to another, such as a contactor that is about to close: told only where it stays.
    """

    status: str
    error_code: str = "NoError"
    events: tuple[int, ...] = ()
    passing: bool = field(default=False, compare=False)

    @property
    def info(self) -> str:
        """The names of the events that are KO, at most 50 characters."""
        return clean(", ".join(EVENT_NAMES[Evt(number)] for number in self.events), 50)

    @property
    def vendor_error_code(self) -> str:
        """The numbers of the events that are KO, as `Evt #5`, at most 50 characters."""
        return ", ".join(f"Evt #{number}" for number in self.events)[:50]


@dataclass(frozen=True, slots=True)
class Fault:
    """How an event is told: its errorCode, and whether the connector can't be used while it is KO."""

    error_code: str
    faulted: bool


# The gravest first: its code is the one that is told. An event that leaves the connector usable is told with
# its code beside an ordinary status (OCPP 1.6 section 4.9). The links of the station itself (supervision,
# modem, time server, remote authentication and energy management) are no state of a connector.
FAULTS: dict[Evt, Fault] = {
    Evt.SHORT_CIRCUIT: Fault("OverCurrentFailure", True),
    Evt.OVERLOAD: Fault("OverCurrentFailure", True),
    Evt.CONTACTOR_STATE: Fault("PowerSwitchFailure", True),
    Evt.UPSTREAM_PROTECTION: Fault("OtherError", True),
    Evt.INTERNAL_COMMUNICATION: Fault("InternalError", True),
    Evt.HARDWARE_CONFIGURATION: Fault("InternalError", True),
    Evt.SOFTWARE_CONFIGURATION: Fault("InternalError", True),
    Evt.OUTLET_LOCK: Fault("ConnectorLockFailure", True),
    Evt.PILOT: Fault("EVCommunicationError", False),
    Evt.PLUG_PRESENCE: Fault("EVCommunicationError", False),
    Evt.EV_DISCONNECTED: Fault("EVCommunicationError", False),
    Evt.VENTILATION: Fault("OtherError", False),
    Evt.POWER_METER: Fault("PowerMeterFailure", False),
    Evt.RFID_READER: Fault("ReaderFailure", False),
    Evt.PLUG_PROCESS: Fault("OtherError", False),
    Evt.FLAP_SENSOR: Fault("OtherError", False),
    Evt.SURGE_ARRESTOR: Fault("OtherError", False),
    Evt.ANTI_INTRUSION: Fault("OtherError", False),
    Evt.PHASES: Fault("OtherError", False),
    Evt.PLC: Fault("OtherError", False),
}

# By step of the session; None where the vehicle decides (idle, or in the charge loop).
STATUSES: dict[OutletStatus, str | None] = {
    OutletStatus.NOT_INITIALIZED: "Unavailable",
    OutletStatus.UNAVAILABLE: "Unavailable",
    OutletStatus.MAINTENANCE_CITY: "Unavailable",
    OutletStatus.INIT_DONE: None,
    OutletStatus.AUTHORISATION_STARTED: None,
    OutletStatus.AUTHORISATION_DONE: "Preparing",
    OutletStatus.CONTRACT_STARTED: "Preparing",
    OutletStatus.CONTRACT_DONE: "Preparing",
    OutletStatus.PLUG_STARTED: "Preparing",
    OutletStatus.PLUG_DONE: "Preparing",
    OutletStatus.LOOP_STARTED: None,
    OutletStatus.LOOP_ENDED: "Finishing",
    OutletStatus.UNPLUG_STARTED: "Finishing",
    OutletStatus.UNPLUG_DONE: "Available",
}

_CONNECTED = {state.value for state in EvState if state not in (EvState.A, EvState.E, EvState.F)}
_READY = {EvState.C.value, EvState.C_M12V.value, EvState.D.value, EvState.D_M12V.value}
_OUT_OF_SERVICE = {
    EvseStatus.UNAVAILABLE_OCPP.value,
    EvseStatus.UNAVAILABLE_PLC.value,
    EvseStatus.MAINTENANCE_PLC.value,
}
# With current on offer these may last no longer than the contactor takes to close, or the vehicle to answer the pilot.
_WAITING = ("SuspendedEVSE", "SuspendedEV")
_WITHHELD = {
    EvseStatus.NOT_ENOUGH_ENERGY.value,
    EvseStatus.POSTPONED.value,
    EvseStatus.SUSPENDED_PLC.value,
}


def connector_states(document: dict[str, Any]) -> dict[int, ConnectorState]:
    """Every connector's state, and 0 for the charge point itself, from a status document (docs/protocol.md)."""
    connectors: dict[int, ConnectorState] = {}
    for column, outlet in enumerate(document.get("outlets", [])):
        connectors[int(outlet["id"])] = _connector(outlet, _events(document, column))
    return {0: _charge_point(document, list(connectors.values())), **connectors}


def _events(document: dict[str, Any], column: int) -> tuple[Evt, ...]:
    """The events that are KO in an outlet's column, the gravest first."""
    cells = document.get("events", {})
    return tuple(evt for evt in FAULTS if "KO" in cells.get(str(evt.value), [])[column : column + 1])


def _connector(outlet: dict[str, Any], events: tuple[Evt, ...]) -> ConnectorState:
    code = FAULTS[events[0]].error_code if events else "NoError"
    numbers = tuple(evt.value for evt in events)
    if any(FAULTS[evt].faulted for evt in events):
        return ConnectorState("Faulted", code, numbers)
    status = _status(outlet)
    return ConnectorState(status, code, numbers, passing=status in _WAITING and not _withheld(outlet))


def _status(outlet: dict[str, Any]) -> str:
    step = OutletStatus(outlet["outlet_status"])
    if step is OutletStatus.LOOP_STARTED:
        return _in_loop(outlet)
    fixed = STATUSES[step]
    if fixed is not None:
        return fixed
    if _OUT_OF_SERVICE & set(outlet.get("evse_status", [])):
        return "Unavailable"
    if outlet.get("reserved"):
        return "Reserved"
    return "Preparing" if outlet["ev_state"] in _CONNECTED else "Available"


def _in_loop(outlet: dict[str, Any]) -> str:
    """Charging, or who suspends; where both do, the station (OCPP 1.6 section 7.7)."""
    if _withheld(outlet):
        return "SuspendedEVSE"
    if outlet.get("contactor"):
        return "Charging"
    state = outlet["ev_state"]
    if state in _READY or state == EvState.B.value:  # it asks and gets nothing, or nothing is offered
        return "SuspendedEVSE"
    return "SuspendedEV"


def _withheld(outlet: dict[str, Any]) -> bool:
    """Whether the station offers nothing, whatever the vehicle wants."""
    return outlet.get("limit_a", 0) <= 0 or bool(_WITHHELD & set(outlet.get("evse_status", [])))


def _charge_point(document: dict[str, Any], connectors: list[ConnectorState]) -> ConnectorState:
    """Connector 0 is Available, Unavailable or Faulted (OCPP 1.6 section 7.7): the station as a whole."""
    state = document.get("station", {}).get("state")
    if connectors and all(connector.status == "Faulted" for connector in connectors):
        first = connectors[0]
        return ConnectorState("Faulted", first.error_code, first.events)
    inoperative = all(connector.status in ("Faulted", "Unavailable") for connector in connectors)
    if state in ("unavailable", "starting") or inoperative:
        return ConnectorState("Unavailable")
    return ConnectorState("Available")
