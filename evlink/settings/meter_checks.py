"""What is entered for a generic meter, and what is wrong with it: sizes, clashes, ends (R-170)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from evlink.settings.kinds import Value
from evlink.settings.label import Label
from evlink.settings.meter_registers import MONO, TRI
from evlink.settings.values import Values

METERS = "energy_management.meters"
_QUANTITIES = {
    ("current", ""): "current_1",
    ("energy", ""): "energy",
    ("voltage", ""): "voltage_1n",
    ("power", ""): "power",
    **{("current", f"_phase{k}"): f"current_{k}" for k in (1, 2, 3)},
    **{("energy", f"_phase{k}"): f"energy_{k}" for k in (1, 2, 3)},
    ("energy", "_total"): "energy",
    **{("voltage", f"_phase{k}_n"): f"voltage_{k}n" for k in (1, 2, 3)},
    **{("voltage", f"_phases{k}_{k % 3 + 1}"): f"voltage_{k}{k % 3 + 1}" for k in (1, 2, 3)},
    **{("power", f"_phase{k}"): f"power_{k}" for k in (1, 2, 3)},
    ("power", "_total"): "power",
}
_PARTS = {"energy_1", "energy_2", "energy_3"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One register as it was entered: the setting's path, its number (wire address + 1, 0 for none), its words."""

    path: str
    quantity: str
    number: int
    words: int


def entries(values: Values, outlet: int) -> tuple[Entry, ...]:
    """What is entered for the generic meter of an outlet."""
    return tuple(_entries(values, outlet))


def _entries(values: Values, outlet: int) -> Iterator[Entry]:
    mono = values.get(f"{METERS}.meter_type", outlet) == "generic_mono"
    prefix, table = ("mono", MONO) if mono else ("tri", TRI)
    for quantity, _, parts in table:
        words = int(values.get(f"{METERS}.{prefix}_{quantity}_register_size", outlet))
        for part in parts:
            name = f"{prefix}_{quantity}_register{part}"
            number = int(values.get(f"{METERS}.{name}", outlet))
            yield Entry(f"{METERS}.{outlet}.{name}", _QUANTITIES[quantity, part], number, words)


def problems(values: Values, outlet: int) -> Iterator[Label]:
    """What is wrong with the registers of an outlet's generic meter, a sentence each (R-170).

    Where registers of a size that fits no number end is not worth a word: the size comes first.
    """
    given = [entry for entry in entries(values, outlet) if entry.number]
    quantities = {entry.quantity for entry in given}
    sizes = {entry.path.partition("_register")[0]: entry.words for entry in given if entry.words not in (1, 2, 4)}
    for path, words in sizes.items():
        size = f"{path}_register_size"
        yield Label(
            f"{size}: no number has {words} registers; allowed: 1, 2 or 4",
            f"{size} : aucun nombre n'occupe {words} registres ; autorisé : 1, 2 ou 4",
        )
    given = [entry for entry in given if entry.words in (1, 2, 4)]
    placed = sorted(given, key=lambda entry: entry.number)
    for one, other in pairwise(placed):
        if other.number < one.number + one.words:
            yield Label(
                f"{one.path} = {one.number} takes {one.words} registers and overlaps {other.path} = {other.number}",
                f"{one.path} = {one.number} occupe {one.words} registres et chevauche {other.path} = {other.number}",
            )
    for entry in given:
        if entry.number + entry.words - 1 > 65536:
            yield Label(
                f"{entry.path} = {entry.number}: its {entry.words} registers end after 65536",
                f"{entry.path} = {entry.number} : ses {entry.words} registres finissent après 65536",
            )
    if "energy" not in quantities and not quantities >= _PARTS:
        yield Label(
            f"outlet {outlet}: the generic meter has no energy register",
            f"prise {outlet} : le compteur générique n'a pas de registre d'énergie",
        )


def noticed(after: Values, changed: Mapping[str, Value]) -> Iterator[Label]:
    """What is wrong with the generic meters that a change touches; they are not asked until it is put right."""
    for outlet in after.facts.outlets:
        kind = after.get(f"{METERS}.meter_type", outlet)
        prefixes = (f"{METERS}.{outlet}.{str(kind).removeprefix('generic_')}_", f"{METERS}.{outlet}.meter_type")
        if str(kind).startswith("generic_") and any(path.startswith(prefixes) for path in changed):
            yield from problems(after, outlet)
