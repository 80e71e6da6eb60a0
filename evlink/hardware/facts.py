"""The facts of a station, `board.toml`: the file, and those of usual stations.

Every key stands in the file. A file with anything wrong is refused whole, in one sentence that names the file, the
key, the value and what is allowed.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Final

from evlink.hardware.built import FILE as FILE
from evlink.hardware.built import MISSING as MISSING
from evlink.hardware.built import Facts as Facts
from evlink.hardware.built import FactsError as FactsError
from evlink.hardware.built import Hardware as Hardware
from evlink.hardware.built import Model as Model
from evlink.hardware.built import Outlet as Outlet
from evlink.hardware.built import Product as Product
from evlink.hardware.built import Reader as Reader
from evlink.hardware.built import Station as Station
from evlink.hardware.built import Watchdog as Watchdog
from evlink.hardware.built_check import HARDWARE, STATION, check_consistent
from evlink.hardware.built_check import parse as parse


def load(path: Path) -> Facts:
    """Read and check the facts in a file. FactsError in one sentence on anything wrong; OSError passes."""
    try:
        if path.exists() and not path.is_file():
            raise FactsError(str(path), "the file", "not a regular one", "a TOML file")
        text = path.read_text(encoding="utf-8")
        document = tomllib.loads(text)
    except UnicodeDecodeError as wrong:
        raise FactsError(str(path), "the text", f"not UTF-8 at byte {wrong.start}", "TOML in UTF-8") from None
    except tomllib.TOMLDecodeError as wrong:
        raise FactsError(str(path), "the text", f"no TOML ({wrong})", "TOML") from None
    return parse(document, str(path))


_REFERENCES: Final[Mapping[Model, tuple[str, str, str, str, str]]] = {
    # commercial reference, factory, date, revision, product id
    "parking": ("EVF2S22P22R", "FG", "16302", "07", "502159V"),
    "city": ("EVC2S22P22R", "FG", "16302", "07", "502160W"),
    "wallbox": ("EVB1A22P4ER1", "JN", "16492", "05", "503192A"),
}


def preset(model: Model, outlets: int, phases: int) -> Facts:
    """The facts of a usual station: Parking or City with 1 or 2 outlets, Smart Wallbox with 1; all with a reader.

    FactsError where no such station is made.
    """
    if model not in _REFERENCES:
        raise FactsError("preset", "station.model", model, STATION["model"].allowed)
    for key, value in (("outlets", outlets), ("phases", phases)):
        if not STATION[key].fits(value):
            raise FactsError("preset", f"station.{key}", value, STATION[key].allowed)
    reference, factory, date, revision, product_id = _REFERENCES[model]
    wallbox = model == "wallbox"
    sides = ("front",) if outlets == 1 else ("right", "left")
    facts = Facts(
        Station(model, outlets, phases, True, False, False, False, "3.3"),
        Product(
            reference,
            factory,
            date,
            revision,
            "002",
            "003",
            product_id,
            tuple(f"00:80:F4:42:55:{0x82 - n:02X}" for n in range(1, outlets + 1)),
        ),
        tuple(Outlet(n, f"3N170941686A{n}", "S1B7551700014", "TYPE2", 32, side) for n, side in enumerate(sides, 1)),
        Hardware(
            enveloppe="Wallbox" if wallbox else "Monoblock",
            outlet_number=f"Socket-outlet {outlets}",
            plug_type="T2",
            board_type="PBV2_1",
            is_attached_cable="False",
            push_button="Normal and stop",
            lock_type="Double lock",
            light_indicators="AVAILABILITY_AND_BOOKED_AND_OUT_OF_ORDER",
            charge_indicators="Load lamp only",
            buzzer="KINGSTATE KPE-182",
            modem="None",
            display="None",
            rfid_reader="OSITRACK",
            io_model="Wallbox" if wallbox else "Monoblock",
        ),
    )
    check_consistent(facts, "preset")
    return facts


def render(facts: Facts) -> str:
    """The facts as text of a `board.toml`; `parse` reads the same facts back."""
    lines = ["# The facts of this station: what was built. They are no settings and are never exported.", ""]
    lines += ["[station]", *_rows(facts.station), "", "[product]", *_rows(facts.product)]
    for outlet in facts.outlets:
        lines += ["", "[[outlet]]", *_rows(outlet)]
    for reader in facts.readers:
        lines += ["", "[[reader]]", *_rows(reader)]
    if facts.watchdog is not None:
        lines += ["", "[watchdog]", *_rows(facts.watchdog)]
    lines += ["", "# The names of the report's section Hardware Reference.", "[hardware]"]
    lines += [f"{key} = {_value(getattr(facts.hardware, name))}" for key, name in HARDWARE.items()]
    return "\n".join(lines) + "\n"


def _rows(table: Station | Product | Outlet | Reader | Watchdog) -> list[str]:
    return [f"{field.name} = {_value(getattr(table, field.name))}" for field in fields(table)]


def _value(value: object) -> str:
    """A value in TOML; texts are printable already, so that quotes and backslashes are all there is to escape."""
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case tuple():
            return "[" + ", ".join(map(_value, value)) + "]"
        case _:
            return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


def write(path: Path, facts: Facts) -> None:
    """Write the facts to a file, whole or not at all: new file, fsync, rename. OSError where it cannot."""
    new = path.with_name(path.name + ".new")
    with open(new, "w", encoding="utf-8") as file:
        file.write(render(facts))
        file.flush()
        os.fsync(file.fileno())
    os.replace(new, path)
