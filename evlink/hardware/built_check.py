"""What the tables of `board.toml` may hold, key by key and one with another (R-009 to R-011)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from evlink.hardware.built import FILE, MISSING, Facts, FactsError, Hardware, Outlet, Product, Reader, Station, Watchdog


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

STATION: Final[Mapping[str, _Rule]] = {
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
    "socket_type": _choice("TYPE1", "TYPE2", "TYPE3", "DOMESTIC", "TYPE2_DOMESTIC"),
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
_WATCHDOG: Final[Mapping[str, _Rule]] = {
    "device": _pattern(r"/[A-Za-z0-9_.:@+/-]{1,120}", "a device's whole path such as '/dev/watchdog0'"),
    "timeout_s": _Rule(lambda v: type(v) is int and 1 <= v <= 60, "a whole number of seconds, 1 to 60"),
}
HARDWARE: Final[Mapping[str, str]] = {
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


def parse(document: Mapping[str, Any], file: str = FILE) -> Facts:
    """Check the facts in a parsed document; `file` is the name to complain by. FactsError in one sentence."""
    _known(document, ("station", "product", "outlet", "hardware", "reader", "watchdog"), "", file)
    station = Station(**_table(document, "station", STATION, file))
    product = _table(document, "product", _PRODUCT, file)
    product["mac"] = tuple(product["mac"])
    rows = _rows_of(document, "outlet", MISSING, file)
    outlets = tuple(
        Outlet(**_table({f"outlet {n}": row}, f"outlet {n}", _OUTLET, file)) for n, row in enumerate(rows, 1)
    )
    names = _table(document, "hardware", dict.fromkeys(HARDWARE, _NAME), file)
    hardware = Hardware(**{HARDWARE[key]: value for key, value in names.items()})
    readers = tuple(
        Reader(**_table({f"reader {n}": {**_READER_USUAL, **row}}, f"reader {n}", _READER, file))
        for n, row in enumerate(_rows_of(document, "reader", [], file), 1)
    )
    watchdog = Watchdog(**_table(document, "watchdog", _WATCHDOG, file)) if "watchdog" in document else None
    facts = Facts(station, Product(**product), outlets, hardware, readers, watchdog)
    check_consistent(facts, file)
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


def check_consistent(facts: Facts, file: str) -> None:
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
    for outlet in facts.outlets:
        if station.attached_cable and outlet.socket_type.endswith("DOMESTIC"):
            wrong(f"outlet {outlet.id}.socket_type", outlet.socket_type, "a type of cable where it is attached")
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
