"""The station box: name and state of the station (R-045), and each outlet at a glance on a line of its own."""

from __future__ import annotations

from collections.abc import Mapping, Set
from datetime import UTC, tzinfo
from typing import Any

from rich.cells import cell_len

from tui import terms
from tui.clean import clean
from tui.session import Session, zone_of
from tui.widgets.lines import Line, Lines, Span, fit
from tui.words import say

_STATION_TONES = {"in_service": "good", "fault": "bad", "unavailable": "bad", "starting": "wait"}


class StationBox(Lines, can_focus=False):
    """The box above the tabs; it follows the status document second by second."""

    def follow(self, session: Session, document: Mapping[str, Any], connected: bool) -> None:
        """Show a status document; the session's name of the station stands in before the first one."""
        zone = zone_of(session.draft.base)
        self.show(box_lines(session.lang, session.station, document, connected, self.size.width or 80, zone))


def box_lines(
    lang: str, name: str, document: Mapping[str, Any], connected: bool, width: int, zone: tzinfo = UTC
) -> list[Line]:
    """The lines of the box: the station's with its time in a zone, then one an outlet."""
    station = document.get("station") or {}
    lines = [_station_line(lang, str(station.get("name") or name), station, connected, width, zone)]
    for index, outlet in enumerate(document.get("outlets") or ()):
        ko = terms.worries(document, index) if connected else set()
        lines.append(outlet_line(lang, outlet, ko, width, connected))
    return lines


def _station_line(lang: str, name: str, station: Mapping[str, Any], connected: bool, width: int, zone: tzinfo) -> Line:
    state = str(station.get("state", "starting"))
    known = f"station.{state}" if state in _STATION_TONES else "station.unavailable"
    if not connected:
        known, tone = "station.offline", "bad"
    else:
        tone = _STATION_TONES.get(state, "bad")
    word = say(lang, known)
    right = _supervision(lang, station.get("supervision") or {}) if connected else ""
    if connected and station.get("restart_needed"):
        right = say(lang, "station.restart_needed")
    # Hours and minutes: they change once a minute, so they cost next to nothing.
    parts = [part for part in (right, terms.time_of_day(station.get("clock"), zone)[:5]) if part]
    name = clean(name)
    while parts and cell_len(name) + cell_len(word) + sum(cell_len(part) + 2 for part in parts) + 4 > width:
        parts.pop(0)
    tail = "  ".join(parts)
    room = max(1, width - cell_len(word) - cell_len(tail) - 5)
    head = f" {fit(name, min(room, cell_len(name)))}  "
    gap = max(1, width - cell_len(head) - cell_len(word) - cell_len(tail) - 1)
    return (
        Span(head, "strong"),
        Span(word, tone),
        Span(" " * gap),
        Span(tail, "dim"),
        Span(" "),
    )


def _supervision(lang: str, supervision: Mapping[str, Any]) -> str:
    if not terms.address(supervision.get("url")):
        return ""
    text = say(lang, "box.supervised" if supervision.get("connected") else "box.unsupervised")
    queue = int(supervision.get("queue") or 0)
    return f"{text}, {say(lang, 'box.queue', n=queue)}" if queue else text


def outlet_line(lang: str, outlet: Mapping[str, Any], ko: Set[int], width: int, connected: bool = True) -> Line:
    """An outlet on one line: state, current, power, energy of the charge, limit and why, as many as have room.

    Without a connection nothing of it is known.
    """
    number = terms.number
    state = terms.outlet_state(lang, outlet, ko)
    silent = terms.silence(lang, outlet)
    glyph, word, tone = (state.glyph, state.word, state.tone) if connected else ("?", say(lang, "box.unknown"), "dim")

    def amount(value: object, decimals: int, unit: str, cells: int) -> str:
        text = number(lang, float(str(value or 0)), decimals) if connected and value is not None else "-"
        return fit(f"{text} {unit}", cells, right=True)

    live = "" if outlet.get("contactor") and connected else "dim"
    spans = [
        Span(f" {clean(outlet.get('id', '?'))} ", "strong"),
        Span(f"{glyph} ", tone),
        Span(fit(word, 15), tone),
    ]
    limit = number(lang, float(outlet.get("limit_a") or 0), 0) if connected else "-"
    fields = [
        Span(amount(None if silent else max(outlet.get("current_a") or (0.0,)), 1, "A", 9), live),
        Span(amount(None if silent else float(outlet.get("power_w") or 0) / 1000, 1, "kW", 10), live),
        Span(amount(float(outlet.get("session_energy_wh") or 0) / 1000, 3, "kWh", 13), live),
        Span(f"   {say(lang, 'box.limit')} {fit(f'{limit} A', 5)}", "dim"),
    ]
    if connected and silent:
        fields = [Span(f"  {silent}", "bad"), fields[2]]
    elif connected and (reason := terms.limit_reason(lang, str(outlet.get("limit_reason", "")))):
        fields.append(Span(f" {clean(reason)}", "dim"))
    room = width - sum(cell_len(span.text) for span in spans)
    for field in fields:
        if cell_len(field.text) > room:
            break
        room -= cell_len(field.text)
        spans.append(field)
    return (*spans, Span(" " * room))
