"""The station's side of the calls that it makes: one POST a message, one at a time (OCPP 1.5 SOAP)."""

from __future__ import annotations

import asyncio
import logging
import uuid
from base64 import b64encode
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote, urlsplit

import aiohttp

from evlink.domain.text import clean
from evlink.ocpp.config import SupervisionConfig, Timing
from evlink.ocpp.connection import Access, LostError, NoAnswerError
from evlink.ocpp.exchange import Exchange, MalformedError, RefusedError, UnsendableError
from evlink.ocpp.frames import LARGEST_FRAME
from evlink.ocpp.soap.elements import Misformed
from evlink.ocpp.soap.envelope import (
    CENTRAL,
    CONTENT_TYPE,
    Addressing,
    Told,
    element_name,
    fault_of,
    message_uri,
    opened,
    payload_of,
    written,
)
from evlink.ocpp.v15.shapes import FROM_STATION

_log = logging.getLogger(__name__)


def session(config: SupervisionConfig, timing: Timing, access: Access) -> aiohttp.ClientSession:
    """An HTTP client for one wire.

    Each message has a connection of its own: a kept one that the supervision closes in the same moment would leave
    it open whether the message was taken. No proxy of the environment, no cookies; https certificates are verified.
    """
    headers = {"User-Agent": "evlink"}
    parts = urlsplit(config.url)
    if access.authorization:
        headers["Authorization"] = access.authorization
    elif parts.username is not None:
        both = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        headers["Authorization"] = f"Basic {b64encode(both.encode()).decode()}"
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=1, force_close=True, ssl=access.context or True),
        timeout=aiohttp.ClientTimeout(total=config.call_timeout_s, sock_connect=timing.open_timeout_s),
        headers=headers,
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        auto_decompress=False,
    )


class SoapWire:
    """The way to a central system by SOAP: an `exchange.Wire`.

    There is no connection: a POST that gets no SOAP message back means that the supervision is out of reach, which
    ends the wire; a message that comes back, a fault too, means that it is there. `sender` is the address at which
    the station's own server is called; it goes with every request, for supervisions learn it from there
    (steve-community/steve#58). `stranger` is called where the supervision says that it doesn't know the station.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        config: SupervisionConfig,
        exchange: Exchange,
        sender: str,
        stranger: Callable[[], None],
    ) -> None:
        self.last_sent_s = 0.0
        self._session = session
        self._config = config
        self._url = _without_user(config.url)
        self._exchange = exchange
        self._sender = sender
        self._stranger = stranger
        self._turn = asyncio.Lock()
        self._there = asyncio.Event()
        self._lost = asyncio.Event()
        self._why: Exception = NoAnswerError("the supervision is out of reach")

    @property
    def is_reached(self) -> bool:
        """Whether the supervision has answered anything on this wire."""
        return self._there.is_set()

    async def reached(self) -> None:
        """Return once the supervision has answered something."""
        await self._there.wait()

    async def start(self) -> None:
        """Wait until a message got no answer, and raise why."""
        await self._lost.wait()
        raise self._why

    async def ask(self, request: Any, message_id: str | None = None) -> Any:
        """Send a request, wait for its answer, return the payload (see `exchange.Ask`).

        Raises LostError, NoAnswerError or OSError besides where the supervision is out of reach.
        """
        action = type(request).__name__
        payload = self._exchange.written(request)
        if payload is None:
            return self._exchange.unspoken(request)
        addressing = Addressing(
            action=f"/{action}",
            message_id=message_uri(message_id or str(uuid.uuid4())),
            identity=self._config.identity,
            to=self._url,
            sender=self._sender,
            reply_to=self._config.callback.reply_to,
        )
        try:
            message = written(
                CENTRAL, element_name(action, "Request"), FROM_STATION[action].request, payload, addressing
            )
        except ValueError as error:
            raise UnsendableError(f"{action}: {clean(str(error), 200)}") from None
        async with self._turn:
            self.last_sent_s = asyncio.get_running_loop().time()
            try:
                raw, status = await self._post(action, message)
            except Exception as error:
                self._why = error
                self._lost.set()
                raise
            told = self._opened(raw, status, action)
            self._there.set()
            return self._answer(action, addressing, told)

    async def _post(self, action: str, message: bytes) -> tuple[bytes, int]:
        """One POST; the answer's body, cut after 64 KiB and a byte, and its status."""
        headers = {"Content-Type": f'{CONTENT_TYPE}; charset=utf-8; action="/{action}"', "Accept-Encoding": "identity"}
        try:
            async with self._session.post(self._url, data=message, headers=headers, allow_redirects=False) as response:
                found = bytearray()
                async for chunk in response.content.iter_chunked(8192):
                    found += chunk
                    if len(found) > LARGEST_FRAME:
                        break
                return bytes(found[: LARGEST_FRAME + 1]), response.status
        except TimeoutError:
            raise NoAnswerError(f"no answer to {action} within {self._config.call_timeout_s:g} s") from None
        except aiohttp.ClientConnectorCertificateError as error:
            raise error.certificate_error from None
        except aiohttp.ClientConnectorDNSError:
            raise LostError("the name of the supervision cannot be resolved") from None
        except aiohttp.ClientConnectorError as error:
            raise error.os_error from None
        except aiohttp.ClientError as error:
            raise LostError(f"the supervision did not answer {action}: {clean(str(error), 150)}".strip()) from None

    def _opened(self, raw: bytes, status: int, action: str) -> Told:
        """The envelope that came. One that is none is no sign of a central system, unless the status is 200."""
        try:
            return opened(raw)
        except Misformed as error:
            if status == 200:
                self._there.set()
                raise MalformedError(f"{action}: {error}") from None
            self._why = LostError(f"the supervision answered {action} with HTTP {status} and no SOAP message")
            self._lost.set()
            raise self._why from None

    def _answer(self, action: str, sent: Addressing, told: Told) -> Any:
        if (fault := fault_of(told)) is not None:
            if fault.code == "SecurityError":
                self._stranger()
            raise RefusedError(f"{action}: {fault.code} {fault.reason}".strip())
        if told.addressing.relates_to not in ("", sent.message_id):
            raise MalformedError(f"{action}: the answer is to another message")
        if told.name != element_name(action, "Response"):
            raise MalformedError(f"{action}: the answer is {clean(told.name, 50)}")
        try:
            payload = payload_of(told, CENTRAL, FROM_STATION[action].answer)
        except Misformed as error:
            raise MalformedError(f"{action}: {error}") from None
        return self._exchange.read(action, payload)


def _without_user(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    return scheme + separator + authority.rpartition("@")[2] + slash + path
