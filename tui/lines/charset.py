"""Text in the characters of a set: the nearest ones in place of those that it lacks."""

from __future__ import annotations

import unicodedata
from typing import Final

ASCII: Final = "ascii"

_NEAREST: Final[dict[str, str]] = {
    "œ": "oe",
    "Œ": "OE",
    "æ": "ae",
    "Æ": "AE",
    "ß": "ss",
    "€": "EUR",
    "°": "o",
    "→": "->",
    "←": "<-",
    "…": "...",
    "’": "'",
    "‘": "'",
    "“": '"',
    "”": '"',
    "«": '"',
    "»": '"',
    "–": "-",
    "—": "-",
    "‑": "-",
    "−": "-",
    "·": ".",
    "•": "*",
    "×": "x",
    "≥": ">=",
    "≤": "<=",
    "\u00a0": " ",
    "\u202f": " ",
}


def fold(text: str, charset: str) -> str:
    """A text in the characters of a set: accents go where they must, and what has no likeness is a `?`."""
    try:
        text.encode(charset)
    except UnicodeEncodeError:
        return "".join(_folded(char, charset) for char in text)
    return text


def _folded(char: str, charset: str) -> str:
    for near in (char, _NEAREST.get(char, ""), unicodedata.normalize("NFKD", char)[:1]):
        if near:
            try:
                near.encode(charset)
            except UnicodeEncodeError:
                continue
            return near
    return "" if unicodedata.combining(char) else "?"


def decode(data: bytes, charset: str) -> str:
    """What was typed: in the set of the locale; where that is ASCII, as UTF-8 or else Latin-1."""
    if charset in (ASCII, "utf-8"):
        try:
            return data.decode()
        except UnicodeDecodeError:
            return data.decode("iso8859-1")
    return data.decode(charset, "replace")
