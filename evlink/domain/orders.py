"""What those above the station order: limits, reservations, availability (OCPP 1.6 sections 3.9, 3.13, 5.2)."""

from __future__ import annotations

from dataclasses import replace

from evlink.domain.events import Allowed, AvailabilityAsked, Booked, Deauthorised, Moment, StopAsked
from evlink.domain.state import OutletState, StationState
from evlink.domain.words import OutletStatus as S

# Where an outlet may go out of service without cutting anybody off.
IDLE = (S.NOT_INITIALIZED, S.INIT_DONE, S.AUTHORISATION_STARTED, S.UNAVAILABLE, S.UNPLUG_DONE)


def allow(state: StationState, event: Allowed) -> StationState:
    """The state with what charging profiles allow from now on."""
    limits = dict(event.outlets)
    outlets = tuple(replace(one, allowed_a=limits.get(one.outlet)) for one in state.outlets)
    return replace(state, outlets=outlets, allowed_a=event.station_a)


def book(state: StationState, event: Booked) -> StationState:
    """The state with the reservations that hold from now on."""
    return replace(state, bookings=event.bookings)


def booking_for(state: StationState, outlet: int, id_tag: str, parent_id: str) -> int | None:
    """The reservation by which an idTag may charge at an outlet, its own outlet's first; None for none."""
    for connector in (outlet, 0):
        for one in state.bookings:
            mine = one.id_tag.upper() == id_tag.upper() or (one.parent_id != "" and one.parent_id == parent_id)
            if one.outlet == connector and mine:
                return one.id
    return None


def kept_free(state: StationState, outlet: OutletState, id_tag: str, parent_id: str) -> bool:
    """Whether a reservation keeps an outlet from an idTag (OCPP 1.6 section 5.13).

    One for any outlet (0) is met as long as there is another outlet that waits for somebody.
    """
    if booking_for(state, outlet.outlet, id_tag, parent_id) is not None:
        return False
    if any(one.outlet == outlet.outlet for one in state.bookings):
        return True
    anywhere = sum(one.outlet == 0 for one in state.bookings)
    booked = {one.outlet for one in state.bookings}
    waiting = sum(
        one.status is S.AUTHORISATION_STARTED and one.available and one.outlet not in booked for one in state.outlets
    )
    return anywhere > 0 and waiting <= anywhere


def reserved(state: StationState, outlet: OutletState) -> bool:
    """Whether an outlet waits for the one who reserved it, or for whom a building manager booked it."""
    kept = outlet.remote.booked or any(one.outlet == outlet.outlet for one in state.bookings)
    return kept and outlet.status is S.AUTHORISATION_STARTED


def change_availability(state: StationState, event: AvailabilityAsked) -> StationState:
    """The state with outlets (0: all) asked in or out of service; `available` follows where nobody charges."""
    outlets = tuple(
        replace(one, withdrawn=not event.operative) if event.outlet in (0, one.outlet) else one for one in state.outlets
    )
    return replace(state, outlets=outlets)


def settled(outlet: OutletState) -> OutletState:
    """The outlet in or out of service as was asked, once nobody is cut off by it (OCPP 1.6 section 5.2)."""
    withdrawn = outlet.withdrawn or outlet.remote.out_of_service
    if outlet.available is not withdrawn:
        return outlet
    idle = outlet.status in IDLE and outlet.session is None and outlet.holder is None
    return replace(outlet, available=not withdrawn) if idle or not withdrawn else outlet


def deauthorise(state: StationState, event: Deauthorised) -> StationState:
    """The state after an answer to a start that was not Accepted (OCPP 1.6 section 4.8).

    The charge may take MaxEnergyOnInvalidId more; then it ends, or is only suspended where
    StopTransactionOnInvalidId is off.
    """
    outlets = tuple(
        replace(one, invalid_from_mvas=one.session.energy_mvas)
        if one.session is not None and one.session.session == event.session and one.invalid_from_mvas is None
        else one
        for one in state.outlets
    )
    return replace(state, outlets=outlets)


def exhausted(state: StationState, outlet: OutletState) -> bool:
    """Whether a charge by an invalid idTag has had all that it is left."""
    if outlet.invalid_from_mvas is None or outlet.session is None:
        return False
    now = outlet.reading.energy_mvas if outlet.reading is not None else outlet.session.energy_mvas
    return now - outlet.invalid_from_mvas >= state.config.invalid_id_wh * 3_600_000


def stop_invalid(state: StationState, outlet: OutletState, moment: Moment) -> StopAsked | None:
    """The end of a charge by an invalid idTag, where it is due."""
    if state.config.stop_on_invalid_id and not outlet.stop_reason and exhausted(state, outlet):
        return StopAsked(moment, outlet.outlet, "DeAuthorized")
    return None
