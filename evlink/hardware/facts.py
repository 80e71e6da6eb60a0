"""The facts of a station, `board.toml`: what was built, never what can be set; they are not settings nor exported.

Every key stands in the file. A file with anything wrong is refused whole, in one sentence that names the file, the
key, the value and what is allowed.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final, Literal, NoReturn

FILE: Final = "board.toml"

Model = Literal["parking", "city", "wallbox"]


class FactsError(ValueError):
    """A `board.toml` that cannot be used; the message is one sentence."""

    def __init__(self, file: str, key: str, value: object, allowed: str) -> None:
        self.file, self.key, self.value, self.allowed = file, key, value, allowed
        shown = "is missing" if value is MISSING else f"is {value!r}"
        super().__init__(f"{file}: {key} {shown}; allowed: {allowed}.")


class _Missing:
    """Stands for a key that is not in the file."""


MISSING: Final = _Missing()


@dataclass(frozen=True, slots=True)
class Station:
    """What the whole station is (R-009)."""

    model: Model
    outlets: int
    phases: int
    rfid_reader: bool
    key_lock: bool
    wifi_card: bool
    attached_cable: bool
    delivered_firmware: str


@dataclass(frozen=True, slots=True)
class Product:
    """The product's identity (R-221, the report's section Product Number); one MAC address an outlet's board."""

    commercial_ref: str
    factory_code: str
    production_date: str
    production_revision: str
    batch_number: str
    unique_identifier: str
    product_id: str
    mac: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outlet:
    """One outlet and its electronic board; `rated_current` in amperes."""

    id: int
    serial_part1: str
    serial_part2: str
    socket_type: str
    rated_current: int
    location: str


@dataclass(frozen=True, slots=True)
class Hardware:
    """The names of the report's section Hardware Reference, spelt as there in the file."""

    enveloppe: str
    outlet_number: str
    plug_type: str
    board_type: str
    is_attached_cable: str
    push_button: str
    lock_type: str
    light_indicators: str
    charge_indicators: str
    buzzer: str
    modem: str
    display: str
    rfid_reader: str
    io_model: str


@dataclass(frozen=True, slots=True)
class Reader:
    """What a badge reader hangs on: a serial line, or an input device that types (docs/hardware.md).

    `form`, `order`, `size` and `check` say how it spells a badge; `baud` and `heartbeat_s` are a serial line's, and
    0 seconds mean that the reader sends nothing of itself.
    """

    outlet: int
    kind: str
    device: str
    form: str
    order: str
    size: int
    check: bool
    baud: int
    heartbeat_s: int


@dataclass(frozen=True, slots=True)
class Facts:
    """All facts of a station; outlet n is `outlet(n)`, counted from 1."""

    station: Station
    product: Product
    outlets: tuple[Outlet, ...]
    hardware: Hardware
    readers: tuple[Reader, ...] = ()  # none = the simulator's

    def outlet(self, number: int) -> Outlet:
        """The facts of an outlet. ValueError where there is none of that number."""
        for outlet in self.outlets:
            if outlet.id == number:
                return outlet
        raise ValueError(f"There is no outlet {number}; allowed are 1 to {len(self.outlets)}.")

    def serial_number(self) -> str:
        """The serial number that serves as station name (R-060): `FG 16302 07 002 003`."""
        p = self.product
        return " ".join((p.factory_code, p.production_date, p.production_revision, p.batch_number, p.unique_identifier))

    def station_column(self, number: int) -> str:
        """The station as an outlet's charge records call it: both serial number parts run together (R-193)."""
        outlet = self.outlet(number)
        return outlet.serial_part1 + outlet.serial_part2


@dataclass(frozen=True, slots=True)
class _Rule:
    """What a key's value may be."""

    fits: Callable[[Any], bool]
    allowed: str


def _choice(*values: object) -> _Rule:
    return _Rule(lambda v: any(type(v) is type(one) and v == one for one in values), " or ".join(map(repr, values)))


def _pattern(pattern: str, allowed: str) -> _Rule:
    return _Rule(lambda v: isinstance(v, str) and re.fullmatch(pattern, v) is not None, allowed)


_FLAG: Final = _Rule(lambda v: isinstance(v, bool), "true or false")
_NAME: Final = _Rule(
    lambda v: isinstance(v, str) and 0 < len(v) <= 80 and v.isprintable(), "text of 1 to 80 printable characters"
)
_SERIAL: Final = _pattern(r"[0-9A-Z]{1,20}", "1 to 20 digits and capital letters")
_MACS: Final = _Rule(
    lambda v: isinstance(v, list) and all(isinstance(m, str) and re.fullmatch(_MAC, m) for m in v),
    "a list of addresses such as '00:80:F4:42:55:81', one an outlet",
)
_MAC: Final = r"[0-9A-F]{2}(:[0-9A-F]{2}){5}"

_STATION: Final[Mapping[str, _Rule]] = {
    "model": _choice("parking", "city", "wallbox"),
    "outlets": _choice(1, 2),
    "phases": _choice(1, 3),
    "rfid_reader": _FLAG,
    "key_lock": _FLAG,
    "wifi_card": _FLAG,
    "attached_cable": _FLAG,
    "delivered_firmware": _pattern(r"\d{1,3}(\.\d{1,3}){1,3}", "a version such as '3.3'"),
}
_PRODUCT: Final[Mapping[str, _Rule]] = {
    "commercial_ref": _NAME,
    "factory_code": _pattern(r"[A-Z]{2}", "two capital letters"),
    "production_date": _pattern(r"\d{5}", "five digits, as text"),
    "production_revision": _pattern(r"\d{2}", "two digits, as text"),
    "batch_number": _pattern(r"\d{3}", "three digits, as text"),
    "unique_identifier": _pattern(r"\d{3}", "three digits, as text"),
    "product_id": _pattern(r"\d{6}[A-Z]", "six digits and a capital letter"),
    "mac": _MACS,
}
_OUTLET: Final[Mapping[str, _Rule]] = {
    "id": _choice(1, 2),
    "serial_part1": _SERIAL,
    "serial_part2": _SERIAL,
    "socket_type": _choice("TYPE1", "TYPE2", "TYPE3", "DOMESTIC"),
    "rated_current": _Rule(lambda v: type(v) is int and 6 <= v <= 63, "a whole number of amperes, 6 to 63"),
    "location": _choice("left", "right", "front"),
}
_READER: Final[Mapping[str, _Rule]] = {
    "outlet": _choice(1, 2),
    "kind": _choice("serial", "evdev"),
    "device": _pattern(r"/dev/[A-Za-z0-9][A-Za-z0-9_.:@+/-]{0,120}", "a device such as '/dev/ttyS1'"),
    "form": _choice("hex", "decimal"),
    "order": _choice("msb", "lsb"),
    "size": _Rule(lambda v: type(v) is int and 3 <= v <= 10, "a whole number of bytes, 3 to 10"),
    "check": _FLAG,
    "baud": _choice(1200, 2400, 4800, 9600, 19_200, 38_400, 57_600, 115_200),
    "heartbeat_s": _Rule(lambda v: type(v) is int and 0 <= v <= 3600, "a whole number of seconds, 0 to 3600"),
}
_READER_USUAL: Final[Mapping[str, object]] = {
    "form": "hex",
    "order": "msb",
    "size": 4,
    "check": False,
    "baud": 9600,
    "heartbeat_s": 0,
}
_HARDWARE: Final[Mapping[str, str]] = {
    "enveloppe": "enveloppe",
    "outletNumber": "outlet_number",
    "plugType": "plug_type",
    "boardType": "board_type",
    "isAttachedCable": "is_attached_cable",
    "pushButton": "push_button",
    "lockType": "lock_type",
    "lightIndicators": "light_indicators",
    "chargeIndicators": "charge_indicators",
    "buzzer": "buzzer",
    "modem": "modem",
    "display": "display",
    "rfidReader": "rfid_reader",
    "ioModel": "io_model",
}


def load(path: Path) -> Facts:
    """Read and check the facts in a file. FactsError in one sentence on anything wrong; OSError passes."""
    try:
        text = path.read_text(encoding="utf-8")
        document = tomllib.loads(text)
    except UnicodeDecodeError as wrong:
        raise FactsError(str(path), "the text", f"not UTF-8 at byte {wrong.start}", "TOML in UTF-8") from None
    except tomllib.TOMLDecodeError as wrong:
        raise FactsError(str(path), "the text", f"no TOML ({wrong})", "TOML") from None
    return parse(document, str(path))


def parse(document: Mapping[str, Any], file: str = FILE) -> Facts:
    """Check the facts in a parsed document; `file` is the name to complain by. FactsError as `load`."""
    _known(document, ("station", "product", "outlet", "hardware", "reader"), "", file)
    station = Station(**_table(document, "station", _STATION, file))
    product = _table(document, "product", _PRODUCT, file)
    product["mac"] = tuple(product["mac"])
    rows = _rows_of(document, "outlet", MISSING, file)
    outlets = tuple(
        Outlet(**_table({f"outlet {n}": row}, f"outlet {n}", _OUTLET, file)) for n, row in enumerate(rows, 1)
    )
    names = _table(document, "hardware", dict.fromkeys(_HARDWARE, _NAME), file)
    hardware = Hardware(**{_HARDWARE[key]: value for key, value in names.items()})
    readers = tuple(
        Reader(**_table({f"reader {n}": {**_READER_USUAL, **row}}, f"reader {n}", _READER, file))
        for n, row in enumerate(_rows_of(document, "reader", [], file), 1)
    )
    facts = Facts(station, Product(**product), outlets, hardware, readers)
    _consistent(facts, file)
    return facts


def _rows_of(document: Mapping[str, Any], name: str, default: object, file: str) -> list[dict[str, Any]]:
    rows = document.get(name, default)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise FactsError(file, name, rows, f"one [[{name}]] table {'an outlet' if name == 'outlet' else 'a reader'}")
    return rows


def _known(table: Mapping[str, Any], keys: tuple[str, ...], prefix: str, file: str) -> None:
    for key, value in table.items():
        if key not in keys:
            raise FactsError(file, f"{prefix}{key}", value, "no such key; known are " + ", ".join(keys))


def _table(document: Mapping[str, Any], name: str, rules: Mapping[str, _Rule], file: str) -> dict[str, Any]:
    table = document.get(name, MISSING)
    if not isinstance(table, dict):
        raise FactsError(file, name, table, "a table")
    _known(table, tuple(rules), f"{name}.", file)
    for key, rule in rules.items():
        value = table.get(key, MISSING)
        if value is MISSING or not rule.fits(value):
            raise FactsError(file, f"{name}.{key}", value, rule.allowed)
    return dict(table)


def _consistent(facts: Facts, file: str) -> None:
    """The facts that depend on each other (R-009 to R-011)."""
    station = facts.station

    def wrong(key: str, value: object, allowed: str) -> NoReturn:
        raise FactsError(file, key, value, allowed)

    if [outlet.id for outlet in facts.outlets] != list(range(1, station.outlets + 1)):
        wrong("outlet", [outlet.id for outlet in facts.outlets], f"ids 1 to {station.outlets} in order")
    if len(facts.product.mac) != station.outlets:
        wrong("product.mac", list(facts.product.mac), f"{station.outlets} addresses, one an outlet (R-011)")
    if station.model == "wallbox":
        if station.outlets != 1:
            wrong("station.outlets", station.outlets, "1 on a Smart Wallbox (R-011)")
        if station.key_lock == station.rfid_reader:
            wrong(
                "station.key_lock",
                station.key_lock,
                "on a Smart Wallbox either a key lock or an RFID reader (R-010)",
            )
    else:
        for key in ("key_lock", "wifi_card", "attached_cable"):
            if getattr(station, key):
                wrong(f"station.{key}", True, "true on a Smart Wallbox only (R-009, R-010)")
    seen = [reader.outlet for reader in facts.readers]
    if len(set(seen)) != len(seen) or any(outlet > station.outlets for outlet in seen):
        wrong("reader.outlet", seen, f"each outlet of 1 to {station.outlets} once")
    if facts.readers and not station.rfid_reader:
        wrong("station.rfid_reader", False, "true where a [[reader]] stands")
    for reader in facts.readers:
        if reader.check and reader.form != "hex":
            wrong("reader.check", True, "true with form 'hex' only")
    if (facts.hardware.rfid_reader == "None") == station.rfid_reader:
        wrong(
            "hardware.rfidReader",
            facts.hardware.rfid_reader,
            "the reader's name where station.rfid_reader is true, else 'None'",
        )
    if facts.hardware.is_attached_cable != str(station.attached_cable):
        wrong(
            "hardware.isAttachedCable",
            facts.hardware.is_attached_cable,
            f"{str(station.attached_cable)!r}, as station.attached_cable says",
        )


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
        raise FactsError("preset", "station.model", model, _STATION["model"].allowed)
    for key, value in (("outlets", outlets), ("phases", phases)):
        if not _STATION[key].fits(value):
            raise FactsError("preset", f"station.{key}", value, _STATION[key].allowed)
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
    _consistent(facts, "preset")
    return facts


def render(facts: Facts) -> str:
    """The facts as text of a `board.toml`; `parse` reads the same facts back."""
    lines = ["# The facts of this station: what was built. They are no settings and are never exported.", ""]
    lines += ["[station]", *_rows(facts.station), "", "[product]", *_rows(facts.product)]
    for outlet in facts.outlets:
        lines += ["", "[[outlet]]", *_rows(outlet)]
    for reader in facts.readers:
        lines += ["", "[[reader]]", *_rows(reader)]
    lines += ["", "# The names of the report's section Hardware Reference.", "[hardware]"]
    lines += [f"{key} = {_value(getattr(facts.hardware, name))}" for key, name in _HARDWARE.items()]
    return "\n".join(lines) + "\n"


def _rows(table: Station | Product | Outlet | Reader) -> list[str]:
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
