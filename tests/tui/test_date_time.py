"""Date and time: the calendar, the zones, and the station's clock (R-085 to R-088)."""

from __future__ import annotations

from datetime import date, time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tui.bench import Desk, desk
from tui.panes.form import zones
from tui.panes.row import field_id
from tui.screens.calendar import CalendarDialog, time_of
from tui.widgets.calendar import FIRST, LAST, Calendar, day_at, later, month_lines
from tui.widgets.fields import TextField

ZONE = "configuration.date_time.timezone"


def _text(lang: str, chosen: date, today: date) -> list[str]:
    return ["".join(span.text for span in line) for line in month_lines(lang, chosen, today)]


def test_a_month_is_a_grid_from_monday() -> None:
    rows = _text("fr", date(2024, 2, 29), date(2024, 2, 5))
    assert rows[0].strip() == "février 2024"
    assert rows[1].split() == ["lu", "ma", "me", "je", "ve", "sa", "di"]
    assert rows[2].split() == ["1", "2", "3", "4"]
    assert rows[3].split()[0] == "5*"
    assert "[29]" in rows[6]
    assert len(rows) == 8


@given(st.dates(FIRST, LAST))
def test_every_day_is_drawn_where_the_mouse_finds_it(chosen: date) -> None:
    rows = _text("en", chosen, chosen)
    y, row = next((y, row) for y, row in enumerate(rows) if "[" in row)
    assert day_at(chosen, row.index("[") + 1, y) == chosen
    assert all(len(row) == 28 for row in rows)


@given(st.dates(FIRST, LAST), st.integers(-30, 30))
def test_months_go_on_by_the_calendar(day: date, months: int) -> None:
    found = later(day, months)
    assert FIRST <= found <= LAST
    if FIRST < found < LAST:
        assert (found.year * 12 + found.month) - (day.year * 12 + day.month) == months
        assert found.day == day.day or (found.day < day.day and later(found, 0) == found)


@pytest.mark.parametrize(
    ("text", "meant"),
    [("14:05", time(14, 5)), ("14:05:30", time(14, 5, 30)), ("7h30", time(7, 30)), ("0915", time(9, 15)),
     ("24:00", None), ("12:60", None), ("noon", None), ("", None), ("12:30:99", None)],
)  # fmt: skip
def test_times_as_they_are_typed(text: str, meant: time | None) -> None:
    assert time_of(text) == meant


def test_zones_hold_the_present_one() -> None:
    assert zones("Mars/Olympus")[0] == "UTC"
    assert "Mars/Olympus" in zones("Mars/Olympus")
    assert "Europe/Paris" in zones("UTC")


async def _open(one: Desk) -> None:
    await one.open("configuration.date_time")


async def test_the_clock_is_shown_in_the_zone_that_is_chosen(tmp_path: Path) -> None:
    """R-088: 14:05:10+02:00 is 12:05:10 in UTC."""
    async with desk(tmp_path) as one:
        await _open(one)
        assert "2026-04-05 12:05:10  UTC+00:00" in one.text
        one.main.query_one(f"#{field_id(ZONE)}").focus()
        await one.press("enter")
        await one.type("pari")
        await one.press("enter")
        await one.until(lambda: "‹Europe/Paris›" in one.text)
        await one.until(lambda: "2026-04-05 14:05:10  UTC+02:00" in one.text)
        await one.press("f2")
        await one.until(lambda: one.station.values.get(ZONE) == "Europe/Paris")


async def test_the_calendar_fills_the_manual_date(tmp_path: Path) -> None:
    """R-086: it opens on the field; day, then time, then OK."""
    async with desk(tmp_path, lang="fr") as one:
        await _open(one)
        one.main.query_one("#moment").focus()
        await one.press("enter")
        assert isinstance(one.app.screen, CalendarDialog)
        assert "avril 2026" in one.text
        await one.press("right", "down", "pageup", "pagedown", "enter")
        assert one.app.screen.query_one(Calendar).chosen == date(2026, 4, 13)
        await one.press("ctrl+u")
        await one.type("25:00")
        await one.press("enter")
        assert "Une heure telle que" in one.text
        await one.press("end", "ctrl+u")
        await one.type("08:30")
        await one.press("enter")
        await one.settle()
        assert one.main.query_one("#moment", TextField).value == "2026-04-13 08:30:00"
        assert "L'horloge de la borne retarde de 7 jours 20:24." in one.text


async def test_a_wrong_date_says_so_at_the_field(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        await _open(one)
        one.main.query_one("#moment").focus()
        await one.type("2026-13-01")
        assert "is not allowed; allowed: a date and time such as 2026-03-01 14:05" in " ".join(one.text.split())
        assert one.app.session.draft.texts == {}


async def test_the_manual_date_is_there_under_its_condition_only(tmp_path: Path) -> None:
    """R-086, R-087, R-088: not with a time server; a User has it too."""
    async with desk(tmp_path, account="utilisateur") as one:
        await _open(one)
        assert one.main.query("#moment")
        one.main.query_one(f"#{field_id('configuration.date_time.clock_source')}").focus()
        await one.press("right")
        await one.until(lambda: not one.main.query("#moment"))
        assert "Time server (NTP) address" in one.text


async def test_escape_leaves_the_date_as_it_was(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        await _open(one)
        one.main.query_one("#calendar").focus()
        await one.press("enter", "right", "escape")
        assert one.main.query_one("#moment", TextField).value == ""


@pytest.mark.parametrize(("lang", "told"), [("en", "The station's clock was set."), ("fr", "est réglée")])
async def test_the_clock_is_set_by_hand(tmp_path: Path, lang: str, told: str) -> None:
    """R-086: the time that stands in the field, and no other text."""
    async with desk(tmp_path, lang=lang) as one:
        await one.open("configuration.date_time")
        await one.until(lambda: bool(one.main.query("#set")))
        field = one.main.query_one("#moment", TextField)
        field.value = "yesterday"
        await one.settle()
        one.main.query_one("#set").focus()
        await one.press("enter")
        assert one.station.clock_set == ""
        field.value = "2026-04-05 14:05"
        await one.settle()
        await one.press("enter")
        await one.until(lambda: told in one.text)
        assert one.station.clock_set == "2026-04-05 14:05"
