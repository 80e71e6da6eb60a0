"""The picture of Maintenance > Status: each outlet drawn, its limit and steps in words, its session as sparklines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from rich.cells import cell_len

from tui import terms
from tui.advice import event_advice, trouble
from tui.clean import clean
from tui.limits import limit_more
from tui.panes.status_table import ko_events
from tui.widgets.lines import Line, Span, fit
from tui.widgets.picture import NARROWEST, picture
from tui.widgets.spark import columns
from tui.widgets.track import Track
from tui.words import say
from tui.wrapping import wrap

Outlet = Mapping[str, Any]

_NUMBERS = 14
"""Cells of a sparkline's name and value."""
_TALL = 20
"""Rows from which sparklines have several rows."""
_LONGEST_RULE, _LONGEST_WARNING = 60, 240
"""Characters that are shown of words that only the station knows."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a picture is drawn for: language, cells, rows and the kind of terminal."""

    lang: str
    width: int
    height: int
    plain: bool


def picture_lines(
    sheet: Sheet, document: Mapping[str, Any], plugs: Sequence[str], tracks: Mapping[object, Track]
) -> list[Line]:
    """The page: a heading line, the events with what to do, the outlets, how late control is."""
    outlets: list[Outlet] = list(document.get("outlets") or ())
    worries = [terms.worries(document, at) for at in range(len(outlets))]
    column = sheet.width // max(1, len(outlets))
    beside = column >= NARROWEST + 1
    room = column if beside else sheet.width
    heads = [_head(sheet.lang, *one, room) for one in zip(plugs, outlets, worries, strict=False)]
    blocks = [
        _block(sheet, outlet, numbers, room, tracks.get(outlet.get("id")))
        for outlet, numbers in zip(outlets, worries, strict=True)
    ]
    lines = _events(sheet, document, plugs)
    if beside:
        lines += _beside(blocks, room)
        heading = tuple(span for head in heads for span in head)
    else:
        for at, block in enumerate(blocks):
            lines += [*([heads[at]] if at else []), *(line for section in block for line in section)]
        heading = heads[0] if heads else ()
    loop = terms.loop_line(sheet.lang, (document.get("station") or {}).get("control") or {})
    lines.append((Span(fit(f" {loop}", sheet.width), "dim"),))
    return [heading, *lines, *_warnings(sheet, document)]


def _beside(blocks: Sequence[Sequence[Sequence[Line]]], width: int) -> list[Line]:
    """Blocks side by side, section for section, so that like stands beside like."""
    blank: Line = (Span(" " * width),)
    return [
        tuple(span for part in row for span in part)
        for sections in zip(*blocks, strict=True)
        for row in zip_longest(*sections, fillvalue=blank)
    ]


def _head(lang: str, plug: str, outlet: Outlet, worries: Set[int], width: int) -> Line:
    state = terms.outlet_state(lang, outlet, worries)
    seconds = float(outlet.get("session_seconds") or 0)
    time = terms.duration(seconds) if seconds else ""
    name = clean(plug)
    left = cell_len(name) + 5
    word = fit(state.word, max(1, width - left - len(time) - 2))
    return (
        Span(" "),
        Span(name, "title"),
        Span("  "),
        Span(f"{state.glyph} {word}", state.tone or "strong"),
        Span(fit(time, width - left - cell_len(word)), "dim"),
    )


def _events(sheet: Sheet, document: Mapping[str, Any], plugs: Sequence[str]) -> list[Line]:
    """The events that are KO, each with its outlets, what it means and what to do (R-213)."""
    lines: list[Line] = []
    for number, cells in ko_events(document):
        names = [plugs[at] for at, cell in enumerate(cells) if cell == "KO" and at < len(plugs)]
        where = f"  {', '.join(names)}" if len(names) < len(plugs) else ""
        mark = "!" if sheet.plain else "▲"
        tone = "wait" if number in terms.WARNINGS else "bad"
        lines.append((Span(fit(f" {mark} {terms.event_name(number)}{where}", sheet.width), tone),))
        advice = event_advice(sheet.lang, number)
        if advice is not None:
            lines += _paragraph(f"{advice.what} {advice.todo}", sheet.width, "   ", "")
    return lines


def _warnings(sheet: Sheet, document: Mapping[str, Any]) -> list[Line]:
    lines: list[Line] = []
    for warning in (document.get("station") or {}).get("warnings") or ():
        text = clean(terms.warning(sheet.lang, str(warning)), _LONGEST_WARNING)
        lines += _paragraph(text, sheet.width, " ~ " if sheet.plain else " ◐ ", "wait")
    return lines


def _paragraph(text: str, width: int, lead: str, tone: str) -> list[Line]:
    """A text wrapped to a width, its first line after a lead."""
    rows = wrap(clean(text), max(8, width - cell_len(lead) - 1), break_on_hyphens=False)
    return [(Span(fit((" " * len(lead) if at else lead) + row, width), tone),) for at, row in enumerate(rows)]


def _block(sheet: Sheet, outlet: Outlet, worries: Set[int], width: int, track: Track | None) -> list[list[Line]]:
    """An outlet in lines of a width, section by section: picture, limit, steps, measures, last error."""
    faulty = bool(worries - terms.WARNINGS)
    drawn = picture(sheet.lang, outlet, faulty, width - 1, sheet.plain)
    said = trouble(sheet.lang, outlet, worries)
    air: list[Line] = [(Span(" " * width),)] if sheet.height >= _TALL else []
    if (seconds := outlet.get("silent_s")) is not None:
        text = say(sheet.lang, "status.silent.picture", time=terms.duration(float(seconds)))
        warned = _paragraph(text, width, " ! " if sheet.plain else " ▲ ", "bad")
        return [[*air, *((Span(" "), *line) for line in drawn), *air], warned, [], [], []]
    return [
        [*air, *((Span(" "), *line) for line in drawn), *air],
        _limit(sheet.lang, outlet, width),
        [_steps(sheet, outlet, faulty, width), *air],
        _sparks(sheet, outlet, width, track),
        [*air, *_paragraph(said, width, " x " if sheet.plain else " × ", "wait")],
    ]


def _limit(lang: str, outlet: Outlet, width: int) -> list[Line]:
    """The current that holds, which rule set it (R-144), and when it rises."""
    amps = f"{terms.number(lang, float(outlet.get('limit_a') or 0), 0)} A"
    rule = clean(terms.limit_rule(lang, str(outlet.get("limit_reason") or "")), _LONGEST_RULE)
    more = ", ".join(part for part in (rule, *limit_more(lang, outlet)) if part)
    return _paragraph(say(lang, "labelled", label=amps, text=more) if more else amps, width, " ", "")


def _steps(sheet: Sheet, outlet: Outlet, faulty: bool, width: int) -> Line:
    """The session's five steps (R-216): what is done, under way and still to come."""
    stage = terms.stage(str(outlet.get("outlet_status") or ""))
    done, under_way = stage if stage is not None else (0, False)
    marks = ("*", "~", "x", ".") if sheet.plain else ("✓", "◐", "×", "·")
    words = [say(sheet.lang, f"status.step.{name}") for name in terms.STAGES]
    free = width - 2 - sum(cell_len(word) + 1 for word in words)
    joint = max(1, min(5, free // (len(words) - 1)))
    across = "-" if sheet.plain else "─"
    spans = [Span(" ")]
    for at, word in enumerate(words):
        if at:
            line = " " if joint < 3 else f" {across * (joint - 2)} "
            spans.append(Span(line, "good" if at < done or (at == done and under_way) else "dim"))
        if at < done:
            spans.append(Span(f"{marks[0]}{word}", "good"))
        elif at == done and under_way:
            spans.append(Span(f"{marks[2 if faulty else 1]}{word}", "bad" if faulty else "strong"))
        else:
            spans.append(Span(f"{marks[3]}{word}", "dim"))
    used = sum(cell_len(span.text) for span in spans)
    return (*spans, Span(" " * max(0, width - used)))


def _sparks(sheet: Sheet, outlet: Outlet, width: int, track: Track | None) -> list[Line]:
    """Current a phase, power and energy: the value now and its course since the session began."""
    amps = [float(value) for value in outlet.get("current_a") or ()]
    volts = [float(value) for value in outlet.get("voltage_v") or ()]
    phases = max(1, sum(value > 0 for value in volts)) if volts else len(amps)
    tall = sheet.height >= _TALL
    series = [track.series(at) if track is not None else [] for at in range(5)]
    known = [value for one in series[:3] for value in one if value is not None]
    most = max([float(outlet.get("limit_a") or 0), *amps, *known], default=0.0)
    room = max(1, width - _NUMBERS - 2)
    lines: list[Line] = []

    def row(name: str, value: float, decimals: int, unit: str, at: int, top: float, rows: int) -> None:
        text = f"{name:<3}{terms.number(sheet.lang, value, decimals):>6} {unit}"
        drawn = columns(series[at], room, rows if tall else 1, top, sheet.plain) or [""]
        for index, part in enumerate(drawn):
            label = text if index == len(drawn) - 1 else ""
            tone = "" if value else "dim"
            lines.append((Span(" " + fit(label, _NUMBERS), tone), Span(fit(part, width - _NUMBERS - 1), "spark")))

    for phase, value in enumerate(amps[:phases]):
        row(f"L{phase + 1}", value, 1, "A", phase, most, 2)
    power, energy = float(outlet.get("power_w") or 0), float(outlet.get("session_energy_wh") or 0)
    row("P", power / 1000, 1, "kW", 3, max([power, *(v for v in series[3] if v is not None)]), 3)
    row("E", energy / 1000, 3, "kWh", 4, max([energy, *(v for v in series[4] if v is not None)]), 2)
    return lines
