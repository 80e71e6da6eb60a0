"""What the settings need to know of the station itself: facts, which nobody can set (board.toml)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, StrEnum


class Model(StrEnum):
    """A kind of station."""

    PARKING = "parking"
    CITY = "city"
    WALLBOX = "wallbox"


@dataclass(frozen=True, slots=True)
class Facts:
    """The station's own facts. A tuple holds one item an outlet; its last item serves any outlet past its end.

    `delivered_firmware` is the version the station left the factory with, which decides on DHCP (R-091).
    `rated_current` is in amperes. `board_link_ok` says that the cable between the two boards is on the prescribed
    port (R-107). Versions and MAC addresses are empty where nothing reported them.
    """

    model: Model = Model.PARKING
    outlet_count: int = 2
    has_rfid_reader: bool = True
    has_key_lock: bool = False
    has_wifi_card: bool = False
    phases: int = 3
    delivered_firmware: str = "3.3.0.4"
    serial_number: str = "FG 16302 07 002 003"
    rated_current: tuple[int, ...] = (32,)
    socket_type: tuple[str, ...] = ("t2",)
    attached_cable: tuple[bool, ...] = (False,)
    board_link_ok: bool = True
    mac_address: tuple[str, ...] = ()
    board_version: tuple[str, ...] = ()
    tool_version: tuple[str, ...] = ()
    rfid_reader_version: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "model", Model(self.model))
        if self.outlet_count not in (1, 2):
            raise ValueError(f"outlet_count {self.outlet_count}: 1 or 2 is allowed")
        if self.phases not in (1, 3):
            raise ValueError(f"phases {self.phases}: 1 or 3 is allowed")

    @property
    def outlets(self) -> range:
        """The station's outlet numbers, from 1."""
        return range(1, self.outlet_count + 1)

    def of(self, name: str, outlet: int | None = None) -> str | int | bool:
        """A fact by its name, the outlet's own where there is one an outlet; "" where it is not known."""
        value = getattr(self, name)
        if isinstance(value, tuple):
            value = value[min(outlet or 1, len(value)) - 1] if value else ""
        if not isinstance(value, (str, int, bool)):
            raise TypeError(f"fact {name} is no plain value")
        return value.value if isinstance(value, Enum) else value


def version(text: str) -> tuple[int, ...]:
    """A dotted version as numbers to compare: "3.2.0.12" is (3, 2, 0, 12)."""
    return tuple(int(part) for part in re.findall(r"\d{1,9}", text))
