"""The table of Maintenance > Status: every value of the manual's page, outlet beside outlet (R-213 to R-218)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rich.cells import cell_len

from tui import terms
from tui.clean import clean
from tui.limits import limit_more
from tui.session import Session
from tui.widgets.lines import Line, Span, fit
from tui.words import say
from tui.wrapping import wrap

LABEL = 20
"""Cells of the names at the left, at least; with room they take no second line."""

_VALUE = 30

Outlet = Mapping[str, Any]
Cell = tuple[str, str]


def ko_events(document: Mapping[str, Any]) -> list[tuple[int, Sequence[str]]]:
    """The events that are KO on some outlet, with a cell an outlet (R-213)."""
    events = document.get("events") or {}
    found = [(int(name), cells) for name, cells in events.items() if "KO" in cells]
    return sorted(found)


def status_lines(lang: str, document: Mapping[str, Any], width: int, plugs: Sequence[str]) -> list[Line]:
    """The page: a heading line with the names of the `plugs`, the error table, the states, the measures, the inputs."""
    outlets: list[Outlet] = list(document.get("outlets") or ())
    count = max(1, len(outlets))
    words = [say(lang, word) for word, _ in (*_STATES, *_MEASURES)]
    left = max(LABEL, min(max(map(cell_len, words)) + 3, width - _VALUE * count))
    column = max(18, (width - left + 1) // count)
    lines: list[Line] = [
        (
            Span(fit(" " + say(lang, "status.title"), left), "title"),
            *(Span(fit(plug, column), "title") for plug in plugs),
        )
    ]

    def heading(word: str) -> None:
        lines.append((Span(" " + say(lang, word), "strong"),))

    def row(label: str, cells: Sequence[Cell]) -> None:
        # A long value goes on in the lines below it rather than being cut.
        pieces = [(_pieces(text, column - 1), tone) for text, tone in cells]
        labels = _pieces(label, left - 2)
        for at in range(max(len(labels), *(len(texts) for texts, _ in pieces))):
            lines.append(
                (
                    Span(" " + fit(labels[at] if at < len(labels) else "", left - 1)),
                    *(Span(fit(texts[at] if at < len(texts) else "", column), tone) for texts, tone in pieces),
                )
            )

    if errors := ko_events(document):
        heading("status.errors")
        for number, cells in errors:
            row(terms.event_name(number), [(cell, "bad" if cell == "KO" else "good") for cell in cells])
    if any(outlet.get("silent_s") is not None for outlet in outlets):
        row(say(lang, "status.heard"), [_silence(lang, outlet) for outlet in outlets])
    heading("status.evse")
    for word, cell in _STATES:
        row(say(lang, word), [cell(lang, outlet) for outlet in outlets])
    heading("status.measures")
    for word, cell in _MEASURES:
        row(say(lang, word), [cell(lang, outlet) for outlet in outlets])
    lines.append((Span(" " + terms.loop_line(lang, (document.get("station") or {}).get("control") or {})),))
    names = list(dict.fromkeys(name for outlet in outlets for name in (outlet.get("inputs") or {})))
    if names:
        heading("status.inputs")
    for name in names:
        row(str(name), [_input(outlet, name) for outlet in outlets])
    return lines


def plug_names(session: Session) -> list[str]:
    """The headings of the outlets' columns: `Plug #102` by the last octet of the board's address (R-214)."""
    outlets = session.snapshot.get("outlets") or ()
    return [say(session.lang, "plug", n=clean(session.plug(outlet.get("id", "?")))) for outlet in outlets]


def _pieces(text: str, width: int) -> list[str]:
    return wrap(clean(text), width, break_on_hyphens=False) or [""]


_HEARD = ("cpw_state", "cable_state")
"""States that only control knows, which grow old with its silence."""


def _silence(lang: str, outlet: Outlet) -> Cell:
    silent = terms.silence(lang, outlet)
    return (silent, "bad") if silent else ("-", "")


def _input(outlet: Outlet, name: str) -> Cell:
    value = (outlet.get("inputs") or {}).get(name)
    return ("-" if value is None else str(value), "")


def _word(key: str) -> Callable[[str, Outlet], Cell]:
    def cell(lang: str, outlet: Outlet) -> Cell:
        value = "" if key in _HEARD and outlet.get("silent_s") is not None else str(outlet.get(key) or "")
        return terms.value_word(lang, value) or "-", "bad" if value.startswith("KO_") else ""

    return cell


def _ev(lang: str, outlet: Outlet) -> Cell:
    value = "" if outlet.get("silent_s") is not None else str(outlet.get("ev_state") or "")
    return value or "-", {"C": "good", "D": "good", "E": "bad", "F": "bad"}.get(value[:1], "")


def _flags(lang: str, outlet: Outlet) -> Cell:
    return " ".join(str(flag) for flag in outlet.get("evse_status") or ()), ""


def _three(key: str, unit: str, decimals: int) -> Callable[[str, Outlet], Cell]:
    def cell(lang: str, outlet: Outlet) -> Cell:
        values = [float(value) for value in outlet.get(key) or ()]
        text = " ".join(f"{terms.number(lang, value, decimals):>5}" for value in values)
        return f"{text} {unit}" if values else "-", ""

    return cell


def _amount(key: str, unit: str, decimals: int, per: float = 1.0) -> Callable[[str, Outlet], Cell]:
    def cell(lang: str, outlet: Outlet) -> Cell:
        value = outlet.get(key)
        return ("-" if value is None else f"{terms.number(lang, float(value) / per, decimals)} {unit}"), ""

    return cell


def _limit(lang: str, outlet: Outlet) -> Cell:
    text = f"{terms.number(lang, float(outlet.get('limit_a') or 0), 0)} A"
    reason = terms.limit_reason(lang, str(outlet.get("limit_reason", "")))
    more = ", ".join(part for part in (reason, *limit_more(lang, outlet)) if part)
    return say(lang, "labelled", label=text, text=more) if more else text, ""


def _light(lang: str, outlet: Outlet) -> Cell:
    return clean(terms.light(lang, str(outlet.get("light") or "-"))), ""


def _contactor(lang: str, outlet: Outlet) -> Cell:
    if (state := outlet.get("contactor")) is None:
        return "-", ""
    closed = bool(state)
    return say(lang, "closed" if closed else "open"), "good" if closed else ""


def _lock(lang: str, outlet: Outlet) -> Cell:
    locked = outlet.get("locked")
    return ("-" if locked is None else say(lang, f"status.lock.{'on' if locked else 'off'}")), ""


def _pilot(lang: str, outlet: Outlet) -> Cell:
    pilot = outlet.get("pilot") or {}
    if not pilot:
        return "-", ""
    high, low = float(pilot.get("high_mv") or 0) / 1000, float(pilot.get("low_mv") or 0) / 1000
    return f"{terms.number(lang, high, 1)} V / {terms.number(lang, low, 1)} V", ""


def _session_time(lang: str, outlet: Outlet) -> Cell:
    seconds = outlet.get("session_seconds")
    return ("-" if seconds is None else terms.duration(float(seconds))), ""


def _plain(key: str) -> Callable[[str, Outlet], Cell]:
    def cell(lang: str, outlet: Outlet) -> Cell:
        value = outlet.get(key)
        return ("-" if value in (None, "") else str(value)), ""

    return cell


_STATES: tuple[tuple[str, Callable[[str, Outlet], Cell]], ...] = (
    ("status.cpw", _word("cpw_state")),
    ("status.cable", _word("cable_state")),
    ("status.ev", _ev),
    ("status.last_charge", _word("last_charge_status")),
    ("status.evse", _flags),
    ("status.outlet", _word("outlet_status")),
    ("status.last_error", _word("last_error")),
)

_MEASURES: tuple[tuple[str, Callable[[str, Outlet], Cell]], ...] = (
    ("status.current", _three("current_a", "A", 1)),
    ("status.voltage", _three("voltage_v", "V", 1)),
    ("status.power", _amount("power_w", "kW", 2, 1000.0)),
    ("status.session", _amount("session_energy_wh", "kWh", 3, 1000.0)),
    ("status.duration", _session_time),
    ("status.energy", _amount("energy_wh", "kWh", 3, 1000.0)),
    ("status.limit", _limit),
    ("status.contactor", _contactor),
    ("status.lock", _lock),
    ("status.duty", _amount("duty_percent", "%", 1)),
    ("status.pilot", _pilot),
    ("status.badge", _plain("badge")),
    ("status.transaction", _plain("transaction_id")),
    ("status.light", _light),
)
