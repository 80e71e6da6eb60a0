"""What was built: the tables of `board.toml` as values. They can't be set, and are neither settings nor exported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

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
class Watchdog:
    """The machine's hardware watchdog: its device, and the seconds without food after which it restarts the machine."""

    device: str
    timeout_s: int


@dataclass(frozen=True, slots=True)
class Facts:
    """All facts of a station; outlet n is `outlet(n)`, counted from 1."""

    station: Station
    product: Product
    outlets: tuple[Outlet, ...]
    hardware: Hardware
    readers: tuple[Reader, ...] = ()  # none = the simulator's
    watchdog: Watchdog | None = None

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
