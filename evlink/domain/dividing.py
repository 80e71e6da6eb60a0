"""From the station's state to its sharing: what may be divided, who claims, and what vehicles really draw."""

from __future__ import annotations

from dataclasses import replace

from evlink.domain.limits import floor_for, three_phase_charge, working_current
from evlink.domain.sharing import DRAWN_S, EVERY, Claim, share
from evlink.domain.state import Division, Draw, Limit, OutletState, StationState
from evlink.domain.words import OutletStatus as S

USING_A = 1.0  # a vehicle that draws closer than this to its limit would take more
FLOWING_A = 1.0  # a phase that it draws on
L1_ALONE = (True, False, False)


def bound(state: StationState) -> Limit | None:
    """What all outlets together may draw on each phase and why, None where nothing bounds it (R-131, R-132, R-134)."""
    caps = []
    if state.config.balancing and len(state.outlets) > 1:
        caps.append(Limit(float(state.config.station_max_a), "share"))
    if state.allowed_a is not None:
        caps.append(Limit(state.allowed_a, "supervision"))
    return min(caps, key=lambda cap: cap.amps, default=None)


def divide(state: StationState, now: float) -> StationState:
    """The state with what each charging outlet may draw of the budget; without one there is nothing to divide."""
    whole = bound(state)
    if whole is None:
        return state if state.division == Division() else replace(state, division=Division())
    claiming = [one for one in state.outlets if one.status is S.LOOP_STARTED and not one.stop_reason]
    draws = {one.outlet: _draw(state, one, now) for one in claiming}
    claims = [_claim(state, one, draws[one.outlet]) for one in claiming]
    budget = (whole.amps,) * 3
    shares = share(state.division.shares, claims, budget, state.config.shed_by_energy, now)
    return replace(state, division=Division(shares, draws))


def share_of(state: StationState, outlet: OutletState) -> Limit | None:
    """What an outlet may draw of the station's current; None where nothing is divided or it doesn't charge."""
    whole = bound(state)
    if whole is None or outlet.outlet not in state.division.shares.turns:
        return None
    return Limit(state.division.shares.offered(outlet.outlet), whole.reason)


def _claim(state: StationState, outlet: OutletState, draw: Draw) -> Claim:
    config, session = state.config, outlet.session
    own = working_current(config, outlet.config, outlet.reading, None, outlet.allowed_a)
    used = 0 if session is None else session.energy_mvas - session.energy_start_mvas
    return Claim(
        outlet=outlet.outlet,
        ceiling_a=own.amps,
        floor_a=float(floor_for(config, three_phase_charge(config, outlet.reading))),
        phases=_phases(state, outlet),
        vip=session is not None and session.vip,
        began=outlet.session_began,
        energy_wh=used / 3_600_000,
        drawn_a=_settled(state, outlet, draw),
    )


def _phases(state: StationState, outlet: OutletState) -> tuple[bool, bool, bool]:
    """The line phases that a vehicle draws on; all that are wired while it isn't known (modbus research, section 2)."""
    if state.config.phases == 1:
        return L1_ALONE
    reading = outlet.reading
    if reading is None or reading.phases_used not in (1, 2):
        return EVERY
    first, second, third = (amps > FLOWING_A for amps in reading.current_a)
    return (first, second, third) if first or second or third else EVERY


def _draw(state: StationState, outlet: OutletState, now: float) -> Draw:
    """The most that was drawn in this minute and in the one before."""
    amps = max(outlet.reading.current_a) if outlet.reading is not None else 0.0
    draw = state.division.draws.get(outlet.outlet)
    if draw is None or draw.began != outlet.session_began:
        return Draw(outlet.session_began, now, amps)
    if now - draw.since >= DRAWN_S:
        return Draw(draw.began, now, amps, draw.peak_a)
    return draw if amps <= draw.peak_a else replace(draw, peak_a=amps)


def _settled(state: StationState, outlet: OutletState, draw: Draw) -> float | None:
    """What a vehicle keeps to although it is offered more; None while that isn't clear."""
    if draw.before_a is None:
        return None
    peak = max(draw.peak_a, draw.before_a)
    offered = state.division.shares.offered(outlet.outlet)
    return peak if offered > 0 and peak < offered - USING_A else None
