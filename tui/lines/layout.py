"""Texts as lines of a width: words wrapped, the lines after the first indented."""

from __future__ import annotations

import unicodedata

WIDTH = 79


def cells(text: str) -> int:
    """The cells that a text takes on a terminal: wide characters two, combining marks none."""
    if text.isascii():
        return len(text)
    return sum(_cells(char) for char in text)


def _cells(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def wrapped(text: str, width: int = WIDTH, indent: str = "", hang: str = "") -> list[str]:
    """A text in lines of at most `width` cells, the first after `indent`, the others after `hang`.

    A word that is longer than a line is broken.
    """
    lines: list[str] = []
    line, empty = indent, True
    for word in text.split(" "):
        rest = word
        if not empty and cells(line) + 1 + cells(rest) > width:
            lines.append(line)
            line, empty = hang, True
        while cells(line) + cells(rest) > width and empty:
            head = _head(rest, width - cells(line))
            lines.append(line + head)
            rest, line = rest[len(head) :], hang
        line, empty = (line + rest, not rest and empty) if empty else (f"{line} {rest}", False)
    return [one.rstrip() for one in [*lines, line]]


def _head(text: str, width: int) -> str:
    """As many characters of a text as fit, at least one."""
    used = 0
    for at, char in enumerate(text):
        used += _cells(char)
        if used > width and at:
            return text[:at]
    return text
