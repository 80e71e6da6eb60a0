"""The picture of Maintenance > Status: outlets drawn, limits, steps and events in words, sessions as sparklines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evlink.domain.words import ChargeStatus
from tests.tui.bench import desk
from tests.tui.pty_terminal import PtyTerminal
from tests.tui.station_stub import Station, outlet
from tests.tui.test_process import Served
from tui import terms
from tui.advice import error_advice, event_advice, trouble
from tui.letters import GLYPHS
from tui.panes import status
from tui.panes.status_picture import Sheet, picture_lines
from tui.widgets.lines import Line, Lines
from tui.widgets.picture import NARROWEST, picture
from tui.widgets.spark import binned, columns, spark
from tui.widgets.track import POINTS, Track

EV_STATES = (
    "A_Not_Present_12V", "B_Present_9V", "B_Present_Asked_9V_M12V", "C_Ready_6V", "C_Ready_6V_M12V",
    "D_Ready_VR_3V", "D_Ready_VR_3V_M12V", "E_ShortCut", "F_NotAvailable",
)  # fmt: skip
CHARGE_STOPS = [status.value for status in ChargeStatus if status.value.startswith("KO_")]
LIGHTS = ("off", "green", "green_blinking", "blue", "red")
REASONS = (
    "none", "derated", "rated", "cable", "share", "input", "supervision", "degraded", "floor", "simplified",
    "not_ready",
)  # fmt: skip
ERRORS = (
    "KO_BadgeUnknown", "KO_BadgeIsNotTheBooker", "KO_PlugOrShutterAbnormallyLocked", "KO_ShutterNotOpened",
    "KO_PlugNotDetected", "KO_EvNotDetected", "KO_PlugOrShutterAbnormallyNotLocked", "KO_PlugProcedureError",
    "KO_BadgeIsNotTheCurrentUser", "KO_UnlockPlugInCharge", "KO_OnStreetOpenShutterInCharge", "KO_ShutterNotClosed",
    "KO_PlugStillDetected", "KO_EVStillDetected", "KO_UnplugProcedureError",
)  # fmt: skip


class Traced(Station):
    """A station that remembers outlet 1's session: the current rose to 16 A and stayed there."""

    def do_trace(self, link: Any, params: dict[str, Any]) -> dict[str, Any]:
        """trace"""
        if params["outlet"] != 1:
            return trace([], False)
        return trace([0.0, 4.0, 8.0, 12.0, *[16.0] * 100])


def trace(amps: list[float], session: bool = True) -> dict[str, Any]:
    """A trace of docs/protocol.md with the same current on all phases, ten seconds a point."""
    return {
        "outlet": 1,
        "session": session,
        "from_s": 0.0,
        "step_s": 10.0,
        "seconds": 10.0 * len(amps),
        "current_a": [amps] * 3,
        "power_w": [value * 690 for value in amps],
        "energy_wh": [round(sum(amps[: at + 1]) * 690 / 360) for at in range(len(amps))],
    }


def text_of(lines: list[Line]) -> str:
    """Lines as plain text."""
    return "\n".join("".join(span.text for span in line) for line in lines)


def plain_text(text: str) -> bool:
    """Whether an old terminal can show a text: ASCII and accented letters, once the driver has replaced its glyphs."""
    return all(char.isascii() or char.isalpha() for char in text.translate(GLYPHS))


# The picture of an outlet


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("lang", ["en", "fr"])
@pytest.mark.parametrize("width", [NARROWEST, 59, 79])
def test_every_state_is_drawn_whole(lang: str, plain: bool, width: int) -> None:
    """R-215: five lines of equal width, whatever vehicle, cable, light, lock and contactor do; nothing is cut off."""
    for ev in EV_STATES:
        for cable in ("Not_Plugged", "13A", "32A", "70A"):
            for light in LIGHTS:
                for closed in (False, True):
                    one = {**outlet(1, closed), "ev_state": ev, "cable_state": cable, "light": light, "locked": closed}
                    lines = picture(lang, one, False, width, plain)
                    text = text_of(lines)
                    assert [len(row) for row in text.splitlines()] == [width] * 5, text
                    assert "…" not in text
                    assert not plain or plain_text(text), text


def test_the_picture_shows_light_lock_contactor_cable_and_vehicle() -> None:
    """R-215."""
    charging = {**outlet(1, True), "light": "blue", "locked": True}
    text = text_of(picture("en", charging, False, 60, False))
    for word in ("● blue", "▣ locked", "━━━ closed", "32 A", "▶", "C  6 V", "takes energy"):
        assert word in text
    free = {**outlet(1, False), "light": "green", "locked": False}
    text = text_of(picture("en", free, False, 60, False))
    for word in ("● green", "□ unlocked", "╸╱╺ open", "no vehicle"):
        assert word in text
    assert "32 A" not in text
    broken = {**charging, "ev_state": "E_ShortCut"}
    assert "✗" in text_of(picture("en", broken, False, 60, False))
    assert "✗" in text_of(picture("en", charging, True, 60, False))


def test_a_colour_is_never_alone() -> None:
    """A light's colour stands there in words, as does a fault."""
    for light in LIGHTS[1:]:
        words = {
            lang: text_of(picture(lang, {**outlet(1, False), "light": light}, False, 60, True)) for lang in ("en", "fr")
        }
        assert words["en"].splitlines()[1] != words["fr"].splitlines()[1]


# Words


def test_every_event_says_what_to_do() -> None:
    """Status 2.10: all 25, in both languages."""
    for number in terms.EVENTS:
        texts = [event_advice(lang, number) for lang in ("en", "fr")]
        assert all(advice is not None and advice.what and advice.todo for advice in texts)
        assert texts[0] != texts[1]
    assert event_advice("en", 2) is None


def test_every_last_error_says_what_to_do() -> None:
    """Status 2.9."""
    for error in ERRORS:
        texts = [error_advice(lang, error) for lang in ("en", "fr")]
        assert all(advice is not None for advice in texts), error
        assert texts[0] != texts[1]
    assert error_advice("en", "Not_Initialized") is None


def test_every_stop_of_a_charge_says_why_and_what_to_do() -> None:
    """Status 2.6: each value that the station has, in both languages, and the French page's word for it."""
    for ended in CHARGE_STOPS:
        one = {"last_charge_status": ended, "last_error": "KO_UnplugProcedureError"}
        texts = [trouble(lang, one, frozenset()) for lang in ("en", "fr")]
        assert texts[0].startswith("Last charge stopped: "), ended
        assert texts[1].startswith("Dernière charge arrêtée : "), ended
        assert terms.value_word("fr", ended) != ended
        assert terms.value_word("en", ended) == ended
    for ended in ("Not_Initialized", "OK_ChargeLoopEnded", ""):
        assert trouble("en", {"last_charge_status": ended}, frozenset()) == ""
        assert trouble("en", {"last_charge_status": ended, "last_error": ERRORS[0]}, frozenset()) != ""


def test_an_event_that_lasts_is_told_once() -> None:
    """R-213: while it is KO the page tells it above; afterwards the outlet does."""
    one = {"last_charge_status": "KO_ChargeShortCut", "last_error": "Not_Initialized"}
    assert "Short circuit" in trouble("en", one, {5})
    assert trouble("en", one, {20}) == ""


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("lang", ["en", "fr"])
def test_a_domestic_socket_is_drawn_without_a_vehicle(lang: str, plain: bool) -> None:
    """Status 2.7: it has no pilot, so no state of a vehicle is claimed; energy that flows is."""
    for width in (NARROWEST, 59, 79):
        for closed in (False, True):
            one = {**outlet(1, closed), "ev_state": "A_NotConnected", "cable_state": "Not_Plugged"}
            one |= {"evse_status": ["Domestic cable detected"], "current_a": [9.8 if closed else 0.0, 0.0, 0.0]}
            text = text_of(picture(lang, one, False, width, plain))
            assert [len(row) for row in text.splitlines()] == [width] * 5, text
            assert "…" not in text
            assert ("domestic socket" if lang == "en" else "prise domestique") in text
            assert ("takes energy" in text) is (closed and lang == "en")
            assert "no vehicle" not in text
            assert not plain or plain_text(text), text


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_every_rule_of_a_limit_fits_a_column(lang: str) -> None:
    """R-144: on one line of half a screen of 80."""
    for reason in REASONS[1:]:
        rule = terms.limit_rule(lang, reason)
        assert rule != reason
        assert len(f"32 A : {rule}" if lang == "fr" else f"32 A: {rule}") <= 37, rule
    assert terms.limit_rule(lang, "none") == ""
    assert terms.limit_rule(lang, "new_rule") == "new_rule"


@pytest.mark.parametrize(
    ("outlet_status", "shown"),
    [
        ("OK_ChargeAuthorisationStarted", "·badge ·contract ·plug ·charge ·end"),
        ("OK_ChargeAuthorisationDone", "✓badge ·contract ·plug ·charge ·end"),
        ("OK_ChargeContractStarted", "✓badge ◐contract ·plug ·charge ·end"),
        ("OK_PlugProcedureStarted", "✓badge ✓contract ◐plug ·charge ·end"),
        ("OK_ChargeLoopStarted", "✓badge ✓contract ✓plug ◐charge ·end"),
        ("OK_ChargeLoopEnded", "✓badge ✓contract ✓plug ✓charge ·end"),
        ("OK_UnplugProcedureStarted", "✓badge ✓contract ✓plug ✓charge ◐end"),
        ("OK_UnplugProcedureDone", "✓badge ✓contract ✓plug ✓charge ✓end"),
    ],
)
def test_the_steps_of_a_session(outlet_status: str, shown: str) -> None:
    """R-216."""
    document = {"outlets": [{**outlet(1, False), "outlet_status": outlet_status}, outlet(2, False)]}
    text = text_of(picture_lines(Sheet("en", 79, 14, False), document, ["Plug #102", "Plug #103"], {}))
    assert f" {shown} " in text


# The page


@pytest.mark.parametrize(("width", "height"), [(59, 8), (79, 14), (119, 30)])
@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("lang", ["en", "fr"])
def test_the_page_keeps_to_its_width(lang: str, plain: bool, width: int, height: int) -> None:
    """R-213: two outlets side by side from 80 columns, one below the other on fewer; all events at once."""
    document = Station().document
    document["events"] = {str(number): ["KO", "OK"] for number in terms.EVENTS}
    for at, error in enumerate(("KO_PlugOrShutterAbnormallyNotLocked", "KO_BadgeUnknown")):
        document["outlets"][at]["last_error"] = error
    track = Track()
    track.load(trace([16.0] * 200))
    lines = picture_lines(Sheet(lang, width, height, plain), document, ["Plug #102", "Plug #103"], {1: track})
    for line in lines:
        text = "".join(span.text for span in line)
        assert len(text) <= width
        assert "…" not in text, text
        assert not plain or plain_text(text), text
    drawn = text_of(lines)
    assert drawn.count("Plug #102") >= len(terms.EVENTS)
    corner = "+" + 14 * "-" if plain else "╭" + 14 * "─"
    assert (next(row.count(corner) for row in drawn.splitlines() if corner in row) == 2) is (width >= 79)


async def test_a_charge_fits_80_by_24_with_all_its_measures(tmp_path: Path) -> None:
    """R-210: nothing to scroll without events; from the picture down to how late control is."""
    station = Traced()
    station.document["station"]["control"] = {
        "served_p50_us": 16.4, "served_p99_us": 131.1, "served_worst_us": 4210.2, "overruns": 2,
    }  # fmt: skip
    async with desk(tmp_path, station=station) as one:
        assert "Control loop  p50 0.016 ms  p99 0.131 ms  worst 4.2 ms  overruns 2" in one.text
        assert "▼" not in one.text
        assert "16 A: its share of the station" in one.text
        for name in ("L1   15.9 A", "L3   15.8 A", "P    11.0 kW", "E   3.214 kWh"):
            assert name in one.text


async def test_a_terminal_opened_in_mid_session_draws_what_was_before(tmp_path: Path) -> None:
    """The trace of the station, then the status documents: the last cell alone grows."""
    async with desk(tmp_path, station=Traced()) as one:

        def drawn() -> str:
            row = next(row for row in one.text.splitlines() if row.startswith(" L1"))
            return row[15:39].strip()

        await one.until(lambda: len(drawn()) > 5)
        assert one.station.calls.count("trace") == 2
        before = drawn()
        assert before == "▅" + 12 * "▇", before
        one.station.document["outlets"][0]["session_seconds"] = 1065 + 80
        one.station.document["outlets"][0]["current_a"] = [2.0, 2.0, 2.0]
        await one.press("f5")
        await one.until(lambda: drawn() != before)
        assert drawn().startswith(before[:-1])
        assert one.station.calls.count("trace") == 2, "asked once"


async def test_events_stand_first_with_what_to_do(tmp_path: Path) -> None:
    """R-212, R-213."""
    station = Station()
    station.document["events"]["4"] = ["OK", "KO"]
    async with desk(tmp_path, station=station, lang="fr") as one:
        rows = one.main.query_one("#status", Lines).text.splitlines()
        assert rows[1] == " ▲ #4 Outlet Lock  Plug #103"
        assert "Retirer la fiche" in " ".join(rows[2:5])
        assert "Événement inattendu, voir ci-dessous." in one.text


async def test_the_views_go_round_and_stay_in_the_other_language(tmp_path: Path) -> None:
    """R-215, R-038."""
    async with desk(tmp_path) as one:
        board = one.main.query_one("#status", Lines)
        assert "╭──" in board.text
        await one.press("v")
        assert "CPW state" in board.text
        await one.press("f6")
        await one.until(lambda: "Etat CPW" in one.text)
        await one.press("v", "v")
        await one.until(lambda: "╭──" in one.text)
        one.main.query_one("#views").focus()
        await one.press("right")
        assert "Etat CPW" in one.text


async def test_warnings_are_told_in_words(tmp_path: Path) -> None:
    station = Station()
    station.document["station"]["warnings"] = ["control runs without real-time priority", "[b]x\x1b[2J"]
    async with desk(tmp_path, station=station, lang="fr") as one:
        text = one.main.query_one("#status", Lines).text
        assert "le contrôle tourne sans priorité temps réel" in text
        assert "[b]x[2J" in text


# Sparklines and tracks


def test_a_growing_sparkline_changes_its_last_cell() -> None:
    for length in range(1, 400):
        before, after = (spark([8.0] * n, 24, 16.0, False) for n in (length, length + 1))
        assert len(after) <= 24
        assert after.startswith(before[:-1]) or len(after) < len(before)


def test_a_blank_is_where_nothing_was_measured() -> None:
    assert spark([16.0, None, 0.0], 10, 16.0, False) == "▇ ▁"
    assert columns([16.0, None, 8.0], 10, 2, 16.0, False) == ["▇  ", "█ █"]


@given(st.lists(st.floats(0, 100), min_size=1, max_size=300), st.integers(1, 40))
def test_a_sparkline_fits(values: list[float], width: int) -> None:
    cells = binned(values, width)
    assert 0 < len(cells) <= width
    assert min(values) - 1e-9 <= min(value for value in cells if value is not None)
    assert len(spark(values, width, 50.0, True)) == len(cells)


def test_a_track_goes_on_from_the_trace_and_stays_bounded() -> None:
    track = Track()
    track.load(trace([16.0] * 239))
    one = outlet(1, True)
    for seconds in range(2390, 20_000, 5):
        track.follow({**one, "session_seconds": seconds, "current_a": [10.0, 10.0, 10.0]})
    assert len(track.points) <= POINTS
    assert len(track.points) * track.step_s == pytest.approx(20_000, abs=2 * track.step_s)
    amps = track.series(0)
    assert amps[0] == 16.0
    assert amps[-1] == pytest.approx(10.0)


def test_a_younger_session_begins_anew_and_an_ended_one_stays() -> None:
    track = Track()
    track.load(trace([16.0] * 50))
    track.follow({**outlet(1, False), "session_seconds": 0})
    assert len(track.points) == 50, "what was charged stays to be seen"
    track.follow({**outlet(1, True), "session_seconds": 2})
    assert len(track.points) == 1


# What it costs


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    one = Served(tmp_path / "evlink.sock")
    yield one
    one.stop()


@pytest.mark.parametrize("term", ["xterm-256color", "vt220"])
def test_only_cells_that_changed_are_sent(served: Served, term: str) -> None:
    """Nothing while nothing changes; a new current costs its digits."""
    one = PtyTerminal(["--socket", str(served.path), "--lang", "en"], {"TERM": term})
    try:
        one.read(until="Password")
        one.press("chef\r")
        one.press("Correct-Horse-9!\r", until="takes energy")
        one.read(quiet=0.6)
        assert one.read(quiet=1.2, limit=1.5) == b""
        served.station.document["outlets"][0]["current_a"] = [14.7, 14.8, 14.9]
        sent = len(one.read(quiet=status.PERIOD + 1, limit=status.PERIOD + 2, until="14.9 A"))
        assert 0 < sent <= 260, sent
        assert "L1   14.7 A" in one.text
    finally:
        one.close()
