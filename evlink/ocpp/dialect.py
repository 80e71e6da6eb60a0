"""The dialects of OCPP: how payloads of 1.6, which the station speaks within, are written on the wire and read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import ocpp.messages  # type: ignore[import-untyped]
from jsonschema.exceptions import ValidationError
from ocpp.exceptions import (  # type: ignore[import-untyped]
    FormatViolationError,
    OCPPError,
    ProtocolError,
    TypeConstraintViolationError,
)
from ocpp.v16.enums import Action  # type: ignore[import-untyped]

from evlink.domain.text import clean
from evlink.ocpp.states import ConnectorState
from evlink.ocpp.v15.schemas import Judge
from evlink.ocpp.v15.shapes import FROM_STATION, TO_STATION
from evlink.ocpp.v15.words import ANSWERS, ERROR_CODES, ORDERS, REPORTS, REQUESTS, STATUSES, formed

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

    @staticmethod
    def _judged(message: Any) -> Payload:
        # At a station's rates the package's thread a message costs more than the validation (0.2 to 0.5 ms) itself.
        ocpp.messages._validate_payload(message, "1.6")
        payload: Payload = message.payload
        return payload


class V15:
    """OCPP 1.5: payloads translated by `v15.words`, judged by schemas of our own.

    `form` is how JSON writes meter values: `xsd`, `draft` or `attributes`.
    """

    subprotocol = "ocpp1.5"
    actions = frozenset(FROM_STATION) | frozenset(TO_STATION)

    def __init__(self, form: str = "xsd") -> None:
        self._form = form
        self._ours = Judge(FROM_STATION)
        self._theirs = Judge(TO_STATION)

    def request(self, action: str, payload: Payload) -> Payload | None:
        """The request in 1.5's words; None where it has none."""
        if action not in FROM_STATION:
            return None
        told = REQUESTS[action](payload) if action in REQUESTS else payload
        if told is None:
            return None
        _judge(self._ours.request, action, told)
        return formed(action, told, self._form)

    def answer(self, action: str, payload: Any) -> Payload:
        """The answer in 1.6's words."""
        _judge(self._ours.answer, action, payload)
        return ANSWERS[action](payload) if action in ANSWERS else payload

    def order(self, action: str, payload: Any) -> Payload:
        """The order in 1.6's words."""
        _judge(self._theirs.request, action, payload)
        return ORDERS[action](payload) if action in ORDERS else payload

    def report(self, action: str, payload: Payload, order: Payload) -> Payload:
        """The report in 1.5's words."""
        told = REPORTS[action](payload, order) if action in REPORTS else payload
        _judge(self._theirs.answer, action, told)
        return told

    def state(self, state: ConnectorState) -> ConnectorState:
        """Occupied stands for all that a connector with a vehicle may be."""
        code = ERROR_CODES.get(state.error_code, state.error_code)
        return ConnectorState(STATUSES[state.status], code, state.events)


def _judge(validate: Callable[[str, Any], None], action: str, payload: Any) -> None:
    """Validate, with the package's errors for what is wrong, as it has them for 1.6."""
    try:
        validate(action, payload)
    except ValidationError as error:
        cause = {"cause": clean(error.message, 200)}
        match error.validator:
            case "type" | "maxLength":
                raise TypeConstraintViolationError(details=cause) from None
            case "required":
                raise ProtocolError(details=cause) from None
            case _:
                raise FormatViolationError(details=cause) from None


def dialect(version: str, form: str = "xsd") -> Dialect:
    """The dialect of a version, "1.5" or "1.6"."""
    return V15(form) if version == "1.5" else V16()


def cause(error: OCPPError) -> str:
    """What is wrong, in one clean line, without the message itself."""
    details = error.details if isinstance(error.details, dict) else {}
    return clean(str(details.get("cause") or error.description or error), 200)
