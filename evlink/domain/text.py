"""The cleaning of text from outside: what it lets through can neither move a cursor nor turn a line around."""

from __future__ import annotations

import unicodedata

_BIDI = {*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C}
_BREAKS = {0x2028, 0x2029}
_INVISIBLE = {0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF}
_UNPAIRED = range(0xD800, 0xE000)
_DROPPED: dict[int, str | None] = dict.fromkeys(
    [*range(0x20), *range(0x7F, 0xA0), *_BIDI, *_BREAKS, *_INVISIBLE, *_UNPAIRED]
)
_DROPPED[0x09] = " "  # a tab is a gap, the rest nothing


def clean(text: str, limit: int | None = None) -> str:
    """Text without control, C1, bidirectional and invisible characters, in NFC, at most `limit` characters."""
    cleaned = unicodedata.normalize("NFC", text.translate(_DROPPED))
    return cleaned if limit is None else cleaned[:limit]
