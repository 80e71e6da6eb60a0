"""Drivers of meters: each is a table of registers, read in as few questions as the table allows."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from types import MappingProxyType

from evlink.modbus.bus import HOLDING, MOST_WORDS, Read


class Kind(Enum):
    """How a value lies in its registers: words, and the form of `struct` that takes them big-endian."""

    U16 = (1, "H")
    I16 = (1, "h")
    U32 = (2, "I")
    I32 = (2, "i")
    F32 = (2, "f")
    U64 = (4, "Q")
    I64 = (4, "q")
    F64 = (4, "d")

    @property
    def words(self) -> int:
        """Registers that a value takes."""
        return self.value[0]

    @property
    def floating(self) -> bool:
        """Whether it is a floating-point number, which may be none at all."""
        return self.value[1] in "fd"


CURRENT = ("current_1", "current_2", "current_3")
VOLTAGE = ("voltage_1n", "voltage_2n", "voltage_3n")
POWER = ("power_1", "power_2", "power_3")
ENERGY = ("energy_1", "energy_2", "energy_3")


@dataclass(frozen=True, slots=True)
class Register:
    """Where a quantity lies: wire address, kind, and what its number is to be multiplied with (A, V, W, Wh)."""

    quantity: str
    address: int
    kind: Kind = Kind.F32
    scale: Fraction = Fraction(1)

    @property
    def end(self) -> int:
        """The first address after it."""
        return self.address + self.kind.words


@dataclass(frozen=True, slots=True)
class Driver:
    """A kind of meter. `identified` kinds have a name and a serial number where `IDENTITY` says."""

    name: str
    phases: int
    registers: tuple[Register, ...]
    function: int = HOLDING
    low_first: bool = False  # order of the words of one value
    identified: bool = False
    family: tuple[str, ...] = ()  # what the model's name begins with

    def find(self, quantity: str) -> Register | None:
        """The register of a quantity."""
        return next((r for r in self.registers if r.quantity == quantity), None)

    def step_wh(self, energy_wh: float) -> float:
        """The least step of the energy counter at a reading, in Wh: its unit, or the grain of a large float."""
        register = self.find("energy") or self.find("energy_1")
        if register is None:
            return 1.0
        scale = float(register.scale)
        grain = 2.0**-23 if register.kind is Kind.F32 else 2.0**-52
        return max(scale, energy_wh * grain) if register.kind.floating else scale

    def blocks(self) -> tuple[Block, ...]:
        """The questions of one poll: registers that follow one another are read together."""
        return tuple(_blocks(self.registers))


@dataclass(frozen=True, slots=True)
class Block:
    """Registers that are read by one question."""

    registers: tuple[Register, ...]

    @property
    def address(self) -> int:
        """The first wire address."""
        return self.registers[0].address

    @property
    def count(self) -> int:
        """Words."""
        return self.registers[-1].end - self.address

    def question(self, unit: int, function: int) -> Read:
        """The question to a unit."""
        return Read(unit, self.address, self.count, function)

    def values(self, words: Sequence[int], low_first: bool) -> dict[str, Fraction | float]:
        """The quantities that the words hold: exact for whole numbers, a plain float where it is none (NaN, inf)."""
        found: dict[str, Fraction | float] = {}
        for register in self.registers:
            start = register.address - self.address
            part = words[start : start + register.kind.words]
            found[register.quantity] = number(part, register.kind, register.scale, low_first)
        return found


def _blocks(registers: Sequence[Register]) -> Iterator[Block]:
    group: list[Register] = []
    for register in sorted(registers, key=lambda r: r.address):
        if group and (register.address != group[-1].end or register.end - group[0].address > MOST_WORDS):
            yield Block(tuple(group))
            group = []
        group.append(register)
    if group:
        yield Block(tuple(group))


def number(words: Sequence[int], kind: Kind, scale: Fraction, low_first: bool) -> Fraction | float:
    """The number that words hold, multiplied by its scale; NaN and infinity as they are."""
    ordered = tuple(reversed(words)) if low_first else tuple(words)
    value = struct.unpack(f">{kind.value[1]}", struct.pack(f">{len(ordered)}H", *ordered))[0]
    if isinstance(value, float) and not abs(value) < float("inf"):
        return value
    return Fraction(value) * scale


_KILO = Fraction(1000)


def _row(names: Sequence[str], first: int, scale: Fraction = Fraction(1)) -> tuple[Register, ...]:
    """Floats that follow one another."""
    return tuple(Register(name, first + 2 * k, Kind.F32, scale) for k, name in enumerate(names))


IEM3 = Driver(
    "iem3x5x",
    3,
    (
        # iEM3100/3200/3300 manual, register list: number - 1 on the wire; four questions of different length.
        *_row(CURRENT, 2999),
        *_row(("voltage_12", "voltage_23", "voltage_31", "voltage_mean"), 3019),
        *_row(VOLTAGE, 3027),
        *_row((*POWER, "power"), 3053, _KILO),
        Register("energy", 3203, Kind.I64),
    ),
    identified=True,
    family=("iEM3",),
)
IEM2 = Driver(
    "iem2155",
    1,
    (
        *_row(CURRENT[:1], 2999),
        *_row(VOLTAGE[:1], 3027),
        *_row(("power",), 3053, _KILO),
        *_row(("energy", "export"), 45099),
    ),
    identified=True,
    family=("iEM2", "A9MEM2"),
)

DRIVERS: Mapping[str, Driver] = MappingProxyType({driver.name: driver for driver in (IEM3, IEM2)})
"""The meters whose registers are known, by the setting's name."""

NAME, MODEL, MAKER = ((address, 20) for address in (29, 49, 69))  # UTF-8 texts
SERIAL = (129, 2)  # u32
FIRMWARE = (1636, 1)  # u16: major in the hundreds


def text_of(words: Sequence[int]) -> str:
    """Text in registers: two characters a word, ended by a zero; what can't be shown is left out."""
    data = struct.pack(f">{len(words)}H", *words).split(b"\0", 1)[0]
    return "".join(c for c in data.decode("utf-8", "replace") if c.isprintable() and c != "\ufffd").strip()
