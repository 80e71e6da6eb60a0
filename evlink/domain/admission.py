"""Who may charge: badges, answers, remote starts and stops (R-070 to R-084, R-174 to R-178)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from evlink.domain.effects import Ask
from evlink.domain.events import Answered, BadgeRead, Moment, RemoteStart, StopAsked, Verdict
from evlink.domain.orders import booking_for, kept_free
from evlink.domain.outcomes import BARRING
from evlink.domain.procedure import free_access
from evlink.domain.record import BadgeType, normal_uid
from evlink.domain.state import Config, Holder, OutletState, Pending, StationState
from evlink.domain.steps import Step, advance, knows
from evlink.domain.words import OutletError
from evlink.domain.words import OutletStatus as S

ONE_BEEP, TWO_BEEPS = 1, 2  # understood, refused
PROVISIONAL_S = 2.0  # without an answer for so long, the link is slow


def holder_of(outlet: OutletState) -> tuple[str, str]:
    """The uid and parent id that hold an outlet now; empty where nobody does."""
    if outlet.session is not None:
        return outlet.session.uid or outlet.session.id_tag, outlet.session.parent_id
    if outlet.holder is not None:
        return outlet.holder.uid or outlet.holder.id_tag, outlet.holder.parent_id
    return "", ""


def badge_read(state: StationState, event: BadgeRead) -> tuple[StationState, OutletState, list[Ask]]:
    """A badge at a reader: asked about, except the holder's own, which ends its session at once."""
    outlet = state.outlet(event.outlet)
    config = state.config
    if config.authentication == "remote" or not outlet.config.has_reader or free_access(state):
        return state, outlet, []  # the reader is not used
    held, _ = holder_of(outlet)
    if held and held == event.uid and outlet.status in (S.LOOP_STARTED, S.PLUG_STARTED):
        return state, _stop(replace(beep(outlet, ONE_BEEP), pending=None), "Local", event.uid), []
    if outlet.pending is not None and outlet.pending.provisional and holder_of(outlet) != ("", ""):
        return state, beep(outlet, TWO_BEEPS), []  # the question about its driver comes first
    if outlet.status not in (S.AUTHORISATION_STARTED, S.UNPLUG_STARTED, S.LOOP_STARTED, S.PLUG_STARTED):
        return state, beep(outlet, TWO_BEEPS), []
    by = "supervision" if config.authentication == "supervision" else "station"
    ticket = state.tickets + 1
    asked = replace(outlet, pending=Pending(ticket, event.uid, event.moment.at, by))
    return replace(state, tickets=ticket), asked, [Ask(outlet.outlet, ticket, event.uid, by)]


def answered(state: StationState, event: Answered) -> OutletState:
    """An answer to the latest question of an outlet; a late one to an earlier question is dropped."""
    outlet = state.outlet(event.outlet)
    if outlet.pending is None or outlet.pending.ticket != event.ticket:
        return outlet
    uid = outlet.pending.uid
    if outlet.pending.provisional:
        return _confirmed(state, replace(outlet, pending=None), uid, event.verdict)
    outlet = replace(outlet, pending=None)
    admin = event.verdict.type is BadgeType.ADMIN and event.verdict.status == "Accepted"
    accepted = accepts(state, event.verdict)
    if outlet.status in (S.LOOP_STARTED, S.PLUG_STARTED):
        _, parent = holder_of(outlet)
        same_group = accepted and parent != "" and parent == event.verdict.parent_id
        if admin or same_group:
            return _stop(beep(outlet, ONE_BEEP), "Local", uid)
        return refuse(outlet, OutletError.BADGE_NOT_CURRENT)
    if admin or not accepted or not outlet.available or not knows(outlet, Step.ADMITTED):
        return refuse(outlet, OutletError.BADGE_UNKNOWN)
    if outlet.remote.booked:
        return refuse(outlet, OutletError.BADGE_NOT_BOOKER)
    if kept_free(state, outlet, uid, event.verdict.parent_id):
        return refuse(outlet, OutletError.BADGE_UNKNOWN)
    holder = Holder(
        uid=uid,
        id_tag=uid,
        comment=event.verdict.comment,
        vip=event.verdict.type is BadgeType.VIP,
        parent_id=event.verdict.parent_id,
        reservation_id=booking_for(state, outlet.outlet, uid, event.verdict.parent_id),
    )
    return admit(beep(outlet, ONE_BEEP), holder, event.moment)


def provisional(state: StationState, outlet: OutletState, moment: Moment) -> OutletState:
    """The outlet with its driver admitted though the supervision has not answered yet (R-080, N-42).

    A quick supervision has answered by then, so that nobody it refuses gets current first.
    """
    asked = outlet.pending
    if asked is None or asked.by != "supervision" or asked.provisional or moment.at - asked.at < PROVISIONAL_S:
        return outlet
    if not can_start(outlet) or kept_free(state, outlet, asked.uid, ""):
        return outlet
    holder = Holder(asked.uid, asked.uid, reservation_id=booking_for(state, outlet.outlet, asked.uid, ""))
    return replace(admit(outlet, holder, moment), pending=replace(asked, provisional=True))


def _confirmed(state: StationState, outlet: OutletState, uid: str, verdict: Verdict) -> OutletState:
    """The late answer about a driver who was admitted already: it stays so, or the provisional charge ends (N-42)."""
    if holder_of(outlet)[0] != uid:
        return outlet  # nobody there any more
    if not accepts(state, verdict):
        refused = refuse(outlet, OutletError.BADGE_UNKNOWN)
        return _stop(refused, "DeAuthorized", "") if outlet.status in (S.LOOP_STARTED, S.PLUG_STARTED) else refused
    known: dict[str, Any] = {"comment": verdict.comment, "parent_id": verdict.parent_id}
    known["vip"] = verdict.type is BadgeType.VIP
    if outlet.session is not None:
        outlet = replace(outlet, session=replace(outlet.session, **known))
    if outlet.holder is not None:
        outlet = replace(outlet, holder=replace(outlet.holder, **known))
    return beep(outlet, ONE_BEEP)


def accepts(state: StationState, verdict: Verdict) -> bool:
    """Whether a verdict admits, by the strategies for unknown badges and for a lost link (R-076 to R-079)."""
    config: Config = state.config
    match verdict.status:
        case "Accepted":
            return True
        case "Unknown":
            return config.authentication == "station" and config.accept_unknown
        case "NoAnswer":
            return config.comms_loss != "reject_all"
        case _:
            return False


def remote_start(state: StationState, event: RemoteStart) -> OutletState:
    """A remote start: admits its idTag where `can_start` says so (OCPP 1.6 section 5.11)."""
    outlet = state.outlet(event.outlet)
    if not can_start(outlet) or kept_free(state, outlet, event.id_tag, ""):
        return outlet
    holder = Holder(
        _uid(event.id_tag),
        event.id_tag,
        remote=True,
        reservation_id=booking_for(state, outlet.outlet, event.id_tag, ""),
    )
    return admit(outlet, holder, event.moment)


def _uid(id_tag: str) -> str:
    """The badge that an idTag of the supervision means, so that the driver's own badge ends what an app began."""
    try:
        return normal_uid(id_tag)
    except ValueError:
        return id_tag


def obeys(state: StationState, outlet: OutletState) -> bool:
    """Whether the supervision's remote starts are obeyed: without a reader where that was chosen (R-062, R-063)."""
    return outlet.config.has_reader or state.config.external_control or not state.config.supervised


def closed_to_all(state: StationState) -> bool:
    """Whether a supervised station admits nobody: no reader, no remote starts (R-062), and no free access now."""
    asks = state.config.supervised and state.config.authentication == "supervision"
    return asks and not any(obeys(state, outlet) for outlet in state.outlets) and not free_access(state)


def can_start(outlet: OutletState) -> bool:
    """Whether an outlet could take a session now: waiting, or its last one ended with the cable still in."""
    open_ = outlet.available and not outlet.remote.booked
    return open_ and knows(outlet, Step.ADMITTED) and not outlet.faults & BARRING


def stop_asked(state: StationState, event: StopAsked) -> OutletState:
    """An order to end an outlet's session; nothing where none runs."""
    outlet = state.outlet(event.outlet)
    if outlet.keep_locked:
        outlet = replace(outlet, keep_locked=False)
    if outlet.status not in (S.LOOP_STARTED, S.PLUG_STARTED):
        return outlet
    return _stop(outlet, event.reason, "")


def admit(outlet: OutletState, holder: Holder, moment: Moment) -> OutletState:
    """The outlet with somebody admitted to it."""
    cleared = replace(
        outlet,
        holder=holder,
        pending=None,
        last_error=OutletError.NONE,
        stop_reason="",
        stopped_by="",
        keep_locked=False,
    )
    return advance(cleared, Step.ADMITTED, moment.at)


def refuse(outlet: OutletState, error: OutletError) -> OutletState:
    """The outlet with a badge refused, and the driver told (R-084)."""
    return beep(replace(outlet, last_error=error), TWO_BEEPS)


def beep(outlet: OutletState, times: int) -> OutletState:
    """The outlet with more beeps due; the buzzer sounds once for each step of the count."""
    return replace(outlet, beeps=outlet.beeps + times)


def _stop(outlet: OutletState, reason: str, by: str) -> OutletState:
    return replace(outlet, stop_reason=reason, stopped_by=by)
