"""What a register is, and how a set of them becomes an image: addresses, types, word order, spans that may be read.

Addresses are those on the wire, from 0. Nothing here knows what a register means; that is `evlink.modbus.map`.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar

from evlink.settings.label import Label

View = TypeVar("View")
Order = TypeVar("Order")
Value = int | float | str
LAST = 0xFFFF


class Kind(Enum):
    """The type of a register's value."""

    U16 = "u16"
    U32 = "u32"
    U64 = "u64"
    F32 = "f32"
    TEXT = "text"


WORDS = {Kind.U16: 1, Kind.U32: 2, Kind.U64: 4, Kind.F32: 2}
FORMATS = {Kind.U16: "H", Kind.U32: "I", Kind.U64: "Q", Kind.F32: "f"}
NOT_A_NUMBER, INFINITE = float("nan"), float("inf")
LARGEST = 3.4028234663852886e38  # of 32-bit floats


class WriteError(Exception):
    """Why a value is not taken: the exception code that says so, and a sentence for people.

    `passing`: the client is to ask again, as it does by itself, so that nobody needs to be told.
    """

    def __init__(self, code: int, why: Label, passing: bool = False) -> None:
        super().__init__(why.en)
        self.code = code
        self.why = why
        self.passing = passing


@dataclass(frozen=True, slots=True)
class Register(Generic[View, Order]):
    """One value of the map. `write` turns a written value into an order, or raises WriteError; None: read only.

    `mirrors` are addresses where the written value shows at once besides its own, `clears` those that fall to 0.
    """

    address: int
    kind: Kind
    name: str
    value: Callable[[View], Value]
    low_first: bool = False  # the less significant word first
    words: int = 0  # of a text
    write: Callable[[View, int], Order] | None = None
    mirrors: tuple[int, ...] = ()
    clears: tuple[int, ...] = ()
    beats: bool = False  # a sign of life: told in no log

    @property
    def size(self) -> int:
        """Its length in 16-bit words."""
        return self.words or WORDS[self.kind]


def fitted(kind: Kind, value: Value, words: int) -> Value | bytes:
    """A value that its type can hold: 16 bits are kept within them, longer counters roll over, texts are cut.

    A float out of its range is not a number.
    """
    if kind is Kind.F32:
        return value if isinstance(value, int | float) and not LARGEST < abs(value) < INFINITE else NOT_A_NUMBER
    if kind is Kind.TEXT:
        return str(value).encode("utf-8", "replace")[: 2 * words]
    if kind is Kind.U16:
        return min(max(int(value), 0), LAST)
    return int(value) % (1 << 16 * words)


@dataclass(frozen=True, slots=True)
class _Run(Generic[View, Order]):
    """Registers one after the other with the same word order, packed by one call."""

    registers: tuple[Register[View, Order], ...]
    packer: struct.Struct
    low_first: bool

    def words(self, view: View) -> bytes:
        values = [fitted(one.kind, one.value(view), one.size) for one in self.registers]
        data = self.packer.pack(*values)
        if not self.low_first:
            return data
        # Little-endian numbers have their low word first already; what is left is the order within each word.
        words = array("H", data)
        words.byteswap()
        return words.tobytes()


def _run(registers: tuple[Register[View, Order], ...], begin: int, end: int) -> _Run[View, Order]:
    """The run of some registers, the words from `begin` to before `end` that they leave free being 0."""
    low_first = any(one.low_first for one in registers)
    form, at = "<" if low_first else ">", begin
    for one in registers:
        form += f"{2 * (one.address - at)}x" + (f"{2 * one.words}s" if one.words else FORMATS[one.kind])
        at = one.address + one.size
    return _Run(registers, struct.Struct(f"{form}{2 * (end - at)}x"), low_first)


class Layout(Generic[View, Order]):
    """Registers laid out by address: which spans may be read, and the image of a view.

    A span may be read where it begins and ends between two values and every address in it is known, so that no value
    is ever torn. `reserved` are spans (first, last) whose unknown addresses read as 0: holes that clients read across.
    """

    def __init__(self, registers: Iterable[Register[View, Order]], reserved: Iterable[tuple[int, int]] = ()) -> None:
        self.registers = tuple(sorted(registers, key=lambda one: one.address))
        self.at = {one.address: one for one in self.registers}
        taken: dict[int, int] = {}
        for one in self.registers:
            for address in range(one.address, one.address + one.size):
                if address in taken:
                    raise ValueError(f"register {address} is both {self.at[taken[address]].name} and {one.name}")
                taken[address] = one.address
        self._known = set(taken)
        self._starts = set(self.at)
        for first, last in reserved:
            for address in range(first, last + 1):
                if address not in taken:
                    self._known.add(address)
                    self._starts.add(address)
        self.size = max(self._known, default=-1) + 1
        self._ends = self._blocks()
        self._runs = self._packed()

    def _blocks(self) -> dict[int, int]:
        """Of each address where a value begins, the first address after it that is not known."""
        ends: dict[int, int] = {}
        end = 0
        for address in sorted(self._known, reverse=True):
            if address + 1 not in self._known:
                end = address + 1
            ends[address] = end
        return {address: ends[address] for address in self._starts}

    def readable(self, address: int, count: int) -> bool:
        """Whether a span holds whole known values only."""
        end = self._ends.get(address, 0)
        last = address + count
        return last == end or (last < end and last in self._starts)

    def _packed(self) -> tuple[_Run[View, Order], ...]:
        """The registers in runs of one word order; a single word fits either."""
        groups: list[list[Register[View, Order]]] = []
        for one in self.registers:
            if not groups or (one.size > 1 and self._order(groups[-1]) not in (None, one.low_first)):
                groups.append([])
            groups[-1].append(one)
        begins = [0, *(group[0].address for group in groups[1:])]
        ends = [*begins[1:], self.size]
        return tuple(_run(tuple(group), begin, end) for group, begin, end in zip(groups, begins, ends, strict=True))

    @staticmethod
    def _order(group: Iterable[Register[View, Order]]) -> bool | None:
        for one in group:
            if one.size > 1:
                return one.low_first
        return None

    def image(self, view: View) -> bytes:
        """All values of a view, as the words from address 0 on."""
        return b"".join([run.words(view) for run in self._runs])
