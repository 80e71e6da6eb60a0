"""Who may charge: every combination of settings, link, badge and cache against a table that cites the rules.

The station's own parts decide: the fold on its settings, the badge list in its database, the supervision's cache and
time-out. Only the central system at the other end is a function here (R-070 to R-082, R-178).
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from ocpp.v16 import call_result  # type: ignore[import-untyped]

from evlink.domain.admission import closed_to_all
from evlink.domain.config import config_from
from evlink.domain.effects import AddBadge, Ask, CloseSession, Effect, Enqueue, Grant, RemoveBadge
from evlink.domain.events import (
    Answered,
    BadgeRead,
    Event,
    Moment,
    RemoteStart,
    StopAsked,
    SupervisionSeen,
    Tick,
    Verdict,
)
from evlink.domain.record import BadgeType
from evlink.domain.state import Reading
from evlink.domain.station import begin, fold
from evlink.domain.words import EvState, OutletError
from evlink.domain.words import OutletStatus as S
from evlink.ocpp.link import Answer
from evlink.ocpp.registration import Registration
from evlink.ocpp.supervision import Supervision
from evlink.runtime.desk import Authoriser, Tasks
from evlink.settings.facts import Facts, Model
from evlink.settings.values import Values
from tests.ocpp_central.station import START, ListOutbox, Notes, TestDesk, config
from tests.unit.storage_bench import HandClock, database

GENERAL = "configuration.general."
UIDS = {"user": "04000001", "vip": "04000002", "admin": "04000003", "unknown": "04000004"}


class Case(NamedTuple):
    """One combination. `badge` is what the local list knows; `central` what the supervision would say."""

    type: str
    by: str
    unknown: str
    loss: str
    link: str
    badge: str
    central: str
    cache: str


class Row(NamedTuple):
    """What holds for the combinations it fits: `*` fits all, `a|b` either. The first row that fits counts."""

    type: str
    by: str
    unknown: str
    loss: str
    link: str
    badge: str
    central: str
    cache: str
    opened: bool  # whoever plugs in charges
    outcome: str  # of a badge: admitted, refused, ignored, enrols
    rule: str

    def fits(self, case: Case) -> bool:
        """Whether the row says something of a combination."""
        return all(mine == "*" or his in mine.split("|") for mine, his in zip(self[:8], case, strict=True))


# fmt: off
TABLE = (
    # type        by             unknown           loss         link         badge     central     cache
    Row("*",          "disabled",    "*",              "*",         "*",         "*",      "*",        "*",
        True,  "ignored",  "R-071, R-075: free access"),
    Row("standalone", "remote",      "*",              "*",         "*",         "*",      "*",        "*",
        False, "ignored",  "R-072: another system authorises, the reader is not used"),
    Row("*",          "station",     "*",              "*",         "*",         "admin",  "*",        "*",
        False, "enrols",   "R-178: an Admin badge adds and deletes badges, and can't charge"),
    Row("*",          "station",     "*",              "*",         "*",         "user|vip", "*",      "*",
        False, "admitted", "R-070, R-075: a badge of the local list"),
    Row("*",          "station",     "allow_all",      "*",         "*",         "unknown", "*",       "*",
        False, "admitted", "R-076: every badge that is read"),
    Row("*",          "station",     "reject_unknown", "*",         "*",         "unknown", "*",       "*",
        False, "refused",  "R-076: badges that are not registered"),
    Row("supervision", "supervision", "*",             "*",         "up",        "*",      "Accepted", "*",
        False, "admitted", "R-074: the supervision authorises"),
    Row("supervision", "supervision", "*",             "*",         "up",        "*",      "Blocked",  "*",
        False, "refused",  "R-074: whatever list and cache say"),
    Row("supervision", "supervision", "*",             "disabled",  "lost",      "*",      "*",        "*",
        True,  "ignored",  "R-079: free access, the reader is off"),
    Row("supervision", "supervision", "*",             "*",         "slow|lost", "*",      "*",        "accepted",
        False, "admitted", "R-077, R-081, N-42: held in the cache"),
    Row("supervision", "supervision", "*",             "*",         "slow|lost", "*",      "*",        "expired",
        False, "refused",  "R-082: an expired ID is no longer accepted; the rule that delivers less wins over R-078"),
    Row("supervision", "supervision", "*",             "*",         "slow|lost", "*",      "*",        "blocked",
        False, "refused",  "R-081: the supervision refused it; the rule that delivers less wins over R-078"),
    Row("supervision", "supervision", "*",             "reject_all", "slow|lost", "*",     "*",        "none",
        False, "refused",  "R-077, N-42: no access, save for the cache"),
    Row("supervision", "supervision", "*",             "allow_all|disabled", "slow|lost", "*", "*",    "none",
        False, "admitted", "R-078, N-42, N-43: every badge; nobody without one, where there is a reader"),
)
# fmt: on

STANDALONE = [
    Case("standalone", by, unknown, "-", "-", badge, "-", "-")
    for by, unknown, badge in itertools.product(
        ("station", "disabled", "remote"), ("allow_all", "reject_unknown"), UIDS
    )
]
SUPERVISED = [
    Case("supervision", *rest)
    for rest in itertools.product(
        ("supervision", "station", "disabled"),
        ("allow_all", "reject_unknown"),
        ("reject_all", "allow_all", "disabled"),
        ("up", "slow", "lost"),
        UIDS,
        ("Accepted", "Blocked"),
        ("none", "accepted", "expired", "blocked"),
    )
]


@dataclass
class Central:
    """The other end of the link: what it says of an idTag, or nothing at all."""

    verdict: str = "Accepted"
    silent: bool = False
    last_sent_s: float = 0.0
    is_reached: bool = True

    async def ask(self, request: Any) -> Any:
        if self.silent:
            await asyncio.sleep(3600)
        return call_result.Authorize(id_tag_info={"status": self.verdict})


class Station:
    """The fold with what answers its questions; `readings` are what control says."""

    def __init__(self, values: Values, find: Any, supervision: Supervision, timeout_s: float) -> None:
        self.state = begin(config_from(values, ("S1", "S2")), {}, {})
        self.at = 0.0
        self.effects: list[Effect] = []
        self.reading = Reading(EvState.A)
        self.tasks = Tasks()
        self.timeout_s = timeout_s
        self._authoriser = Authoriser(find, lambda uid: supervision.authorise(uid, self.timeout_s), self.tasks)
        self.tick()
        self.tick()

    def moment(self) -> Moment:
        return Moment(self.at, START + timedelta(seconds=self.at))

    def post(self, event: Event) -> None:
        """Fold an event; a question is given to whom it is for."""
        self.state, effects = fold(self.state, event)
        self.effects += effects
        for effect in effects:
            if isinstance(effect, Ask):
                self._authoriser.ask(self, effect)  # type: ignore[arg-type]

    def tick(self, seconds: float = 0.1) -> None:
        """Let time go by."""
        self.at += seconds
        self.post(Tick(self.moment(), (self.reading, Reading(EvState.A))[: len(self.state.outlets)]))

    async def badge(self, uid: str, settled: bool = True) -> None:
        """Present a badge at outlet 1; where `settled`, wait for the answer."""
        self.post(BadgeRead(self.moment(), 1, uid))
        while settled and self.tasks._tasks:
            await asyncio.sleep(0)

    def plug(self) -> None:
        """A cable and a vehicle that wants energy."""
        self.reading = Reading(EvState.B, cable_a=32, locked=True)
        self.tick()
        self.reading = Reading(EvState.C_M12V, cable_a=32, locked=True, contactor=True, phases_used=3)
        self.tick()
        self.tick(1.0)

    @property
    def outlet(self) -> Any:
        return self.state.outlet(1)

    def capturing(self) -> bool:
        """Whether badges are being captured."""
        return self.state.capture is not None and self.state.capture.running

    def energised(self) -> bool:
        """Whether control may close the contactor."""
        return [e for e in self.effects if isinstance(e, Grant) and e.outlet == 1][-1].authorised


class Room:
    """What all combinations share: the badge list, and the means to make a station of each."""

    def __init__(self, base: Any) -> None:
        self.base = base

    def values(self, case: Case, facts: Facts | None = None) -> Values:
        """The settings of a combination."""
        by = "authentication_by" if case.type == "standalone" else "authentication_by_ocpp"
        changes: dict[str, Any] = {
            GENERAL + "station_type": case.type,
            GENERAL + by: case.by,
            GENERAL + "unknown_badge_strategy": case.unknown,
            "configuration.supervision.default_id_tag": "DEFAULT",
            "configuration.supervision.authorization_cache_enabled": True,
        }
        if case.loss != "-":
            changes[GENERAL + "comms_loss_strategy"] = case.loss
        return Values(facts or Facts()).with_changes(changes)

    async def station(self, case: Case, facts: Facts | None = None) -> tuple[Station, Central]:
        """A station of a combination, its link as the combination says."""
        clock = HandClock(START)
        desk = TestDesk()
        values = self.values(case, facts)
        desk.settings.values = values
        supervision = Supervision(config(), ListOutbox(), desk, Notes(), clock)
        central = Central(case.central, silent=case.link == "slow")
        if case.link != "lost":
            supervision._point = central  # type: ignore[assignment]
            supervision._registrar.registration = Registration.ACCEPTED
        await self._fill(supervision, case)

        async def find(uid: str) -> Any:
            return self.base.badges.find(uid)

        one = Station(values, find, supervision, 5.0 if case.link == "up" else 0.0)
        if case.link in ("up", "slow"):
            one.post(SupervisionSeen(one.moment(), True))
        one.tick(30.0)  # past the time-out, after which a link counts as lost
        return one, central

    async def _fill(self, supervision: Supervision, case: Case) -> None:
        if case.cache not in ("none", "-"):
            expiry = START - timedelta(days=1) if case.cache == "expired" else START + timedelta(days=1)
            status = "Blocked" if case.cache == "blocked" else "Accepted"
            await supervision._tags.learn(UIDS[case.badge], Answer(status, expiry=expiry))


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Any:
    base = database(tmp_path_factory.mktemp("badges") / "evlink.db")
    for kind in (BadgeType.USER, BadgeType.VIP, BadgeType.ADMIN):
        base.badges.add(UIDS[kind.value], kind, comment=f"the {kind.value}")
    yield Room(base)
    base.close()


async def opened(room: Room, case: Case) -> bool:
    """Whether whoever plugs in charges; what badge and cache would say has no part in it."""
    one, _ = await room.station(case)
    one.plug()
    return one.energised()


async def outcome(room: Room, case: Case) -> str:
    """What becomes of the badge in a combination."""
    one, _ = await room.station(case)
    uid = UIDS[case.badge]
    before = one.outlet.beeps
    await one.badge(uid)
    beeps = one.outlet.beeps - before
    if one.state.capture is not None:
        assert one.state.capture.running
        assert beeps == 1
        return "enrols"
    if beeps == 0:
        assert one.outlet.holder is None
        return "ignored"
    if one.outlet.last_error is OutletError.BADGE_UNKNOWN:
        one.plug()
        assert not one.energised()
        return "refused"
    one.plug()
    assert one.energised()
    session = one.outlet.session
    assert session is not None
    assert (session.uid, session.id_tag) == (uid, uid)
    if case.by == "station":
        assert session.comment == ("" if case.badge == "unknown" else f"the {case.badge}")
        assert session.vip is (case.badge == "vip")
    return "admitted"


def _groups() -> list[list[Case]]:
    """The combinations, in groups short enough to fail by name."""
    every = [*STANDALONE, *SUPERVISED]
    return [list(group) for _, group in itertools.groupby(every, key=lambda case: case[:5])]


@pytest.mark.parametrize("group", _groups(), ids=lambda group: "-".join(group[0][:5]))
async def test_every_combination_does_what_the_table_says(room: Room, group: list[Case]) -> None:
    """R-070 to R-082, R-178, N-42, N-43: 24 combinations without OCPP and 1728 with it."""
    free = await opened(room, group[0])
    for case in group:
        row = next(row for row in TABLE if row.fits(case))
        assert free is row.opened, (case, row.rule)
        assert await outcome(room, case) == row.outcome, (case, row.rule)


def test_the_table_knows_every_combination_and_has_no_row_too_many() -> None:
    """Each combination has a row, and each row a combination of its own."""
    used = {next(row for row in TABLE if row.fits(case)) for case in [*STANDALONE, *SUPERVISED]}
    assert used == set(TABLE)
    assert len(STANDALONE) + len(SUPERVISED) == 24 + 1728


SLOW = Case("supervision", "supervision", "allow_all", "reject_all", "slow", "unknown", "Accepted", "none")


@asynccontextmanager
async def asked(room: Room, case: Case, timeout_s: float) -> AsyncIterator[tuple[Station, Central]]:
    """A station with a badge presented whose answer is not there yet."""
    one, central = await room.station(case)
    one.timeout_s = timeout_s
    await one.badge(UIDS["unknown"], settled=False)
    await asyncio.sleep(0.01)
    try:
        yield one, central
    finally:
        await one.tasks.cancel()


@pytest.mark.parametrize(
    ("loss", "cache", "stays"),
    [("reject_all", "none", False), ("reject_all", "accepted", True), ("allow_all", "none", True),
     ("allow_all", "expired", False), ("disabled", "none", True)],
)  # fmt: skip
async def test_a_provisional_charge_stays_or_ends_with_the_strategy(
    room: Room, loss: str, cache: str, stays: bool
) -> None:
    """R-080, N-42: while the answer is awaited the driver plugs in and charges; then the strategy decides."""
    case = SLOW._replace(loss=loss, cache=cache)
    async with asked(room, case, 0.2) as (one, _):
        one.tick(1.0)
        one.plug()
        one.tick(1.0)
        assert one.energised()
        assert one.outlet.session.uid == UIDS["unknown"]
        await asyncio.sleep(0.3)
        one.tick()
        assert one.energised() is stays
        if not stays:
            assert one.outlet.last_error is OutletError.BADGE_UNKNOWN
            one.reading = replace(one.reading, contactor=False)
            one.tick()
            (closed,) = [e for e in one.effects if isinstance(e, CloseSession)]
            assert closed.record.reason == "DeAuthorized"
            assert [e for e in one.effects if isinstance(e, Enqueue)]  # and the supervision is told of all of it


async def test_a_quick_answer_comes_before_any_current(room: Room) -> None:
    """N-42: for the first two seconds nobody is admitted; whom a quick supervision refuses gets no current."""
    async with asked(room, SLOW, 5.0) as (one, _):
        one.reading = Reading(EvState.C_M12V, cable_a=32, locked=True)
        for _ in range(9):
            one.tick(0.2)
        assert not one.energised()
        one.tick(0.5)
        one.tick(0.1)
        assert one.energised()


async def test_a_late_yes_names_the_driver(room: Room) -> None:
    """R-080: an answer within the time-out makes the provisional charge an ordinary one."""
    async with asked(room, SLOW, 5.0) as (one, _):
        one.tick(2.5)
        one.plug()
        ticket = one.outlet.pending.ticket
        one.post(Answered(one.moment(), 1, ticket, Verdict("Accepted", comment="Ann", parent_id="FLEET")))
        one.tick()
        assert one.energised()
        assert (one.outlet.session.comment, one.outlet.session.parent_id) == ("Ann", "FLEET")
        assert one.outlet.pending is None


async def test_a_late_no_ends_it_even_before_the_vehicle(room: Room) -> None:
    """N-42: refused while the driver is still plugging in."""
    async with asked(room, SLOW, 5.0) as (one, _):
        one.tick(2.5)
        assert one.outlet.status is S.PLUG_STARTED
        one.post(Answered(one.moment(), 1, one.outlet.pending.ticket, Verdict("Blocked")))
        one.tick()
        assert (one.outlet.holder, one.outlet.last_error) == (None, OutletError.BADGE_UNKNOWN)


async def test_the_driver_may_end_a_provisional_charge_and_nobody_else(room: Room) -> None:
    """R-084: another badge waits for the answer about the first; the driver's own ends the charge at once."""
    async with asked(room, SLOW, 5.0) as (one, _):
        one.tick(2.5)
        one.plug()
        questions = len([e for e in one.effects if isinstance(e, Ask)])
        await one.badge(UIDS["user"], settled=False)
        assert len([e for e in one.effects if isinstance(e, Ask)]) == questions
        assert one.energised()
        await one.badge(UIDS["unknown"], settled=False)
        one.tick()
        assert not one.energised()
        assert one.outlet.pending is None


@pytest.mark.parametrize("timeout", [0, 10, 999])
async def test_a_link_counts_as_lost_after_the_timeout(room: Room, timeout: int) -> None:
    """R-080, R-079: a blink of the link opens no station; after 0 to 999 s without it the strategy holds."""
    case = Case("supervision", "supervision", "allow_all", "disabled", "up", "user", "Accepted", "none")
    values = room.values(case).with_changes({GENERAL + "authentication_timeout": timeout})
    one, _ = await room.station(case)
    one.state = replace(one.state, config=config_from(values, ("S1", "S2")))
    one.post(SupervisionSeen(one.moment(), False))
    one.reading = Reading(EvState.B, cable_a=32, locked=True)
    if timeout:
        one.tick(timeout - 0.5)
        one.tick(0.1)
        assert not one.energised()
        one.tick(0.5)
    one.tick(0.1)
    one.tick(0.1)
    assert one.energised()


@pytest.mark.parametrize("loss", ["reject_all", "allow_all", "disabled"])
async def test_without_a_reader_a_lost_link_opens_the_station_or_not(room: Room, loss: str) -> None:
    """R-077 to R-079, N-43: a station without a reader can ask for no badge; "allow all" is free access there."""
    case = Case("supervision", "supervision", "allow_all", loss, "lost", "user", "Accepted", "none")
    one, _ = await room.station(case, Facts(has_rfid_reader=False))
    one.plug()
    assert one.energised() is (loss != "reject_all")
    assert closed_to_all(one.state) is (loss == "reject_all")  # told only where it is so
    if one.energised():
        assert one.outlet.session.id_tag == "DEFAULT"


@pytest.mark.parametrize(
    ("reader", "chosen", "obeyed"), [(True, False, True), (False, False, False), (False, True, True)]
)
async def test_pay_as_you_go(room: Room, reader: bool, chosen: bool, obeyed: bool) -> None:
    """R-062, R-063: with a reader always; without one only where that was chosen does a charge wait for the order."""
    facts = Facts(has_rfid_reader=reader)
    case = Case("supervision", "supervision", "allow_all", "reject_all", "up", "user", "Accepted", "none")
    one, _ = await room.station(case, facts)
    values = room.values(case, facts).with_changes({GENERAL + "external_control": chosen})
    one.state = replace(one.state, config=config_from(values, ("S1", "S2")))
    assert closed_to_all(one.state) is not obeyed  # which the status warns of
    one.plug()
    assert not one.energised()  # it waits
    one.post(RemoteStart(one.moment(), 1, "APP-1"))
    one.tick()
    one.tick()
    assert one.energised() is obeyed


async def test_a_remote_system_authorises_and_ends(room: Room) -> None:
    """R-072: neither plugging in nor a badge charges; the external system's word does, before or after plugging in."""
    case = Case("standalone", "remote", "allow_all", "-", "-", "user", "-", "-")
    one, _ = await room.station(case)
    one.plug()
    await one.badge(UIDS["user"])
    assert not one.energised()
    one.post(RemoteStart(one.moment(), 1, UIDS["user"]))
    one.tick()
    one.tick()
    assert one.energised()
    assert one.outlet.session.uid == UIDS["user"]
    one.post(StopAsked(one.moment(), 1, "Remote"))
    one.tick()
    assert not one.energised()


async def test_a_removed_badge_is_refused_at_once(room: Room) -> None:
    """R-076: a badge that is taken from the list is unknown at its very next reading."""
    case = Case("standalone", "station", "reject_unknown", "-", "-", "unknown", "-", "-")
    one, _ = await room.station(case)
    room.base.badges.add(UIDS["unknown"])
    await one.badge(UIDS["unknown"])
    one.tick()
    assert one.outlet.holder is not None
    await one.badge(UIDS["unknown"])  # its own badge ends what it began
    one.tick()
    room.base.badges.remove([UIDS["unknown"]])
    one.reading = Reading(EvState.A)
    one.tick()
    one.tick()
    await one.badge(UIDS["unknown"])
    assert one.outlet.holder is None
    assert one.outlet.last_error is OutletError.BADGE_UNKNOWN


@pytest.mark.parametrize("model", [Model.WALLBOX, Model.CITY, Model.PARKING])
def test_factory_settings_accept_every_badge(model: Model) -> None:
    """R-007, R-073: with a reader the station itself, any badge; without one free access."""
    outlets = 1 if model is Model.WALLBOX else 2
    with_reader = config_from(Values(Facts(model, outlets, has_rfid_reader=True)), ("S",))
    without = config_from(Values(Facts(model, outlets, has_rfid_reader=False)), ("S",))
    assert (with_reader.authentication, with_reader.accept_unknown) == ("station", True)
    assert without.authentication == "disabled"


class Keeper(Station):
    """A station whose database carries out what the fold orders of the list."""

    def __init__(self, one: Station, base: Any) -> None:
        self.__dict__ = one.__dict__
        self.base = base

    def post(self, event: Event) -> None:
        """Fold, store, and answer."""
        seen = len(self.effects)
        self.state, effects = fold(self.state, event)
        self.effects += effects
        for effect in self.effects[seen:]:
            if isinstance(effect, AddBadge | RemoveBadge):
                self.base.apply([effect])
        for effect in effects:
            if isinstance(effect, Ask):
                self._authoriser.ask(self, effect)  # type: ignore[arg-type]


async def test_an_admin_badge_adds_and_deletes_user_badges(tmp_path: Path) -> None:
    """R-178: Admin once adds, twice deletes, a third time ends; User badges alone; other outlets go on."""
    base = database(tmp_path / "evlink.db")
    base.badges.add(UIDS["admin"], BadgeType.ADMIN)
    base.badges.add(UIDS["vip"], BadgeType.VIP)
    room = Room(base)
    case = Case("standalone", "station", "reject_unknown", "-", "-", "admin", "-", "-")
    one = Keeper((await room.station(case))[0], base)
    await one.badge(UIDS["admin"])
    await one.badge("04AA01")
    await one.badge("04AA02")
    assert one.state.capture is not None
    assert [(b.uid, b.outcome) for b in one.state.capture.shown] == [("04AA02", "added"), ("04AA01", "added")]
    assert [b.type for b in base.badges.list(query="04AA01").badges] == [BadgeType.USER]
    one.post(BadgeRead(one.moment(), 2, UIDS["vip"]))  # a driver at the other outlet
    while one.tasks._tasks:
        await asyncio.sleep(0)
    assert one.state.outlet(2).holder is not None
    beeps = one.outlet.beeps
    await one.badge(UIDS["admin"])
    assert one.outlet.beeps - beeps == 3
    await one.badge("04AA01")
    await one.badge(UIDS["vip"])
    assert [b.outcome for b in one.state.capture.shown[:2]] == ["failed", "removed"]
    assert {b.uid for b in base.badges.list().badges} == {"04AA02", UIDS["vip"], UIDS["admin"]}
    await one.badge(UIDS["admin"])
    assert not one.capturing()
    await one.badge("04AA02")
    assert one.outlet.holder is not None
    base.close()


async def test_an_admin_badge_ends_any_charge_and_its_capture_ends_by_itself(room: Room) -> None:
    """R-178, R-181: during a charge it stops it; without one its capture ends 30 s after the last badge."""
    case = Case("standalone", "station", "reject_unknown", "-", "-", "user", "-", "-")
    one, _ = await room.station(case)
    await one.badge(UIDS["user"])
    one.plug()
    assert one.energised()
    await one.badge(UIDS["admin"])
    one.tick()
    assert not one.energised()
    assert not one.capturing()
    one.reading = Reading(EvState.A)
    for _ in range(3):
        one.tick()
    await one.badge(UIDS["admin"])
    one.tick(29.0)
    assert one.capturing()
    one.tick(1.1)
    one.tick(0.1)
    assert not one.capturing()
