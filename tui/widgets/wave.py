"""A wave form as text: braille dots, four rows and two columns of them a cell, or plain characters."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Final

from tui.widgets.lines import Line, Span

TOP_MV: Final = 13_500
AXIS: Final = 7
"""Cells of the volts axis at the left."""

_DOTS: Final = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
_EDGE_MV: Final = 2_000
_LEAD: Final = 40  # the part of a picture that stands before its first edge
_LABELS: Final = (12, 9, 6, 3, 0, -6, -12)
"""Volts that the axis names: the plateaus of states A to D, the ground, and the low one with a mark half way."""


def trigger(samples: Sequence[int], lead: int = 0) -> int:
    """Where a picture begins so that it stands still: `lead` samples before a rising edge; 0 for a level."""
    if not samples:
        return 0
    low, high = min(samples), max(samples)
    if high - low < _EDGE_MV:
        return 0
    middle = (low + high) / 2
    found = (at for at in range(max(1, lead), len(samples)) if samples[at - 1] < middle <= samples[at])
    return max(0, next(found, lead) - lead)


def wave(samples: Sequence[int], span: int, width: int, rows: int, plain: bool) -> list[Line]:
    """`rows` lines of `width` cells with `span` samples in millivolts from the trigger on, volts at the left."""
    columns = max(1, width - AXIS)
    shown = list(samples[trigger(samples, span // _LEAD) :][:span])
    draw = _plain if plain else _braille
    cells = draw(shown, max(1, span), columns, rows)
    zero = _row(0, rows)
    labels = _labels(rows)
    lines: list[Line] = []
    for row, line in enumerate(cells):
        name = labels.get(row, "")
        mark = ("+" if name else "|") if plain else ("┤" if name else "│")
        ground = ("." if plain else "┈") if row == zero else " "
        spans = [Span(f"{name:>{AXIS - 1}}{mark}", "dim")]
        for drawn, part in groupby(line, key=lambda char: char != " "):
            text = "".join(part)
            spans.append(Span(text, "wave") if drawn else Span(text.replace(" ", ground), "dim"))
        lines.append(tuple(spans))
    return lines


def _labels(rows: int) -> dict[int, str]:
    """The volts of the axis by row; where few rows put several on one, it names each of them."""
    named: dict[int, list[int]] = {}
    for volts in _LABELS:
        named.setdefault(_row(volts * 1000, rows), []).append(volts)
    return {
        row: f"{'/'.join(map(str, several))} V" if several[1:] else f"{several[0]:+d} V" if several[0] else "0 V"
        for row, several in named.items()
    }


def time_axis(milliseconds: float, width: int, plain: bool) -> Line:
    """The line below a wave form: from 0 to its last millisecond."""
    columns = max(1, width - AXIS)
    corner, across = ("+", "-") if plain else ("└", "─")
    name = f" {milliseconds:g} ms"
    line = across * max(0, columns - len(name)) + name
    return (Span(" " * (AXIS - 1) + corner + line, "dim"),)


def _row(millivolts: float, rows: int) -> int:
    """The row of text in which a voltage is drawn."""
    return min(rows - 1, max(0, int((TOP_MV - millivolts) / (2 * TOP_MV) * rows)))


def _extents(samples: Sequence[int], span: int, columns: int) -> list[tuple[int, int] | None]:
    """Least and most of each column, joined to the column before so that edges are drawn; None past the end."""
    extents: list[tuple[int, int] | None] = []
    last: int | None = None
    for column in range(columns):
        first, end = column * span // columns, max(column * span // columns + 1, (column + 1) * span // columns)
        part = samples[first:end]
        if not part:
            extents.append(None)
            continue
        joined = part if last is None else [last, *part]
        # A slope within a plateau is no edge, and would thicken the line.
        near = last is not None and abs(last - part[0]) < _EDGE_MV
        extents.append((min(part), max(part)) if near else (min(joined), max(joined)))
        last = part[-1]
    return extents


def _braille(samples: Sequence[int], span: int, columns: int, rows: int) -> list[str]:
    dots = 4 * rows
    grid = [[0] * columns for _ in range(rows)]
    for x, extent in enumerate(_extents(samples, span, columns * 2)):
        if extent is None:
            continue
        for y in range(_row(extent[1], dots), _row(extent[0], dots) + 1):
            grid[y // 4][x // 2] |= _DOTS[x % 2][y % 4]
    return ["".join(chr(0x2800 + bits) if bits else " " for bits in line) for line in grid]


def _plain(samples: Sequence[int], span: int, columns: int, rows: int) -> list[str]:
    """A level is `-` in the upper half of its row and `_` in the lower; an edge or a spread is `|`."""
    grid = [[" "] * columns for _ in range(rows)]
    for x, extent in enumerate(_extents(samples, span, columns)):
        if extent is None:
            continue
        top, bottom = _row(extent[1], 2 * rows), _row(extent[0], 2 * rows)
        if bottom - top <= 1:
            grid[bottom // 2][x] = "_" if bottom % 2 else "-"
            continue
        for row in range(top // 2, bottom // 2 + 1):
            grid[row][x] = "|"
    return ["".join(line) for line in grid]
