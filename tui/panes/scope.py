"""The oscilloscope of Maintenance > Status: an outlet's pilot as it is now, drawn, measured and judged in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import Any, Final

from rich.cells import cell_len

from tui import terms
from tui.clean import clean
from tui.widgets.lines import Line, Span, fit
from tui.widgets.wave import time_axis, wave
from tui.words import say
from tui.wrapping import wrap

PERIODS: Final = (2, 5, 10)
PILOT_EVENTS: Final = (17, 18, 20, 22)
"""Events that the pilot or the plug tells."""

# IEC 61851-1 Annex A, with room for what a long cable adds: the low plateau is -12 V, the frequency 1 kHz.
NOISE_MV: Final = 1_000
LOW_MV: Final = -11_000
HERTZ: Final = (980, 1020)
_SAME_S: Final = 3.0


@dataclass(slots=True)
class Scope:
    """What the oscilloscope shows: an outlet, how many periods, running or frozen, and what was read last."""

    outlet: int = 1
    zoom: int = 0
    running: bool = True
    reading: Mapping[str, Any] = field(default_factory=dict)
    missing: str = ""  # why there is no reading, in the language of the screens
    _glitches: int | None = None
    _seen: list[tuple[str, datetime]] = field(default_factory=list)

    @property
    def periods(self) -> int:
        """How many periods are drawn."""
        return PERIODS[self.zoom]

    def turn(self) -> None:
        """The next zoom, round the end."""
        self.zoom = (self.zoom + 1) % len(PERIODS)

    def choose(self, outlet: int) -> None:
        """Look at another outlet, from nothing."""
        if outlet != self.outlet:
            self.outlet, self.reading, self.missing = outlet, {}, ""
            self._glitches, self._seen = None, []

    def take(self, reading: Mapping[str, Any], clock: object, zone: tzinfo) -> None:
        """Take what the station read at a time of its own clock (ISO 8601), shown in a zone."""
        self.reading, self.missing = reading, ""
        if self._glitches is None:
            self._glitches = int(reading.get("glitches") or 0)
        self._seen = self._changes(reading.get("transitions") or (), clock, zone)

    def _changes(
        self, transitions: Sequence[Mapping[str, Any]], clock: object, zone: tzinfo
    ) -> list[tuple[str, datetime]]:
        """The last changes of state with their time; one known already keeps the time it had, so that none flickers."""
        try:
            now = datetime.fromisoformat(str(clock)).astimezone(zone)
        except ValueError:
            return []
        changes = []
        for one in transitions:
            if one.get("from") == "-":
                continue  # the first reading is no change
            name = f"{clean(one.get('from', '?'))}>{clean(one.get('to', '?'))}"
            at = now - timedelta(seconds=float(one.get("seconds_ago") or 0))
            known = [then for what, then in self._seen if what == name and abs((then - at).total_seconds()) < _SAME_S]
            changes.append((name, known[0] if known else at))
        return changes

    @property
    def new_glitches(self) -> int:
        """Glitches rejected since this outlet is looked at."""
        return int(self.reading.get("glitches") or 0) - (self._glitches or 0)

    @property
    def seen(self) -> list[tuple[str, datetime]]:
        """The last changes of state, oldest first."""
        return self._seen


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a scope is drawn for."""

    lang: str
    width: int
    height: int
    plain: bool
    plug: str
    events: tuple[int, ...] = ()  # that are KO on the outlet


def scope_lines(scope: Scope, sheet: Sheet) -> list[Line]:
    """The view: a heading, the wave form, its figures, and what to make of them."""
    heading = _heading(scope, sheet)
    if scope.missing:
        why = say(sheet.lang, "scope.missing", why=scope.missing)
        rest = _paragraph(say(sheet.lang, "scope.missing.do"), sheet.width, "")
        return [heading, (), *_paragraph(why, sheet.width, "bad"), *rest]
    if not scope.reading:
        return [heading, (), *_paragraph(say(sheet.lang, "scope.reading"), sheet.width, "wait")]
    figures = [*_verdict(scope, sheet), *_figures(scope, sheet)]
    return [heading, *_drawing(scope, sheet, sheet.height - len(figures) - 2), *figures]


def _drawing(scope: Scope, sheet: Sheet, rows: int) -> list[Line]:
    taken = scope.reading.get("scope") or {}
    samples = [int(value) for value in taken.get("samples_mv") or ()]
    if not samples:
        return _paragraph(say(sheet.lang, "scope.no_samples"), sheet.width, "wait")
    rate = float(taken.get("rate_hz") or 100_000)
    hertz = float(scope.reading.get("frequency_hz") or 0)
    period = rate / hertz if 500 <= hertz <= 2000 else rate / 1000
    span = round(period * scope.periods)
    return [
        *wave(samples, span, sheet.width, min(20, max(5, rows)), sheet.plain),
        time_axis(round(span / rate * 1000, 1), sheet.width, sheet.plain),
    ]


def _heading(scope: Scope, sheet: Sheet) -> Line:
    name = clean(sheet.plug)
    reading = scope.reading
    state = ""
    if reading and not scope.missing:
        letter = f"{clean(reading.get('state') or '-')}{2 if reading.get('modulated') else 1}"
        kind = say(sheet.lang, "scope.modulated" if reading.get("modulated") else "scope.steady")
        state = f"{say(sheet.lang, 'scope.state', state=letter)}, {kind}"
    word = "scope.frozen" if not scope.running else "scope.slow" if sheet.plain else "scope.live"
    mode = f"{say(sheet.lang, 'scope.zoom', n=scope.periods)}, {say(sheet.lang, word)}"
    room = max(0, sheet.width - cell_len(name) - cell_len(mode) - 4)
    return (
        Span(" "),
        Span(name, "title"),
        Span("  "),
        Span(fit(state, room), "strong"),
        Span(mode + " ", "dim" if scope.running else "wait"),
    )


def _figures(scope: Scope, sheet: Sheet) -> list[Line]:
    lang, reading = sheet.lang, scope.reading

    def volts(millivolts: object) -> str:
        return terms.number(lang, float(str(millivolts or 0)) / 1000, 2)

    def plateau(word: str, values: Mapping[str, Any]) -> str:
        low, mean, high = (volts(values.get(name)) for name in ("min", "mean", "max"))
        return f"{say(lang, word)} {say(lang, 'scope.range', low=low, high=high, mean=mean)}"

    levels = [plateau("scope.high", reading.get("high_mv") or {})]
    if reading.get("modulated"):
        levels.append(plateau("scope.low", reading.get("low_mv") or {}))
    duty = terms.number(lang, float(reading.get("duty_percent") or 0), 1)
    commanded = terms.number(lang, float(reading.get("duty_commanded_percent") or 0), 1)
    signal = [say(lang, "scope.duty", duty=duty, commanded=commanded)]
    if reading.get("modulated"):
        signal.append(say(lang, "scope.frequency", hertz=int(reading.get("frequency_hz") or 0)))
    signal.append(say(lang, "scope.glitches", count=int(reading.get("glitches") or 0)))
    ohm = int(reading.get("plug_ohm", -1))
    unit = "Ohm" if sheet.plain else "Ω"
    plug = [
        say(lang, "scope.plug", ohm=say(lang, "scope.open") if ohm < 0 else f"{ohm} {unit}"),
        say(lang, "scope.closings", n=int(reading.get("closings") or 0)),
    ]
    return [*_joined(levels, sheet), *_joined(signal, sheet), *_joined(plug, sheet), *_times(scope, sheet)]


def _joined(parts: Sequence[str], sheet: Sheet) -> list[Line]:
    """Parts on one line where they fit, else a line each."""
    whole = "   ".join(parts)
    rows = [whole] if cell_len(whole) + 1 <= sheet.width else list(parts)
    return [(Span(fit(" " + row, sheet.width)),) for row in rows]


def _times(scope: Scope, sheet: Sheet) -> list[Line]:
    """The last changes of the pilot's state, as many as have room."""
    arrow = ">" if sheet.plain else "→"
    text = ""
    for name, at in reversed(scope.seen):
        more = f"{at:%H:%M:%S} {name.replace('>', arrow)}"
        longer = f"{more}   {text}" if text else more
        if cell_len(longer) + cell_len(say(sheet.lang, "scope.changes")) + 4 > sheet.width:
            break
        text = longer
    return [(Span(fit(f" {say(sheet.lang, 'scope.changes')}  {text}", sheet.width), "dim"),)] if text else []


def verdict(scope: Scope, lang: str) -> tuple[str, str]:
    """What to make of a reading, in words with their tone: a noisy cable, no diode, a generator that is off."""
    reading = scope.reading
    high, low = reading.get("high_mv") or {}, reading.get("low_mv") or {}
    modulated = bool(reading.get("modulated"))

    def spread(values: Mapping[str, Any]) -> int:
        return int(values.get("max") or 0) - int(values.get("min") or 0)

    def volts(millivolts: float) -> str:
        return terms.number(lang, millivolts / 1000, 1)

    state, hertz = str(reading.get("state") or ""), int(reading.get("frequency_hz") or 0)
    if state == "E":
        return say(lang, "scope.dead"), "bad"
    if state == "F":
        return say(lang, "scope.out"), "wait"
    if modulated and int(low.get("mean") or 0) > LOW_MV:
        return say(lang, "scope.no_diode", volts=volts(int(low.get("mean") or 0))), "bad"
    for word, values in (("high", high), ("low", low if modulated else {})):
        if values and spread(values) > NOISE_MV:
            which = say(lang, f"scope.noisy.{word}")
            return say(lang, "scope.noisy", which=which, volts=volts(spread(values))), "bad"
    if modulated and not HERTZ[0] <= hertz <= HERTZ[1]:
        return say(lang, "scope.off_frequency", hertz=hertz), "bad"
    if scope.new_glitches > 0:
        return say(lang, "scope.glitching", count=scope.new_glitches), "wait"
    return say(lang, "scope.clean"), "good"


def _verdict(scope: Scope, sheet: Sheet) -> list[Line]:
    told = [number for number in sheet.events if number in PILOT_EVENTS]
    names = [say(sheet.lang, "scope.event", name=terms.event_name(number)) for number in told]
    text, tone = verdict(scope, sheet.lang)
    if told and tone != "bad":
        return [line for name in names for line in _paragraph(name, sheet.width, "bad")]
    return [line for one in (text, *names) for line in _paragraph(one, sheet.width, tone)]


def _paragraph(text: str, width: int, tone: str) -> list[Line]:
    rows = wrap(clean(text), max(8, width - 2), break_on_hyphens=False)
    return [(Span(fit(" " + row, width), tone),) for row in rows]
