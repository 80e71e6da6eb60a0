"""What more there is to say of an outlet's limit: what lies below the floor, and when it rises."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tui import terms
from tui.clean import clean
from tui.words import say

_LONGEST_RULE = 60
_MINUTES = 120.0
"""Seconds from which a wait is told in minutes."""


def limit_more(lang: str, outlet: Mapping[str, Any]) -> list[str]:
    """Parts of a sentence that go on after the limit and its rule; none where there is nothing to tell."""
    return [*_cut(lang, outlet.get("limit_cut") or {}), *_next(lang, outlet.get("limit_next") or {})]


def _cut(lang: str, cut: Mapping[str, Any]) -> list[str]:
    if not cut:
        return []
    rule = clean(terms.limit_rule(lang, str(cut.get("reason") or "")), _LONGEST_RULE)
    return [say(lang, "limit.cut", amps=_amps(lang, cut.get("amps")), rule=rule)]


def _next(lang: str, rise: Mapping[str, Any]) -> list[str]:
    if not rise:
        return []
    why, amps, time = str(rise.get("why") or ""), rise.get("amps"), _time(float(rise.get("in_s") or 0))
    if why in ("room", "turn"):
        return [say(lang, f"limit.{why}", time=time)]
    return [
        say(lang, "limit.freed", time=time)
        if amps is None
        else say(lang, "limit.rises", amps=_amps(lang, amps), time=time)
    ]


def _amps(lang: str, value: object) -> str:
    amps = float(str(value or 0))
    return terms.number(lang, amps, 0 if amps == int(amps) else 1)


def _time(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < _MINUTES else f"{seconds / 60:.0f} min"
