"""What every transport does with messages: the package's objects on one side, a dialect's payloads on the other."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import MISSING, fields
from typing import Any, Protocol

from ocpp.exceptions import OCPPError  # type: ignore[import-untyped]
from ocpp.v16 import call_result  # type: ignore[import-untyped]

from evlink.domain.text import clean
from evlink.ocpp.dialect import Dialect, Payload, cause
from evlink.ocpp.spelling import camel, snake

_SPELLING = {
    "FormatViolation": "FormationViolation",
    "OccurrenceConstraintViolation": "OccurenceConstraintViolation",
}
_log = logging.getLogger(__name__)

Handler = Callable[..., Any]


class Ask(Protocol):
    """Send a request and return the answer's payload.

    Raises RefusedError, MalformedError, UnsendableError or NoAnswerError.
    """

    def __call__(self, request: Any, message_id: str | None = None) -> Awaitable[Any]: ...


class Wire(Protocol):
    """A way to the supervision that is open."""

    last_sent_s: float  # event loop time of the last request sent

    @property
    def ask(self) -> Ask: ...

    @property
    def is_reached(self) -> bool:
        """Whether the supervision has shown that it is there."""
        ...

    async def reached(self) -> None:
        """Return once the supervision has shown that it is there."""
        ...

    async def start(self) -> None:
        """Go on until the way is lost, which raises the reason."""
        ...


class RefusedError(Exception):
    """The supervision answered with a CALLERROR or a SOAP fault."""


class MalformedError(Exception):
    """The supervision answered, but not as the schema says."""


class UnsendableError(Exception):
    """A request of our own is not as the schema says; it was not sent."""


class Unserved(Exception):  # noqa: N818  # an answer, not a fault of ours
    """A request of the supervision gets an error in place of an answer: OCPP's code, and a sentence."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(description)
        self.code = code
        self.description = description


class Exchange:
    """The payloads of one connection. `handlers` maps actions to what answers them, by the package's snake case."""

    def __init__(self, dialect: Dialect, handlers: Mapping[str, Handler]) -> None:
        self._dialect = dialect
        self._handlers = handlers

    def written(self, request: Any) -> Payload | None:
        """A request's payload; None for what the dialect has no words for. Raises UnsendableError."""
        action = type(request).__name__
        try:
            return self._dialect.request(action, camel(request))
        except OCPPError as error:
            raise UnsendableError(f"{action}: {cause(error)}") from None

    def read(self, action: str, payload: Any) -> Any:
        """An answer's object; raises MalformedError."""
        try:
            told = snake(self._dialect.answer(action, payload))
        except OCPPError as error:
            raise MalformedError(f"{action}: {cause(error)}") from None
        except RecursionError:
            raise MalformedError(f"{action}: the payload is nested too deep") from None
        except (TypeError, OverflowError):
            raise MalformedError(f"{action}: a number is beyond any range") from None
        return getattr(call_result, action)(**told)

    def unspoken(self, request: Any) -> Any:
        """The answer to a request that the dialect has no words for: as if it had been taken.

        Raises UnsendableError where an answer would have to say something.
        """
        action = type(request).__name__
        answer = getattr(call_result, action)
        if any(field.default is MISSING for field in fields(answer)):
            raise UnsendableError(f"{action}: there is no such message in {self._dialect.subprotocol}")
        return answer()

    async def serve(self, action: str, payload: Any) -> Payload:
        """The payload of the answer to a request of the supervision; raises Unserved."""
        if action not in self._dialect.actions:
            raise Unserved("NotImplemented", f"{action} is not known")
        handler = self._handlers.get(action)
        if handler is None:
            raise Unserved("NotSupported", f"{action} is not supported")
        try:
            order = self._order(action, payload)
            answer = handler(**snake(order))
            if inspect.isawaitable(answer):
                answer = await answer
            return self._dialect.report(action, camel(answer), order)
        except OCPPError as error:
            raise Unserved(_SPELLING.get(error.code, error.code), cause(error)) from None
        except Unserved:
            raise
        except RecursionError:
            raise Unserved("FormationViolation", "the payload is nested too deep") from None
        except Exception as error:
            _log.exception("%s could not be answered", clean(action, 50))
            raise Unserved("InternalError", "An unexpected error occurred.") from error

    def _order(self, action: str, payload: Any) -> Payload:
        """A request in the terms of OCPP 1.6; the package's validator stumbles over infinite numbers."""
        try:
            return self._dialect.order(action, payload)
        except (TypeError, OverflowError):
            raise Unserved("TypeConstraintViolation", "a number is beyond any range") from None
