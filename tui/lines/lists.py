"""Numbers that name rows of a list: `3`, `1 4`, `2-5`, `1, 4-6`."""

from __future__ import annotations

import re


def numbers(text: str, most: int) -> list[int] | None:
    """The numbers that a text names, each once, in its order; None where one is not from 1 to `most`, or none is."""
    found: list[int] = []
    for part in re.split(r"[\s,]+", re.sub(r"\s*-\s*", "-", text.strip())):
        matched = re.fullmatch(r"([0-9]{1,6})(?:-([0-9]{1,6}))?", part)
        if matched is None:
            return None
        first, last = int(matched[1]), int(matched[2] or matched[1])
        if not 1 <= first <= last <= most:
            return None
        found += range(first, last + 1)
    return list(dict.fromkeys(found))
