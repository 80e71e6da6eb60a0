"""The charge point on one websocket: frames in and out, one request outstanding, on the `ocpp` package's.

The package gives the payload types, the schemas, the conversion of names and the lock that keeps one request
outstanding. Three things are done otherwise here, because what arrives isn't trusted:

- Frames are sorted by `frames.read_frame`; an answer is passed on only to the pending request of that id, so
  that answers nobody waits for, or given twice, pile up nowhere.
- Requests of the supervision are handled in a task of their own, one after the other. The reading goes on
  meanwhile, so a handler may wait for something that itself needs an answer.
- An action of OCPP 1.6 without handler is NotSupported, any other NotImplemented (OCPP-J 1.6 section 4.2.3;
  the package has them the other way round), FormationViolation keeps the wire's spelling, and details of the
  request aren't sent back.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

import ocpp.messages  # type: ignore[import-untyped]
from ocpp.exceptions import OCPPError, UnknownCallErrorCodeError  # type: ignore[import-untyped]
from ocpp.v16 import ChargePoint as PackageChargePoint  # type: ignore[import-untyped]
from ocpp.v16.enums import Action  # type: ignore[import-untyped]
from websockets.asyncio.client import ClientConnection

from evlink.domain.text import clean
from evlink.ocpp.connection import NoAnswerError
from evlink.ocpp.frames import Broken, Failure, Reply, Request, error_frame, read_frame

# At a station's rates a thread a message costs more than the validation (0.2 to 0.5 ms) itself.
ocpp.messages.ASYNC_VALIDATION = False

REQUESTS_IN_HAND = 8
ACTIONS = frozenset(str(action.value) for action in Action)
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


class RefusedError(Exception):
    """The supervision answered with a CALLERROR."""


class MalformedError(Exception):
    """The supervision answered, but not as the schema says."""


class UnsendableError(Exception):
    """A request of our own is not as the schema says; it was not sent."""


class _WireLog(logging.LoggerAdapter[logging.Logger]):
    """The package's log lines: cleaned, cut, and a level lower, for each holds a whole message."""

    def log(self, level: int, msg: object, *args: object, **kwargs: Any) -> None:
        level = logging.DEBUG if level <= logging.WARNING else level
        if self.isEnabledFor(level):
            kwargs.pop("exc_info", None) if level == logging.DEBUG else None
            self.logger.log(level, msg, *(clean(str(arg), 500) for arg in args), **kwargs)


class ChargePoint(PackageChargePoint):  # type: ignore[misc]  # the package has no types
    """One connection's charge point. `handlers` maps actions to what answers them, by the package's snake case.

    `answers` tells whether requests may be answered now (a rejected station is silent, OCPP 1.6 section 4.2);
    `handled` is called after each answer, for what an answer only announces.
    """

    def __init__(
        self,
        identity: str,
        websocket: ClientConnection,
        call_timeout_s: float,
        handlers: Mapping[str, Handler],
        answers: Callable[[], bool],
        handled: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(identity, websocket, call_timeout_s, _WireLog(_log))
        self.route_map = {action: {"_on_action": handler} for action, handler in handlers.items()}
        self.last_sent_s = 0.0  # event loop time of the last request sent
        self._answers = answers
        self._handled = handled
        self._turn = asyncio.Lock()
        self._pending: str | None = None
        self._verdict: Reply | Failure | None = None
        self._requests: asyncio.Queue[Request] = asyncio.Queue(REQUESTS_IN_HAND)

    async def start(self) -> None:
        """Read until the websocket closes, which raises ConnectionClosed."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._handle_requests())
            while True:
                await self.route_message(await self._connection.recv())

    async def ask(self, request: Any, message_id: str | None = None) -> Any:
        """Send a request, wait for its answer, return the payload (see `Ask`).

        NoAnswerError after `call_timeout_s`; a link that breaks first is for whoever runs `start` to see, and to
        cancel this. Requests wait for each other in order (OCPP-J 1.6 section 4.1.1).
        """
        action = type(request).__name__
        async with self._turn:
            self._pending, self._verdict = message_id or str(uuid.uuid4()), None
            self._response_queue: asyncio.Queue[Any] = asyncio.Queue()
            self.last_sent_s = asyncio.get_running_loop().time()
            try:
                return await self.call(request, suppress=False, unique_id=self._pending)
            except TimeoutError:
                raise NoAnswerError(f"no answer to {action} within {self._response_timeout:g} s") from None
            except (OCPPError, UnknownCallErrorCodeError) as error:
                match self._verdict:
                    case Failure(code=code, description=description):
                        raise RefusedError(f"{action}: {code} {description}".strip()) from None
                    case Reply():
                        raise MalformedError(f"{action}: {_cause(error)}") from None
                    case _:
                        raise UnsendableError(f"{action}: {_cause(error)}") from None
            finally:
                self._pending = None

    async def route_message(self, raw_msg: str | bytes) -> None:
        """Take one frame: an answer to its request, a request to the handlers' queue, the rest nowhere."""
        match read_frame(raw_msg):
            case None:
                _log.warning("a frame of %d characters is no OCPP message and got no answer", len(raw_msg))
            case (Reply() | Failure()) as verdict if verdict.id == self._pending:
                self._pending, self._verdict = None, verdict
                self._response_queue.put_nowait(_package_message(verdict))
            case Reply() | Failure():
                _log.warning("an answer came that no request waits for")
            case Broken(id=id_, code=code, description=description):
                await self._refuse(id_, code, description)
            case Request() as request if self._requests.full():
                await self._refuse(request.id, "GenericError", "too many requests are outstanding")
            case Request() as request:
                self._requests.put_nowait(request)

    async def _handle_requests(self) -> None:
        while True:
            request = await self._requests.get()
            if not self._answers():
                _log.info("%s was not answered: the station is rejected", clean(request.action, 50))
            elif request.action in self.route_map:
                await self._handle(request)
            elif request.action in ACTIONS:
                await self._refuse(request.id, "NotSupported", f"{request.action} is not supported")
            else:
                await self._refuse(request.id, "NotImplemented", f"{request.action} is not known")

    async def _handle(self, request: Request) -> None:
        message = ocpp.messages.Call(request.id, request.action, request.payload)
        try:
            await self._handle_call(message)
        except OCPPError as error:
            await self._refuse(request.id, _SPELLING.get(error.code, error.code), _cause(error))
        except RecursionError:
            await self._refuse(request.id, "FormationViolation", "the payload is nested too deep")
        finally:
            self._handled()

    async def _refuse(self, id_: str, code: str, description: str) -> None:
        if self._answers():
            await self._send(error_frame(id_, code, description))

    async def _get_specific_response(self, unique_id: str, timeout: float) -> Any:
        """Wait for the answer, which `route_message` lets through only for this id.

        The package waits with `asyncio.wait_for`, which before Python 3.12 swallows a cancellation that comes
        together with the answer: the task would outlive its connection.
        """
        async with asyncio.timeout(timeout):
            return await self._response_queue.get()

    async def _send(self, message: str) -> None:
        """Write a frame; NoAnswerError where the peer takes nothing any more."""
        try:
            async with asyncio.timeout(self._response_timeout):
                await self._connection.send(message)
        except TimeoutError:
            raise NoAnswerError("the supervision takes no messages any more") from None


def _package_message(verdict: Reply | Failure) -> Any:
    if isinstance(verdict, Reply):
        return ocpp.messages.CallResult(verdict.id, verdict.payload)
    return ocpp.messages.CallError(verdict.id, verdict.code, verdict.description, {})


def _cause(error: Exception) -> str:
    details = getattr(error, "details", None)
    cause = details.get("cause") if isinstance(details, dict) else None
    return clean(str(cause or getattr(error, "description", None) or error), 200)
