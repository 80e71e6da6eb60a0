"""Badges by reader in the fold: what a capture adds and deletes, what it tells, and how it ends (R-179 to R-181)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from evlink.domain.effects import AddBadge, Ask, Effect, RemoveBadge
from evlink.domain.events import Answered, BadgeRead, CaptureAsked, CaptureStopped, Verdict
from evlink.domain.record import BadgeType
from evlink.domain.state import Capture
from evlink.domain.words import OutletStatus
from tests.unit.domain_bench import Bench


class Desk(Bench):
    """A bench with a list of badges, which answers what is asked of it and takes what is stored."""

    def __init__(self, *badges: str, **config: object) -> None:
        super().__init__(**config)  # type: ignore[arg-type]
        self.list = set(badges)
        self.refuses = False
        self.tick()
        self.tick()

    def start(self, mode: str = "add", key: int = 1, owner: str = "chef") -> Capture:
        """Ask for a capture; the one that runs then."""
        self.post(CaptureAsked(self.moment(), key, mode, owner))
        return self.capture

    @property
    def capture(self) -> Capture:
        """The capture."""
        assert self.state.capture is not None
        return self.state.capture

    def read(self, uid: str, outlet: int = 1) -> list[Effect]:
        """Present a badge and do all that follows; the effects."""
        waiting = self.post(BadgeRead(self.moment(), outlet, uid))
        seen: list[Effect] = []
        while waiting:
            effect = waiting.pop(0)
            seen.append(effect)
            match effect:
                case AddBadge(uid) if not self.refuses:
                    self.list.add(uid)
                case RemoveBadge(uid, any_type) if not self.refuses:
                    assert any_type
                    self.list.discard(uid)
                case Ask():
                    assert effect.by == "station"
                    verdict = Verdict("Accepted") if effect.uid in self.list else Verdict("Unknown")
                    waiting += self.post(Answered(self.moment(), effect.outlet, effect.ticket, verdict))
        return seen

    @property
    def told(self) -> list[tuple[str, str]]:
        """What was told of each badge, in the order in which they came."""
        return [(one.uid, one.outcome) for one in reversed(self.capture.shown)]


def test_badges_are_added_each_with_a_beep() -> None:
    """R-179: one beep for each badge added; one that is known gets two, and is no second time in the list."""
    desk = Desk("OLD")
    desk.start()
    for uid in ("AA", "BB", "AA", "OLD"):
        desk.read(uid, outlet=2)
    assert desk.list == {"OLD", "AA", "BB"}
    assert desk.told == [("AA", "added"), ("BB", "added"), ("AA", "known"), ("OLD", "known")]
    assert (desk.capture.done, desk.capture.other) == (2, 2)
    assert (desk.outlet(2).beeps, desk.outlet(1).beeps) == (1 + 1 + 2 + 2, 0)
    assert desk.last_grant(2).beep == 6
    assert desk.of(AddBadge) == [AddBadge("AA"), AddBadge("BB")], "User badges, as by default (R-174)"


def test_badges_are_deleted_each_with_a_beep() -> None:
    """R-180."""
    desk = Desk("AA", "BB")
    desk.start("delete")
    for uid in ("AA", "CC", "AA"):
        desk.read(uid)
    assert desk.list == {"BB"}
    assert desk.told == [("AA", "removed"), ("CC", "unknown"), ("AA", "unknown")]
    assert desk.outlet().beeps == 1 + 2 + 2


def test_what_is_acknowledged_is_stored_first() -> None:
    """A full list or a disk that refuses is told as such: the list is asked again after the change."""
    desk = Desk()
    desk.refuses = True
    desk.start()
    desk.read("AA")
    assert desk.told == [("AA", "failed")]
    assert desk.outlet().beeps == 2
    event = BadgeRead(desk.moment(), 1, "BB")
    (ask,) = [e for e in desk.post(event) if isinstance(e, Ask)]
    desk.post(Answered(desk.moment(), 1, ask.ticket, Verdict("Invalid")))  # the list could not be read
    assert desk.told[-1] == ("BB", "failed")


def test_a_captured_badge_starts_and_stops_no_charge() -> None:
    """A badge that is read while a capture runs goes to it, even the one that charges; before and after it does not."""
    desk = Desk("AA", accept_unknown=False)
    desk.plug().badge("AA", verdict=Verdict("Accepted")).charge()
    assert desk.outlet().status is OutletStatus.LOOP_STARTED
    desk.start()
    desk.read("AA")
    desk.read("BB", outlet=2)
    desk.tick(2)
    assert desk.outlet().status is OutletStatus.LOOP_STARTED
    assert desk.outlet(2).status is OutletStatus.AUTHORISATION_STARTED
    assert not desk.outlet().stop_reason
    desk.post(CaptureStopped(desk.moment(), 1, "stopped"))
    desk.read("AA")
    desk.tick(2)
    assert desk.outlet().status is not OutletStatus.LOOP_STARTED
    assert len(desk.told) == 2


def test_an_answer_to_a_driver_goes_to_the_driver() -> None:
    """A badge read just before a capture begins is a driver's: the capture takes neither question nor answer."""
    desk = Desk(accept_unknown=False)
    (ask,) = [e for e in desk.post(BadgeRead(desk.moment(), 1, "AA")) if isinstance(e, Ask)]
    desk.start()
    desk.post(Answered(desk.moment(), 1, ask.ticket, Verdict("Accepted", BadgeType.USER)))
    assert desk.told == []
    assert desk.outlet().holder is not None


def test_it_ends_30_s_after_the_last_badge() -> None:
    """R-181: from Start, and from each badge anew."""
    desk = Desk()
    desk.start()
    desk.tick(29)
    assert desk.capture.running
    desk.read("AA")
    desk.tick(29)
    assert desk.capture.running
    desk.tick(2)
    assert desk.capture.ended == "time"
    desk.read("BB")
    assert desk.told == [("AA", "added")]
    assert desk.start(key=2).shown == ()
    desk.tick(31)
    assert desk.capture.ended == "time"


def test_one_at_a_time() -> None:
    """A second capture changes nothing, and only its own key stops one."""
    desk = Desk()
    desk.start(key=1, owner="chef")
    assert desk.start("delete", key=2, owner="other").owner == "chef"
    desk.post(CaptureStopped(desk.moment(), 2, "stopped"))
    assert desk.capture.running
    desk.post(CaptureStopped(desk.moment(), 1, "gone"))
    assert desk.capture.ended == "gone"
    assert desk.start("delete", key=3, owner="other").owner == "other"


def test_a_badge_that_was_read_before_the_end_is_still_carried_out() -> None:
    desk = Desk()
    desk.start()
    waiting = desk.post(BadgeRead(desk.moment(), 1, "AA"))
    desk.post(CaptureStopped(desk.moment(), 1, "stopped"))
    (ask,) = [e for e in waiting if isinstance(e, Ask)]
    effects = desk.post(Answered(desk.moment(), 1, ask.ticket, Verdict("Unknown")))
    assert AddBadge("AA") in effects
    (ask,) = [e for e in effects if isinstance(e, Ask)]
    desk.post(Answered(desk.moment(), 1, ask.ticket, Verdict("Accepted")))
    assert desk.told == [("AA", "added")]


def test_a_badge_held_to_the_reader_is_one() -> None:
    desk = Desk()
    desk.start()
    first = desk.post(BadgeRead(desk.moment(), 1, "AA"))
    again = desk.post(BadgeRead(desk.moment(), 1, "AA"))
    assert [len([e for e in effects if isinstance(e, Ask)]) for effects in (first, again)] == [1, 0]


@given(st.lists(st.tuples(st.sampled_from("ABCD"), st.integers(0, 40), st.sampled_from(["add", "delete", "stop", ""]))))
def test_the_list_is_what_the_captures_made_of_it(steps: list[tuple[str, int, str]]) -> None:
    """Whatever is asked and read in whatever order: the list changes by a running capture's mode alone."""
    desk = Desk("A")
    wanted = {"A"}
    mode, heard = "", 0.0
    for key, (uid, seconds, order) in enumerate(steps):
        if seconds:
            desk.tick(seconds)
        if mode and desk.at - heard >= 30:
            mode = ""
        match order:
            case "add" | "delete":
                desk.start(order, key)
                mode, heard = (mode, heard) if mode else (order, desk.at)
            case "stop" if desk.state.capture is not None:
                desk.post(CaptureStopped(desk.moment(), desk.capture.key, "stopped"))
                mode = ""
        desk.read(uid)
        if mode:
            heard = desk.at
            wanted = wanted | {uid} if mode == "add" else wanted - {uid}
        assert desk.list == wanted
        assert bool(desk.state.capture and desk.capture.running) is bool(mode)
