"""The fold: one event at a time turns the station's state into the next and says what is to be done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from evlink.domain.admission import (
    admit,
    answered,
    badge_read,
    can_start,
    obeys,
    provisional,
    remote_start,
    stop_asked,
)
from evlink.domain.capture import begun, captured, concerns, enrols, lapse
from evlink.domain.dividing import divide, see_house, share_of
from evlink.domain.effects import Durable, Effect, EventEnded, EventStarted, Grant
from evlink.domain.events import (
    Allowed,
    Answered,
    AvailabilityAsked,
    BadgeRead,
    Booked,
    Condition,
    Configured,
    Deauthorised,
    Event,
    HouseSeen,
    Moment,
    RemoteStart,
    RemoteWrite,
    StopAsked,
    SupervisionSeen,
    Tick,
    TransactionKnown,
)
from evlink.domain.limits import working_current
from evlink.domain.orders import (
    allow,
    book,
    change_availability,
    deauthorise,
    exhausted,
    kept_free,
    settled,
    stop_invalid,
)
from evlink.domain.outcomes import WARNING
from evlink.domain.procedure import Turn, free_access, proceed
from evlink.domain.recording import resume
from evlink.domain.remote_folding import obey, reconfigured, supervise
from evlink.domain.session import OpenSession
from evlink.domain.state import Config, Holder, Limit, OutletConfig, OutletState, Reading, StationState
from evlink.domain.steps import Step, knows
from evlink.domain.words import Evt, OutletError
from evlink.domain.words import OutletStatus as S

LEASE_PERIOD_S = 1.0  # a permit is granted every second and valid 5 s
STARTING_S = 5.0  # for control's first word
ADMITTING = (S.LOOP_STARTED,)
LOCKING = (S.PLUG_STARTED, S.PLUG_DONE, S.LOOP_STARTED, S.LOOP_ENDED)
LIGHT_OFF, LIGHT_GREEN, LIGHT_GREEN_BLINK, LIGHT_BLUE, LIGHT_RED = range(5)


def begin(config: Config, sessions: Mapping[int, OpenSession], transactions: Mapping[int, int | None]) -> StationState:
    """The state at start: stored sessions of the outlets, and the transaction ids that they were given."""
    outlets = tuple(
        OutletState(
            config=c,
            session=sessions.get(c.outlet),
            transaction_id=transactions.get(c.outlet),
        )
        for c in config.outlets
    )
    return StationState(config, outlets)


def fold(state: StationState, event: Event) -> tuple[StationState, list[Effect]]:
    """Fold one event into the state: the next state, and the effects in the order in which they are due.

    Pure: no clock, no I/O; the same events give the same states. KeyError for an outlet the station hasn't.
    """
    effects: list[Effect] = []
    before = state
    if state.capture is not None:
        state = lapse(state)
    match event:
        case _ if concerns(state, event):
            state, effects = captured(state, event)
        case Tick():
            state, effects = _tick(state, event)
        case BadgeRead():
            state, outlet, asks = badge_read(state, event)
            state, effects = _with(state, outlet), [*asks]
        case Answered() if enrols(state, event):
            state = begun(state, event)
        case Answered():
            state = _with(state, answered(state, event))
        case RemoteStart():
            if obeys(state, state.outlet(event.outlet)):
                state = _with(state, remote_start(state, event))
        case StopAsked():
            state = _with(state, stop_asked(state, event))
        case Deauthorised():
            state = deauthorise(state, event)
        case Allowed():
            state = allow(state, event)
        case Booked():
            state = book(state, event)
        case AvailabilityAsked():
            state = change_availability(state, event)
        case TransactionKnown():
            for outlet in state.outlets:
                if outlet.session is not None and outlet.session.session == event.session:
                    state = _with(state, replace(outlet, transaction_id=event.transaction_id))
        case SupervisionSeen():
            lost = event.moment.at if state.connected and not event.connected else state.lost_at
            state = replace(state, connected=event.connected, lost_at=lost)
            if state.config.supervised:
                for outlet in state.outlets:
                    state = _with(state, _condition(outlet, Evt.SUPERVISION, not event.connected))
        case RemoteWrite():
            state = obey(state, event)
        case HouseSeen():
            state = see_house(state, event)
        case Condition():
            for outlet in state.outlets:
                if event.outlet in (0, outlet.outlet):
                    state = _with(state, _condition(outlet, event.event, event.ko))
        case Configured():
            state = _configured(state, event.config)
    told = not isinstance(event, Tick) or _charging(before) != _charging(state)
    state, more = _settle(state, event.moment, told)
    return state, effects + more


def _charging(state: StationState) -> list[bool]:
    return [one.status in ADMITTING and not one.stop_reason for one in state.outlets]


def _with(state: StationState, outlet: OutletState) -> StationState:
    return replace(state, outlets=tuple(outlet if o.outlet == outlet.outlet else o for o in state.outlets))


def _condition(outlet: OutletState, event: Evt, ko: bool) -> OutletState:
    if (event in outlet.outside) is ko:
        return outlet
    return replace(outlet, outside=outlet.outside ^ {event})


def _tick(state: StationState, tick: Tick) -> tuple[StationState, list[Effect]]:
    turns = [
        _turn(state, outlet, reading, tick.moment) for outlet, reading in zip(state.outlets, tick.readings, strict=True)
    ]
    effects: list[Effect] = [effect for turn in turns for effect in turn.durable]
    return replace(state, outlets=tuple(turn.outlet for turn in turns)), effects


def _turn(state: StationState, outlet: OutletState, reading: Reading | None, moment: Moment) -> Turn:
    """One outlet's turn at a tick: what control says of it, its front buttons, its steps."""
    if reading is None:
        if outlet.reading is None and moment.at - outlet.since < STARTING_S:
            return Turn(outlet)  # control is still on its way up
        return Turn(_condition(outlet, Evt.INTERNAL_COMMUNICATION, True))
    seen = replace(_condition(outlet, Evt.INTERNAL_COMMUNICATION, False), reading=reading)
    seen = _noted(state.config, outlet, seen)
    ended: list[Durable] = []
    if outlet.reading is None and seen.session is not None:
        seen, ended = resume(state.config, seen, seen.session, moment)
    if (order := stop_invalid(state, seen, moment)) is not None:
        seen = stop_asked(_with(state, seen), order)
    seen = provisional(state, seen, moment)
    pressed = _buttons(state, outlet.reading, reading, seen, moment)
    return proceed(state, Turn(pressed, tuple(ended)), moment)


def _noted(config: Config, before: OutletState, now: OutletState) -> OutletState:
    """The outlet with the error of a lock or a shutter that stands otherwise than it should, from when it does."""
    fresh = now.faults - before.faults
    error: OutletError | None = None
    charging = now.status is S.LOOP_STARTED
    if Evt.OUTLET_LOCK in fresh:
        wanted = before.granted is not None and before.granted.lock
        error = OutletError.NOT_LOCKED if wanted else OutletError.LOCKED
        error = OutletError.UNLOCKED_IN_CHARGE if charging else error
    elif Evt.FLAP_SENSOR in fresh and charging and config.street:
        error = OutletError.SHUTTER_IN_CHARGE
    return now if error is None else replace(now, last_error=error)


def _buttons(
    state: StationState, before: Reading | None, now: Reading, outlet: OutletState, moment: Moment
) -> OutletState:
    """Front buttons by their edges: stop ends the session; start takes it up again where access is free (R-069).

    Start also chooses the domestic socket, which nothing else can: what is in it isn't seen.
    """
    start = now.start_button and not (before is not None and before.start_button)
    stop = now.stop_button and not (before is not None and before.stop_button)
    if start and outlet.config.domestic and not now.vehicle and now.cable_a == 0:
        if outlet.status is S.PLUG_STARTED and outlet.holder is not None:
            return replace(outlet, holder=replace(outlet.holder, domestic=True))
        if outlet.status is S.AUTHORISATION_STARTED and free_access(state):
            holder = Holder("", state.config.default_id_tag, domestic=True)
            free = can_start(outlet) and not kept_free(state, outlet, holder.id_tag, "")
            return admit(outlet, holder, moment) if free else outlet
    if not (start or stop) or not state.config.button_stops:
        return outlet
    if stop:
        return stop_asked(_with(state, outlet), StopAsked(moment, outlet.outlet, "Local"))
    again = outlet.status is S.UNPLUG_STARTED and knows(outlet, Step.ADMITTED) and now.vehicle
    if again and free_access(state):
        tag = state.config.default_id_tag
        return remote_start(_with(state, outlet), RemoteStart(moment, outlet.outlet, tag))
    return outlet


def _settle(state: StationState, moment: Moment, told: bool) -> tuple[StationState, list[Effect]]:
    """Work out limits, events and permits after an event; permits once a second, and at once where one changed.

    The station's current is divided anew once a second, and at once when something was `told` that may change it.
    """
    effects: list[Effect] = []
    outlets: list[OutletState] = []
    due = moment.at - state.granted_at >= LEASE_PERIOD_S
    state = supervise(state, moment)
    if due or told:
        state = divide(state, moment.at)
    houseless = state.house.gone(state.config.head, moment.at)
    for old in state.outlets:
        if old.houseless is not houseless:
            old = replace(old, houseless=houseless)
        limit = working_current(
            state.config,
            old.config,
            old.reading,
            share_of(state, old),
            old.allowed_a,
            old.on_domestic,
            old.remote_limit,
        )
        if exhausted(state, old):
            limit = Limit(0.0, "supervision")
        same = limit == old.limit and limit.cut == old.limit.cut
        new = settled(old if same else replace(old, limit=limit))
        if old.faults != old.told:
            effects += _events(old, moment)
            new = replace(new, told=old.faults)
        grant = _grant(state, new)
        if grant != old.granted:
            new = replace(new, granted=grant)
        if due or grant != old.granted:
            effects.append(grant)
        outlets.append(new)
    granted_at = moment.at if due else state.granted_at
    return replace(state, outlets=tuple(outlets), now=moment.at, wall=moment.wall, granted_at=granted_at), effects


def _events(outlet: OutletState, moment: Moment) -> list[Effect]:
    began: list[Effect] = [EventStarted(outlet.outlet, e, moment.wall) for e in sorted(outlet.faults - outlet.told)]
    return began + [EventEnded(outlet.outlet, e, moment.wall) for e in sorted(outlet.told - outlet.faults)]


def _grant(state: StationState, outlet: OutletState) -> Grant:
    admitted = outlet.status in ADMITTING and not outlet.stop_reason
    return Grant(
        outlet=outlet.outlet,
        authorised=admitted,
        limit_a=outlet.limit.amps if admitted else 0.0,
        ventilation=state.config.ventilated,
        available=outlet.available,
        lock=(outlet.status in LOCKING or outlet.keep_locked) and _plugged(outlet),
        light=light(outlet),
        beep=outlet.beeps % 256,
        domestic=outlet.on_domestic,
    )


def _plugged(outlet: OutletState) -> bool:
    if outlet.on_domestic:
        return True  # its shutter; whether a plug is in can't be seen
    return not outlet.config.attached_cable and outlet.reading is not None and outlet.reading.cable_a > 0


def light(outlet: OutletState) -> int:
    """The status light: red for a fault, blue charging, green blinking once admitted, green free.

    An event that leaves the outlet in service (a lost meter, a lost link) changes nothing of it.
    """
    if outlet.status is S.NOT_INITIALIZED:
        return LIGHT_OFF
    if outlet.faults - WARNING:
        return LIGHT_RED
    if outlet.status is S.LOOP_STARTED:
        return LIGHT_BLUE
    if outlet.holder is not None or outlet.pending is not None:
        return LIGHT_GREEN_BLINK
    return LIGHT_GREEN


def _configured(state: StationState, config: Config) -> StationState:
    by_number: dict[int, OutletConfig] = {c.outlet: c for c in config.outlets}
    outlets = tuple(replace(o, config=by_number[o.outlet]) for o in state.outlets)
    return reconfigured(replace(state, config=config, outlets=outlets))
