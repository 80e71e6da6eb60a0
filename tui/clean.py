"""The render border: text that has passed `clean` can neither move a cursor nor turn a line around.

Textual hands the data it is given on to the terminal as it is, escape sequences included, so every text that
comes from the station, from a file or from the keyboard goes through here just before it is drawn.
"""

from __future__ import annotations

import unicodedata

_CONTROL = [*range(0x20), *range(0x7F, 0xA0)]
_BIDI = [0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
_BREAKS = [0x2028, 0x2029]
_INVISIBLE = [0x00AD, 0x180E, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, *range(0xFFF9, 0xFFFC)]
_TAGS = range(0xE0000, 0xE0080)
_DROPPED: dict[int, str | None] = dict.fromkeys([*_CONTROL, *_BIDI, *_BREAKS, *_INVISIBLE, *_TAGS])
_DROPPED.update(dict.fromkeys((0x09, 0x0A, 0x0D, 0x2028, 0x2029), " "))


def clean(value: object, limit: int | None = None) -> str:
    """The text of a value without control, C1, bidirectional and invisible characters; a line break is a space.

    `limit` is a number of characters. Combining marks are folded into their letter (NFC); more than two in a row
    on one letter are dropped, for they would climb over the lines above.
    """
    text = unicodedata.normalize("NFC", str(value).translate(_DROPPED))
    kept: list[str] = []
    marks = 0
    for char in text:
        if 0xD800 <= ord(char) <= 0xDFFF:
            continue
        marks = marks + 1 if unicodedata.combining(char) else 0
        if marks <= 2:
            kept.append(char)
    text = "".join(kept)
    return text if limit is None else text[:limit]
