"""What the supervision does with the station itself: availability, reset, unlocking (OCPP 1.6 sections 5.2 to 5.18)."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from ocpp.v16 import call_result  # type: ignore[import-untyped]

from evlink.ocpp.chargepoint import Handler
from evlink.ocpp.config import Present
from evlink.ocpp.link import Desk


class Management:
    """The handlers. `later` runs what must not delay the answer, such as the restart that it announces."""

    def __init__(self, present: Present, desk: Desk, later: Callable[[Coroutine[Any, Any, None]], None]) -> None:
        self._present = present
        self._desk = desk
        self._later = later

    def table(self) -> Mapping[str, Handler]:
        """Handlers by action."""
        return {
            "ChangeAvailability": self.change_availability,
            "DataTransfer": self.data_transfer,
            "Reset": self.reset,
            "UnlockConnector": self.unlock_connector,
        }

    async def change_availability(self, connector_id: int, type: str) -> Any:  # noqa: A002 - the package's name for it
        """Put a connector, or all (0), in or out of service (section 5.2); a charge that runs ends first."""
        if not 0 <= connector_id <= self._present.config.connectors:
            return call_result.ChangeAvailability("Rejected")
        status = await self._desk.change_availability(connector_id, type == "Operative")
        return call_result.ChangeAvailability(status)

    async def reset(self, type: str) -> Any:  # noqa: A002 - the package's name for it
        """Restart, once the answer is out (section 5.14)."""
        self._later(self._desk.restart(type == "Hard"))
        return call_result.Reset("Accepted")

    async def unlock_connector(self, connector_id: int) -> Any:
        """Unlock a cable (section 5.18)."""
        if not 1 <= connector_id <= self._present.config.connectors:
            return call_result.UnlockConnector("NotSupported")
        return call_result.UnlockConnector(await self._desk.unlock(connector_id))

    async def data_transfer(self, vendor_id: str, message_id: str | None = None, data: Any = None) -> Any:
        """No vendor has an extension here (section 5.6)."""
        return call_result.DataTransfer("UnknownVendorId")
