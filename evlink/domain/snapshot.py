"""The status document: the state in the spec's words, equal for terminal, command line and supervision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil
from typing import Any

from evlink.domain.orders import reserved
from evlink.domain.outcomes import WARNING
from evlink.domain.recording import elapsed, measured, watt_hours
from evlink.domain.state import OutletState, StationState, evse_flags
from evlink.domain.station import LIGHT_BLUE, LIGHT_GREEN, LIGHT_GREEN_BLINK, LIGHT_OFF, LIGHT_RED, light
from evlink.domain.waiting import rise
from evlink.domain.words import CableState, CpwState, EvState, Evt

LIGHTS = {
    LIGHT_OFF: "off",
    LIGHT_GREEN: "green",
    LIGHT_GREEN_BLINK: "green_blinking",
    LIGHT_BLUE: "blue",
    LIGHT_RED: "red",
}
NO_METER: Mapping[str, Any] = {"type": "internal_ct", "health": "internal", "model": "", "serial": "", "problem": ""}
CABLES = {13: CableState.A13, 20: CableState.A20, 32: CableState.A32, 63: CableState.A63, 70: CableState.A70}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the document shows besides the folded state: versions, link, warnings."""

    firmware: str = ""
    model: str = ""
    restart_needed: bool = False
    warnings: tuple[str, ...] = ()
    supervision: dict[str, Any] = field(default_factory=dict)
    settings_version: int = 0
    latency: dict[str, Any] = field(default_factory=dict)
    modbus: dict[str, Any] = field(default_factory=dict)
    head_meter: dict[str, Any] = field(default_factory=lambda: {"type": "none"})
    meters: Mapping[int, dict[str, Any]] = field(default_factory=dict)  # by outlet; none: the transformers
    silent: Mapping[int, float] = field(default_factory=dict)  # by outlet; seconds without a word of control
    plugs: tuple[int, ...] = ()  # last octets of the boards' addresses, one an outlet (R-214)


def station_word(state: StationState) -> str:
    """The station's state in one word (R-045); an event that leaves its outlet in service is no fault."""
    faulty = any(o.faults - WARNING for o in state.outlets)
    if any(o.reading is None for o in state.outlets) and not faulty:
        return "starting"
    if faulty:
        return "fault"
    if not any(o.available for o in state.outlets):
        return "unavailable"
    return "in_service"


def cable_word(outlet: OutletState, phases: int) -> CableState:
    """The cable's rating as a word; the largest coding is 63 A three-phase, 70 A single-phase (N-50)."""
    amps = outlet.reading.cable_a if outlet.reading else 0
    if amps >= 63:
        return CableState.A63 if phases == 3 else CableState.A70
    return CABLES.get(amps, CableState.NOT_PLUGGED)


def document(state: StationState, around: Surroundings) -> dict[str, Any]:
    """The document of `evlink status --json` (docs/protocol.md)."""
    return {
        "station": {
            "name": state.config.name,
            "state": station_word(state),
            "firmware": around.firmware,
            "restart_needed": around.restart_needed,
            "settings_version": around.settings_version,
            "control": around.latency,
            "model": around.model,
            "clock": state.wall.isoformat(timespec="seconds") if state.wall else None,
            "warnings": list(around.warnings),
            "supervision": around.supervision,
            "modbus": {**around.modbus, "writes": state.remote.folded},
            "head_meter": around.head_meter,
        },
        "outlets": [_outlet(state, around, outlet) for outlet in state.outlets],
        "events": {str(e.value): ["KO" if e in o.faults else "OK" for o in state.outlets] for e in Evt},
    }


def _next(state: StationState, outlet: OutletState) -> dict[str, Any] | None:
    """The higher limit that is on its way; None where there is none."""
    found = rise(state, outlet)
    return None if found is None else {"amps": found.amps, "in_s": ceil(found.at - state.now), "why": found.why}


def last_heard(state: StationState, outlet: OutletState) -> dict[str, Any]:
    """What control said last of an outlet's measures, outputs and inputs, however old that is."""
    reading = outlet.reading
    voltage, power = measured(state.config, reading)
    pilot = reading.pilot if reading else None
    return {
        "current_a": list(reading.current_a) if reading else [0.0, 0.0, 0.0],
        "voltage_v": list(voltage),
        "power_w": power,
        "duty_percent": reading.duty_percent if reading else 100.0,
        "contactor": bool(reading and reading.contactor),
        "locked": bool(reading and reading.locked),
        "inputs": {
            # Names and polarity of the live page: the stop button's contact is closed at rest.
            "I_1 BP-Start": bool(reading and reading.start_button),
            "I_3 BP-Stop": not (reading and reading.stop_button),
            "IN1": bool(reading and reading.in1),
            "IN2": bool(reading and reading.in2),
        },
        "pilot": {
            "high_mv": pilot.high_mv if pilot else 0,
            "low_mv": pilot.low_mv if pilot else 0,
            "high_range_mv": list(pilot.high_range_mv) if pilot else [0, 0],
            "low_range_mv": list(pilot.low_range_mv) if pilot else [0, 0],
            "frequency_hz": pilot.frequency_hz if pilot else 0,
            "duty_percent": pilot.duty_percent if pilot else 0.0,
            "glitches": pilot.glitches if pilot else 0,
        },
    }


def _live(state: StationState, outlet: OutletState) -> dict[str, Any]:
    """What control says now: null where it is silent, so that nobody takes an old value for the present one."""
    heard = last_heard(state, outlet)
    if Evt.INTERNAL_COMMUNICATION not in outlet.outside:
        return heard
    return {**dict.fromkeys(heard), "inputs": dict.fromkeys(heard["inputs"])}


def _silent_s(around: Surroundings, outlet: OutletState) -> int | None:
    if Evt.INTERNAL_COMMUNICATION not in outlet.outside:
        return None
    return int(around.silent.get(outlet.outlet, 0.0))


def _outlet(state: StationState, around: Surroundings, outlet: OutletState) -> dict[str, Any]:
    reading, session = outlet.reading, outlet.session
    ev = reading.ev if reading else EvState.A
    limit, reason, cut = outlet.limit.amps, outlet.limit.reason, outlet.limit.cut
    if reading is not None and reading.degraded:
        limit, reason = min(limit, reading.limit_a), "degraded"
    used = session.energy_mvas - session.energy_start_mvas if session else 0
    return {
        "id": outlet.outlet,
        "plug": around.plugs[outlet.outlet - 1] if outlet.outlet <= len(around.plugs) else outlet.outlet,
        "ev_state": ev.value,
        "cpw_state": CpwState[ev.value[0]].value,
        "cable_state": cable_word(outlet, state.config.phases).value,
        "evse_status": [flag.value for flag in evse_flags(state, outlet)],
        "outlet_status": outlet.status.value,
        "last_error": outlet.last_error.value,
        "last_charge_status": outlet.last_charge_status,
        "silent_s": _silent_s(around, outlet),
        **_live(state, outlet),
        "session_energy_wh": watt_hours(used),
        "energy_wh": watt_hours(reading.energy_mvas) if reading else 0,
        "meter": around.meters.get(outlet.outlet, NO_METER),
        "limit_a": limit,
        "limit_reason": reason,
        "limit_cut": None if cut is None or reason != "floor" else {"amps": cut.amps, "reason": cut.reason},
        "limit_next": _next(state, outlet),
        "light": LIGHTS[light(outlet)],
        "reserved": reserved(state, outlet),
        "badge": session.uid if session else (outlet.holder.uid if outlet.holder else ""),
        "transaction_id": outlet.transaction_id if session else None,
        "session_seconds": round(elapsed(outlet, state.now)) if session and reading else 0,
    }
