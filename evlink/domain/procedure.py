"""What a tick does to one outlet's session: the steps of the table, each with its condition and its time-out."""

from __future__ import annotations

from dataclasses import dataclass, replace

from evlink.domain.effects import Durable
from evlink.domain.events import Moment
from evlink.domain.outcomes import BARRING, DONE, ENDING, INTERRUPTING, LASTING_S, REFUSED, Outcome, first_of
from evlink.domain.recording import books_due, close_session, follow, open_session
from evlink.domain.state import Config, Holder, OutletState, Reading, StationState
from evlink.domain.steps import Step, advance, knows
from evlink.domain.words import ChargeStatus, Evt, OutletError
from evlink.domain.words import OutletStatus as S

LOCK_TIMEOUT_S = 3.0
OPEN_TIMEOUT_S = 10.0  # a contactor that does not open (Evt #5) must not keep the record from being written
UNPLUG_TIMEOUT_S = 60.0  # cable after the vehicle has gone, vehicle after somebody asked for the end


@dataclass(frozen=True, slots=True)
class Turn:
    """One outlet's turn at a tick: the state so far and what must be stored."""

    outlet: OutletState
    durable: tuple[Durable, ...] = ()

    def step(self, step: Step, at: float) -> Turn:
        """The turn one step on."""
        return replace(self, outlet=advance(self.outlet, step, at))

    def error(self, error: OutletError) -> Turn:
        """The turn with an error noted."""
        return replace(self, outlet=replace(self.outlet, last_error=error))

    def store(self, outcome: tuple[OutletState, list[Durable]]) -> Turn:
        """The turn after keeping the books."""
        outlet, durable = outcome
        return Turn(outlet, (*self.durable, *durable))


def free_access(state: StationState) -> bool:
    """Whether anybody may charge now: authentication disabled, or by the strategy for a lost link (R-071 to R-079).

    With "allow all" a station that has a reader admits any badge, one that has none admits anybody (N-43).
    """
    config = state.config
    if config.authentication == "disabled":
        return True
    if config.authentication != "supervision" or not link_lost(state):
        return False
    reader = any(outlet.has_reader for outlet in config.outlets)
    return config.comms_loss == "disabled" or (config.comms_loss == "allow_all" and not reader)


def link_lost(state: StationState) -> bool:
    """Whether the supervision has been away for longer than its answers are awaited: a blink opens no station."""
    return not state.connected and state.now - state.lost_at >= state.config.answer_timeout_s


def proceed(state: StationState, turn: Turn, moment: Moment) -> Turn:
    """Take an outlet as many steps on as its reading allows, each step once a tick at most, and keep its books."""
    for _ in S:
        before = turn.outlet.status
        turn = _one(state, turn, moment)
        if turn.outlet.status is before:
            break
    if books_due(turn.outlet, moment.at):
        turn = turn.store(follow(state.config, turn.outlet, moment))
    return turn


def _one(state: StationState, turn: Turn, moment: Moment) -> Turn:
    outlet, reading = turn.outlet, turn.outlet.reading
    if reading is None:
        return turn
    match outlet.status:
        case S.NOT_INITIALIZED:
            return turn.step(Step.SEEN, moment.at)
        case S.INIT_DONE | S.UNPLUG_DONE:
            if outlet.session is not None and knows(outlet, Step.RESUMED):
                return turn.step(Step.RESUMED, moment.at)
            return turn.step(Step.OPEN if outlet.available else Step.WITHDRAWN, moment.at)
        case S.AUTHORISATION_STARTED:
            return _waiting(state, turn, reading, moment)
        case S.UNAVAILABLE:
            return turn.step(Step.RESTORED, moment.at) if outlet.available else turn
        case S.AUTHORISATION_DONE:
            return turn.step(Step.CONTRACT, moment.at)
        case S.CONTRACT_STARTED:
            return turn.step(Step.AGREED, moment.at)
        case S.CONTRACT_DONE:
            return turn.step(Step.PLUG, moment.at)
        case S.PLUG_STARTED:
            return _plugging(state.config, turn, reading, moment)
        case S.PLUG_DONE:
            holder = outlet.holder or Holder("", state.config.default_id_tag)
            return turn.store(open_session(state.config, outlet, holder, moment)).step(Step.CHARGE, moment.at)
        case S.LOOP_STARTED:
            return _charging(state.config, turn, reading, moment)
        case S.LOOP_ENDED:
            turn = _contactor_noted(turn)
            outlet = turn.outlet
            if (reading.contactor or reading.unread) and moment.at - outlet.since < OPEN_TIMEOUT_S:
                return turn
            turn = turn.store(follow(state.config, outlet, moment))
            return turn.store(close_session(state.config, turn.outlet, moment)).step(Step.RELEASE, moment.at)
        case S.UNPLUG_STARTED:
            return _unplugging(state.config, turn, reading, moment)
        case _:
            return turn


def _waiting(state: StationState, turn: Turn, reading: Reading, moment: Moment) -> Turn:
    outlet = turn.outlet
    if not outlet.available:
        return turn.step(Step.WITHDRAWN, moment.at)
    open_ = free_access(state) and not outlet.remote.booked
    if open_ and reading.vehicle and not outlet.faults & BARRING:
        admitted = replace(outlet, holder=Holder("", state.config.default_id_tag), pending=None)
        return replace(turn, outlet=admitted).step(Step.ADMITTED, moment.at)
    return turn


def _plugging(config: Config, turn: Turn, reading: Reading, moment: Moment) -> Turn:
    outlet = turn.outlet
    waited = moment.at - outlet.since
    plugged = outlet.config.attached_cable or reading.cable_a > 0
    # A domestic socket shows neither plug nor load: it is ready once it is chosen and its shutter locked.
    there = outlet.on_domestic or (plugged and reading.vehicle)
    barred = outlet.faults & BARRING
    if outlet.stop_reason:
        return _forget(turn).step(Step.STOPPED, moment.at)
    if there and not barred and (reading.locked or (outlet.config.attached_cable and not outlet.on_domestic)):
        return turn.step(Step.PLUGGED, moment.at)
    if there and waited > LOCK_TIMEOUT_S and Evt.OUTLET_LOCK in outlet.faults:
        return _forget(turn.error(OutletError.NOT_LOCKED)).step(Step.GIVEN_UP, moment.at)
    if waited > config.plug_timeout_s:
        if barred or outlet.on_domestic:
            error = OutletError.PLUG_ERROR
        elif not plugged:
            error = OutletError.PLUG_NOT_DETECTED
        elif not reading.vehicle:
            error = OutletError.EV_NOT_DETECTED
        else:
            error = OutletError.PLUG_ERROR
        return _forget(turn.error(error)).step(Step.GIVEN_UP, moment.at)
    return turn


def _forget(turn: Turn) -> Turn:
    return replace(turn, outlet=replace(turn.outlet, holder=None, stop_reason="", stopped_by=""))


def _charging(config: Config, turn: Turn, reading: Reading, moment: Moment) -> Turn:
    outlet = turn.outlet
    # StopTransactionOnEVSideDisconnect off: a vehicle that leaves under load may come back (OCPP 1.6 section 9.1.26).
    ending = first_of(ENDING, outlet.faults if config.stop_on_ev_disconnect else outlet.faults - {Evt.EV_DISCONNECTED})
    if ending is not None:
        return _stop(turn, ENDING[ending], moment)
    if outlet.on_domestic:
        if outlet.config.piloted and (reading.vehicle or reading.cable_a > 0):
            return _stop(turn, DONE, moment)  # somebody plugs into the other socket, which is not energised for that
    elif _vehicle_left(config, outlet, reading):
        if not config.unlock_on_ev_disconnect:
            turn = replace(turn, outlet=replace(turn.outlet, keep_locked=True))
        return _stop(turn, DONE, moment, "EVDisconnected")
    turn = _interruption(turn, moment.at)
    interrupted = turn.outlet.interrupted
    if outlet.stop_reason:
        return _stop(turn, DONE, moment, outlet.stop_reason)
    if reading.refused:
        return _stop(turn, REFUSED, moment)
    if reading.ended:
        return _stop(turn, DONE, moment)
    if interrupted is not None and moment.at - interrupted[1] >= LASTING_S:
        return _stop(turn, INTERRUPTING[interrupted[0]], moment)
    return turn


def _vehicle_left(config: Config, outlet: OutletState, reading: Reading) -> bool:
    gone = not reading.vehicle and reading.ev.value[0] == "A"
    cable_gone = not outlet.config.attached_cable and reading.cable_a == 0
    return gone and (config.stop_on_ev_disconnect or cable_gone)


def _interruption(turn: Turn, at: float) -> Turn:
    """Note since when a fault that may pass has kept the charge from going on, and that none does any more."""
    before = turn.outlet.interrupted
    event = first_of(INTERRUPTING, turn.outlet.faults)
    if (event, before) == (None, None) or (before is not None and before[0] is event):
        return turn
    now = None if event is None else (event, at if before is None else before[1])
    return replace(turn, outlet=replace(turn.outlet, interrupted=now))


def _stop(turn: Turn, outcome: Outcome, moment: Moment, reason: str = "") -> Turn:
    """End the charge loop; a charge that was interrupted when it ended didn't end well, whoever ended it."""
    outlet = turn.outlet
    if outcome is DONE and outlet.interrupted is not None:
        outcome = INTERRUPTING[outlet.interrupted[0]]
    if outcome.error is not None:
        turn = turn.error(outcome.error)
    stopped = replace(
        turn.outlet,
        stop_reason=reason or outcome.reason,
        last_charge_status=outcome.status,
        interrupted=None,
    )
    return replace(turn, outlet=stopped).step(Step.STOPPED, moment.at)


def _contactor_noted(turn: Turn) -> Turn:
    """Note a contactor that doesn't open at the end of a charge: only then does a welded one show."""
    outlet = turn.outlet
    if Evt.CONTACTOR_STATE not in outlet.faults or outlet.last_charge_status is not ChargeStatus.DONE:
        return turn
    outcome = ENDING[Evt.CONTACTOR_STATE]
    return replace(
        turn, outlet=replace(outlet, last_charge_status=outcome.status, last_error=outcome.error or outlet.last_error)
    )


def _unplugging(config: Config, turn: Turn, reading: Reading, moment: Moment) -> Turn:
    outlet = turn.outlet
    waited = moment.at - outlet.since
    cable_gone = outlet.config.attached_cable or reading.cable_a == 0
    left = not reading.vehicle and (cable_gone or config.allow_cable_left)
    if left or outlet.on_domestic:
        if config.street and Evt.FLAP_SENSOR in outlet.faults:
            turn = turn.error(OutletError.SHUTTER_NOT_CLOSED)
            outlet = turn.outlet
        cleared = replace(
            outlet, outside=outlet.outside - {Evt.PLUG_PROCESS}, stop_reason="", stopped_by="", keep_locked=False
        )
        return replace(turn, outlet=cleared).step(Step.UNPLUGGED, moment.at)
    if waited <= UNPLUG_TIMEOUT_S:
        return turn
    if reading.vehicle:
        # A car that stays after its charge is no fault of the station: it is noted, not raised.
        return turn.error(OutletError.EV_STILL_DETECTED)
    noted = turn.error(OutletError.PLUG_STILL_DETECTED)
    return replace(noted, outlet=replace(noted.outlet, outside=noted.outlet.outside | {Evt.PLUG_PROCESS}))
