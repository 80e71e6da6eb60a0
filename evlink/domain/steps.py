"""The session machine as a table: which step follows which, and on what (status 2.8, R-216)."""

from __future__ import annotations

from dataclasses import replace
from enum import Enum, auto

from evlink.domain.state import OutletState
from evlink.domain.words import OutletStatus as S


class Step(Enum):
    """What moves a session on."""

    SEEN = auto()  # the core's first reading
    OPEN = auto()  # the outlet waits for somebody
    ADMITTED = auto()  # somebody was admitted
    CONTRACT = auto()
    AGREED = auto()
    PLUG = auto()
    PLUGGED = auto()  # cable, vehicle and lock are as they must be
    CHARGE = auto()
    STOPPED = auto()  # by badge, button, supervision, unplugging or fault
    RELEASE = auto()  # the contactor is open
    UNPLUGGED = auto()
    WITHDRAWN = auto()  # out of service
    RESTORED = auto()
    GIVEN_UP = auto()  # nobody plugged in time
    RESUMED = auto()  # a stored session goes on after a restart


TRANSITIONS: dict[S, dict[Step, S]] = {
    S.NOT_INITIALIZED: {Step.SEEN: S.INIT_DONE},
    S.INIT_DONE: {
        Step.OPEN: S.AUTHORISATION_STARTED,
        Step.WITHDRAWN: S.UNAVAILABLE,
        Step.RESUMED: S.LOOP_STARTED,
    },
    S.AUTHORISATION_STARTED: {Step.ADMITTED: S.AUTHORISATION_DONE, Step.WITHDRAWN: S.UNAVAILABLE},
    S.AUTHORISATION_DONE: {Step.CONTRACT: S.CONTRACT_STARTED},
    S.CONTRACT_STARTED: {Step.AGREED: S.CONTRACT_DONE},
    S.CONTRACT_DONE: {Step.PLUG: S.PLUG_STARTED},
    S.PLUG_STARTED: {
        Step.PLUGGED: S.PLUG_DONE,
        Step.GIVEN_UP: S.UNPLUG_STARTED,
        Step.STOPPED: S.UNPLUG_STARTED,
    },
    S.PLUG_DONE: {Step.CHARGE: S.LOOP_STARTED},
    S.LOOP_STARTED: {Step.STOPPED: S.LOOP_ENDED},
    S.LOOP_ENDED: {Step.RELEASE: S.UNPLUG_STARTED},
    S.UNPLUG_STARTED: {Step.UNPLUGGED: S.UNPLUG_DONE, Step.ADMITTED: S.AUTHORISATION_DONE},
    S.UNPLUG_DONE: {Step.OPEN: S.AUTHORISATION_STARTED, Step.WITHDRAWN: S.UNAVAILABLE},
    S.UNAVAILABLE: {Step.RESTORED: S.AUTHORISATION_STARTED},
}


def advance(outlet: OutletState, step: Step, at: float) -> OutletState:
    """The outlet one step on. ValueError for a step that its status does not know: a fault of ours, never of input."""
    try:
        status = TRANSITIONS[outlet.status][step]
    except KeyError:
        raise ValueError(f"outlet {outlet.outlet}: no step {step.name} from {outlet.status.value}") from None
    return replace(outlet, status=status, since=at)


def knows(outlet: OutletState, step: Step) -> bool:
    """Whether the outlet's status knows a step."""
    return step in TRANSITIONS.get(outlet.status, {})
