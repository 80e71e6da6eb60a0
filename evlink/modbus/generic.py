"""Generic meters: the installer's register numbers become a driver, or one sentence about what is wrong with them."""

from __future__ import annotations

from fractions import Fraction

from evlink.modbus.bus import HOLDING, INPUT
from evlink.modbus.drivers import Driver, Kind, Register
from evlink.settings.label import Label
from evlink.settings.meter_checks import METERS, entries, problems
from evlink.settings.values import Values

OURS = "extension.meters"
_FIXED = {"power": Fraction(1000)}  # the screen says kW


def driver(values: Values, outlet: int) -> Driver | Label:
    """The driver of an outlet's generic meter, or the first thing that is wrong with its registers."""
    for problem in problems(values, outlet):
        return problem
    kinds = {
        1: Kind[str(values.get(f"{OURS}.type_of_1", outlet)).upper()],
        2: Kind[str(values.get(f"{OURS}.type_of_2", outlet)).upper()],
        4: Kind[str(values.get(f"{OURS}.type_of_4", outlet)).upper()],
    }
    registers = []
    for entry in entries(values, outlet):
        if not entry.number:
            continue
        group = entry.quantity.partition("_")[0]
        scale = Fraction(str(values.get(f"{OURS}.scale_{group}", outlet))) * _FIXED.get(group, Fraction(1))
        registers.append(Register(entry.quantity, entry.number - 1, kinds[entry.words], scale))
    name = str(values.get(f"{METERS}.meter_type", outlet))
    return Driver(
        name,
        1 if name == "generic_mono" else 3,
        tuple(registers),
        function=INPUT if values.get(f"{OURS}.function", outlet) == "4" else HOLDING,
        low_first=values.get(f"{OURS}.word_order", outlet) == "low_first",
    )
