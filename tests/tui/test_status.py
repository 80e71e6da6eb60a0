"""Status, report and the station box (R-045, R-210 to R-218, R-222)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.tui.bench import desk
from tests.tui.station_stub import Station, outlet
from tui import terms
from tui.panes import status, status_table
from tui.panes.status import StatusPane
from tui.widgets.box import box_lines
from tui.widgets.lines import Lines


def _outlet(**changes: Any) -> dict[str, Any]:
    return {**outlet(1, False), **changes}


@pytest.mark.parametrize(
    ("changes", "faulty", "name"),
    [
        ({}, False, "available"),
        ({"ev_state": "B_Present_9V"}, False, "waiting"),
        ({"outlet_status": "OK_ChargeAuthorisationDone"}, False, "plug_awaited"),
        ({"outlet_status": "OK_PlugProcedureDone", "ev_state": "B_Present_9V"}, False, "connecting"),
        ({"outlet_status": "OK_ChargeLoopStarted", "ev_state": "C_Ready_6V", "contactor": True}, False, "charging"),
        ({"outlet_status": "OK_ChargeLoopStarted", "ev_state": "C_Ready_6V"}, False, "held"),
        ({"outlet_status": "OK_ChargeLoopStarted", "ev_state": "B_Present_Asked_9V_M12V"}, False, "paused"),
        ({"outlet_status": "OK_ChargeLoopEnded"}, False, "finished"),
        ({"outlet_status": "OK_UnplugProcedureStarted"}, False, "unplugging"),
        ({"outlet_status": "OK_Unavailable"}, False, "unavailable"),
        ({"evse_status": ["Unavailable_OCPP_Cmd_Received"]}, False, "unavailable"),
        ({"ev_state": "E_ShortCut"}, False, "fault"),
        ({"ev_state": "F_NotAvailable"}, False, "unavailable"),
        ({}, True, "fault"),
        ({"outlet_status": "Not_Initialized"}, False, "starting"),
    ],
)
def test_the_state_of_an_outlet(changes: dict[str, Any], faulty: bool, name: str) -> None:
    state = terms.outlet_state("en", _outlet(**changes), faulty)
    assert state.name == name
    assert state.word
    assert terms.outlet_state("fr", _outlet(**changes), faulty).word


def _text(lines: list[Any]) -> str:
    return "\n".join("".join(span.text for span in line) for line in lines)


@pytest.mark.parametrize(("lang", "word", "power"), [("en", "Charging", "11.0 kW"), ("fr", "En charge", "11,0 kW")])
def test_the_box_says_it_in_words_and_numbers(lang: str, word: str, power: str) -> None:
    """R-045: the station's name followed by its state; each outlet with its limit and why."""
    document = Station().document
    text = _text(box_lines(lang, "", document, True, 80))
    first, outlet_1, outlet_2 = text.splitlines()
    assert first.startswith(" FG 16302 07 002 003  " + ("in service" if lang == "en" else "en service"))
    assert word in outlet_1
    assert power in outlet_1
    assert "16 A" in outlet_1
    assert ("shared" if lang == "en" else "partage") in outlet_1
    assert all(len(line) == 80 for line in (first, outlet_1, outlet_2))


def test_every_reason_of_a_limit_fits_the_box() -> None:
    document = Station().document
    for reason in (
        "none",
        "derated",
        "rated",
        "cable",
        "share",
        "house",
        "input",
        "supervision",
        "degraded",
        "floor",
        "simplified",
        "not_ready",
    ):
        document["outlets"][0]["limit_reason"] = reason
        for lang in ("en", "fr"):
            assert "…" not in _text(box_lines(lang, "", document, True, 80)), reason
            assert "_" not in terms.limit_reason(lang, reason)


async def test_the_page_has_its_blocks_in_order(tmp_path: Path) -> None:
    """R-212, R-213, R-214: the message, only the events that are KO, one column a plug."""
    station = Station()
    station.document["events"]["12"] = ["OK", "KO"]
    station.document["station"]["state"] = "fault"
    async with desk(tmp_path, station=station) as one:
        await one.press("v")
        text = one.main.query_one("#status", Lines).text
        rows = text.splitlines()
        assert "Plug #102" in rows[0]
        assert "Plug #103" in rows[0]
        assert rows[1].strip() == "Error Status"
        assert "#12" in rows[2]
        assert rows[2].rstrip().endswith("KO")
        assert "#30" not in text
        names = [
            "Error Status",
            "CPW state",
            "Cable state",
            "EV state",
            "Last charge status",
            "Outlet Status",
            "I_1 BP-Start",
        ]
        places = [text.index(name) for name in names]
        assert places == sorted(places)
        assert "Unexpected event" in one.text
        assert "▲ Fault" in one.text


async def test_no_event_no_table(tmp_path: Path) -> None:
    """R-212, R-213."""
    async with desk(tmp_path) as one:
        await one.press("v")
        assert "No unexpected event." in one.text
        assert "Error Status" not in one.main.query_one("#status", Lines).text


async def test_french_values_as_the_page_has_them(tmp_path: Path) -> None:
    async with desk(tmp_path, lang="fr") as one:
        await one.press("v")
        text = one.main.query_one("#status", Lines).text
        for word in ("Pas branché", "Non défini", "Non initialisé"):
            assert word in text


async def test_the_refresh_stops_and_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-210, R-211: frozen, only the two other buttons are there; the box above goes on."""
    monkeypatch.setattr(status, "PERIOD", 0.0)
    async with desk(tmp_path) as one:
        await one.press("v")

        def power() -> str:
            page = one.main.query_one("#status", Lines).text
            return next(row for row in page.splitlines() if row.strip().startswith("Power"))

        one.station.document["outlets"][0]["power_w"] = 7360
        await one.until(lambda: "7.36 kW" in power())
        assert "[ Force" not in one.text
        one.main.query_one("#stop").focus()
        await one.press("enter")
        assert "[ Stop automatic refresh ]" not in one.text
        assert "[ Force a refresh ] [ Start automatic refresh ]" in one.text
        one.station.document["outlets"][0]["power_w"] = 3680
        await one.until(lambda: "3.7 kW" in one.text)
        assert "7.36 kW" in power()
        one.main.query_one("#force").focus()
        await one.press("enter")
        await one.until(lambda: "3.68 kW" in power())
        one.main.query_one("#start").focus()
        await one.press("enter")
        one.station.document["outlets"][0]["power_w"] = 11000
        await one.until(lambda: "11.00 kW" in power())
        assert isinstance(one.main.pane, StatusPane)


async def test_the_period_is_five_seconds() -> None:
    """R-210."""
    assert status.PERIOD == 5.0


async def test_the_report_lists_every_event(tmp_path: Path) -> None:
    """R-222."""
    async with desk(tmp_path) as one:
        await one.open("maintenance.report")
        text = one.main.query_one("#report", Lines).text
        for number in (1, 3, 4, 5, 12, 30):
            assert f"#{number} {terms.EVENTS[number]}" in text
        assert "Serial number" in text


async def test_versions_by_board(tmp_path: Path) -> None:
    """R-230."""
    async with desk(tmp_path) as one:
        await one.open("maintenance.update")
        row = next(row for row in one.text.splitlines() if row.startswith(" 103"))
        assert row.split() == ["103", "3.3.0.4", "0.1.0", "1.20"]


def test_there_are_25_events() -> None:
    """N-15, N-16."""
    assert len(terms.EVENTS) == 25
    assert not {2, 23, 25, 26, 27, 28} & set(terms.EVENTS)


def test_a_long_name_stays_on_one_line() -> None:
    """R-215: `Outlet Status Last Error` at 80 columns, its value beside it."""
    document = Station().document
    rows = _text(status_table.status_lines("en", document, 79, ["Plug #102", "Plug #103"])).splitlines()
    row = next(row for row in rows if "Last Error" in row)
    assert row.split() == ["Outlet", "Status", "Last", "Error", "Not_Initialized", "Not_Initialized"]


async def test_a_stopped_page_says_as_of_when_it_is(tmp_path: Path) -> None:
    """R-211: live, the time would be all that changes."""
    station = Station()
    station.put({"configuration.date_time.timezone": "Europe/Lisbon"})
    async with desk(tmp_path, station=station) as one:
        assert "As of" not in one.text
        one.main.query_one("#stop").focus()
        await one.press("enter")
        assert "As of 13:05:10: No unexpected event." in one.text
        assert one.text.splitlines()[1].endswith("13:05"), "the box has the same clock"


@pytest.mark.parametrize(("url", "shown"), [("http://", False), ("", False), ("wss://csms.example/ocpp", True)])
def test_a_supervision_that_was_never_set_is_not_lost(url: str, shown: bool) -> None:
    document = Station().document
    document["station"]["supervision"]["url"] = url
    assert ("supervision lost" in _text(box_lines("en", "", document, True, 80))) is shown


@pytest.mark.parametrize("width", range(30, 81))
def test_the_box_drops_whole_fields(width: int) -> None:
    for line in box_lines("en", "", Station().document, True, width)[1:]:
        text = "".join(span.text for span in line)
        assert len(text) <= width
        assert "…" not in text
        assert text.rstrip().endswith(("Charging", "Available", "A", "kW", "kWh", "shared", "derated")), text


@pytest.mark.parametrize(
    ("lang", "clock"),
    [("en", "5 April 2026, 14:05:10 (Europe/Paris)"), ("fr", "5 avril 2026 à 14:05:10 (Europe/Paris)")],
)
async def test_the_report_dates_as_its_language_does(tmp_path: Path, lang: str, clock: str) -> None:
    """R-222, on the station's clock."""
    station = Station()
    station.put({"configuration.date_time.timezone": "Europe/Paris"})
    async with desk(tmp_path, lang=lang, station=station) as one:
        await one.open("maintenance.report")
        assert clock in one.text
