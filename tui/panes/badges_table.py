"""The list of badges as lines: a mark, number, identifier, type and comment, as wide as this page needs."""

from __future__ import annotations

from collections.abc import Container

from rich.cells import cell_len

from tui.clean import clean
from tui.panes.badges_edit import COMMENT_LENGTH, Badge, type_name, type_options
from tui.widgets.lines import Line, Span, fit
from tui.words import say

_WIDEST = (9, 22, 14)  # number, identifier and type, gap included, whatever a station says


def badge_table(lang: str, badges: list[Badge], marked: Container[str]) -> tuple[tuple[int, ...], list[Line]]:
    """Widths of the columns, gap included, and the lines of the list, the heading first."""
    heads = [say(lang, word) for word in ("badges.number", "badges.uid", "badges.type", "badges.comment")]
    rows = [
        [clean(badge.get("number", "")), clean(badge.get("uid", "")), clean(type_name(lang, badge.get("type", "")))]
        for badge in badges
    ]
    comments = [clean(badge.get("comment", "")) for badge in badges]
    number, uid, kind = (
        min(most, max(map(cell_len, column)) + 2)
        for most, column in zip(_WIDEST, zip(heads[:3], *rows, strict=True), strict=True)
    )
    comment = min(COMMENT_LENGTH, max(map(cell_len, [heads[3], *comments]))) + 1
    # The fields of a row that is edited need the longest type.
    kind = max(kind, *(cell_len(label) + 3 for _, label in type_options(lang)))
    widths = (5, number, uid, kind, comment)
    lines: list[Line] = []
    all_marked = bool(badges) and all(str(badge["uid"]) in marked for badge in badges)
    for at, (cells, text) in enumerate(zip([heads[:3], *rows], [heads[3], *comments], strict=True)):
        on = all_marked if at == 0 else str(badges[at - 1]["uid"]) in marked
        tone = "strong" if on else ""
        lines.append(
            (
                Span(f" [{'x' if on else ' '}] ", tone),
                Span(fit(cells[0], number - 2, right=True) + "  ", tone),
                Span(fit(cells[1], uid - 1) + " ", tone),
                Span(fit(cells[2], kind - 1) + " ", tone),
                Span(fit(text, comment), tone),
            )
        )
    return widths, lines
