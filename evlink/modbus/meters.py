"""A meter on a bus: who it is, and one sample a poll."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from math import isfinite

from evlink.modbus.bus import Bus, BusError, Read, Refused, Silent
from evlink.modbus.drivers import (
    CURRENT,
    ENERGY,
    FIRMWARE,
    MAKER,
    MODEL,
    POWER,
    SERIAL,
    VOLTAGE,
    Block,
    Driver,
    text_of,
)
from evlink.settings.label import Label

Number = Fraction | float
MVAS_PER_WH = 3_600_000


@dataclass(frozen=True, slots=True)
class Identity:
    """What a meter says of itself; empty where it says nothing."""

    model: str = ""
    serial: str = ""
    maker: str = ""
    firmware: str = ""


@dataclass(frozen=True, slots=True)
class Sample:
    """One poll of a meter, by its own inputs PM1 to PM3: amperes, volts, watts, and the counter.

    None where the meter has no such register. Nothing was checked yet: numbers may be NaN.
    """

    current_a: tuple[float, float, float] | None
    voltage_v: tuple[float, float, float] | None
    power_w: float | None
    energy: Number
    words: tuple[int, ...]  # as they came, to be compared with those before

    @property
    def energy_wh(self) -> float:
        """The counter in watt-hours."""
        return float(self.energy)

    @property
    def energy_mvas(self) -> int:
        """The counter in the register's unit, exact. ValueError or OverflowError where it is no number."""
        return int(Fraction(self.energy) * MVAS_PER_WH)


Inputs = tuple[bool, bool, bool]


def used(sample: Sample, inputs: Inputs) -> Sample:
    """A sample without what its meter says of inputs that nothing is connected to: those read NaN on many meters."""

    def kept(readings: tuple[float, float, float] | None) -> tuple[float, float, float] | None:
        if readings is None:
            return None
        one, two, three = (
            reading if wired or isfinite(reading) else 0.0 for reading, wired in zip(readings, inputs, strict=True)
        )
        return (one, two, three)

    return replace(sample, current_a=kept(sample.current_a), voltage_v=kept(sample.voltage_v))


class StrangerError(Exception):
    """Another kind of meter than the settings say answers under the address."""

    def __init__(self, said: Label) -> None:
        super().__init__(said.en)
        self.said = said


class Meter:
    """One meter: a driver, a unit on a bus. Its questions are asked in an order under which a late reply shows."""

    def __init__(self, driver: Driver, bus: Bus, unit: int) -> None:
        self.driver = driver
        self.unit = unit
        self._bus = bus
        self._blocks = driver.blocks()
        self._unanswered = 0  # words of the question that got no reply last time

    async def identify(self) -> Identity:
        """Ask the meter who it is. BusError where it does not answer, StrangerError where it is of another kind.

        A meter without these registers is taken for what the settings say it is.
        """
        if not self.driver.identified:
            return Identity()
        found = await identity(self._bus, self.unit)
        if found.model and not found.model.startswith(self.driver.family):
            raise StrangerError(
                Label(
                    f"unit {self.unit} calls itself {found.model} and is no meter of the kind {self.driver.name}",
                    f"l'unité {self.unit} se nomme {found.model} et n'est pas un compteur de type {self.driver.name}",
                )
            )
        return found

    async def poll(self) -> Sample:
        """Read all registers once. BusError at the first question that fails; nothing of such a poll counts."""
        values: dict[str, Number] = {}
        words: dict[Block, tuple[int, ...]] = {}
        for block in self._order():
            self._unanswered = block.count
            try:
                came = await self._bus.read(block.question(self.unit, self.driver.function))
            except Silent:
                raise
            except BusError:
                self._unanswered = 0
                raise
            self._unanswered = 0
            values.update(block.values(came, self.driver.low_first))
            words[block] = came
        # In the order of the blocks, whichever was asked first: a silence must not make the same words look new.
        return _sample(self.driver, values, tuple(word for block in self._blocks for word in words[block]))

    def _order(self) -> tuple[Block, ...]:
        """After a silence first a question of another length, so that a very late reply does not fit it."""
        if not self._unanswered:
            return self._blocks
        return tuple(sorted(self._blocks, key=lambda block: block.count == self._unanswered))


def _sample(driver: Driver, values: Mapping[str, Number], words: tuple[int, ...]) -> Sample:
    def three(names: tuple[str, str, str]) -> tuple[float, float, float] | None:
        found = [values.get(name) for name in names]
        if driver.phases == 1:
            return None if found[0] is None else (float(found[0]), 0.0, 0.0)
        if any(one is None for one in found):
            return None
        first, second, third = (float(one) for one in found if one is not None)
        return (first, second, third)

    power = values.get("power")
    if power is None and (parts := three(POWER)) is not None:
        power = sum(parts)
    energy = values.get("energy")
    if energy is None:
        energy = sum((values[name] for name in ENERGY), start=Fraction(0))
    return Sample(three(CURRENT), three(VOLTAGE), None if power is None else float(power), energy, words)


async def identity(bus: Bus, unit: int) -> Identity:
    """Who a unit is, by the registers that the meters of this maker have; empty where it has none.

    BusError where it does not answer at all.
    """
    try:
        model = text_of(await bus.read(Read(unit, *MODEL)))
        maker = text_of(await bus.read(Read(unit, *MAKER)))
    except Refused:
        return Identity()
    serial, firmware = "", ""
    try:
        high, low = await bus.read(Read(unit, *SERIAL))
        serial = str(high << 16 | low)
        (version,) = await bus.read(Read(unit, *FIRMWARE))
        firmware = f"{version // 100}.{version % 100:02d}"
    except Refused:
        pass
    return Identity(model, serial, maker, firmware)
