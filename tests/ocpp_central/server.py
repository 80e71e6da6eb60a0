"""The central system's websocket side: answers by rule, and sends what it is told to."""

from __future__ import annotations

import asyncio
import json
import ssl
import uuid
from collections import deque
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from tests.ocpp_central.book import Book
from tests.ocpp_central.schemas import payload_fault, time_fault


def server_context(folder: Path) -> ssl.SSLContext:
    """TLS with `server.pem`, and with clients that `clients.pem` issued where there is such a file."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "server.pem")
    if (folder / "clients.pem").exists():
        context.load_verify_locations(folder / "clients.pem")
        context.verify_mode = ssl.CERT_REQUIRED
    return context


@dataclass
class Rule:
    """How to answer the next `times` requests of an action; the first rule of the action that is left counts."""

    action: str
    times: int = 1
    delay_s: float = 0.0
    reply: dict[str, Any] | None = None  # changes to the usual answer
    error: list[str] | None = None  # code, description: a CALLERROR
    raw: str | None = None  # this text instead of an answer, `@ID` replaced
    silent: bool = False  # taken, never answered
    drop: bool = False  # taken, and the connection torn down instead of an answer
    drop_after: bool = False  # answered, then torn down


class Central:
    """One listening central system."""

    def __init__(self, book: Book, version: str = "1.6", tls: Path | None = None) -> None:
        self.book = book
        self.version = version
        self.rules: deque[Rule] = deque()
        self.tls = tls
        self.authorization: str | None = None
        self.refuse: int | None = None
        self.subprotocol = True
        self.connections: dict[int, ServerConnection] = {}
        self._count = 0
        self._waiting: dict[str, asyncio.Future[list[Any]]] = {}
        self._outstanding: dict[int, str] = {}

    async def listen(self, port: int) -> Server:
        """Listen on loopback."""
        return await serve(
            self._connected,
            "127.0.0.1",
            port,
            process_request=self._handshake,
            select_subprotocol=lambda _, offered: (
                f"ocpp{self.version}"  # type: ignore[arg-type,return-value]
                if self.subprotocol and f"ocpp{self.version}" in offered
                else None
            ),
            compression="deflate",
            ping_interval=None,
            close_timeout=1,
            ssl=server_context(self.tls) if self.tls is not None else None,
        )

    def _handshake(self, connection: ServerConnection, request: Request) -> Response | None:
        given = request.headers.get("Authorization", "")
        refuse = self.refuse or (401 if self.authorization not in (None, given) else None)
        self.book.write("handshake", 0, path=request.path, status=refuse or 101, authorization=given)
        if refuse is None:
            return None
        response = connection.respond(HTTPStatus(refuse), "no\n")
        if refuse in (301, 302, 307, 308):
            response.headers["Location"] = "/elsewhere"
        return response

    async def _connected(self, websocket: ServerConnection) -> None:
        self._count += 1
        number = self._count
        self.connections[number] = websocket
        assert websocket.request is not None
        self.book.write(
            "open",
            number,
            path=websocket.request.path,
            subprotocol=websocket.subprotocol,
            peer=str(websocket.transport.get_extra_info("peercert") or ""),
            extensions=websocket.response.headers.get("Sec-WebSocket-Extensions", "") if websocket.response else "",
        )
        tasks: set[asyncio.Task[None]] = set()
        try:
            async for raw in websocket:
                task = asyncio.create_task(self._receive(number, websocket, raw))
                tasks.add(task)
                task.add_done_callback(tasks.discard)
        except ConnectionClosed:
            pass
        finally:
            for task in tasks:
                task.cancel()
            self._outstanding.pop(number, None)
            del self.connections[number]
            self.book.write("close", number, code=websocket.close_code)

    async def _receive(self, number: int, websocket: ServerConnection, raw: str | bytes) -> None:
        try:
            message = json.loads(raw)
        except ValueError:
            self.book.write("in", number, message=None, fault="no JSON")
            return
        match message:
            case [2, str(id_), str(action), dict(payload)]:
                await self._request(number, websocket, id_, action, payload)
            case [3 | 4, str(id_), *_]:
                known = id_ in self._waiting
                self.book.write("in", number, message=message, fault="" if known else "an answer to nothing")
                if known:
                    self._waiting.pop(id_).set_result(message)
            case _:
                self.book.write("in", number, message=message, fault="no OCPP message")

    async def _request(
        self, number: int, websocket: ServerConnection, id_: str, action: str, payload: dict[str, Any]
    ) -> None:
        message = [2, id_, action, payload]
        fault = self._payload_fault(action, payload) or self.book.judge(id_, action, payload)
        if number in self._outstanding:
            fault = fault or f"{action} while {self._outstanding[number]} is unanswered"
        self._outstanding[number] = action
        repeat = id_ in self.book.answered
        self.book.write("in", number, message=message, fault=fault, repeat=repeat)
        rule = self._rule(action)
        if fault:
            await self._send(number, websocket, [4, id_, "FormationViolation", fault, {}])
            return
        if rule.delay_s:
            await asyncio.sleep(rule.delay_s)
        if rule.error is not None:
            await self._send(number, websocket, [4, id_, *rule.error, {}])
            return
        if rule.raw is not None:
            self._outstanding.pop(number, None)
            await websocket.send(rule.raw.replace("@ID", id_))
            return
        answer = self.book.answer(id_, action, rule.reply or {})
        if self.version == "1.5" and "interval" in answer:
            answer["heartbeatInterval"] = answer.pop("interval")
        self.book.take(id_, action, payload, answer)
        if rule.silent:
            self._outstanding.pop(number, None)
        if rule.silent or rule.drop:
            self.book.write("lost", number, message=[3, id_, answer])
        else:
            await self._send(number, websocket, [3, id_, answer])
        if rule.drop or rule.drop_after:
            websocket.transport.abort()

    async def _send(self, number: int, websocket: ServerConnection, message: list[Any]) -> None:
        if message[0] in (3, 4):
            self._outstanding.pop(number, None)
        self.book.write("out", number, message=message)
        await websocket.send(json.dumps(message))

    def _payload_fault(self, action: str, payload: Any, *, response: bool = False) -> str:
        if self.version == "1.6":
            return payload_fault(action, payload, response=response)
        from tests.ocpp_central.services import json_fault  # zeep takes half a second to import

        return json_fault(action, payload, response=response) or time_fault(payload)

    def _rule(self, action: str) -> Rule:
        for rule in self.rules:
            if rule.action == action and rule.times > 0:
                rule.times -= 1
                return rule
        return Rule(action)

    async def call(self, id_: str | None, action: str, payload: Any, timeout_s: float) -> list[Any] | None:
        """Send a request over the newest connection; its answer, or None."""
        number = max(self.connections)
        id_ = id_ or str(uuid.uuid4())
        future: asyncio.Future[list[Any]] = asyncio.get_running_loop().create_future()
        self._waiting[id_] = future
        await self._send(number, self.connections[number], [2, id_, action, payload])
        try:
            answer = await asyncio.wait_for(future, timeout_s)
        except TimeoutError:
            self._waiting.pop(id_, None)
            return None
        if answer[0] == 3 and (fault := self._payload_fault(action, answer[2], response=True)):
            self.book.write("judged", number, message=answer, fault=fault)
        return answer

    async def raw(self, text: str | bytes) -> None:
        """Send any frame over the newest connection."""
        number = max(self.connections)
        await self.connections[number].send(text)

    def drop(self) -> None:
        """Tear all connections down without a word."""
        for websocket in list(self.connections.values()):
            websocket.transport.abort()
