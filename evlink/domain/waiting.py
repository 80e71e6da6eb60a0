"""Waits of a limit: when it may rise, to how much, and what it waits for. For people; nothing is decided here."""

from __future__ import annotations

from dataclasses import dataclass

from evlink.domain.dividing import share_of
from evlink.domain.sharing import FITTING_S, HOLD_S, RESUME_S, SETTLE_S, TRIAL_TURNS, Turn
from evlink.domain.state import OutletState, StationState
from evlink.domain.words import OutletStatus as S


@dataclass(frozen=True, slots=True)
class Rise:
    """A higher limit on its way, at a monotonic time. `amps` None: to whatever there is then.

    `why`: hold (it must have been possible for a while, or others must have been lowered first), room (a paused
    charge must have had room for a while), turn (another's turn ends), manager (remote control raises now and then).
    """

    at: float
    amps: float | None
    why: str


def rise(state: StationState, outlet: OutletState) -> Rise | None:
    """The rise that an outlet's limit waits for; None where nothing is on its way."""
    if outlet.status is not S.LOOP_STARTED or outlet.stop_reason:
        return None
    found = [one for one in (_share(state, outlet), _manager(state, outlet)) if one is not None and one.at > state.now]
    return max(found, key=lambda one: one.at, default=None)


def _manager(state: StationState, outlet: OutletState) -> Rise | None:
    """What remote control asks for and has to wait with, so that it does not raise more often than allowed."""
    remote = outlet.remote
    if remote.cap_a is None or remote.cap_a > outlet.limit.amps + 0.01:
        return None
    if remote.wanted_a is not None and remote.wanted_a <= remote.cap_a:
        return None
    return Rise(remote.moved + state.config.remote.raise_period_s, remote.wanted_a, "manager")


def _share(state: StationState, outlet: OutletState) -> Rise | None:
    turn, share = state.division.shares.turns.get(outlet.outlet), share_of(state, outlet)
    if turn is None or share is None or outlet.limit.reason != share.reason:
        return None
    if turn.rising is not None:
        others = [one.lowered for number, one in state.division.shares.turns.items() if number != outlet.outlet]
        held = turn.rising + (HOLD_S if turn.offered_a > 0 else 0.0)
        return Rise(max([held, *(lowered + SETTLE_S for lowered in others)]), turn.rising_a, "hold")
    return _turn(turn, state.config.rotate_s) if turn.offered_a <= 0 else None


def _turn(turn: Turn, rotate_s: float) -> Rise:
    """When one that waits is served at the latest, if nothing else changes."""
    waits = [Rise(turn.since + rotate_s * (TRIAL_TURNS if turn.idle else 1), None, "turn")]
    if turn.served and turn.roomy is not None:
        waits.append(Rise(turn.roomy + RESUME_S, None, "room"))
    if turn.served and turn.fits is not None:
        waits.append(Rise(turn.fits + FITTING_S, None, "room"))
    return min(waits, key=lambda one: one.at)
