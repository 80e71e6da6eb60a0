"""Charging profiles against a slow and obvious reading of the standard, and the rules of installing and clearing."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from evlink.ocpp.profiles import (
    ABSOLUTE,
    DEFAULT,
    MAX,
    MOST_PROFILES,
    RECURRING,
    RELATIVE,
    TX,
    Period,
    Profile,
    Unfit,
    clear,
    install,
    outdated,
    read_profile,
)
from evlink.ocpp.schedule import Charge, Step, Supply, allowed, composite, connector_limit, station_limit

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SUPPLY = Supply(230.0, 3)
CEILINGS = {1: 32.0, 2: 32.0}


def seconds(n: float) -> datetime:
    return NOW + timedelta(seconds=n)


def profile(purpose: str = DEFAULT, *periods: tuple[int, float], **changes: Any) -> Profile:
    usual = Profile(
        id=1,
        connector=0,
        level=0,
        purpose=purpose,
        kind=ABSOLUTE,
        unit="A",
        periods=tuple(Period(start, limit) for start, limit in periods or ((0, 10.0),)),
        since=seconds(-3600),
        start=seconds(-3600),
    )
    return replace(usual, **changes)


# The reference: written from the text of section 3.13, a second at a time, sharing no code with the product.


def said(one: Profile, charge: Charge, at: datetime) -> Period | None:
    if one.valid_from and at < one.valid_from:
        return None
    if one.valid_to and not at < one.valid_to:
        return None
    begin = one.start
    if one.kind == RELATIVE:
        begin = charge.began if charge.began else at
    elif begin is None:
        begin = charge.began if charge.began else one.since
    assert begin is not None
    gone = (at - begin).total_seconds()
    if gone < 0:
        return None
    while one.cycle and gone >= one.cycle:
        gone -= one.cycle
    if one.duration is not None and gone >= one.duration:
        return None
    found = None
    for period in one.periods:
        if period.start <= gone:
            found = period
    return found


def in_amps(one: Profile, period: Period, charge: Charge) -> float:
    if one.unit == "A":
        return period.limit
    return period.limit / 230.0 / max(period.phases or 3, charge.phases or 3)


def reference(profiles: list[Profile], charges: dict[int, Charge], connector: int, at: datetime) -> float:
    def best(purpose: str, of: int, charge: Charge) -> float | None:
        found: tuple[tuple[int, int, datetime, int], float] | None = None
        for one in profiles:
            if one.purpose != purpose or (one.connector != 0 and one.connector != of):
                continue
            if purpose == TX and one.session != charge.session:
                continue
            period = said(one, charge, at)
            rank = (one.level, one.connector, one.since, one.id)
            if period is not None and (found is None or rank > found[0]):
                found = (rank, in_amps(one, period, charge))
        return None if found is None else found[1]

    total = 0.0
    for outlet in [connector] if connector else [1, 2]:
        charge = charges.get(outlet, Charge())
        limit = best(TX, outlet, charge)
        if limit is None:
            limit = best(DEFAULT, outlet, charge)
        total += 32.0 if limit is None else min(32.0, limit)
    station = best(MAX, 0, Charge())
    return total if station is None else min(total, station)


def any_profile(rng: random.Random, number: int) -> Profile:
    purpose = rng.choice((MAX, DEFAULT, TX))
    kind = rng.choice((ABSOLUTE, RECURRING) if purpose == MAX else (ABSOLUTE, RECURRING, RELATIVE))
    starts = sorted(rng.sample(range(1, 8000), rng.randrange(4)))
    return Profile(
        id=number,
        connector=0 if purpose == MAX else rng.choice((1, 2)) if purpose == TX else rng.choice((0, 1, 2)),
        level=rng.randrange(4),
        purpose=purpose,
        kind=kind,
        unit=rng.choice("AW"),
        periods=tuple(
            Period(start, rng.choice((0.0, 6.0, 10.0, 16.0, 40.0, 3000.0, 9000.0)), rng.randrange(4))
            for start in (0, *starts)
        ),
        since=seconds(-rng.randrange(7200)),
        cycle=rng.choice((86_400, 604_800)) if kind == RECURRING else 0,
        start=seconds(rng.randrange(-200_000, 4000)) if kind == RECURRING or rng.random() < 0.6 else None,
        duration=rng.randrange(1, 86_400) if rng.random() < 0.4 else None,
        valid_from=seconds(rng.randrange(-4000, 4000)) if rng.random() < 0.3 else None,
        valid_to=seconds(rng.randrange(-4000, 8000)) if rng.random() < 0.3 else None,
        session=rng.choice(("s-1", "s-2", "old")) if purpose == TX else "",
    )


@pytest.mark.parametrize("seed", range(20))
def test_random_sets_against_the_reference(seed: int) -> None:
    """10 000 sets in all; each at a moment, and as a composite schedule at random moments of it (section 5.7)."""
    rng = random.Random(seed)
    for _ in range(500):
        profiles: tuple[Profile, ...] = ()
        for number in range(rng.randrange(1, 7)):
            profiles = install(profiles, any_profile(rng, number))
        charges = {
            1: Charge("s-1", seconds(-rng.randrange(3000)), rng.choice((0, 1, 3))),
            2: Charge("s-2", seconds(-rng.randrange(3000)), rng.choice((0, 1, 3))),
        }
        connector = rng.randrange(3)
        at = seconds(rng.randrange(9000))
        expected = reference(list(profiles), charges, connector, at)
        assert allowed(profiles, charges, connector, at, SUPPLY, CEILINGS) == pytest.approx(expected)

        steps = composite(profiles, charges, connector, NOW, 9000, SUPPLY, CEILINGS)
        assert steps[0].start == 0
        assert all(a.start < b.start and a.amps != b.amps for a, b in itertools.pairwise(steps))
        for moment in (0, 8999, *(rng.randrange(9000) for _ in range(4))):
            told = [step for step in steps if step.start <= moment][-1]
            assert told.amps == pytest.approx(reference(list(profiles), charges, connector, seconds(moment)))


def test_the_highest_stack_level_counts_while_it_is_valid() -> None:
    """Section 3.13.2: the next lower one takes over when it ends."""
    low = profile(DEFAULT, (0, 16.0), id=1, level=1)
    high = profile(DEFAULT, (0, 8.0), id=2, level=2, valid_to=seconds(60))
    assert connector_limit((low, high), 1, Charge(), NOW, SUPPLY) == 8.0
    assert connector_limit((low, high), 1, Charge(), seconds(60), SUPPLY) == 16.0


def test_a_tx_profile_stands_in_for_the_default_of_its_charge_alone() -> None:
    default = profile(DEFAULT, (0, 8.0), id=1, level=5)
    own = profile(TX, (0, 20.0), id=2, connector=1, session="s-1")
    assert connector_limit((default, own), 1, Charge("s-1", NOW), NOW, SUPPLY) == 20.0
    assert connector_limit((default, own), 1, Charge("s-9", NOW), NOW, SUPPLY) == 8.0
    assert connector_limit((default, own), 2, Charge("s-1", NOW), NOW, SUPPLY) == 8.0


def test_the_maximum_covers_all_connectors_together() -> None:
    """lbbrhzn/ocpp#2158: a station that refuses it can't be limited at all."""
    top = profile(MAX, (0, 20.0), (600, 0.0))
    assert station_limit((top,), seconds(-3600), SUPPLY) == 20.0
    assert composite((top,), {}, 0, seconds(-3600), 3600, SUPPLY, CEILINGS) == (Step(0, 20.0), Step(600, 0.0))


@pytest.mark.parametrize(
    ("limit", "phases", "drawn_on", "amps"),
    [(6900.0, 0, 0, 10.0), (6900.0, 3, 3, 10.0), (2300.0, 1, 1, 10.0), (2300.0, 1, 3, 10 / 3), (2300.0, 0, 1, 10 / 3)],
)
def test_watts_never_allow_more_than_they_say(limit: float, phases: int, drawn_on: int, amps: float) -> None:
    """Section 7.14: three phases where none is named; a vehicle on more phases than named gets less on each."""
    default = profile(DEFAULT, unit="W", periods=(Period(0, limit, phases),))
    found = connector_limit((default,), 1, Charge("s-1", NOW, drawn_on), NOW, SUPPLY)
    assert found == pytest.approx(amps)


def test_a_daily_profile_comes_back_every_day() -> None:
    night = profile(DEFAULT, (0, 32.0), (8 * 3600, 6.0), kind=RECURRING, cycle=86_400, start=NOW - timedelta(days=9))
    for day in range(3):
        at = NOW + timedelta(days=day)
        assert connector_limit((night,), 1, Charge(), at + timedelta(hours=7, minutes=59), SUPPLY) == 32.0
        assert connector_limit((night,), 1, Charge(), at + timedelta(hours=8), SUPPLY) == 6.0


def test_the_same_place_is_replaced_whatever_the_id() -> None:
    """Section 5.16; EVerest/libocpp PR 1051: added instead of replaced."""
    first = profile(DEFAULT, (0, 10.0), id=1, level=3)
    second = profile(DEFAULT, (0, 12.0), id=2, level=3)
    assert install((first,), second) == (second,)
    other = replace(second, connector=1)
    assert install((first,), other) == (first, other)
    moved = replace(first, level=4)
    assert install((first, other), moved) == (other, moved)


def test_no_more_than_there_is_room_for() -> None:
    many: tuple[Profile, ...] = ()
    for number in range(MOST_PROFILES):
        many = install(many, profile(DEFAULT, id=number, level=number))
    with pytest.raises(Unfit, match="clear some first"):
        install(many, profile(DEFAULT, id=1000, level=99, connector=1))
    assert len(install(many, profile(DEFAULT, id=0, level=0))) == MOST_PROFILES


@pytest.mark.parametrize(
    ("criteria", "left"),
    [
        ({}, set()),
        ({"id_": 2}, {1, 3}),
        ({"id_": 9, "connector": 1}, {1, 2, 3}),
        ({"connector": 1}, {1, 3}),
        ({"purpose": DEFAULT, "level": 0}, {2, 3}),
        ({"purpose": MAX}, {1, 2}),
    ],
)
def test_clearing_by_criteria(criteria: dict[str, Any], left: set[int]) -> None:
    """Section 5.5."""
    profiles = (profile(DEFAULT, id=1), profile(DEFAULT, id=2, connector=1, level=1), profile(MAX, id=3))
    assert {one.id for one in clear(profiles, **criteria)} == left


def test_what_can_never_count_again_is_dropped() -> None:
    own = profile(TX, id=1, connector=1, session="s-1")
    assert not outdated(own, NOW, frozenset({"s-1"}))
    assert outdated(own, NOW, frozenset())
    assert outdated(profile(DEFAULT, valid_to=NOW), NOW, frozenset())
    assert not outdated(profile(DEFAULT, valid_to=seconds(1)), NOW, frozenset())


def document(**changes: Any) -> dict[str, Any]:
    schedule = {
        "charging_rate_unit": "A",
        "charging_schedule_period": [{"start_period": 0, "limit": 10.0}],
    } | changes.pop("schedule", {})
    usual = {
        "charging_profile_id": 1,
        "stack_level": 0,
        "charging_profile_purpose": DEFAULT,
        "charging_profile_kind": ABSOLUTE,
        "charging_schedule": schedule,
    }
    return usual | changes


@pytest.mark.parametrize(
    ("changes", "connector", "why"),
    [
        ({"stack_level": 100}, 0, "0 to 99"),
        ({"stack_level": -1}, 0, "0 to 99"),
        ({"charging_profile_kind": RECURRING}, 0, "Daily or Weekly"),
        ({"charging_profile_purpose": MAX}, 1, "connector 0"),
        ({"charging_profile_purpose": MAX, "charging_profile_kind": RELATIVE}, 0, "no transaction"),
        ({"charging_profile_purpose": TX}, 0, "one connector"),
        ({"valid_to": "soon"}, 0, "validTo"),
        ({"schedule": {"start_schedule": "1970-01-01T00:00:00Z"}}, 0, "startSchedule"),
        ({"schedule": {"charging_schedule_period": []}}, 0, "1 to 100"),
        ({"schedule": {"charging_schedule_period": [{"start_period": 5, "limit": 1}]}}, 0, "start at 0"),
        (
            {"schedule": {"charging_schedule_period": [{"start_period": 0, "limit": 1}] * 2}},
            0,
            "in the order",
        ),
        ({"schedule": {"charging_schedule_period": [{"start_period": 0, "limit": -1}]}}, 0, "0 or more"),
        (
            {"schedule": {"charging_schedule_period": [{"start_period": 0, "limit": 1, "number_phases": 4}]}},
            0,
            "1 to 3",
        ),
    ],
)
def test_profiles_that_make_no_sense(changes: dict[str, Any], connector: int, why: str) -> None:
    with pytest.raises(Unfit, match=why):
        read_profile(document(**changes), connector, NOW)


def test_a_profile_as_the_wire_brings_it() -> None:
    read = read_profile(
        document(
            charging_profile_kind=RECURRING,
            recurrency_kind="Weekly",
            valid_from="2026-03-01T12:00:00Z",
            schedule={"start_schedule": "2026-02-01T00:00:00+01:00", "duration": 3600, "charging_rate_unit": "W"},
        ),
        2,
        NOW,
    )
    assert (read.cycle, read.unit, read.duration, read.connector) == (604_800, "W", 3600, 2)
    assert read.start == datetime(2026, 1, 31, 23, 0, tzinfo=UTC)
    assert read.valid_from == NOW
