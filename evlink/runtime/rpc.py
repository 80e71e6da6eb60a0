"""The frame of the socket's methods: sessions with their role, failures, and the table that methods stand in."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import msgspec

from evlink.settings.model import Role

REFUSED, BAD_VALUE, CONFLICT, NOT_NOW, LOGIN, PASSWORD_DUE, OFFLINE = range(1, 8)
REASONS = {
    REFUSED: "refused",
    BAD_VALUE: "bad_value",
    CONFLICT: "conflict",
    NOT_NOW: "not_now",
    LOGIN: "login",
    PASSWORD_DUE: "password_due",
    OFFLINE: "offline",
}


class Failure(Exception):  # noqa: N818 - the protocol's word
    """An error answer: a code of docs/protocol.md, one sentence, and what it is about."""

    def __init__(self, code: int, message: str, **data: Any) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.data = data

    def document(self) -> dict[str, Any]:
        """The error object of JSON-RPC."""
        data = dict(self.data)
        if self.code in REASONS:
            data["reason"] = REASONS[self.code]
        return {"code": self.code, "message": self.message, "data": data}

    def answer(self, number: object) -> dict[str, Any]:
        """The whole answer to the request of a number, None where that isn't known."""
        return {"jsonrpc": "2.0", "id": number, "error": self.document()}


class Guesses:
    """The wrong passwords of one connection, whatever accounts they were for."""

    def __init__(self) -> None:
        self._wrong = 0
        self._until = float("-inf")

    def wait_s(self, now: float) -> int:
        """Whole seconds of the monotonic clock still to wait, 0 for none."""
        return math.ceil(max(0.0, self._until - now))

    def wrong(self, now: float, wait: Callable[[int], int]) -> int:
        """Count one more; the seconds to wait that `wait` gives for so many in a row."""
        self._wrong += 1
        seconds = wait(self._wrong)
        self._until = now + seconds
        return seconds

    def right(self) -> None:
        """Forget them."""
        self._wrong = 0


class Session:
    """One connection: its role, which belongs to it and never to a message, and its subscription."""

    def __init__(self, writer: asyncio.StreamWriter | None, trusted: bool, source: str = "") -> None:
        """`source` is who opened it, by the number of the local account: wrong guesses are counted for each."""
        self._writer = writer
        self.trusted = trusted
        self.source = source
        self.guesses = Guesses()
        self.role = Role.ADMIN if trusted else Role.NONE
        self.account = ""
        self.password_due = False
        self.greeted = False
        self.ended = False
        self.subscription: asyncio.Task[None] | None = None
        self._lock = asyncio.Lock()

    async def send(self, document: dict[str, Any]) -> None:
        """Send one document; a connection that is gone ends quietly."""
        if self._writer is None or self.ended:
            return
        async with self._lock:
            try:
                self._writer.write(msgspec.json.encode(document) + b"\n")
                await self._writer.drain()
            except ConnectionError:
                self.ended = True

    def tell(self, document: dict[str, Any]) -> None:
        """Send one document without waiting for a slow reader."""
        if self._writer is not None and not self.ended:
            self._writer.write(msgspec.json.encode(document) + b"\n")

    def fall(self) -> None:
        """Take the role away: logout, or a password changed elsewhere (S14)."""
        self.role = Role.NONE
        self.account = ""
        self.password_due = False
        self.unsubscribe()

    def unsubscribe(self) -> None:
        """End the subscription, if any."""
        if self.subscription is not None:
            self.subscription.cancel()
            self.subscription = None

    def end(self) -> None:
        """End the connection."""
        self.ended = True
        self.unsubscribe()
        if self._writer is not None:
            self._writer.close()


Handler = Callable[[Session, Any], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Method:
    """One method: the shape of its params (None: any object), who may call it, and what it does."""

    params: type[msgspec.Struct] | None
    handler: Handler
    roles: frozenset[Role] = frozenset({Role.ADMIN, Role.USER})
    while_due: bool = False  # also for a session that has to set a new password first


class NoParams(msgspec.Struct, forbid_unknown_fields=True):
    """No parameters."""


ANYBODY = frozenset({Role.NONE, Role.USER, Role.ADMIN})
ADMIN = frozenset({Role.ADMIN})


class Watcher(Protocol):
    """Whoever keeps a trail of what is done."""

    async def done(self, session: Session, method: str, params: Mapping[str, Any], result: Any) -> None: ...

    async def refused(self, session: Session, method: str, params: Mapping[str, Any], failure: Failure) -> None: ...


class Methods:
    """The table of methods, and the door before it: role first, then the shape of the parameters."""

    def __init__(
        self,
        table: Mapping[str, Method],
        running_only: frozenset[str] = frozenset(),
        watcher: Watcher | None = None,
    ) -> None:
        """`running_only` names methods that are not in the table because no station runs.

        `watcher` is told of every call that was carried out or refused.
        """
        self._table = dict(table)
        self._running_only = running_only
        self._watcher = watcher

    async def call(self, session: Session, name: str, params: dict[str, Any]) -> Any:
        """Call a method for a session. Failure where the method, the right or the parameters are wrong."""
        method = self._table.get(name)
        if method is None and name in self._running_only:
            raise Failure(OFFLINE, f"{name}: no station runs here")
        if method is None:
            raise Failure(-32601, f"there is no method {name!r}")
        if session.role not in method.roles:
            if session.role is Role.NONE:
                raise Failure(REFUSED, "log in first")
            raise Failure(REFUSED, f"{name} is not open to the {session.role.value} account")
        if session.password_due and not method.while_due:
            raise Failure(PASSWORD_DUE, "set a new password first")
        given = params if method.params is None else shape(method.params, params)
        if self._watcher is None:
            return await method.handler(session, given)
        try:
            result = await method.handler(session, given)
        except Failure as failure:
            await self._watcher.refused(session, name, params, failure)
            raise
        await self._watcher.done(session, name, params, result)
        return result


T = TypeVar("T", bound=msgspec.Struct)


def shape(kind: type[T], params: dict[str, Any]) -> T:
    """Parameters in their shape. Failure -32602 in one sentence where they are not."""
    try:
        return msgspec.convert(params, kind)
    except msgspec.ValidationError as error:
        raise Failure(-32602, f"params: {error}") from None
