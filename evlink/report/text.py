"""The report as text of a given width, for a terminal and for a file without pictures."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from textwrap import wrap

from evlink.domain.text import clean
from evlink.report.page import Curve, Listing, Part, Plateaus, Report, Table
from evlink.report.words import say

LEAST_WIDTH = 40
MOST_WIDTH = 400
_LEAST_COLUMN = 8
_BLOCKS = "▁▂▃▄▅▆▇█"


def render(report: Report, width: int = 80) -> str:
    """The report as lines of at most `width` columns (40 to 400)."""
    width = min(MOST_WIDTH, max(LEAST_WIDTH, width))
    heading = clean(f"{report.title}: {report.station}" if report.station else report.title)
    lines = [heading, *wrap(say(report.lang, "confidential"), width)]
    for number, section in enumerate(report.sections, 1):
        title = f"{number} {clean(section.title)}"
        lines += ["", title, "=" * len(title)]
        for part in section.parts:
            if drawn := _part(part, width):
                lines += [*drawn, ""]
        lines.pop()
    lines += ["", clean(report.closing)]
    return "\n".join(lines) + "\n"


def _part(part: Part, width: int) -> list[str]:
    match part:
        case Table():
            return _table(part, width)
        case Listing():
            return [clean(part.title), *(clean(line.replace("\t", "    ")) for line in part.lines)]
        case Curve():
            return [clean(part.title), spark(part.values, width - 20), _most(part)]
        case Plateaus():
            return []  # its figures stand in the table above it


def _most(curve: Curve) -> str:
    known = [value for value in curve.values if value is not None]
    seconds = curve.from_s + len(curve.values) * curve.step_s
    return f"{max(known):.0f} {curve.unit} max, {seconds:.0f} s"


def spark(values: Sequence[float | None], width: int) -> str:
    """Values as a line of blocks, at most `width`: each block the most of its span, a gap where nothing is known."""
    if not values:
        return ""
    step = max(1, -(-len(values) // max(1, width)))
    spans = [values[at : at + step] for at in range(0, len(values), step)]
    tops = [max((v for v in span if v is not None), default=None) for span in spans]
    most = max((v for v in tops if v is not None), default=0.0) or 1.0
    return "".join(" " if v is None else _BLOCKS[min(7, int(max(0.0, v) / most * 7.999))] for v in tops)


def _table(table: Table, width: int) -> list[str]:
    lines = [clean(table.title)] if table.title else []
    if not table.rows:
        return [*lines, *([clean(table.empty)] if table.empty else [])]
    rows = [tuple(clean(cell) for cell in row) for row in (table.head, *table.rows)]
    rows = [row + ("",) * (len(table.head) - len(row)) for row in rows]
    widths = _widths(rows, width)
    for at, row in enumerate(rows):
        lines += _row(row, widths)
        if at == 0:
            lines.append("  ".join("-" * one for one in widths))
    return lines


def _widths(rows: Sequence[Sequence[str]], width: int) -> list[int]:
    """The columns' widths; the widest give way where all of them together are too wide."""
    widths = [max(1, *(_cells(row[at]) for row in rows)) for at in range(len(rows[0]))]
    room = width - 2 * (len(widths) - 1)
    while sum(widths) > room and max(widths) > _LEAST_COLUMN:
        widest = widths.index(max(widths))
        widths[widest] -= 1
    return widths


def _row(row: Sequence[str], widths: Sequence[int]) -> Iterable[str]:
    cells = [_wrapped(text, width) for text, width in zip(row, widths, strict=True)]
    for at in range(max(len(cell) for cell in cells)):
        pieces = [
            (cell[at] if at < len(cell) else "") + " " * (width - _cells(cell[at] if at < len(cell) else ""))
            for cell, width in zip(cells, widths, strict=True)
        ]
        yield "  ".join(pieces).rstrip()


def _wrapped(text: str, width: int) -> list[str]:
    if _cells(text) <= width:
        return [text]
    if len(text) == _cells(text):
        return wrap(text, width, break_on_hyphens=False) or [""]
    lines = [""]
    for character in text:
        if _cells(lines[-1] + character) > width:
            lines.append("")
        lines[-1] += character
    return lines


def _cells(text: str) -> int:
    """Columns that a text takes: two for a wide character, none for a combining one."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
