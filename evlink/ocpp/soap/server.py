"""The station's own SOAP server: what the supervision asks of it comes here (OCPP 1.5 SOAP)."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable
from typing import Any

from aiohttp import web

from evlink.domain.text import clean
from evlink.ocpp.exchange import Exchange, Unserved
from evlink.ocpp.frames import LARGEST_FRAME
from evlink.ocpp.soap.elements import Misformed
from evlink.ocpp.soap.envelope import (
    ANONYMOUS,
    CONTENT_TYPE,
    STATION,
    Addressing,
    action_of,
    element_name,
    fault,
    opened,
    payload_of,
    written,
)
from evlink.ocpp.v15.shapes import TO_STATION

REQUESTS_IN_HAND = 8
MOST_CONNECTIONS = 16
READ_TIMEOUT_S = 10.0
IDLE_S = 75.0
WSA_FAULT = "http://www.w3.org/2005/08/addressing/fault"
_log = logging.getLogger(__name__)


class SoapServer:
    """The charge point's service. Requests are answered one after the other, at any path.

    Lenient on the way in: of the headers only `chargeBoxIdentity` has to be there, and has to be this station's; who
    asks to close the connection gets it closed (shiv3/ocpp-cp-simulator#256). Faults come with HTTP 500, for common
    clients read no other status.
    """

    def __init__(
        self,
        identity: str,
        exchange: Exchange,
        answers: Callable[[], bool],
        handled: Callable[[], None],
    ) -> None:
        self._identity = identity
        self._exchange = exchange
        self._answers = answers
        self._handled = handled
        self._turn = asyncio.Lock()
        self._in_hand = 0

    async def serve(self, host: str | None, port: int, listening: Callable[[int], None]) -> None:
        """Serve until cancelled; `listening` is called with the port once it does. OSError where it can't."""
        server = web.Server(
            self._guarded,
            access_log=None,
            # What is no HTTP is answered with 400; a line for each in the log would let anybody fill the disk.
            logger=logging.Logger("http", logging.CRITICAL),
            keepalive_timeout=IDLE_S,
            auto_decompress=False,
            lingering_time=1.0,
        )

        def accepted() -> asyncio.Protocol:
            for oldest in server.connections[: max(0, len(server.connections) - MOST_CONNECTIONS + 1)]:
                oldest.force_close()
            return server()

        sockets = await asyncio.get_running_loop().create_server(accepted, host, port)
        try:
            listening(sockets.sockets[0].getsockname()[1])
            await asyncio.Event().wait()
        finally:
            sockets.close()
            await server.shutdown(1.0)

    async def _guarded(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request; who leaves before the answer is nobody's fault, anything else is ours and is told."""
        try:
            return await self._handle(request)
        except ConnectionError:
            raise
        except Exception:
            _log.exception("a request was not answered")
            return web.Response(status=500)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.method != "POST":
            return web.Response(status=405, headers={"Allow": "POST"}, text="POST a SOAP 1.2 message of OCPP 1.5.\n")
        if request.headers.get("Content-Encoding", "identity").lower() != "identity":
            return web.Response(status=415, text="Compressed messages are not taken.\n")
        raw = await _body(request)
        if raw is None:
            response = web.Response(status=413, text=f"A message has at most {LARGEST_FRAME} bytes.\n")
            response.force_close()
            return response
        if not self._answers():
            _log.info("a call was not answered: the station is rejected")
            return web.Response(status=503)
        try:
            return await self._sent(request, await self._answered(raw))
        finally:
            self._handled()

    async def _sent(self, request: web.BaseRequest, answer: tuple[bytes, int]) -> web.Response:
        """Send an answer to its last byte, for what it announces may end this process."""
        body, status = answer
        response = web.Response(body=body, status=status, headers={"Content-Type": f"{CONTENT_TYPE}; charset=utf-8"})
        await response.prepare(request)
        await response.write_eof()
        return response

    async def _answered(self, raw: bytes) -> tuple[bytes, int]:
        """The answer to a message: an envelope and its HTTP status."""
        sent = Addressing("", "")
        try:
            told = opened(raw)
            sent = told.addressing
            action = action_of(told, STATION, TO_STATION)
            if not action:
                raise Unserved("NotSupported", f"{clean(told.name, 50)} is no request to a charge point of OCPP 1.5")
            if sent.identity != self._identity:
                raise Unserved("IdentityMismatch", "this station has another charge box identity")
            payload = payload_of(told, STATION, TO_STATION[action].request)
            answer = await self._served(action, payload)
            headers = _reply(f"/{action}Response", sent)
            return written(STATION, element_name(action, "Response"), TO_STATION[action].answer, answer, headers), 200
        except Misformed as error:
            return _refused("ProtocolError", str(error), sent)
        except Unserved as why:
            return _refused(why.code, why.description, sent)
        except ValueError:
            _log.exception("an answer can't be written as XML")
            return _refused("InternalError", "the answer can't be written as XML", sent)

    async def _served(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        if self._in_hand >= REQUESTS_IN_HAND:
            raise Unserved("GenericError", "too many requests are outstanding")
        self._in_hand += 1
        try:
            async with self._turn:
                return await self._exchange.serve(action, payload)
        finally:
            self._in_hand -= 1


async def _body(request: web.BaseRequest) -> bytes | None:
    """A request's body; None where it has more than 64 KiB or does not come in time."""
    if request.headers.get("Expect", "").lower() == "100-continue" and request.transport is not None:
        request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    found = bytearray()
    try:
        async with asyncio.timeout(READ_TIMEOUT_S):
            async for chunk in request.content.iter_chunked(8192):
                found += chunk
                if len(found) > LARGEST_FRAME:
                    return None
    except TimeoutError:
        return None
    return bytes(found)


def _reply(action: str, sent: Addressing) -> Addressing:
    return Addressing(action, uuid.uuid4().urn, to=ANONYMOUS, relates_to=sent.message_id)


def _refused(code: str, description: str, sent: Addressing) -> tuple[bytes, int]:
    return fault(STATION, code, description, _reply(WSA_FAULT, sent)), 500
