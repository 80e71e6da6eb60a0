"""Starts and stops that the supervision asks for (OCPP 1.6 sections 5.11 and 5.12)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ocpp.v16 import call_result  # type: ignore[import-untyped]

from evlink.ocpp.chargepoint import Handler
from evlink.ocpp.link import Desk, Outbox, Present
from evlink.ocpp.messages import normal_id_tag
from evlink.ocpp.queue import TransactionQueue
from evlink.ocpp.registration import Registrar


class Remote:
    """The handlers of remote starts and stops."""

    def __init__(
        self, present: Present, outbox: Outbox, desk: Desk, registrar: Registrar, queue: TransactionQueue
    ) -> None:
        self._present = present
        self._outbox = outbox
        self._desk = desk
        self._registrar = registrar
        self._queue = queue

    def table(self) -> Mapping[str, Handler]:
        """Handlers by action."""
        return {
            "RemoteStartTransaction": self.remote_start,
            "RemoteStopTransaction": self.remote_stop,
        }

    async def remote_start(self, id_tag: str, connector_id: int | None = None, charging_profile: Any = None) -> Any:
        """Ask the station for a charge (section 5.11); a charging profile is ignored, as it says for stations
        without smart charging. Connector 0 is no outlet."""
        tag = normal_id_tag(id_tag)
        possible = connector_id is None or 1 <= connector_id <= self._present.config.connectors
        accepted = (
            tag is not None
            and possible
            and self._registrar.standing.obeys
            and await self._desk.remote_start(tag, connector_id)
        )
        return call_result.RemoteStartTransaction("Accepted" if accepted else "Rejected")

    async def remote_stop(self, transaction_id: int) -> Any:
        """Ask the station for the end of a transaction (section 5.12); unknown ones are Rejected."""
        if not self._registrar.standing.obeys or not -(2**63) <= transaction_id < 2**63:
            return call_result.RemoteStopTransaction("Rejected")
        session = await self._outbox.session_of(transaction_id)
        if session is None:
            await self._queue.settled()
            session = await self._outbox.session_of(transaction_id)
        accepted = session is not None and await self._desk.remote_stop(session)
        return call_result.RemoteStopTransaction("Accepted" if accepted else "Rejected")
