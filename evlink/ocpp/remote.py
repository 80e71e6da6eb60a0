"""Starts and stops that the supervision asks for (OCPP 1.6 sections 5.11 and 5.12)."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from ocpp.v16 import call_result  # type: ignore[import-untyped]

from evlink.domain.text import clean
from evlink.ocpp.chargepoint import Handler
from evlink.ocpp.config import Present
from evlink.ocpp.link import Desk, Outbox
from evlink.ocpp.messages import normal_id_tag
from evlink.ocpp.profiles import Unfit
from evlink.ocpp.queue import TransactionQueue
from evlink.ocpp.registration import Registrar
from evlink.ocpp.smart import Smart

_log = logging.getLogger(__name__)


class Remote:
    """The handlers of remote starts and stops."""

    def __init__(
        self,
        present: Present,
        outbox: Outbox,
        desk: Desk,
        registrar: Registrar,
        queue: TransactionQueue,
        smart: Smart,
    ) -> None:
        self._present = present
        self._outbox = outbox
        self._desk = desk
        self._registrar = registrar
        self._queue = queue
        self._smart = smart

    def table(self) -> Mapping[str, Handler]:
        """Handlers by action."""
        return {
            "RemoteStartTransaction": self.remote_start,
            "RemoteStopTransaction": self.remote_stop,
        }

    async def remote_start(
        self, id_tag: str, connector_id: int | None = None, charging_profile: dict[str, Any] | None = None
    ) -> Any:
        """Ask the station for a charge (section 5.11), with the profile it is to follow. Connector 0 is no outlet."""
        tag = normal_id_tag(id_tag)
        possible = connector_id is None or 1 <= connector_id <= self._present.config.connectors
        if tag is None or not possible or not self._registrar.standing.obeys:
            return call_result.RemoteStartTransaction("Rejected")
        try:
            offered = None if charging_profile is None else self._smart.check_offer(charging_profile)
        except Unfit as why:
            _log.warning("a remote start was rejected: %s", clean(str(why), 200))
            return call_result.RemoteStartTransaction("Rejected")
        outlet = await self._desk.remote_start(tag, connector_id)
        if outlet:
            self._smart.withdraw(outlet)
            if offered is not None:
                self._smart.offer(outlet, offered)
        return call_result.RemoteStartTransaction("Accepted" if outlet else "Rejected")

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
