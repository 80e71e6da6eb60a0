"""The wire: a strict reader of what is sent to a terminal, which names everything that the driver may not send."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from tui.profile import Palette

_MODES = {7, 25, 1049}
_MODERN_MODES = _MODES | {1000, 1003, 1006, 1015, 2004}
_ATTRIBUTES = {0, 1, 2, 3, 4, 7}
_SIXTEEN = {*range(30, 38), 39, *range(40, 48), 49}
_INVISIBLE = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


@dataclass(frozen=True, slots=True)
class Wire:
    """What may be sent: to a terminal of `palette`, in `charset`, on a screen of `columns` by `rows`."""

    palette: Palette
    charset: str = "utf-8"
    columns: int = 80
    rows: int = 24

    @property
    def plain(self) -> bool:
        """Whether the terminal is an old one."""
        return self.palette is Palette.NONE

    def wrong(self, sent: bytes) -> list[str]:
        """Everything in `sent` that is neither text nor one of the driver's orders, in words."""
        found: list[str] = []
        texts = [bytearray()]  # between two orders, for text on both sides is not one word
        at = 0
        while at < len(sent):
            if sent[at] != 0x1B:
                texts[-1].append(sent[at])
                at += 1
                continue
            end, problem = self._order(sent, at)
            found += [f"{problem}: {sent[at : end + 8]!r}"] if problem else []
            at = end
            texts.append(bytearray())
        return found + sorted({problem for text in texts for problem in self._text(bytes(text))})

    def _order(self, sent: bytes, at: int) -> tuple[int, str]:
        """The index after the order that begins at an escape, and what is wrong with it; empty for nothing."""
        if sent[at + 1 : at + 2] != b"[":
            return at + 1, "an escape that is no CSI"
        end = at + 2
        private = sent[end : end + 1] if sent[end : end + 1] in (b"?", b"<", b">", b"=") else b""
        end += len(private)
        start = end
        while end < len(sent) and (sent[end] in b"0123456789;"):
            end += 1
        if end >= len(sent):
            return end, "a CSI without an end"
        parameters = [int(part) if part else -1 for part in sent[start:end].split(b";")]
        return end + 1, self._csi(private.decode(), parameters, chr(sent[end]))

    def _csi(self, private: str, values: list[int], final: str) -> str:
        match private, final, values:
            case "", "H", [row, column] if 1 <= row <= self.rows and 1 <= column <= self.columns:
                return ""
            case "", "X" | "C", [count] if 1 <= count <= self.columns:
                return ""
            case "", "L" | "M", [count] if 1 <= count <= self.rows:
                return ""
            case ("", "r", [-1]) | ("", "J", [2]):
                return ""
            case "", "r", [top, end] if 1 <= top < end <= self.rows:
                return ""
            case "", "m", _:
                return self._sgr(values)
            case "?", "h" | "l", [mode] if mode in (_MODES if self.plain else _MODERN_MODES):
                return ""
            case (">", "u", [_]) | ("<", "u", [-1]) if not self.plain:
                return ""
        return "an unknown CSI"

    def _sgr(self, values: list[int]) -> str:
        rest = list(values)
        while rest:
            value = rest.pop(0)
            if (
                value in (38, 48)
                and self.palette is Palette.FULL
                and rest[:1] == [5]
                and len(rest) > 1
                and 0 <= rest[1] <= 255
            ):
                del rest[:2]
            elif value == -1 and len(values) == 1:
                return ""
            elif value not in _ATTRIBUTES and (self.plain or value not in _SIXTEEN):
                return f"attribute {value}"
        return ""

    def _text(self, text: bytes) -> Iterator[str]:
        try:
            shown = text.decode(self.charset)
        except UnicodeDecodeError as error:
            yield f"bytes that are no {self.charset}: {text[error.start : error.start + 8]!r}"
            return
        for char in sorted(set(shown)):
            if unicodedata.category(char) in _INVISIBLE:
                yield f"the character {char!r}"
            elif not char.isascii() and self.plain and unicodedata.category(char)[0] != "L":
                yield f"{char!r}, which is no letter"
