"""The registers of a generic meter (R-170): address and size of current, energy, voltage and power, one table."""

from __future__ import annotations

from collections.abc import Iterator

from evlink.settings.conditions import Is
from evlink.settings.kinds import Whole
from evlink.settings.label import Label
from evlink.settings.model import Scope, Setting
from evlink.settings.tabs import METERS

_PARTS = {
    "": Label("", ""),
    "_phase1": Label(", phase 1", " phase 1"),
    "_phase2": Label(", phase 2", " phase 2"),
    "_phase3": Label(", phase 3", " phase 3"),
    "_phases1_2": Label(", phases 1-2", " phases 1-2"),
    "_phases2_3": Label(", phases 2-3", " phases 2-3"),
    "_phases3_1": Label(", phases 3-1", " phases 3-1"),
    "_phase1_n": Label(", phase 1-N", " phase 1 - N"),
    "_phase2_n": Label(", phase 2-N", " phase 2 - N"),
    "_phase3_n": Label(", phase 3-N", " phase 3 - N"),
    "_total": Label(", total", " total"),
}

_FRENCH = {"current": "intensity"}  # the screen's French names are English but for this word

MONO = (
    ("current", "A", {"": 19013}),
    ("energy", "Wh", {"": 19061}),
    ("voltage", "V", {"": 19001}),
    ("power", "kW", {"": 19027}),
)
"""Quantity, unit of its register, and factory address by part, for a single-phase meter."""

TRI = (
    ("current", "A", {"_phase1": 19013, "_phase2": 19015, "_phase3": 19017}),
    ("energy", "Wh", {"_phase1": 19055, "_phase2": 19057, "_phase3": 19059, "_total": 19061}),
    (
        "voltage",
        "V",
        {
            "_phases1_2": 19007,
            "_phases2_3": 19009,
            "_phases3_1": 19011,
            "_phase1_n": 19001,
            "_phase2_n": 19003,
            "_phase3_n": 19005,
        },
    ),
    ("power", "kW", {"_phase1": 19021, "_phase2": 19023, "_phase3": 19025, "_total": 19027}),
)
"""The same for a three-phase meter; the addresses advance by two, the size of a register (N-46)."""


def _family(prefix: str, meter: str, table: tuple[tuple[str, str, dict[str, int]], ...]) -> Iterator[Setting]:
    """The settings of one kind of generic meter: per quantity its addresses, then their common size."""
    shown = Is("energy_management.meters.meter_type", meter)
    for quantity, unit, addresses in table:
        french = _FRENCH.get(quantity, quantity)
        for part, address in addresses.items():
            words = _PARTS[part]
            single = " address" if not part else ""
            yield Setting(
                f"energy_management.meters.{prefix}_{quantity}_register{part}",
                Label(
                    f"Power meter {quantity} register{single}{words.en} ({unit})",
                    f"Power meter {french} register{words.fr} address (en {unit})",
                ),
                Whole(0, 65535),
                METERS,
                factory=address,
                scope=Scope.OUTLET,
                visible=shown,
                note=Label(
                    f"Where the meter keeps this value, in {unit}; its own documentation tells.",
                    f"Où le compteur tient cette valeur, en {unit} ; voir sa documentation.",
                ),
            )
        yield Setting(
            f"energy_management.meters.{prefix}_{quantity}_register_size",
            Label(f"Power meter {quantity} register size", f"Power meter {french} register size (en 16 bits)"),
            Whole(1, 4, "16-bit words"),
            METERS,
            factory=2,
            scope=Scope.OUTLET,
            visible=shown,
            note=Label("How many words each of these registers has.", "Combien de mots a chacun de ces registres."),
        )


SETTINGS: tuple[Setting, ...] = (
    *_family("mono", "generic_mono", MONO),
    *_family("tri", "generic_tri", TRI),
)
