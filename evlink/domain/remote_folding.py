"""What a building manager's orders do to the station's state, and what becomes of it without them (R-134, R-217)."""

from __future__ import annotations

from dataclasses import replace

from evlink.domain.admission import can_start, remote_start, stop_asked
from evlink.domain.events import Moment, RemoteStart, RemoteWrite, StopAsked
from evlink.domain.limits import three_phase_charge
from evlink.domain.procedure import free_access
from evlink.domain.remote_control import (
    FAILED,
    Answer,
    Command,
    Hold,
    LifeSeen,
    Remote,
    RemoteCommand,
    RemoteLeft,
    RemoteOrder,
    RemoteOutlet,
    RemoteSetpoint,
    RemoteTuned,
    Tuned,
    begin_waiting,
    capped,
    left,
    lost,
    released,
    seen,
    target,
    timed_out,
    tuned,
)
from evlink.domain.state import OutletState, StationState
from evlink.domain.words import Evt

# What a command sets, and what undoes it.
FLAGS: dict[Command, tuple[str, bool]] = {
    Command.SUSPEND: ("suspended", True),
    Command.UNAVAILABLE: ("unavailable", True),
    Command.AVAILABLE: ("unavailable", False),
    Command.MAINTENANCE: ("maintenance", True),
    Command.MAINTENANCE_OFF: ("maintenance", False),
    Command.BOOK: ("booked", True),
    Command.UNBOOK: ("booked", False),
    Command.POSTPONE: ("postponed", True),
    Command.UNPOSTPONE: ("postponed", False),
}


def obey(state: StationState, event: RemoteWrite) -> StationState:
    """The state after one request's orders, all of them; KeyError for an outlet the station hasn't."""
    state = replace(state, remote=replace(state.remote, folded=event.number))
    if not state.config.remote.enabled:
        return state
    for order in event.orders:
        state = _order(state, order, event.moment)
    return _floored(state)


def _order(state: StationState, order: RemoteOrder, moment: Moment) -> StationState:
    match order:
        case LifeSeen():
            return replace(state, remote=seen(state.remote, moment.at))
        case RemoteLeft():
            outlets = tuple(replace(one, remote=released(one.remote)) for one in state.outlets)
            return replace(state, remote=left(state.remote, moment.at), outlets=outlets)
        case RemoteTuned():
            others = tuple(pair for pair in state.remote.tuned if pair[0] is not order.what)
            return replace(state, remote=replace(state.remote, tuned=(*others, (order.what, order.value))))
        case RemoteSetpoint():
            return _set(state, order, moment)
        case RemoteCommand():
            return _command(state, order, moment)


def _set(state: StationState, order: RemoteSetpoint, moment: Moment) -> StationState:
    remote = state.remote
    if remote.hold is Hold.LEFT:
        remote = seen(remote, moment.at)  # whoever limits takes the control up again, and has to stay
    if order.outlet == 0:
        return replace(state, remote=replace(remote, station_a=order.amps))
    outlet = state.outlet(order.outlet)
    set_ = replace(outlet, remote=replace(outlet.remote, setpoint_a=order.amps, valid=True))
    return _with(replace(state, remote=remote), set_)


def _command(state: StationState, order: RemoteCommand, moment: Moment) -> StationState:
    outlet = state.outlet(order.outlet)
    done = True
    if order.command in FLAGS:
        flag, value = FLAGS[order.command]
        # `replace` by a name from the table above: mypy can't see it.
        outlet = replace(outlet, remote=replace(outlet.remote, **{flag: value}))  # type: ignore[arg-type]
    if order.command in (Command.STOP, Command.MAINTENANCE):
        outlet = stop_asked(_with(state, outlet), StopAsked(moment, outlet.outlet, "Remote"))
    elif order.command is Command.RESTART:
        outlet, done = _restart(state, outlet, moment)
    answer = Answer(order.code, order.code if done else FAILED)
    answers = tuple(answer if slot == order.slot else old for slot, old in enumerate(outlet.remote.answers))
    return _with(state, replace(outlet, remote=replace(outlet.remote, answers=answers)))


def _restart(state: StationState, outlet: OutletState, moment: Moment) -> tuple[OutletState, bool]:
    """Go on with a suspended charge, or take a stopped one up again where nobody else has to admit it (R-069, R-072).

    False where there is nothing to go on with.
    """
    outlet = replace(outlet, remote=replace(outlet.remote, suspended=False))
    if outlet.session is not None or outlet.holder is not None:
        return outlet, True
    open_ = free_access(state) or state.config.authentication == "remote"
    if not (open_ and outlet.reading is not None and outlet.reading.vehicle and can_start(outlet)):
        return outlet, False
    start = RemoteStart(moment, outlet.outlet, state.config.default_id_tag)
    return remote_start(_with(state, outlet), start), True


def supervise(state: StationState, moment: Moment) -> StationState:
    """The remote control as it stands now: begun or ended by the settings, lost by silence; caps and Evt #29."""
    rules, remote = state.config.remote, state.remote
    if not rules.enabled:
        if remote.hold is not Hold.OFF:
            outlets = tuple(_condition(replace(one, remote=_forgotten(one.remote)), False) for one in state.outlets)
            off = Remote(folded=remote.folded, floors=remote.floors)
            state = _floored(replace(state, remote=off, outlets=outlets))
        return _timed(state, moment)
    if remote.hold is Hold.OFF:
        remote = replace(begin_waiting(moment.at, remote.folded), floors=remote.floors)
    if remote.hold is Hold.HELD and timed_out(remote, rules, moment.at):
        remote = lost(remote)
        gone = tuple(replace(one, remote=replace(one.remote, valid=False)) for one in state.outlets)
        state = replace(state, outlets=gone)
    missing = remote.hold is Hold.LOST or (remote.hold is Hold.WAITING and timed_out(remote, rules, moment.at))
    state = _timed(state if remote is state.remote else replace(state, remote=remote), moment)
    watched = [_condition(_capped(state, one, moment.at), missing) for one in state.outlets]
    if all(new is old for new, old in zip(watched, state.outlets, strict=True)):
        return state
    return replace(state, outlets=tuple(watched))


def _capped(state: StationState, outlet: OutletState, at: float) -> OutletState:
    three = three_phase_charge(state.config, outlet.reading)
    wanted = target(state.remote, state.config.remote, outlet.remote, three)
    remote = capped(outlet.remote, wanted, state.config.remote, at)
    return outlet if remote is outlet.remote else replace(outlet, remote=remote)


def _timed(state: StationState, moment: Moment) -> StationState:
    """Notes of each outlet's session that the registers show: how long it delivered, why the last one ended."""
    noted = [_noted(one, moment.at - state.now) for one in state.outlets]
    if all(new is old for new, old in zip(noted, state.outlets, strict=True)):
        return state
    return replace(state, outlets=tuple(noted))


def _noted(outlet: OutletState, passed: float) -> OutletState:
    remote = outlet.remote
    if outlet.session is not None and outlet.session.session != remote.session:
        remote = replace(remote, session=outlet.session.session, delivering=False, closed_s=0.0)
    if outlet.session is not None and outlet.reading is not None and outlet.reading.contactor:
        remote = replace(remote, delivering=True, closed_s=remote.closed_s + max(0.0, passed))
    elif outlet.session is None and remote.delivering:
        remote = replace(remote, delivering=False)
    if outlet.stop_reason and outlet.stop_reason != remote.stopped:
        remote = replace(remote, stopped=outlet.stop_reason)
    return outlet if remote is outlet.remote else replace(outlet, remote=remote)


def _forgotten(remote: RemoteOutlet) -> RemoteOutlet:
    """What is left of an outlet's orders once the settings end remote control: the notes of its session alone."""
    return RemoteOutlet(
        session=remote.session,
        delivering=remote.delivering,
        closed_s=remote.closed_s,
        stopped=remote.stopped,
    )


def _floored(state: StationState) -> StationState:
    """The state with the floors that the manager tuned, or the settings' own again."""
    config, remote = state.config, state.remote
    usual = remote.floors or (config.floor_single_a, config.floor_three_a)
    single = int(tuned(remote, Tuned.FLOOR_SINGLE, usual[0]))
    three = int(tuned(remote, Tuned.FLOOR_THREE, usual[1]))
    if (single, three) == (config.floor_single_a, config.floor_three_a):
        return state
    kept = None if (single, three) == usual else usual
    return replace(
        state,
        config=replace(config, floor_single_a=single, floor_three_a=three),
        remote=replace(remote, floors=kept),
    )


def reconfigured(state: StationState) -> StationState:
    """The state after new settings: what the manager tuned stands in the place of their floors too."""
    return _floored(replace(state, remote=replace(state.remote, floors=None)))


def _condition(outlet: OutletState, missing: bool) -> OutletState:
    """Evt #29 on an outlet: KO while the manager is missing."""
    if (Evt.REMOTE_ENERGY in outlet.outside) is missing:
        return outlet
    return replace(outlet, outside=outlet.outside ^ {Evt.REMOTE_ENERGY})


def _with(state: StationState, outlet: OutletState) -> StationState:
    return replace(state, outlets=tuple(outlet if o.outlet == outlet.outlet else o for o in state.outlets))
