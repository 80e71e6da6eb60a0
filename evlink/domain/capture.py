"""Badges captured by reader: while a capture runs, a badge that is read changes the list and no charge (R-179).

The tool begins one, or an Admin badge at an outlet that nobody uses: once it adds the badges that follow, twice it
deletes them, a third time it ends (R-178).
"""

from __future__ import annotations

from dataclasses import replace

from evlink.domain.admission import ONE_BEEP, TWO_BEEPS, beep
from evlink.domain.effects import AddBadge, Ask, Effect, RemoveBadge
from evlink.domain.events import Answered, BadgeRead, CaptureAsked, CaptureStopped, Event
from evlink.domain.record import BadgeType
from evlink.domain.state import Capture, Presented, Question, StationState

THREE_BEEPS = 3  # deleting from now on
SPAN_S = 30.0  # from Start, or from the last badge
KEPT = 50  # badges of a capture that are kept to be shown
STOPPED, TIME, GONE = "stopped", "time", "gone"  # why a capture ended; gone: the connection that began it


def concerns(state: StationState, event: Event) -> bool:
    """Whether an event is the capture's: its orders, a badge while it runs, the answer to one of its questions."""
    capture = state.capture
    match event:
        case CaptureAsked() | CaptureStopped():
            return True
        case BadgeRead():
            return capture is not None and capture.running and capture.outlet in (0, event.outlet)
        case Answered():
            return capture is not None and any(asked.ticket == event.ticket for asked in capture.asked)
        case _:
            return False


def enrols(state: StationState, event: Answered) -> bool:
    """Whether an answer is about an Admin badge at an outlet that nobody uses: it adds and deletes badges (R-178)."""
    outlet = state.outlet(event.outlet)
    asked = outlet.pending is not None and outlet.pending.ticket == event.ticket and outlet.pending.by == "station"
    idle = outlet.session is None and outlet.holder is None and outlet.available
    admin = event.verdict.status == "Accepted" and event.verdict.type is BadgeType.ADMIN
    return asked and idle and admin and state.config.authentication == "station"


def begun(state: StationState, event: Answered) -> StationState:
    """The state with a capture by Admin badge: the badges that follow at this outlet are added as User badges."""
    outlet = state.outlet(event.outlet)
    uid = outlet.pending.uid if outlet.pending is not None else ""
    free = state.capture is None or not state.capture.running
    told = beep(replace(outlet, pending=None), ONE_BEEP if free else TWO_BEEPS)
    outlets = tuple(told if one.outlet == told.outlet else one for one in state.outlets)
    if not free:
        return replace(state, outlets=outlets)
    capture = Capture(0, "add", f"badge {uid}", heard=event.moment.at, outlet=told.outlet)
    return replace(state, outlets=outlets, capture=capture)


def _turned(state: StationState, capture: Capture, question: Question) -> StationState:
    """The Admin badge once more: from adding to deleting, and from deleting to the end."""
    ends = capture.mode == "delete"
    capture = replace(capture, ended=STOPPED) if ends else replace(capture, mode="delete")
    count = TWO_BEEPS if ends else THREE_BEEPS
    outlets = tuple(beep(o, count) if o.outlet == question.outlet else o for o in state.outlets)
    return replace(state, capture=capture, outlets=outlets)


def captured(state: StationState, event: Event) -> tuple[StationState, list[Effect]]:
    """Fold an event that concerns the capture."""
    capture = state.capture
    match event:
        case CaptureAsked():
            if capture is None or not capture.running:  # one at a time; who asks sees whose it is
                capture = Capture(event.key, event.mode, event.owner, heard=event.moment.at)
            return replace(state, capture=capture), []
        case CaptureStopped():
            if capture is not None and capture.running and capture.key == event.key:
                capture = replace(capture, ended=event.why)
            return replace(state, capture=capture), []
        case BadgeRead() if capture is not None:
            if any(asked.uid == event.uid for asked in capture.asked):
                return state, []  # it is still being looked at
            return _ask(replace(state, capture=replace(capture, heard=event.moment.at)), event.outlet, event.uid)
        case Answered() if capture is not None:
            return _answered(state, capture, event)
    return state, []


def lapse(state: StationState) -> StationState:
    """The state with its capture ended where no badge was presented for 30 s (R-181)."""
    capture = state.capture
    if capture is None or not capture.running or state.now - capture.heard < SPAN_S:
        return state
    return replace(state, capture=replace(capture, ended=TIME))


def _ask(
    state: StationState, outlet: int, uid: str, carried: bool = False, *before: Effect
) -> tuple[StationState, list[Effect]]:
    """Ask whether the list has a badge, after the effects `before` are stored."""
    assert state.capture is not None
    ticket = state.tickets + 1
    asked = (*state.capture.asked, Question(ticket, outlet, uid, carried))
    state = replace(state, tickets=ticket, capture=replace(state.capture, asked=asked))
    return state, [*before, Ask(outlet, ticket, uid, "station")]


def _answered(state: StationState, capture: Capture, event: Answered) -> tuple[StationState, list[Effect]]:
    """What the list says of a badge: change the list, and look again; what is acknowledged is on the disk."""
    question = next(asked for asked in capture.asked if asked.ticket == event.ticket)
    capture = replace(capture, asked=tuple(asked for asked in capture.asked if asked is not question))
    state = replace(state, capture=capture)
    if capture.outlet and not question.carried and event.verdict.type is BadgeType.ADMIN:
        return _turned(state, capture, question), []
    adding = capture.mode == "add"
    there = event.verdict.status == "Accepted"
    if not there and event.verdict.status != "Unknown":
        return _acknowledge(state, capture, question, "failed", False), []
    if there is adding:  # as it is wanted
        if question.carried:
            return _acknowledge(state, capture, question, "added" if adding else "removed", True), []
        return _acknowledge(state, capture, question, "known" if adding else "unknown", False), []
    if question.carried:  # the list is full, or the disk refuses
        return _acknowledge(state, capture, question, "failed", False), []
    change = AddBadge(question.uid) if adding else RemoveBadge(question.uid, any_type=capture.outlet == 0)
    return _ask(state, question.outlet, question.uid, True, change)


def _acknowledge(state: StationState, capture: Capture, question: Question, outcome: str, done: bool) -> StationState:
    """Tell what became of a badge: on the screen, and by one beep where the list changed, by two where not."""
    number = capture.done + capture.other + 1
    shown = (Presented(number, question.uid, question.outlet, outcome), *capture.shown)[:KEPT]
    capture = replace(capture, shown=shown, done=capture.done + done, other=capture.other + (not done))
    outlets = tuple(
        beep(o, ONE_BEEP if done else TWO_BEEPS) if o.outlet == question.outlet else o for o in state.outlets
    )
    return replace(state, capture=capture, outlets=outlets)
