"""Sparklines: a series of numbers as a row of small columns, in blocks or in plain characters."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

Values = Sequence[float | None]

BLOCKS = "▁▂▃▄▅▆▇"
"""Without the full block, so that what stands above keeps a gap."""
ASCII = "_.,-=+*"
_FULL = ("█", "#")


def spark(values: Values, width: int, top: float, plain: bool) -> str:
    """A series in at most `width` cells from 0 to `top`; a blank where nothing was measured.

    A cell stands for 1, 2, 4 ... values, so that a growing series changes its last cell only, until it is full
    and shrinks to half.
    """
    levels = ASCII if plain else BLOCKS
    return "".join(" " if value is None else levels[_level(value, top)] for value in binned(values, width))


def columns(values: Values, width: int, rows: int, top: float, plain: bool) -> list[str]:
    """The same in several rows, the top one first."""
    if rows == 1:
        return [spark(values, width, top, plain)]
    levels = ASCII if plain else BLOCKS
    full = _FULL[plain]
    cells = binned(values, width)
    lines = []
    for row in range(rows - 1, -1, -1):
        line = ""
        for value in cells:
            if value is None:
                line += " "
                continue
            steps = _level(value, top, rows * 8 - 1) - row * 8
            line += " " if steps < 0 else levels[steps] if steps < len(levels) else full
        lines.append(line)
    return lines


def binned(values: Values, width: int) -> list[float | None]:
    """A series joined by powers of two until it has at most `width` values, each the mean of what it joins."""
    joined = 1
    while ceil(len(values) / joined) > max(1, width):
        joined *= 2
    return [_mean(values[at : at + joined]) for at in range(0, len(values), joined)]


def _mean(values: Values) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _level(value: float, top: float, levels: int = 7) -> int:
    return 0 if top <= 0 else min(levels - 1, max(0, ceil(value / top * levels) - 1))
