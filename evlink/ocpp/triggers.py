"""Messages that the supervision asks the station to send now (OCPP 1.6 section 5.17)."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any

from ocpp.v16 import call_result  # type: ignore[import-untyped]

from evlink.ocpp.chargepoint import Handler, MalformedError, RefusedError, UnsendableError
from evlink.ocpp.config import Present
from evlink.ocpp.connection import NoAnswerError

PER_CONNECTOR = frozenset({"MeterValues", "StatusNotification"})
_log = logging.getLogger(__name__)

Sender = Callable[[int], Awaitable[None]]


class Triggers:
    """The handler of TriggerMessage.

    `senders` sends a message by its name; those of PER_CONNECTOR get a connector, the others 0. ExtendedTriggerMessage
    has those of `extended` before them. What is asked for is sent after the answer, by `later`.
    """

    def __init__(
        self,
        present: Present,
        senders: Mapping[str, Sender],
        later: Callable[[Coroutine[Any, Any, None]], None],
        extended: Mapping[str, Sender] | None = None,
    ) -> None:
        self._present = present
        self._senders = senders
        self._extended = {**senders, **(extended or {})}
        self._later = later

    def table(self) -> Mapping[str, Handler]:
        """Handlers by action."""
        return {"TriggerMessage": self.trigger_message, "ExtendedTriggerMessage": self.extended_trigger_message}

    def trigger_message(self, requested_message: str, connector_id: int | None = None) -> Any:
        """Accept what can be sent (section 5.17); without a connector all of them speak."""
        return call_result.TriggerMessage(self._asked(self._senders, requested_message, connector_id))

    def extended_trigger_message(self, requested_message: str, connector_id: int | None = None) -> Any:
        """The same for the messages of the security extensions (security whitepaper)."""
        return call_result.ExtendedTriggerMessage(self._asked(self._extended, requested_message, connector_id))

    def _asked(self, senders: Mapping[str, Sender], message: str, connector: int | None) -> str:
        sender = senders.get(message)
        if sender is None:
            return "NotImplemented"
        if message not in PER_CONNECTOR:
            self._later(_sent(message, sender, (0,)))
            return "Accepted"
        connectors = self._present.config.connectors
        least = 0 if message == "StatusNotification" else 1
        if connector is None:
            self._later(_sent(message, sender, tuple(range(least, connectors + 1))))
            return "Accepted"
        if not least <= connector <= connectors:
            return "Rejected"
        self._later(_sent(message, sender, (connector,)))
        return "Accepted"


async def _sent(message: str, sender: Sender, connectors: tuple[int, ...]) -> None:
    for connector in connectors:
        try:
            await sender(connector)
        except (RefusedError, MalformedError, UnsendableError, NoAnswerError) as error:
            _log.warning("%s was asked for and not taken: %s", message, error)
