"""The image: the words that clients read, replaced as a unit at each publication of the station's state.

A read takes a slice of one immutable image, so that it never sees half of an update. What was written shows at once
and stays until the state that has folded it is published.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evlink.domain.remote_control import RemoteOrder
from evlink.domain.snapshot import last_heard
from evlink.domain.state import StationState
from evlink.modbus.map import View
from evlink.modbus.registers import Layout, Register

FIRST_UNITS = (255, 1)  # both are the first outlet
WORD = struct.Struct(">H")


@dataclass(frozen=True, slots=True)
class Written:
    """A word that was written and is not in the published state yet; `number` is its request's."""

    number: int
    outlet: int
    address: int
    value: int
    command: bool = False


class Image:
    """The registers of all outlets. `serials` has a serial number an outlet."""

    def __init__(self, layout: Layout[View, RemoteOrder], serials: tuple[str, ...], firmware: str) -> None:
        self.layout = layout
        self._serials = serials
        self._firmware = firmware
        self._units: dict[int, int] = {}
        self._views: dict[int, View] = {}
        self._words: dict[int, bytes] = {}
        self._written: list[Written] = []

    def publish(self, document: Mapping[str, Any], state: StationState) -> None:
        """Show a state and its status document."""
        self._written = [one for one in self._written if one.number > state.remote.folded]
        views: dict[int, View] = {}
        for column, (outlet, shown) in enumerate(zip(state.outlets, document["outlets"], strict=True)):
            cells = document["events"].items()
            ko = frozenset(int(number) for number, row in cells if row[column : column + 1] == ["KO"])
            serial = self._serials[column] if column < len(self._serials) else ""
            # Registers can't say that a value is unknown: they keep the last one, and Evt #3 says what it is worth.
            shown = shown if shown.get("silent_s") is None else {**shown, **last_heard(state, outlet)}
            views[outlet.outlet] = View(state, outlet, shown, ko, serial, self._firmware)
        self._views = views
        self._words = {outlet: self._patched(outlet, self.layout.image(view)) for outlet, view in views.items()}
        self._units = {outlet: outlet for outlet in views} | dict.fromkeys(FIRST_UNITS, 1)

    def outlet(self, unit: int) -> int | None:
        """The outlet behind a unit; None for a unit that is none."""
        return self._units.get(unit)

    def view(self, outlet: int) -> View:
        """What an outlet's registers show; KeyError for an outlet the station hasn't."""
        return self._views[outlet]

    def read(self, outlet: int, address: int, count: int) -> bytes | None:
        """Whole values as words; None where the span holds an unknown register or a part of a value."""
        if not self.layout.readable(address, count):
            return None
        return self._words[outlet][2 * address : 2 * (address + count)]

    def word(self, outlet: int, address: int) -> int:
        """One word as it reads now."""
        found: tuple[int] = WORD.unpack_from(self._words[outlet], 2 * address)
        return found[0]

    def pending(self, outlet: int, address: int) -> bool:
        """Whether a command that was written there waits to be folded."""
        return any(one.command and (one.outlet, one.address) == (outlet, address) for one in self._written)

    def waiting(self) -> int:
        """Number of requests that wait to be folded."""
        return len({one.number for one in self._written})

    def take(self, outlet: int, register: Register[View, RemoteOrder], value: int, number: int) -> None:
        """Show a written value until the state has it."""
        command = bool(register.clears)
        words = [Written(number, outlet, register.address, value, command)]
        words += [Written(number, outlet, address, value) for address in register.mirrors]
        words += [Written(number, outlet, address, 0) for address in register.clears]
        self._written += words
        self._words = {**self._words, outlet: self._patched(outlet, self._words[outlet])}

    def _patched(self, outlet: int, image: bytes) -> bytes:
        mine = [one for one in self._written if one.outlet == outlet]
        if not mine:
            return image
        words = bytearray(image)
        for one in mine:
            WORD.pack_into(words, 2 * one.address, one.value)
        return bytes(words)
