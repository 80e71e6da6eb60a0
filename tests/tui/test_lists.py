"""Charge history (R-191 to R-194)."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from textual.widgets import Input

from tests.tui.bench import desk
from tests.tui.station_stub import record
from tui.panes.history import COLUMNS, history_table, in_order
from tui.screens.files import FileDialog
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
    """R-194: all records, newest first, with the separators that are set."""
    async with desk(tmp_path) as one:
        one.station.put({"charge_history.publication.field_separator": "comma"})
        one.station.put({"charge_history.publication.decimal_separator": "point"})
        await one.app.session.reload()
        one.station.records = [record(n) for n in range(1300, 0, -1)]
        await one.open("charge_history.history")
        await one.press("s", *["down"] * 8, "enter")  # whatever the order on the screen
        target = tmp_path / "charges.csv"
        one.main.query_one("#export").focus()
        await one.press("enter")
        assert isinstance(one.app.screen, FileDialog)
        one.app.screen.query_one(Input).value = str(target)
        await one.press("enter")
        await one.until(lambda: "(1300 charges)" in one.banner)
        rows = list(csv.reader(target.read_text(encoding="utf-8").splitlines()))
        assert [len(row) for row in rows] == [len(COLUMNS)] * 1301
        assert [row[0] for row in rows[1:]] == [str(n) for n in range(1300, 0, -1)]
        assert {row[8] for row in rows[1:]} == {f"{n * 1234 % 40000 / 1000:.3f}" for n in range(1, 1301)}
        assert target.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("column", [word for word, _, _ in COLUMNS])
def test_every_column_sorts(column: str) -> None:
    """Both ways; numbers as numbers, and what has nothing there comes last."""
    records = [
        {
            **record(n),
            "comment": text,
            "duration_s": seconds,
            "energy_wh": seconds * 7,
            "uid": text,
            "outlet": 1 + n % 2,
        }
        for n, text, seconds in ((9, "b", 5), (10, "", 4000), (11, "A", 59), (12, "c", 600), (100, "", 61))
    ]
    cell = next(cell for word, cell, _ in COLUMNS if word == column)
    for falling in (False, True):
        found = in_order(records, column, falling)
        assert sorted(r["number"] for r in found) == [9, 10, 11, 12, 100]
        texts = [cell("en", r).casefold() for r in found]
        filled = [text for text in texts if text]
        assert texts == filled + [""] * (len(texts) - len(filled))
        numbers = column in ("history.number", "history.outlet", "history.energy")
        worth = [float(text) for text in filled] if numbers else filled
        assert worth == sorted(worth, reverse=falling)


async def test_the_list_is_sorted_by_what_one_chooses(tmp_path: Path) -> None:
    """By keys, by the head of a column, and in the other language still."""
    async with desk(tmp_path) as one:
        await one.open("charge_history.history")
        await one.until(lambda: "30 of 42 charges, newest first" in one.text)
        listing = one.main.query_one("#records", Listing)

        def numbers() -> list[int]:
            return [int(row.split()[0]) for row in one.main.query_one("#records", Listing).text.splitlines()[1:]]

        await one.press("s", *["down"] * 8, "enter")
        await one.until(lambda: "by Energy (kWh) ↓" in one.text)
        energies = [n * 1234 % 40000 for n in numbers()]
        assert energies == sorted(energies, reverse=True)
        await one.press("r")
        assert [n * 1234 % 40000 for n in numbers()] == energies[::-1]
        await one.press("f6")
        await one.until(lambda: "par Énergie (kWh) ↑" in one.text)
        assert [n * 1234 % 40000 for n in numbers()] == energies[::-1]
        await one.press("f6")
        await one.until(lambda: "by Energy" in one.text)
        listing = one.main.query_one("#records", Listing)
        await one.pilot.click(listing, offset=(2, 0))
        await one.until(lambda: "newest first" in one.text)
        assert numbers() == list(range(42, 12, -1))
        await one.pilot.click(listing, offset=(2, 0))
        assert numbers() == list(range(13, 43))
