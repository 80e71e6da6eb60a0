"""The oscilloscope of Maintenance > Status: the pilot drawn, measured, judged in words; frozen, zoomed, missing."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from tests.tui.bench import desk
from tests.tui.station_stub import Refusal, Station
from tui.panes import status
from tui.panes.scope import Scope, Sheet, scope_lines, verdict
from tui.widgets.lines import Line, Lines
from tui.widgets.wave import AXIS, trigger, wave

CLOCK = "2026-04-05T12:00:00+00:00"


def samples(duty: float, high: int = 6000, low: int = -12_000, phase: int = 0) -> list[int]:
    """Ten periods of a pilot at 100 kHz, in millivolts."""
    return [high if (at + phase) % 100 < duty else low for at in range(1000)]


def reading(**changes: Any) -> dict[str, Any]:
    """What `pilot` answers of a charge at 16 A (docs/protocol.md)."""
    return {
        "outlet": 1,
        "state": "C",
        "modulated": True,
        "high_mv": {"min": 5910, "mean": 5990, "max": 6090},
        "low_mv": {"min": -12090, "mean": -12000, "max": -11910},
        "duty_percent": 26.7,
        "duty_commanded_percent": 26.67,
        "frequency_hz": 1000,
        "glitches": 7,
        "plug_ohm": 220,
        "closings": 1,
        "transitions": [
            {"from": "-", "to": "A", "seconds_ago": 61.0},
            {"from": "A", "to": "B", "seconds_ago": 60.0},
            {"from": "B", "to": "C", "seconds_ago": 30.5},
        ],
        "scope": {"rate_hz": 100_000, "samples_mv": samples(27)},
        **changes,
    }


class Piloted(Station):
    """A station whose pilot is `pilot`; None is a control that says nothing."""

    pilot: dict[str, Any] | None = None

    def do_pilot(self, link: Any, params: dict[str, Any]) -> dict[str, Any]:
        """pilot"""
        if self.pilot is None:
            raise Refusal(4, "control is silent", reason="not_now", fr="le contrôle se tait")
        return {**self.pilot, "outlet": params["outlet"]}


def piloted(pilot: dict[str, Any] | None) -> Piloted:
    """A station with a pilot."""
    station = Piloted()
    station.pilot = pilot
    return station


def text_of(lines: list[Line]) -> str:
    """Lines as plain text."""
    return "\n".join("".join(span.text for span in line) for line in lines)


# The wave form


def test_the_plateaus_stand_at_their_volts() -> None:
    """+6 V and -12 V of state C, 27 % of the period high: by row and by column."""
    rows = text_of(wave(samples(27), 200, AXIS + 80, 9, True)).splitlines()
    assert [row[:AXIS] for row in rows if row[:AXIS].strip(" |")] == [
        " +12 V+", "  +9 V+", "  +6 V+", "  +3 V+", "   0 V+", "  -6 V+", " -12 V+",
    ]  # fmt: skip
    high = next(row for row in rows if row.startswith("  +6 V"))[AXIS:]
    low = next(row for row in rows if row.startswith(" -12 V"))[AXIS:]
    assert sum(char in "_-" for char in high) == pytest.approx(0.27 * 80, abs=4)
    assert sum(char in "_-" for char in low) == pytest.approx(0.73 * 80, abs=4)
    assert all(row.isascii() for row in rows)


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("span", [200, 500])
def test_the_picture_stands_still(plain: bool, span: int) -> None:
    """Wherever the window begins within a period, the same cells are drawn: nothing to send again."""
    drawn = {text_of(wave(samples(27, phase=phase), span, 79, 8, plain)) for phase in range(0, 100, 7)}
    assert len(drawn) == 1


@pytest.mark.parametrize("plain", [False, True])
def test_a_level_is_one_line(plain: bool) -> None:
    """States A1 and B1 have no edge to begin at."""
    assert trigger([12_000] * 1000, 5) == 0
    rows = text_of(wave([12_000] * 1000, 200, 79, 8, plain)).splitlines()
    drawn = [row for row in rows if row[AXIS:].strip(" .┈")]
    assert len(drawn) == 1
    assert drawn[0].startswith(" +12 V")


def test_every_sample_of_noise_is_within_what_is_drawn() -> None:
    """A spike of one sample shows, also where a column stands for seven samples."""
    spiked = samples(27)
    spiked[250] = 3000
    clean, noisy = (text_of(wave(one, 1000, 79, 10, True)) for one in (samples(27), spiked))
    assert clean != noisy


@pytest.mark.parametrize("periods", [2, 5, 10])
def test_no_sample_at_all_is_said_in_words(periods: int) -> None:
    scope = Scope(zoom=(2, 5, 10).index(periods))
    scope.take(reading(scope={"rate_hz": 100_000, "samples_mv": []}), CLOCK, UTC)
    for lang, word in (("en", "No raw samples yet"), ("fr", "Pas encore d'échantillons")):
        assert word in text_of(scope_lines(scope, Sheet(lang, 79, 14, False, "Plug #102")))


# Words and figures


@pytest.mark.parametrize(
    ("changes", "english", "tone"),
    [
        ({}, "The signal is clean.", "good"),
        ({"high_mv": {"min": 3900, "mean": 5980, "max": 8040}}, "The high plateau spreads over 4.1 V", "bad"),
        ({"low_mv": {"min": -14_060, "mean": -11_970, "max": -9_950}}, "The low plateau spreads over 4.1 V", "bad"),
        ({"low_mv": {"min": -9100, "mean": -9000, "max": -8900}}, "Low plateau at -9.0 V, not -12 V", "bad"),
        ({"frequency_hz": 940}, "940 Hz is too far from 1000 Hz", "bad"),
        ({"state": "E"}, "The pilot is at 0 V", "bad"),
        ({"state": "F", "modulated": False}, "out of service", "wait"),
        ({"state": "A", "modulated": False, "frequency_hz": 0, "low_mv": {"mean": 12_000}}, "clean", "good"),
        ({"glitches": 9}, "2 new glitches", "wait"),
    ],
)
def test_what_to_make_of_it(changes: dict[str, Any], english: str, tone: str) -> None:
    """IEC 61851-1 Annex A: -12 V, 1 kHz, steady plateaus; each on one line of 80 columns in both languages."""
    scope = Scope()
    scope.take(reading(), CLOCK, UTC)
    scope.take(reading(**changes), CLOCK, UTC)
    text, found = verdict(scope, "en")
    assert english in text
    assert found == tone
    french, found = verdict(scope, "fr")
    assert found == tone
    assert french != text
    assert max(len(text), len(french)) <= 77


@pytest.mark.parametrize("lang", ["en", "fr"])
@pytest.mark.parametrize(("width", "height"), [(59, 12), (79, 14), (119, 30)])
def test_everything_fits(lang: str, width: int, height: int) -> None:
    """From 60 columns; at 80 by 24 without scrolling."""
    for plain in (False, True):
        scope = Scope()
        scope.take(reading(), CLOCK, UTC)
        lines = scope_lines(scope, Sheet(lang, width, height, plain, "Plug #102"))
        for line in lines:
            text = "".join(span.text for span in line)
            assert len(text) <= width
            assert "…" not in text
            assert not plain or all(char.isascii() or char.isalpha() for char in text), text
        assert width < 79 or len(lines) <= height


def test_the_figures() -> None:
    scope = Scope()
    scope.take(reading(), CLOCK, UTC)
    text = text_of(scope_lines(scope, Sheet("en", 119, 30, False, "Plug #102")))
    for figure in (
        "State C2, modulated",
        "High 5.91 to 6.09 V, mean 5.99",
        "Low -12.09 to -11.91 V, mean -12.00",
        "Duty 26.7 %, commanded 26.7",
        "1000 Hz",
        "glitches rejected: 7",
        "220 Ω",
        "contactor closed 1 time",
        "11:59:00 A→B   11:59:29 B→C",
    ):
        assert figure in text
    assert "-→A" not in text


def test_the_time_of_a_change_does_not_flicker() -> None:
    """The station's clock counts whole seconds, the age of a change hundredths; it stays where it was first seen."""
    scope = Scope()
    scope.take(reading(), CLOCK, UTC)
    first = list(scope.seen)
    later = [{**one, "seconds_ago": one["seconds_ago"] + 1.9} for one in reading()["transitions"]]
    scope.take(reading(transitions=later), "2026-04-05T12:00:01+00:00", UTC)
    assert scope.seen == first


def test_an_event_of_the_pilot_stands_for_the_verdict() -> None:
    """A latched fault holds the pilot at a clean level: the event says more."""
    scope = Scope()
    scope.take(reading(state="B", modulated=False, low_mv={}), CLOCK, UTC)
    text = text_of(scope_lines(scope, Sheet("en", 79, 14, False, "Plug #102", events=(17, 30))))
    assert "Event #17 Control Pilot (CP) Signal conformity" in text
    assert "clean" not in text
    assert "#30" not in text


# In the terminal


async def test_it_opens_by_its_key_and_closes_again(tmp_path: Path) -> None:
    async with desk(tmp_path, station=piloted(reading())) as one:
        await one.press("p")
        await one.until(lambda: "The signal is clean." in one.text)
        assert "+12 V┤" in one.text
        assert "[ Freeze ] [ 2 periods ] [ Plug #103 ] [ Back ]" in one.text
        one.main.query_one("#back").focus()
        await one.press("enter")
        assert "┤" not in one.text
        assert "[ Stop automatic refresh ]" in one.text
        calls = one.station.calls.count("pilot")
        await one.settle()
        assert one.station.calls.count("pilot") == calls, "it is read only where it is looked at"


async def test_it_runs_and_freezes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status, "SCOPE_PERIOD", 0.05)
    async with desk(tmp_path, station=piloted(reading())) as one:
        station = one.station
        assert isinstance(station, Piloted)
        await one.press("p")
        await one.until(lambda: station.calls.count("pilot") > 3)
        await one.press("space")
        await one.until(lambda: "frozen" in one.text)
        await one.settle()
        calls = station.calls.count("pilot")
        station.pilot = reading(frequency_hz=997)
        await one.settle()
        assert station.calls.count("pilot") == calls
        assert "1000 Hz" in one.text
        await one.press("z")
        assert "5 ms" in one.text, "zoomed while frozen"
        await one.press("space")
        await one.until(lambda: "997 Hz" in one.text)


async def test_the_zoom_goes_round(tmp_path: Path) -> None:
    async with desk(tmp_path, station=piloted(reading())) as one:
        await one.press("p")
        for end in ("2 ms", "5 ms", "10 ms", "2 ms"):
            await one.until(lambda end=end: f" {end}" in one.text)  # type: ignore[misc]
            await one.press("z")


async def test_the_other_outlet(tmp_path: Path) -> None:
    async with desk(tmp_path, station=piloted(reading())) as one:
        await one.press("p")
        await one.until(lambda: "The signal is clean." in one.text)
        await one.press("n")
        await one.until(lambda: "[ Plug #102 ]" in one.text and "The signal is clean." in one.text)
        assert one.main.query_one("#status", Lines).text.startswith(" Plug #103")


@pytest.mark.parametrize(
    ("lang", "why", "do"),
    [
        ("en", "No pilot reading: control is silent", "event #3"),
        ("fr", "Pilote non mesuré : le contrôle se tait", "événement n° 3"),
    ],
)
async def test_a_missing_reading_is_said_in_words(tmp_path: Path, lang: str, why: str, do: str) -> None:
    async with desk(tmp_path, station=piloted(None), lang=lang) as one:
        await one.press("p")
        await one.until(lambda: why in one.text)
        assert do in " ".join(one.text.split())


async def test_it_comes_back_when_control_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status, "SCOPE_PERIOD", 0.05)
    async with desk(tmp_path, station=piloted(None)) as one:
        await one.press("p")
        await one.until(lambda: "No pilot reading" in one.text)
        assert isinstance(one.station, Piloted)
        one.station.pilot = reading()
        await one.until(lambda: "The signal is clean." in one.text)


async def test_the_language_keeps_the_view(tmp_path: Path) -> None:
    """R-038: outlet, zoom and all."""
    async with desk(tmp_path, station=piloted(reading())) as one:
        await one.press("p")
        await one.press("n")
        await one.press("z")
        await one.press("f6")
        await one.until(lambda: "Le signal est propre." in one.text)
        assert "5 périodes, en direct" in one.text
        assert "[ Plug #102 ]" in one.text


async def test_plain_is_drawn_in_old_characters_and_slower(tmp_path: Path) -> None:
    """A VT220 has no braille, and a serial line few bytes."""
    async with desk(tmp_path, station=piloted(reading()), plain=True) as one:
        await one.press("p")
        await one.until(lambda: "+12 V+" in one.text)
        board = one.main.query_one("#status", Lines).text
        assert board.isascii()
        assert "2 periods, every 5 s" in one.text


@pytest.mark.parametrize("rows", [5, 6, 7, 8, 10, 14, 20])
@pytest.mark.parametrize("volts", [12, 9, 6, 3])
@pytest.mark.parametrize("plain", [False, True])
def test_a_level_is_drawn_on_the_row_that_bears_its_name(rows: int, volts: int, plain: bool) -> None:
    """At 80x24 as on a tall screen: who reads 6 V off the axis sees 6 V."""
    drawn = ["".join(span.text for span in line) for line in wave([volts * 1000] * 500, 500, 60, rows, plain)]
    (row,) = [row for row in drawn if row[AXIS:].strip(" .┈")]
    assert str(volts) in row[:AXIS].replace("+", "").replace(" V", "").strip(" |┤").split("/"), drawn
