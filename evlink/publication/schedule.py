"""The calendar of publication: when each frequency is due, in the station's own time zone (R-196). Pure functions.

A slot is the instant of 00:01 on a day's local clock. A day on which the clock skips 00:01 has its slot at the first
instant after the gap; one that has 00:01 twice has the first of them; one that the zone skipped whole has none.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo

DISABLED, DAILY, WEEKLY, MONTHLY = "disabled", "daily", "weekly", "monthly"
FREQUENCIES = (DAILY, WEEKLY, MONTHLY)
_AT = time(0, 1)
_DAY = timedelta(days=1)
_LONGEST = 33  # days to look for a slot: a month and one that a zone skipped


def slot(day: date, zone: tzinfo) -> datetime:
    """The slot of a day, in UTC."""
    # With fold=0 a time in a gap counts by the offset before it, which makes it the instant just after the gap.
    return datetime.combine(day, _AT, zone).astimezone(UTC)


def falls(frequency: str, day: date) -> bool:
    """Whether a frequency is due on a day: each, Mondays, or the first of the month."""
    match frequency:
        case "daily":
            return True
        case "weekly":
            return day.weekday() == 0
        case "monthly":
            return day.day == 1
        case _:
            return False


def latest(frequency: str, now: datetime, zone: tzinfo) -> datetime | None:
    """The last slot at or before an instant; None for a frequency that has none."""
    if frequency not in FREQUENCIES:
        return None
    day = now.astimezone(zone).date() + _DAY
    for _ in range(_LONGEST):
        if falls(frequency, day) and (found := slot(day, zone)) <= now:
            return found
        day -= _DAY
    return None


def following(frequency: str, now: datetime, zone: tzinfo) -> datetime | None:
    """The first slot after an instant; None for a frequency that has none."""
    if frequency not in FREQUENCIES:
        return None
    day = now.astimezone(zone).date() - _DAY
    for _ in range(_LONGEST + 1):
        if falls(frequency, day) and (found := slot(day, zone)) > now:
            return found
        day += _DAY
    return None


def due(frequency: str, now: datetime, zone: tzinfo, done: datetime | None) -> datetime | None:
    """The slot to be carried out now, None where none is. `done` is the last one that was, or the present one at first.

    A slot that passed while the station was off is made up for once. A `done` that lies further ahead than the next
    slot was written under a clock that was wrong: the present slot is due again then, once.
    """
    last = latest(frequency, now, zone)
    if last is None or done is None:
        return None
    ahead = following(frequency, now, zone)
    return last if done < last or (ahead is not None and done > ahead) else None
