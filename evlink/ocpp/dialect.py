"""The dialects of OCPP: how payloads of 1.6, which the station speaks within, are written on the wire and read."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Protocol

import ocpp.messages  # type: ignore[import-untyped]
from ocpp.exceptions import OCPPError  # type: ignore[import-untyped]
from ocpp.v16.enums import Action  # type: ignore[import-untyped]

from evlink.domain.text import clean
from evlink.ocpp.fitting import Fits, fitting
from evlink.ocpp.states import ConnectorState

Payload = dict[str, Any]


class Dialect(Protocol):
    """One version's payloads. What comes back is checked; each raises OCPPError for what is against its schema."""

    subprotocol: str
    actions: frozenset[str]  # what the version knows, of either side

    def request(self, action: str, payload: Payload) -> Payload | None:
        """A request of the station as the wire has it; None for what the version has no words for."""
        ...

    def answer(self, action: str, payload: Any) -> Payload:
        """The supervision's answer, as 1.6 has it."""
        ...

    def order(self, action: str, payload: Any) -> Payload:
        """A request of the supervision, as 1.6 has it."""
        ...

    def report(self, action: str, payload: Payload, order: Payload) -> Payload:
        """The station's answer to an order, as the wire has it."""
        ...

    def state(self, state: ConnectorState) -> ConnectorState:
        """A connector's state in the version's words: states that become equal are told once."""
        ...


class V16:
    """OCPP 1.6: payloads as they are, judged by the package's schemas."""

    subprotocol = "ocpp1.6"
    actions = frozenset(str(action.value) for action in Action)

    def __init__(self) -> None:
        self._fits: dict[tuple[int, str], Fits] = {}

    def request(self, action: str, payload: Payload) -> Payload | None:
        """The request, judged."""
        return self._judged(ocpp.messages.Call("", action, payload))

    def answer(self, action: str, payload: Any) -> Payload:
        """The answer, judged."""
        return self._judged(ocpp.messages.CallResult("", payload, action))

    def order(self, action: str, payload: Any) -> Payload:
        """The order, judged."""
        return self._judged(ocpp.messages.Call("", action, payload))

    def report(self, action: str, payload: Payload, order: Payload) -> Payload:
        """The report, judged."""
        return self._judged(ocpp.messages.CallResult("", payload, action))

    def state(self, state: ConnectorState) -> ConnectorState:
        """The state as it is."""
        return state

    def _judged(self, message: Any) -> Payload:
        key = message.message_type_id, message.action
        if key not in self._fits:
            # Decimal as the package wants it for the schemas with tenths: it keeps each as it was first read.
            schema = ocpp.messages.get_validator(*key, "1.6", parse_float=Decimal).schema
            self._fits[key] = fitting(schema)
        if not self._fits[key](message.payload):
            # At a station's rates the package's thread a message costs more than the validation itself.
            ocpp.messages._validate_payload(message, "1.6")
        payload: Payload = message.payload
        return payload


def dialect(version: str, form: str = "xsd") -> Dialect:
    """The dialect of a version, "1.5" or "1.6"."""
    if version != "1.5":
        return V16()
    # Its tables take a hundredth of a second of the start, which a station of 1.6 needn't spend.
    from evlink.ocpp.v15.dialect import V15

    return V15(form)


def cause(error: OCPPError) -> str:
    """What is wrong, in one clean line, without the message itself."""
    details = error.details if isinstance(error.details, dict) else {}
    return clean(str(details.get("cause") or error.description or error), 200)
