"""Twelve years of the publication's calendar in zones whose clocks do odd things (R11, R-196)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from evlink.publication.schedule import DAILY, MONTHLY, WEEKLY, due, latest
from tests.faults.table import Tally
from tests.publication.test_schedule import ZONES

BEGIN = date(2026, 1, 1)


def wanted(frequency: str, years: int) -> list[date]:
    """The days on which a schedule fires, counted by the calendar alone."""
    days = [BEGIN + timedelta(n) for n in range((date(BEGIN.year + years, 1, 1) - BEGIN).days)]
    return {DAILY: days, WEEKLY: [d for d in days if d.isoweekday() == 1], MONTHLY: [d for d in days if d.day == 1]}[
        frequency
    ]


@pytest.mark.faults
@pytest.mark.timeout(600)
@pytest.mark.parametrize("years", [12])
def test_every_slot_of_years_fires_once(years: int, tally: Tally) -> None:
    """R11: each day, Monday and first of the month once, whatever the clocks do."""
    slots = changes = 0
    for name in ZONES:
        zone = ZoneInfo(name)
        for frequency in (DAILY, WEEKLY, MONTHLY):
            now = datetime(2026, 1, 1, 0, 0, 30, tzinfo=zone).astimezone(UTC)
            end = datetime(2026 + years, 1, 1, 0, 0, 30, tzinfo=zone).astimezone(UTC)
            done, found, offset = latest(frequency, now, zone), list[date](), now.astimezone(zone).utcoffset()
            while now < end:
                if (slot := due(frequency, now, zone, done)) is not None:
                    found.append(slot.astimezone(zone).date())
                    done = slot
                now += timedelta(hours=5, minutes=1)
                here = now.astimezone(zone).utcoffset()
                changes += here != offset
                offset = here
            assert found == wanted(frequency, years), (name, frequency)
            slots += len(found)
    note = f"{changes // 3} changes of clocks in {len(ZONES)} zones, {years} years"
    tally("time", "slot of daily, weekly and monthly publication, each once", slots, note=note)
