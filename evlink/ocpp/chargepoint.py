"""The charge point on one websocket: OCPP-J's frames in and out, one request outstanding (OCPP-J 1.6 section 4).

Payloads are `exchange.Exchange`'s. What arrives isn't trusted:

- Frames are sorted by `frames.read_frame`; an answer is passed on only to the pending request of that id, so
  that answers nobody waits for, or given twice, pile up nowhere.
- Requests of the supervision are handled in a task of their own, one after the other. The reading goes on
  meanwhile, so a handler may wait for something that itself needs an answer.
- An action of the version without handler is NotSupported, any other NotImplemented (OCPP-J 1.6 section 4.2.3),
  FormationViolation keeps the wire's spelling, and details of the request aren't sent back.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable, Mapping
from typing import Any

import ocpp.messages  # type: ignore[import-untyped]
from websockets.asyncio.client import ClientConnection

from evlink.domain.text import clean
from evlink.ocpp.connection import NoAnswerError
from evlink.ocpp.dialect import Dialect
from evlink.ocpp.exchange import (
    Ask,
    Exchange,
    Handler,
    MalformedError,
    RefusedError,
    UnsendableError,
    Unserved,
)
from evlink.ocpp.frames import Broken, Failure, Reply, Request, error_frame, read_frame

__all__ = ["Ask", "ChargePoint", "Handler", "MalformedError", "RefusedError", "UnsendableError"]

REQUESTS_IN_HAND = 8
_log = logging.getLogger(__name__)


class ChargePoint:
    """One connection's charge point: an `exchange.Wire`.

    `answers` tells whether requests may be answered now (a rejected station is silent, OCPP 1.6 section 4.2);
    `handled` is called after each answer, for what an answer only announces.
    """

    def __init__(
        self,
        dialect: Dialect,
        websocket: ClientConnection,
        call_timeout_s: float,
        handlers: Mapping[str, Handler],
        answers: Callable[[], bool],
        handled: Callable[[], None] = lambda: None,
    ) -> None:
        self.last_sent_s = 0.0
        self._exchange = Exchange(dialect, handlers)
        self._websocket = websocket
        self._call_timeout_s = call_timeout_s
        self._answers = answers
        self._handled = handled
        self._turn = asyncio.Lock()
        self._pending: tuple[str, asyncio.Future[Reply | Failure]] | None = None
        self._requests: asyncio.Queue[Request] = asyncio.Queue(REQUESTS_IN_HAND)

    @property
    def is_reached(self) -> bool:
        """True: an open websocket is a sign of the supervision."""
        return True

    async def reached(self) -> None:
        """Return at once."""

    async def start(self) -> None:
        """Read until the websocket closes, which raises ConnectionClosed."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._handle_requests())
            while True:
                await self.route_message(await self._websocket.recv())

    async def ask(self, request: Any, message_id: str | None = None) -> Any:
        """Send a request, wait for its answer, return the payload (see `Ask`).

        NoAnswerError after `call_timeout_s`; a link that breaks first is for whoever runs `start` to see, and to
        cancel this. Requests wait for each other in order (OCPP-J 1.6 section 4.1.1).
        """
        action = type(request).__name__
        payload = self._exchange.written(request)
        if payload is None:
            return self._exchange.unspoken(request)
        async with self._turn:
            match await self._asked(message_id or str(uuid.uuid4()), action, payload):
                case Failure(code=code, description=description):
                    raise RefusedError(f"{action}: {code} {description}".strip())
                case Reply(payload=answer):
                    return self._exchange.read(action, answer)

    async def _asked(self, id_: str, action: str, payload: dict[str, Any]) -> Reply | Failure:
        verdict: asyncio.Future[Reply | Failure] = asyncio.get_running_loop().create_future()
        self._pending = (id_, verdict)
        self.last_sent_s = asyncio.get_running_loop().time()
        try:
            await self._send(ocpp.messages.Call(id_, action, payload).to_json())
            # Not asyncio.wait_for: before Python 3.12 it swallows a cancellation that comes together with the
            # answer, and the task would outlive its connection.
            async with asyncio.timeout(self._call_timeout_s):
                return await verdict
        except TimeoutError:
            raise NoAnswerError(f"no answer to {action} within {self._call_timeout_s:g} s") from None
        finally:
            self._pending = None

    async def route_message(self, raw: str | bytes) -> None:
        """Take one frame: an answer to its request, a request to the handlers' queue, the rest nowhere."""
        match read_frame(raw):
            case None:
                _log.warning("a frame of %d characters is no OCPP message and got no answer", len(raw))
            case (Reply() | Failure()) as verdict:
                if self._pending is None or self._pending[0] != verdict.id:
                    _log.warning("an answer came that no request waits for")
                elif not self._pending[1].done():
                    self._pending[1].set_result(verdict)
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
                continue
            try:
                answer = await self._exchange.serve(request.action, request.payload)
                await self._send(ocpp.messages.CallResult(request.id, answer).to_json())
            except Unserved as why:
                await self._refuse(request.id, why.code, why.description)
            finally:
                self._handled()

    async def _refuse(self, id_: str, code: str, description: str) -> None:
        if self._answers():
            await self._send(error_frame(id_, code, description))

    async def _send(self, message: str) -> None:
        """Write a frame; NoAnswerError where the peer takes nothing any more."""
        try:
            async with asyncio.timeout(self._call_timeout_s):
                await self._websocket.send(message)
        except TimeoutError:
            raise NoAnswerError("the supervision takes no messages any more") from None
