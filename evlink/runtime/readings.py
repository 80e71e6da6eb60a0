"""The translation between the core's numbers and the domain's words: frames up, permits down."""

from __future__ import annotations

from dataclasses import dataclass

from evlink import _core
from evlink.domain.effects import Grant
from evlink.domain.state import Pilot, Reading
from evlink.domain.words import EvState, Evt


@dataclass(frozen=True, slots=True)
class Wiring:
    """What control has to know of how an outlet was built."""

    attached_cable: bool = False
    domestic: bool = False  # a domestic socket alone, which has no pilot


_STATES = {
    _core.PILOT_A: (EvState.A, EvState.A),
    _core.PILOT_B: (EvState.B, EvState.B_M12V),
    _core.PILOT_C: (EvState.C, EvState.C_M12V),
    _core.PILOT_D: (EvState.D, EvState.D_M12V),
    _core.PILOT_E: (EvState.E, EvState.E),
    _core.PILOT_F: (EvState.F, EvState.F),
}

FAULTS: dict[int, Evt] = {
    _core.FAULT_PILOT: Evt.PILOT,
    _core.FAULT_DIODE: Evt.PILOT,
    _core.FAULT_SHORT: Evt.SHORT_CIRCUIT,
    _core.FAULT_PLUG: Evt.PLUG_PRESENCE,
    _core.FAULT_VENTILATION: Evt.VENTILATION,
    _core.FAULT_CONTACTOR: Evt.CONTACTOR_STATE,
    _core.FAULT_LOCK: Evt.OUTLET_LOCK,
    _core.FAULT_OVERLOAD: Evt.OVERLOAD,
    _core.FAULT_SHORT_CIRCUIT: Evt.SHORT_CIRCUIT,
    _core.FAULT_MEASUREMENT: Evt.INTERNAL_COMMUNICATION,
    _core.FAULT_GAP: Evt.INTERNAL_COMMUNICATION,
    _core.FAULT_UNPLUGGED: Evt.EV_DISCONNECTED,
    _core.FAULT_UPSTREAM: Evt.UPSTREAM_PROTECTION,
    _core.FAULT_SURGE: Evt.SURGE_ARRESTOR,
    _core.FAULT_INTRUSION: Evt.ANTI_INTRUSION,
    _core.FAULT_FLAP: Evt.FLAP_SENSOR,
}

# One phase is the first, three are all: a load on any others is not what the supply expects (Evt #15). A single-phase
# vehicle on a three-phase outlet is usual, and no event.
PHASES_EXPECTED = (0, 0b001, 0b111)


# What only an outlet with a pilot can have; a core that has no permit yet can't know that there is none.
PILOTED = (
    _core.FAULT_PILOT
    | _core.FAULT_DIODE
    | _core.FAULT_SHORT
    | _core.FAULT_PLUG
    | _core.FAULT_VENTILATION
    | _core.FAULT_UNPLUGGED
)


def faults_of(frame: _core.Frame, domestic: bool = False) -> frozenset[Evt]:
    """The events that a frame says are KO; `domestic`: of an outlet without a pilot."""
    bits = frame.faults & ~PILOTED if domestic else frame.faults
    faults = {evt for bit, evt in FAULTS.items() if bits & bit} if bits else set()
    if frame.phases_mask not in PHASES_EXPECTED:
        faults.add(Evt.PHASES)
    return frozenset(faults)


def reading_from(frame: _core.Frame, energy_base_mvas: int, domestic: bool = False) -> Reading:
    """The domain's view of a frame that knows its pilot state; an outlet without a pilot (`domestic`) reads A.

    The outlet's lifetime register is the base plus what this core has counted.
    """
    plain, modulated = _STATES[_core.PILOT_A if domestic else frame.pilot]
    inputs = frame.inputs
    permit = frame.permit_state
    one, two, three = frame.current_ma
    return Reading(
        ev=modulated if frame.modulated and not domestic else plain,
        cable_a=max(0, frame.cable_ma) // 1000,
        current_a=(round(one / 1000, 2), round(two / 1000, 2), round(three / 1000, 2)),
        energy_mvas=energy_base_mvas + frame.energy_mvas,
        contactor=frame.contactor or frame.contactor_feedback,
        locked=frame.lock_feedback,
        duty_percent=frame.duty / 100,
        limit_a=frame.limit_ma / 1000,
        phases_used=frame.phases_used,
        degraded=permit == _core.PERMIT_DEGRADED,
        leased=permit in (_core.PERMIT_LIVE, _core.PERMIT_DEGRADED),
        lapsed=permit == _core.PERMIT_LAPSED,
        simplified=frame.simplified,
        refused=frame.refused,
        ended=frame.ended,
        faults=faults_of(frame, domestic),
        start_button=bool(inputs & _core.INPUT_BUTTON_START),
        stop_button=not inputs & _core.INPUT_BUTTON_STOP,
        in1=bool(inputs & _core.INPUT_IN1),
        in2=bool(inputs & _core.INPUT_IN2),
        pilot=Pilot(
            high_mv=frame.high_mv,
            low_mv=frame.low_mv,
            high_range_mv=(frame.high_stats[0], frame.high_stats[2]),
            low_range_mv=(frame.low_stats[0], frame.low_stats[2]),
            frequency_hz=frame.frequency,
            duty_percent=frame.duty_measured / 100,
            glitches=frame.glitches,
        ),
    )


def permit_from(grant: Grant, limits: _core.Limits, wiring: Wiring) -> _core.Permit:
    """The core's permit of a grant, with the protection parameters that the settings say."""
    return _core.Permit(
        authorised=grant.authorised,
        limit_ma=round(grant.limit_a * 1000),
        ventilation=grant.ventilation,
        available=grant.available,
        lock=grant.lock,
        attached_cable=wiring.attached_cable,
        domestic=grant.domestic or wiring.domestic,
        light=grant.light,
        beep=grant.beep,
        limits=limits,
    )
