"""The station box: name and state of the station (R-045), and each outlet at a glance on a line of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tui import terms
from tui.clean import clean
from tui.widgets.lines import Line, Lines, Span, fit
from tui.words import say

_STATION_TONES = {"in_service": "good", "fault": "bad", "unavailable": "bad", "starting": "wait"}


class StationBox(Lines, can_focus=False):
    """The box above the tabs; it follows the status document second by second."""

    def follow(self, lang: str, name: str, document: Mapping[str, Any], connected: bool) -> None:
        """Show a status document; `name` stands in before the first one."""
        self.show(box_lines(lang, name, document, connected, self.size.width or 80))


def box_lines(lang: str, name: str, document: Mapping[str, Any], connected: bool, width: int) -> list[Line]:
    """The lines of the box: the station's, then one an outlet."""
    station = document.get("station") or {}
    lines = [_station_line(lang, str(station.get("name") or name), station, connected, width)]
    events = document.get("events") or {}
    for index, outlet in enumerate(document.get("outlets") or ()):
        faulty = any(index < len(cells) and cells[index] == "KO" for cells in events.values())
        lines.append(outlet_line(lang, outlet, faulty and connected, width, connected))
    return lines


def _station_line(lang: str, name: str, station: Mapping[str, Any], connected: bool, width: int) -> Line:
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
    clock = _time_of_day(str(station.get("clock", "")))
    tail = "  ".join(part for part in (right, clock) if part)
    name = clean(name)[: max(0, width - len(word) - len(tail) - 8)]
    head = f" {name}  "
    gap = max(1, width - len(head) - len(word) - len(tail) - 1)
    return (
        Span(head, "strong"),
        Span(word, tone),
        Span(" " * gap),
        Span(tail, "dim"),
        Span(" "),
    )


def _supervision(lang: str, supervision: Mapping[str, Any]) -> str:
    if not supervision.get("url"):
        return ""
    text = say(lang, "box.supervised" if supervision.get("connected") else "box.unsupervised")
    queue = int(supervision.get("queue") or 0)
    return f"{text}, {say(lang, 'box.queue', n=queue)}" if queue else text


def _time_of_day(clock: str) -> str:
    """Hours and minutes of an ISO 8601 time; it changes once a minute, so it costs next to nothing."""
    _, separator, rest = clock.replace(" ", "T").partition("T")
    return rest[:5] if separator else ""


def outlet_line(lang: str, outlet: Mapping[str, Any], faulty: bool, width: int, connected: bool = True) -> Line:
    """An outlet on one line: state, current, power, energy of the charge, limit and why."""
    state = terms.outlet_state(lang, outlet, faulty)
    tone = state.tone if connected else "dim"
    currents = [float(a) for a in outlet.get("current_a") or (0.0,)]
    power = float(outlet.get("power_w") or 0)
    energy = float(outlet.get("session_energy_wh") or 0)
    live = "" if outlet.get("contactor") else "dim"
    limit = float(outlet.get("limit_a") or 0)
    reason = terms.limit_reason(lang, str(outlet.get("limit_reason", "")))
    number = terms.number
    head = f" {clean(outlet.get('id', '?'))} "
    body = (
        f"{fit(number(lang, max(currents), 1) + ' A', 9, right=True)}"
        f"{fit(number(lang, power / 1000, 1) + ' kW', 10, right=True)}"
        f"{fit(number(lang, energy / 1000, 3) + ' kWh', 13, right=True)}"
    )
    bound = f"   {say(lang, 'box.limit')} {fit(number(lang, limit, 0) + ' A', 5)} {reason}"
    used = len(head) + 2 + 15 + len(body)
    return (
        Span(head, "strong"),
        Span(f"{state.glyph} ", tone),
        Span(fit(state.word, 15), tone),
        Span(body, live),
        Span(fit(bound, max(0, width - used)), "dim"),
    )
