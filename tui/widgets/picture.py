"""A small picture of an outlet: the post with light, lock and contactor, the cable, and the vehicle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from rich.cells import cell_len

from tui import terms
from tui.clean import clean
from tui.widgets.lines import Line, Span, fit
from tui.words import say

POST, CAR = 16, 13
NARROWEST = POST + 9 + CAR
_LONGEST_CABLE = 24


@dataclass(frozen=True, slots=True)
class Glyphs:
    """What a picture is drawn with. The car has four rows of 13 cells."""

    corners: str  # upper left, upper right, lower left, lower right
    across: str
    down: str
    socket: str
    lamp: tuple[str, str]  # off, on
    lock: tuple[str, str]  # off, on
    contactor: tuple[str, str]  # open, closed
    wire: tuple[str, str]  # at rest, carrying current
    flow: str
    broken: str
    loose: str
    earthed: str  # the plug of a domestic cable
    car: tuple[str, str, str, str]  # its third row is what its text stands between


FINE: Final = Glyphs(
    "╭╮╰╯",
    "─",
    "│",
    "╞",
    ("○", "●"),
    ("□", "▣"),
    ("╸╱╺", "━━━"),
    ("═", "━"),
    "▶",
    "✗",
    "◁",
    "◌",
    (
        "   ╭───┬───╮ ",
        " ╭─╯   │   ╰╮",
        "╡│",
        " ╰─◉─────◉──╯",
    ),
)
PLAIN: Final = Glyphs(
    "++++",
    "-",
    "|",
    "[",
    ("o", "*"),
    ("-", "#"),
    ("-/-", "---"),
    ("=", "="),
    ">",
    "x",
    "<",
    "o",
    (
        "   _______   ",
        " _/   |   \\_ ",
        "]|",
        "  `-o-----o-'",
    ),
)

_LAMPS: Final = {"green": "good", "green_blinking": "good", "blue": "blue", "red": "bad"}


def picture(lang: str, outlet: Mapping[str, Any], faulty: bool, width: int, plain: bool) -> list[Line]:
    """Five lines of `width` cells, at least `NARROWEST`; `faulty` when an event of the outlet is KO."""
    glyphs = PLAIN if plain else FINE
    post = _post(lang, outlet, glyphs)
    length = min(_LONGEST_CABLE, max(3, width - POST - CAR))
    right = _vehicle(lang, outlet, faulty, length, glyphs)
    if outlet.get("silent_s") is not None:
        right = [[], [], [Span(" " * length + "?", "dim")], [], []]
    return [_padded((*left, *more), width) for left, more in zip(post, right, strict=True)]


def _post(lang: str, outlet: Mapping[str, Any], glyphs: Glyphs) -> list[list[Span]]:
    inner = POST - 2
    light = str(outlet.get("light") or "off")
    locked, closed = bool(outlet.get("locked")), bool(outlet.get("contactor"))
    unknown = "?" if outlet.get("silent_s") is not None else ""
    tone = _LAMPS.get(light, "dim")
    plugged = _cable(outlet) or _letter(outlet) in "BCD" or _domestic(outlet)
    side = Span(glyphs.down, "dim")

    def row(glyph: str, word: str, tone: str, end: Span) -> list[Span]:
        text = fit(word, inner - 2 - cell_len(glyph))
        return [side, Span(f" {glyph}", tone), Span(f" {text}", "" if tone != "dim" else "dim"), end]

    a, b, c, d = list(glyphs.corners)
    return [
        [Span(a + glyphs.across * inner + b, "dim")],
        row(glyphs.lamp[tone != "dim"], unknown or terms.light(lang, light), tone, side),
        row(glyphs.lock[locked], unknown or say(lang, f"status.lock.{'on' if locked else 'off'}"),
            "" if locked else "dim", Span(glyphs.socket, "strong") if plugged else side),
        row(glyphs.contactor[closed], unknown or say(lang, f"status.contactor.{'on' if closed else 'off'}"),
            "good" if closed else "dim", side),
        [Span(c + glyphs.across * inner + d, "dim")],
    ]  # fmt: skip


def _domestic(outlet: Mapping[str, Any]) -> bool:
    """Whether the domestic socket is in use, which has neither pilot nor plug resistor."""
    return "Domestic cable detected" in (outlet.get("evse_status") or ())


def _letter(outlet: Mapping[str, Any]) -> str:
    return str(outlet.get("ev_state") or "A")[:1]


def _cable(outlet: Mapping[str, Any]) -> str:
    """The cable's rating as `32 A`; empty without a cable."""
    value = clean(outlet.get("cable_state") or "")
    if value in ("", "Not_Plugged"):
        return ""
    return f"{value[:-1]} A" if value[:-1].isdigit() else fit(value, 4).rstrip()


def _vehicle(lang: str, outlet: Mapping[str, Any], faulty: bool, length: int, glyphs: Glyphs) -> list[list[Span]]:
    letter, cable = _letter(outlet), _cable(outlet)
    blank: list[Span] = []
    flowing = bool(outlet.get("contactor")) and max(map(float, outlet.get("current_a") or (0.0,))) > 0.5
    if _domestic(outlet):
        # What hangs on it can't be seen, so no vehicle is drawn.
        name = f" {say(lang, 'status.domestic')}"
        wire, tone = glyphs.wire[flowing], "good" if flowing else "strong"
        cells = min(8, length + CAR - cell_len(name)) - 1
        lead = Span(_wire("", cells, wire, glyphs.flow if flowing else "") + glyphs.earthed, tone)
        takes = Span(" " + fit(say(lang, "status.takes"), length + CAR - 1, right=True), "dim")
        return [blank, blank, [lead, Span(name)], blank, [takes] if flowing else blank]
    if letter not in "BCDEF":
        away = Span(f" {say(lang, 'status.no_vehicle')}", "dim")
        if not cable:
            return [blank, blank, [Span(" " * min(length, 8)), away], blank, blank]
        loose = Span(_wire(cable, min(length, 8) - 1, glyphs.wire[0], "") + glyphs.loose, "strong")
        return [blank, blank, [loose, away], blank, blank]
    if letter in "EF" or faulty:
        wire, tone, mark = glyphs.wire[0], "bad", glyphs.broken
    elif flowing:
        wire, tone, mark = glyphs.wire[1], "good", glyphs.flow
    else:
        wire, tone, mark = glyphs.wire[0], "strong", ""
    volts = terms.number(lang, float((outlet.get("pilot") or {}).get("high_mv") or 0) / 1000, 0)
    text = fit(f"{letter}  {volts} V", CAR - 3)
    says = say(lang, "status.takes") if flowing and tone == "good" else terms.vehicle(lang, letter)
    gap, car = Span(" " * length), glyphs.car
    plug, end = list(car[2])
    return [
        [gap, Span(car[0])],
        [gap, Span(car[1])],
        [Span(_wire(cable, length, wire, mark), tone), Span(f"{plug} {text}{end}")],
        [gap, Span(car[3])],
        [Span(" " + fit(says, length + CAR - 1, right=True), "dim" if tone != "bad" else "bad")],
    ]


def _wire(cable: str, length: int, wire: str, mark: str) -> str:
    """A wire of a length with the cable's rating in its middle and a mark before its end."""
    label = f" {cable} " if cable and cell_len(cable) + 3 + len(mark) <= length else ""
    rest = length - cell_len(label) - len(mark)
    before = min(rest, max(1, rest // 2))
    return wire * before + label + wire * max(0, rest - before - 1) + mark + (wire if rest > before else "")


def _padded(spans: tuple[Span, ...], width: int) -> Line:
    used = 0
    kept: list[Span] = []
    for span in spans:
        text = span.text if used + cell_len(span.text) <= width else fit(span.text, max(0, width - used))
        if text:
            kept.append(Span(text, span.tone))
        used += cell_len(text)
    return (*kept, Span(" " * max(0, width - used)))
