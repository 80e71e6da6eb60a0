"""OCPP 1.5's payloads: translated by `words`, judged by schemas of our own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jsonschema.exceptions import ValidationError
from ocpp.exceptions import (  # type: ignore[import-untyped]
    FormatViolationError,
    ProtocolError,
    TypeConstraintViolationError,
)

from evlink.domain.text import clean
from evlink.ocpp.dialect import Payload
from evlink.ocpp.states import ConnectorState
from evlink.ocpp.v15.schemas import Judge
from evlink.ocpp.v15.shapes import FROM_STATION, TO_STATION
from evlink.ocpp.v15.words import ANSWERS, ERROR_CODES, ORDERS, REPORTS, REQUESTS, STATUSES, formed


class V15:
    """OCPP 1.5: payloads translated by `words`, judged by schemas of our own.

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
