"""The calendar of publication over three years in zones whose clocks do odd things (R-196)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evlink.publication.schedule import DAILY, FREQUENCIES, MONTHLY, WEEKLY, due, following, latest, slot

ZONES = ("Europe/Paris", "UTC", "Asia/Kathmandu", "Australia/Lord_Howe", "Africa/Cairo", "Atlantic/Azores")
BEGIN, END = date(2026, 1, 1), date(2029, 1, 1)
DAYS = [BEGIN + timedelta(n) for n in range((END - BEGIN).days)]
WANTED = {DAILY: 1096, WEEKLY: 156, MONTHLY: 36}  # 2028 is a leap year


def fired(frequency: str, zone: str, step: timedelta) -> list[datetime]:
    """The slots that a station which looks every `step` carries out in three years."""
    here = ZoneInfo(zone)
    now = datetime(2026, 1, 1, 0, 0, 30, tzinfo=here).astimezone(UTC)
    end = datetime(2029, 1, 1, 0, 0, 30, tzinfo=here).astimezone(UTC)
    done, slots = latest(frequency, now, here), []
    while now < end:
        if (found := due(frequency, now, here, done)) is not None:
            slots.append(found)
            done = found
        now += step
    return slots


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("frequency", FREQUENCIES)
def test_each_schedule_fires_as_often_as_the_calendar_has_it(zone: str, frequency: str) -> None:
    """Three years, six zones, every change of clocks: each day, Monday and first of the month once, at 00:01."""
    slots = fired(frequency, zone, timedelta(hours=5, minutes=1))
    assert len(slots) == WANTED[frequency]
    assert len(set(slots)) == len(slots)
    local = [one.astimezone(ZoneInfo(zone)) for one in slots]
    days = [one.date() for one in local]
    wanted = {DAILY: DAYS, WEEKLY: [d for d in DAYS if d.isoweekday() == 1], MONTHLY: [d for d in DAYS if d.day == 1]}
    assert days == wanted[frequency]
    odd = [one for one in local if (one.hour, one.minute) != (0, 1)]
    # Where the clock goes from 00:00 to 01:00 in spring, that day begins at 01:00.
    assert {(one.hour, one.minute) for one in odd} <= {(1, 1)}
    assert {one.month for one in odd} <= {"Africa/Cairo": {4}, "Atlantic/Azores": {3}}.get(zone, set())
    if frequency == DAILY:
        assert len(odd) == (3 if zone in ("Africa/Cairo", "Atlantic/Azores") else 0)


def test_a_minute_that_comes_twice_fires_once() -> None:
    """The Azores set their clock from 01:00 back to 00:00 in October, so 00:01 comes twice; the first is the slot."""
    zone = ZoneInfo("Atlantic/Azores")
    first = datetime(2026, 10, 25, 0, 1, tzinfo=zone).astimezone(UTC)
    again = first + timedelta(hours=1)
    assert again.astimezone(zone).strftime("%H:%M") == "00:01"
    assert slot(date(2026, 10, 25), zone) == first
    assert due(DAILY, first, zone, first - timedelta(days=1)) == first
    assert due(DAILY, again, zone, first) is None
    assert following(DAILY, first, zone) == datetime(2026, 10, 26, 0, 1, tzinfo=zone).astimezone(UTC)


def test_a_day_that_a_zone_skipped_has_no_slot_of_its_own() -> None:
    """Samoa had no 30 December 2011: from the 29th the next slot is that of the 31st."""
    zone = ZoneInfo("Pacific/Apia")
    before = datetime(2011, 12, 29, 12, tzinfo=zone).astimezone(UTC)
    ahead = following(DAILY, before, zone)
    assert ahead is not None
    assert ahead.astimezone(zone).strftime("%d %H:%M") == "31 00:01"
    after = following(DAILY, ahead, zone)
    assert after is not None
    assert after.astimezone(zone).strftime("%d %H:%M") == "01 00:01"


def test_what_passed_while_the_station_was_off_is_made_up_for_once() -> None:
    """R-196: a station off from Sunday to Wednesday publishes its week on Wednesday, once."""
    zone = ZoneInfo("Europe/Paris")
    done = latest(WEEKLY, datetime(2026, 3, 1, tzinfo=UTC), zone)
    back = datetime(2026, 3, 4, 12, tzinfo=UTC)
    found = due(WEEKLY, back, zone, done)
    assert found == slot(date(2026, 3, 2), zone)
    assert due(WEEKLY, back, zone, found) is None


@given(st.sampled_from(FREQUENCIES), st.integers(-7200, 7200), st.integers(0, 40_000_000))
def test_a_clock_set_back_a_little_fires_nothing_twice(frequency: str, shift: int, second: int) -> None:
    """N-56: after a slot, a clock set by up to two hours either way brings no slot again."""
    zone = ZoneInfo("Europe/Paris")
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=second)
    done = latest(frequency, now, zone)
    assert done is not None
    found = due(frequency, now + timedelta(seconds=shift), zone, done)
    assert found is None or found > done


def test_a_clock_that_was_years_ahead_does_not_silence_publication() -> None:
    """A slot carried out under a wrong clock in 2099 keeps none of today's from being carried out."""
    zone = ZoneInfo("Europe/Paris")
    now = datetime(2026, 3, 4, 12, tzinfo=UTC)
    found = due(DAILY, now, zone, datetime(2099, 1, 1, tzinfo=UTC))
    assert found == slot(date(2026, 3, 4), zone)
    assert due(DAILY, now, zone, found) is None


def test_disabled_is_never_due() -> None:
    """R-196: the factory value."""
    now = datetime(2026, 3, 4, tzinfo=UTC)
    assert due("disabled", now, UTC, datetime(2020, 1, 1, tzinfo=UTC)) is None
    assert following("disabled", now, UTC) is None
    assert latest("disabled", now, UTC) is None
