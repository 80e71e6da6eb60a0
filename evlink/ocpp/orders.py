"""What the supervision may ask of the station: the handlers of all areas in one table (OCPP 1.6 section 5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from evlink.ocpp.chargepoint import Handler


class Area(Protocol):
    """One area of the supervision's requests: charging, configuration, reservation, ..."""

    def table(self) -> Mapping[str, Handler]:
        """Handlers by action."""
        ...


def orders(areas: Iterable[Area]) -> Mapping[str, Handler]:
    """Handlers by action, `docs/ocpp.md` lists them. What is not here gets NotSupported."""
    table: dict[str, Handler] = {}
    for area in areas:
        table.update(area.table())
    return table
