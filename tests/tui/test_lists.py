"""Badges and charge history (R-172 to R-194)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tui.bench import desk
from tests.tui.station_stub import Station
from tui.panes.badges import PAGE
from tui.panes.history import COLUMNS, history_table
from tui.widgets.fields import TextField
from tui.widgets.listing import Listing
from tui.words import say


async def test_the_last_thirty_charges_newest_first(tmp_path: Path) -> None:
    """R-191, R-193."""
    async with desk(tmp_path) as one:
        await one.open("charge_history.history")
        await one.until(lambda: "30 of 42 charges" in one.text)
        listing = one.main.query_one("#records", Listing)
        assert listing.count == 30
        numbers = [row.split()[0] for row in listing.text.splitlines()[1:]]
        assert numbers == [str(n) for n in range(42, 12, -1)]


@pytest.mark.parametrize(("lang", "energy"), [("en", "1.234"), ("fr", "1,234")])
def test_columns_and_formats(lang: str, energy: str) -> None:
    """R-192, R-193: order of the columns, three decimals with the language's separator."""
    record = {
        "number": 10,
        "station": "3N152820234A1S1B7551700014",
        "outlet": 1,
        "transaction_id": "607901",
        "uid": "",
        "charge_type": "AC_SINGLE_PHASE",
        "start": "2017-04-05 13:40",
        "end": "2017-04-05 13:42",
        "energy_wh": 1234,
        "socket_type": "TYPE2",
        "duration_s": 140,
        "comment": "x",
    }
    widths, lines = history_table(lang, [record])
    heads, cells = ([span.text.strip() for span in line[1:]] for line in lines)
    assert heads == [say(lang, word) for word, _, _ in COLUMNS]
    assert cells == [
        "10",
        "3N152820234A1S1B7551700014",
        "1",
        "607901",
        "",
        "AC_SINGLE_PHASE",
        "2017-04-05 13:40",
        "2017-04-05 13:42",
        energy,
        "TYPE2",
        "00:02:20",
        "x",
    ]
    assert sum(widths) == sum(len(span.text) for span in lines[1])


async def test_times_are_on_the_station_clock(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        one.station.put({"configuration.date_time.timezone": "Europe/Paris"})
        one.station.records = one.station.records[:1]
        await one.app.session.reload()
        await one.open("charge_history.history")
        await one.until(lambda: "1 charge" in one.text)
        assert "2026-04-15 15:40" in one.main.query_one("#records", Listing).text


async def test_columns_come_sideways_and_the_number_stays(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        await one.open("charge_history.history")
        await one.until(lambda: "30 of 42" in one.text)
        for _ in range(12):
            await one.press("right")
        rows = one.text.splitlines()
        assert "Comment" in rows[6]
        assert rows[6].strip().startswith("No.")
        assert rows[7].strip().startswith("42")


async def test_enter_shows_the_record_whole(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        await one.open("charge_history.history")
        await one.until(lambda: "30 of 42" in one.text)
        await one.press("down", "enter")
        assert "Charge 41" in one.text
        assert "607941" in one.text
        assert "00:03:01" in one.text


async def test_the_history_is_exported(tmp_path: Path) -> None:
    """R-194: with the separators that are set, to a new file only."""
    async with desk(tmp_path) as one:
        await one.open("charge_history.history")
        target = tmp_path / "charges.csv"
        for answer in ("Written", "exists already"):
            one.main.query_one("#export").focus()
            await one.press("enter")
            one.app.screen.query_one("#answer", TextField).value = str(target)
            await one.press("enter")
            await one.until(lambda: answer in one.text)  # noqa: B023
        lines = target.read_text().splitlines()
        assert len(lines) == 1 + 42
        assert lines[0].count(";") == len(COLUMNS) - 1
        assert target.stat().st_mode & 0o077 == 0


async def test_badges_are_added_edited_and_deleted(tmp_path: Path) -> None:
    """R-174, R-182, R-183."""
    async with desk(tmp_path, account="utilisateur") as one:
        await one.open("authentication")
        await one.until(lambda: "5 badges" in one.text)
        await one.press("insert")
        await one.type("04aabbcc")
        await one.press("enter", "right", "tab")
        await one.type("Guest")
        await one.press("enter")
        await one.until(lambda: "Badge 04AABBCC added." in one.text)
        assert one.station.badges[-1] == {"number": 6, "uid": "04AABBCC", "type": "vip", "comment": "Guest"}
        await one.press("end", "enter", "right")
        await one.press("tab")
        await one.type(" 2")
        await one.press("enter")
        await one.until(lambda: "changed" in one.text)
        assert one.station.badges[-1] == {"number": 6, "uid": "04AABBCC", "type": "admin", "comment": "Guest 2"}
        await one.press("delete")
        assert "Delete badge 04AABBCC?" in one.text
        await one.press("enter")
        assert len(one.station.badges) == 6, "the cautious answer has the focus"
        await one.press("delete", "right", "enter")
        await one.until(lambda: "1 badge deleted." in one.text)
        assert len(one.station.badges) == 5


async def test_a_refused_badge_is_told(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        await one.open("authentication")
        await one.press("insert")
        await one.type("a b!")
        await one.press("enter", "tab", "enter")
        await one.until(lambda: "letters or digits" in one.text)
        assert len(one.station.badges) == 5


async def test_delete_all_asks(tmp_path: Path) -> None:
    """R-186."""
    async with desk(tmp_path, lang="fr") as one:
        await one.open("authentication")
        await one.until(lambda: "5 badges" in one.text)
        one.main.query_one("#delete_all").focus()
        await one.press("enter")
        assert "Supprimer les 5 badges ?" in one.text
        await one.press("right", "enter")
        await one.until(lambda: "Aucun badge dans la liste." in one.text)
        assert one.station.badges == []


async def test_badges_come_in_pages(tmp_path: Path) -> None:
    """R-185."""
    station = Station()
    station.badges = [{"number": n, "uid": f"AA{n:04d}", "type": "user", "comment": ""} for n in range(1, PAGE + 11)]
    async with desk(tmp_path, station=station) as one:
        await one.open("authentication")
        await one.until(lambda: f"Page 1/2, {PAGE + 10} badges" in one.text)
        one.main.query_one("#next").focus()
        await one.press("enter")
        await one.until(lambda: "Page 2/2" in one.text)
        assert f"AA{PAGE + 1:04d}" in one.text
        assert one.main.query_one("#badges", Listing).count == 10
