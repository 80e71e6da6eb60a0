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
from tui.widgets.fields import TextField
from tui.widgets.lines import Lines


def _outlet(**changes: Any) -> dict[str, Any]:
    return {**outlet(1, False), **changes}


@pytest.mark.parametrize(
    ("changes", "ko", "name"),
    [
        ({}, set(), "available"),
        ({"ev_state": "B_Present_9V"}, set(), "waiting"),
        ({"outlet_status": "OK_ChargeAuthorisationDone"}, set(), "plug_awaited"),
        ({"outlet_status": "OK_PlugProcedureDone", "ev_state": "B_Present_9V"}, set(), "connecting"),
        ({"outlet_status": "OK_ChargeLoopStarted", "ev_state": "C_Ready_6V", "contactor": True}, set(), "charging"),
        ({"outlet_status": "OK_ChargeLoopStarted", "ev_state": "C_Ready_6V"}, set(), "held"),
        ({"outlet_status": "OK_ChargeLoopStarted", "ev_state": "B_Present_Asked_9V_M12V"}, set(), "paused"),
        ({"outlet_status": "OK_ChargeLoopEnded"}, set(), "finished"),
        ({"outlet_status": "OK_UnplugProcedureStarted"}, set(), "unplugging"),
        ({"outlet_status": "OK_Unavailable"}, set(), "unavailable"),
        ({"evse_status": ["Unavailable_OCPP_Cmd_Received"]}, set(), "unavailable"),
        ({"ev_state": "E_ShortCut"}, set(), "fault"),
        ({"ev_state": "F_NotAvailable"}, set(), "unavailable"),
        ({}, {5}, "fault"),
        ({}, {12}, "available"),
        ({"outlet_status": "OK_ChargeLoopStarted", "ev_state": "C_Ready_6V", "contactor": True}, {12, 30}, "charging"),
        ({"outlet_status": "OK_ChargeLoopStarted", "ev_state": "C_Ready_6V"}, {12, 17}, "fault"),
        ({"outlet_status": "Not_Initialized"}, set(), "starting"),
    ],
)
def test_the_state_of_an_outlet(changes: dict[str, Any], ko: set[int], name: str) -> None:
    """R-163, R-213: a lost meter or link is a warning beside the state, anything else that is KO a fault."""
    state = terms.outlet_state("en", _outlet(**changes), ko)
    assert state.name == name
    assert state.word
    assert terms.outlet_state("fr", _outlet(**changes), ko).word
    assert (state.glyph == "▲") is bool(ko or name == "fault")


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
        assert "▲ Available" in one.text  # a lost meter is a warning: the outlet stays in service
        station.document["events"]["5"] = ["OK", "KO"]
        await one.until(lambda: "▲ Fault" in one.text)


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


async def test_the_report_is_the_stations_own(tmp_path: Path) -> None:
    """R-219, R-222: the station's own words, in pieces; N and P go from section to section."""
    async with desk(tmp_path) as one:
        await one.open("maintenance.report")
        await one.until(lambda: "2 sections" in one.text)
        page = one.main.query_one("#report", Lines)
        for number in range(1, 32):
            assert f"Evt #{number}  {'KO' if number == 12 else 'OK'}" in page.text
        page.focus()
        await one.press("n", "n")
        assert page.top > 5
        await one.press("p", "p", "p")
        assert page.top == 0
        await one.press("e")
        field = one.app.screen.query_one("#answer", TextField)
        field.value = str(tmp_path / "r.html")
        field.focus()
        await one.press("enter")
        await one.until(lambda: "Written" in one.text)
        assert (tmp_path / "r.html").read_text() == "<!DOCTYPE html><title>Report</title>"


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


@pytest.mark.parametrize("lang", ["en", "fr"])
@pytest.mark.parametrize("width", [79, 119])
def test_values_stand_in_columns_below_their_plug(lang: str, width: int) -> None:
    """R-214, R-215: a long name goes on in the line below where it has no room, and pushes no value aside."""
    document = Station().document
    rows = _text(status_table.status_lines(lang, document, width, ["Plug #102", "Plug #103"])).splitlines()
    columns = [rows[0].index("Plug #102"), rows[0].index("Plug #103")]
    values = [row for row in rows if "Not_Initialized" in row or "Non initialisé" in row or " kWh" in row]
    assert len(values) >= 3
    for row in values:
        assert [row[at - 1] == " " != row[at] for at in columns] == [True, True], row
    if width == 119:
        assert any("Outlet Status Last Error" in row for row in rows)


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


@pytest.mark.parametrize(("lang", "words"), [("en", "no word for 00:00:12"), ("fr", "sans nouvelles depuis 00:00:12")])
async def test_what_control_no_longer_tells_is_not_shown_as_live(tmp_path: Path, lang: str, words: str) -> None:
    """docs/protocol.md, `silent_s`: a dash and since when, in the box, the picture and the table."""
    station = Station()
    outlet = station.document["outlets"][0]
    outlet.update(dict.fromkeys(("current_a", "voltage_v", "power_w", "duty_percent", "contactor", "locked", "pilot")))
    outlet.update(silent_s=12, inputs=dict.fromkeys(outlet["inputs"]))
    station.document["events"]["3"] = ["KO", "OK"]
    async with desk(tmp_path, lang=lang, station=station) as one:
        box = next(row for row in one.text.splitlines() if row.startswith(" 1 "))
        assert words in box
        assert "16.0" not in one.text
        status = one.main.query_one("#status", Lines)
        assert ("Nothing has been heard" if lang == "en" else "Aucune nouvelle de cette prise") in " ".join(
            status.text.split()
        )
        await one.press("v")
        await one.until(lambda: words.rpartition(" ")[0] in status.text)
        row = next(row for row in status.text.splitlines() if row.strip().startswith(("EV state", "Etat du VE")))
        assert "C_Ready" not in row
