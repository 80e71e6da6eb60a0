"""A badge as a reader spells it, turned into the one hexadecimal form: byte order, decimal numbers, check byte."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Form = Literal["hex", "decimal"]
Order = Literal["msb", "lsb"]

SIZES = range(3, 11)  # bytes of an identifier: Wiegand 26 has 3, ISO/IEC 14443 has 4, 7 or 10, ISO/IEC 15693 has 8


@dataclass(frozen=True, slots=True)
class BadgeText:
    """How a reader spells a badge.

    `form`: hex digits, or a decimal number as Wiegand-to-serial boards and keyboard readers send it, also as
    `facility,card` of Wiegand 26. `order`: "lsb" turns the bytes round. `size`: bytes of a decimal number. `check`: the
    last byte of the hex digits is the exclusive or of the others, and is taken off.
    """

    form: Form = "hex"
    order: Order = "msb"
    size: int = 4
    check: bool = False

    def __post_init__(self) -> None:
        for key, value, allowed in (
            ("form", self.form, ("hex", "decimal")),
            ("order", self.order, ("msb", "lsb")),
            ("size", self.size, SIZES),
        ):
            if value not in allowed:
                raise ValueError(f"{key} is {value!r}; allowed: {', '.join(map(repr, allowed))}.")
        if self.check and self.form != "hex":
            raise ValueError("check is True; allowed with form 'hex' only.")

    def read(self, text: str) -> str:
        """The badge as capital hex digits. ValueError in one sentence where the text is none."""
        data = self._decimal(text) if self.form == "decimal" else self._hex(text)
        return (data[::-1] if self.order == "lsb" else data).hex().upper()

    def _hex(self, text: str) -> bytes:
        digits = re.sub(r"[ :-]", "", text)
        if re.fullmatch(r"([0-9A-Fa-f]{2})+", digits) is None:
            raise ValueError(f"The badge {text!r} is not written in pairs of hex digits.")
        data = bytes.fromhex(digits)
        if self.check:
            *body, last = data
            check = 0
            for byte in body:
                check ^= byte
            if check != last:
                raise ValueError(f"The badge {text!r} has the check byte {last:02X}, expected {check:02X}.")
            data = bytes(body)
        if len(data) not in SIZES:
            raise ValueError(f"The badge {text!r} has {len(data)} bytes; allowed: {SIZES[0]} to {SIZES[-1]}.")
        return data

    def _decimal(self, text: str) -> bytes:
        found = re.fullmatch(r"(\d{1,3}),(\d{1,5})|(\d{1,25})", text.strip(), re.ASCII)
        if found is None:
            raise ValueError(f"The badge {text!r} is no decimal number.")
        facility, card, whole = found.groups()
        if whole is None and (int(facility) > 255 or int(card) > 65_535):
            raise ValueError(f"The badge {text!r} is no facility 0 to 255 and card 0 to 65535.")
        number, size = (int(whole), self.size) if whole is not None else (int(facility) << 16 | int(card), 3)
        if number >> (8 * size):
            raise ValueError(f"The badge {text!r} needs more than its {size} bytes.")
        return number.to_bytes(size, "big")


class Repeats:
    """Badges held before a reader: the same one again within `within_s` of the last time is no new one."""

    def __init__(self, clock: Callable[[], float], within_s: float = 1.0) -> None:
        self._clock = clock
        self._within_s = within_s
        self._last = ""
        self._at = 0.0

    def is_new(self, uid: str) -> bool:
        """Whether this is another badge, or the same one after a pause."""
        now = self._clock()
        new = uid != self._last or now - self._at > self._within_s
        self._last, self._at = uid, now
        return new
