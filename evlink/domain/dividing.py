"""From the station's state to its sharing: what may be divided, who claims, and what vehicles really draw."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from evlink.domain.events import HouseSeen
from evlink.domain.head import measured, room
from evlink.domain.limits import floor_for, three_phase_charge, working_current
from evlink.domain.sharing import DRAWN_S, EVERY, Claim, Phases, share
from evlink.domain.state import Budget, Division, Draw, Limit, OutletState, StationState
from evlink.domain.words import OutletStatus as S

USING_A = 1.0  # a vehicle that draws closer than this to its limit would take more
FLOWING_A = 1.0  # a phase that it draws on
L1_ALONE = (True, False, False)


def see_house(state: StationState, event: HouseSeen) -> StationState:
    """The state after a reading of the head meter, beside what our outlets draw at that moment."""
    drawn = [one.reading.drawn_a or one.reading.current_a for one in state.outlets if one.reading is not None]
    own = (sum(one[0] for one in drawn), sum(one[1] for one in drawn), sum(one[2] for one in drawn))
    may = [
        (one.granted.limit_a, _phases(state, one)) for one in state.outlets if one.granted and one.granted.authorised
    ]
    first, second, third = (sum(amps for amps, phases in may if phases[p]) for p in range(3))
    at, rules = event.moment.at, state.config.head
    return replace(state, house=measured(state.house, rules, at, event.amps, own, (first, second, third)))


def budget(state: StationState, claims: Sequence[Claim], now: float) -> Budget | None:
    """What all outlets together may draw on each phase and why, None where nothing bounds it (R-131, R-132, R-134)."""
    config = state.config
    flat = []
    if config.balancing and len(state.outlets) > 1:
        flat.append(Limit(float(config.station_max_a), "share"))
    if config.cluster_max_a is not None:
        flat.append(Limit(float(config.cluster_max_a), "share"))
    if state.allowed_a is not None:
        flat.append(Limit(state.allowed_a, "supervision"))
    if state.remote.station_a is not None:
        flat.append(Limit(float(state.remote.station_a), "modbus"))
    least = min(flat, key=lambda cap: cap.amps, default=None)
    if not config.head.enabled:
        if least is None:
            return None
        return Budget((least.amps,) * 3, (least.reason,) * 3)
    reason = "degraded" if state.house.silent(config.head, now) else "house"
    left = room(state.house, config.head, now, _floors(state, claims), config.phases == 3)
    first, second, third = (Limit(amps, reason) if least is None or amps < least.amps else least for amps in left)
    return Budget((first.amps, second.amps, third.amps), (first.reason, second.reason, third.reason))


def divide(state: StationState, now: float) -> StationState:
    """The state with what each charging outlet may draw of the budget; without one there is nothing to divide."""
    charging = [one for one in state.outlets if one.status is S.LOOP_STARTED and not one.stop_reason]
    claiming = [one for one in charging if not _held_back(state, one)]
    draws = {one.outlet: _draw(state, one, now) for one in claiming}
    claims = [_claim(state, one, draws[one.outlet], now) for one in claiming]
    whole = budget(state, claims, now)
    if whole is None:
        return state if state.division == Division() else replace(state, division=Division())
    config = state.config
    left = _without_leaving(state, whole.amps, claims)
    shares = share(state.division.shares, claims, left, config.shed_by_energy, now, config.rotate_s)
    return replace(state, division=Division(whole, shares, draws))


def share_of(state: StationState, outlet: OutletState) -> Limit | None:
    """What an outlet may draw of the station's current; None where nothing is divided or it doesn't charge.

    Where all there is to divide lies below the floor, it is that which stands in the way, and not another's share.
    """
    whole = state.division.budget
    if whole is None or outlet.outlet not in state.division.shares.turns:
        return None
    tightest = min((p for p, on in enumerate(_phases(state, outlet)) if on), key=lambda p: whole.amps[p])
    offered, amps = state.division.shares.offered(outlet.outlet), whole.amps[tightest]
    three = three_phase_charge(state.config, outlet.reading, outlet.on_domestic)
    if offered <= 0 and amps < floor_for(state.config, three):
        offered = amps  # worked as 0 A
    return Limit(offered, whole.reasons[tightest])


def _without_leaving(state: StationState, amps: Phases, claims: Sequence[Claim]) -> Phases:
    """A budget of which nobody is given what a vehicle still draws whose charge has ended, until its contactor opens.

    Nobody is lowered for that: what is offered already stays within the budget.
    """
    claiming = {claim.outlet for claim in claims}
    leaving = [
        one.reading.drawn_a or one.reading.current_a
        for one in state.outlets
        if one.outlet not in claiming and one.reading is not None and one.reading.contactor
    ]
    if not leaving:
        return amps
    shares = state.division.shares
    offered = _on_each_phase(claims, lambda claim: shares.offered(claim.outlet))
    left = [max(amps[p] - sum(one[p] for one in leaving), min(amps[p], offered[p])) for p in range(3)]
    return left[0], left[1], left[2]


def _floors(state: StationState, claims: Sequence[Claim]) -> Phases:
    """The floors of those that charge now, added up on each phase."""
    shares = state.division.shares
    return _on_each_phase(claims, lambda claim: claim.floor_a if shares.offered(claim.outlet) > 0 else 0.0)


def _on_each_phase(claims: Sequence[Claim], amps: Callable[[Claim], float]) -> Phases:
    first, second, third = (sum(amps(claim) for claim in claims if claim.phases[p]) for p in range(3))
    return first, second, third


def _claim(state: StationState, outlet: OutletState, draw: Draw, now: float) -> Claim:
    config, session, domestic = state.config, outlet.session, outlet.on_domestic
    three = three_phase_charge(config, outlet.reading, domestic)
    own = working_current(
        config, outlet.config, outlet.reading, None, outlet.allowed_a, domestic, outlet.remote_wish
    ).amps
    if config.head.enabled and state.house.silent(config.head, now):
        own = min(own, config.head.degraded_three_a if three else config.head.degraded_single_a)
    used = 0 if session is None else session.energy_mvas - session.energy_start_mvas
    return Claim(
        outlet=outlet.outlet,
        ceiling_a=own,
        # What is in a domestic socket knows no pilot: it draws its all or nothing.
        floor_a=max(own, 1.0) if domestic else float(floor_for(config, three)),
        phases=_phases(state, outlet),
        vip=session is not None and session.vip,
        began=outlet.session_began,
        energy_wh=used / 3_600_000,
        drawn_a=_settled(state, outlet, draw),
    )


def _held_back(state: StationState, outlet: OutletState) -> bool:
    """Whether a building manager lets an outlet charge nothing: it claims nothing, and comes back as a newcomer.

    The division did not shed it, so that its wait for room is not for it.
    """
    wish = outlet.remote_wish
    three = three_phase_charge(state.config, outlet.reading, outlet.on_domestic)
    return wish is not None and wish.amps < floor_for(state.config, three)


def _phases(state: StationState, outlet: OutletState) -> tuple[bool, bool, bool]:
    """The line phases that a vehicle draws on; all that are wired while it isn't known (modbus research, section 2)."""
    if state.config.phases == 1 or outlet.on_domestic:
        return L1_ALONE
    reading = outlet.reading
    if reading is None or reading.phases_used not in (1, 2):
        return EVERY
    first, second, third = (amps > FLOWING_A for amps in reading.current_a)
    return (first, second, third) if first or second or third else EVERY


def _draw(state: StationState, outlet: OutletState, now: float) -> Draw:
    """The most that was drawn in this minute and in the one before, of no less than is offered now."""
    amps = max(outlet.reading.current_a) if outlet.reading is not None else 0.0
    offered = state.division.shares.offered(outlet.outlet)
    draw = state.division.draws.get(outlet.outlet)
    if draw is None or draw.began != outlet.session_began or offered <= 0 or offered > draw.offered_a:
        return Draw(outlet.session_began, now, amps, None, offered)
    if now - draw.since >= DRAWN_S:
        return Draw(draw.began, now, amps, draw.peak_a, offered)
    if amps <= draw.peak_a and offered == draw.offered_a:
        return draw
    return Draw(draw.began, draw.since, max(amps, draw.peak_a), draw.before_a, offered)


def _settled(state: StationState, outlet: OutletState, draw: Draw) -> float | None:
    """What a vehicle keeps to although it is offered more; None while that isn't clear."""
    if draw.before_a is None:
        return None
    peak = max(draw.peak_a, draw.before_a)
    offered = state.division.shares.offered(outlet.outlet)
    return peak if offered > 0 and peak < offered - USING_A else None
