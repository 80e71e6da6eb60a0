"""Lines of a text, where French keeps its marks with the words that they belong to."""

from __future__ import annotations

import re
import textwrap

_BOUND = re.compile(r" (?=[;:!?»](?:\s|$))|(?<=«) ")
_TIE = "\u00a0"  # no place to break a line at


def words(text: str) -> list[str]:
    """The words of a text, a mark with the one that it belongs to."""
    return [word.replace(_TIE, " ") for word in re.split(r"[ \t\n]+", _BOUND.sub(_TIE, text)) if word]


def wrap(text: str, width: int, *, break_on_hyphens: bool = True) -> list[str]:
    """A text in lines of at most `width` characters, none of them beginning with a lone `;`, `:`, `!`, `?` or `»`."""
    lines = textwrap.wrap(_BOUND.sub(_TIE, text), width, break_on_hyphens=break_on_hyphens)
    return [line.replace(_TIE, " ") for line in lines]
