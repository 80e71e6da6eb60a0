"""What the supervision may ask of the station: the handlers of all areas in one table (OCPP 1.6 section 5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from ocpp.v16 import call_result  # type: ignore[import-untyped]

from evlink.ocpp.chargepoint import Handler

# What this station has no use for, answered honestly.
REFUSED: Mapping[str, Handler] = {
    "CancelReservation": lambda **_: call_result.CancelReservation("Rejected"),
    "ChangeAvailability": lambda **_: call_result.ChangeAvailability("Rejected"),
    "ClearCache": lambda **_: call_result.ClearCache("Rejected"),
    "ClearChargingProfile": lambda **_: call_result.ClearChargingProfile("Unknown"),
    "DataTransfer": lambda **_: call_result.DataTransfer("UnknownVendorId"),
    "ExtendedTriggerMessage": lambda **_: call_result.ExtendedTriggerMessage("NotImplemented"),
    "GetCompositeSchedule": lambda **_: call_result.GetCompositeSchedule("Rejected"),
    "GetLocalListVersion": lambda **_: call_result.GetLocalListVersion(-1),  # no list (section 5.10)
    "ReserveNow": lambda **_: call_result.ReserveNow("Rejected"),
    "Reset": lambda **_: call_result.Reset("Rejected"),
    "SendLocalList": lambda **_: call_result.SendLocalList("NotSupported"),
    "SetChargingProfile": lambda **_: call_result.SetChargingProfile("NotSupported"),
    "TriggerMessage": lambda **_: call_result.TriggerMessage("NotImplemented"),
    "UnlockConnector": lambda **_: call_result.UnlockConnector("NotSupported"),
}


class Area(Protocol):
    """One area of the supervision's requests: charging, configuration, reservation, ..."""

    def table(self) -> Mapping[str, Handler]:
        """Handlers by action."""
        ...


def orders(areas: Iterable[Area]) -> Mapping[str, Handler]:
    """Handlers by action, `docs/ocpp.md` lists them beside what is refused. What is not here gets NotSupported."""
    table = dict(REFUSED)
    for area in areas:
        table.update(area.table())
    return table
