"""The client end of the station's socket: JSON-RPC 2.0, one document a line, blocking or on asyncio.

`docs/protocol.md` names the methods. Both clients keep notifications aside while a call waits for its answer.
"""

from __future__ import annotations

import asyncio
import json
import os
import select
import socket
import time
from collections import deque
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

LINE_LIMIT = 1 << 20  # bytes a line, its newline included
_KEPT = 256  # notifications kept for a slow reader; each is a whole document, so the newest matter
_CHUNK = 1 << 16


class CallError(Exception):
    """A call that the station answered with an error; `data` may name `reason`, `key`, `value`, `allowed`."""

    def __init__(self, code: int, message: str, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.data: dict[str, Any] = dict(data or {})

    @property
    def reason(self) -> str:
        """The word for the kind of error, empty for JSON-RPC's own."""
        return str(self.data.get("reason", ""))


class TooLong(ValueError):  # noqa: N818  # the protocol's limit, not a failure of ours
    """A call that is longer than a line of the socket may be."""


class Disconnected(Exception):  # noqa: N818  # an end, not always an error
    """The connection ended, or what came over it was no JSON-RPC."""


class NoStation(Exception):  # noqa: N818  # work on the files may follow
    """No station answers at a socket; `forbidden` where it may, but this account cannot open the socket."""

    def __init__(self, path: Path, forbidden: bool = False) -> None:
        super().__init__(f"no station answers at {path}" if not forbidden else f"{path} may not be opened")
        self.path = path
        self.forbidden = forbidden


def state_directory(environ: Mapping[str, str] | None = None) -> Path:
    """Directory of the station's state: `EVLINK_STATE`, else the system's, else the account's own."""
    environ = os.environ if environ is None else environ
    if named := environ.get("EVLINK_STATE"):
        return Path(named)
    system = Path("/var/lib/evlink")
    if os.geteuid() == 0 or os.access(system, os.W_OK):
        return system
    home = environ.get("HOME") or os.path.expanduser("~")
    return Path(environ.get("XDG_STATE_HOME") or os.path.join(home, ".local/state")) / "evlink"


def socket_path(state: Path) -> Path:
    """Path of the socket of the station whose state is in a directory."""
    return state / "evlink.sock"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: `error` is None where the call succeeded; `id` is None where the call could not be read."""

    id: int | None
    result: Any
    error: CallError | None


@dataclass(frozen=True, slots=True)
class Notification:
    """A message that nobody asked for, as `snapshot` after `subscribe`."""

    method: str
    params: dict[str, Any]


class Wire:
    """The protocol without a connection: calls to bytes, bytes to replies and notifications."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._searched = 0
        self._last = 0

    def request(self, method: str, params: Mapping[str, Any]) -> tuple[int, bytes]:
        """Number and line of a call; TooLong where the line would be longer than the socket takes."""
        self._last += 1
        document = {"jsonrpc": "2.0", "id": self._last, "method": method, "params": params}
        text = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        line = text.encode() + b"\n"
        if len(line) > LINE_LIMIT:
            raise TooLong(f"{method}: a call of {len(line)} bytes is longer than the {LINE_LIMIT} allowed")
        return self._last, line

    def feed(self, data: bytes) -> list[Reply | Notification]:
        """Messages that `data` completes; Disconnected where the other side does not speak the protocol."""
        self._buffer += data
        messages = []
        while (end := self._buffer.find(b"\n", self._searched)) >= 0:
            if end >= LINE_LIMIT:
                raise Disconnected("the station sent a line that is too long")
            line = bytes(self._buffer[:end])
            del self._buffer[: end + 1]
            self._searched = 0
            messages.append(_message(line))
        self._searched = len(self._buffer)
        if self._searched >= LINE_LIMIT:
            raise Disconnected("the station sent a line that is too long")
        return messages


def _message(line: bytes) -> Reply | Notification:
    try:
        document = json.loads(line)
    except (ValueError, RecursionError):
        raise Disconnected("the station sent a line that is no JSON") from None
    match document:
        case {"error": {"code": int(code), "message": str(message), **rest}, "id": int() | None as number}:
            data = rest.get("data")
            return Reply(number, None, CallError(code, message, data if isinstance(data, dict) else None))
        case {"id": int(number), "result": result}:
            return Reply(number, result, None)
        case {"method": str(method), **rest} if "id" not in rest:
            params = rest.get("params")
            return Notification(method, params if isinstance(params, dict) else {})
    raise Disconnected("the station sent a line that is no JSON-RPC 2.0 message")


class Client:
    """A blocking client over two file descriptors, which it owns: a socket twice, or a program's pipes.

    One call at a time; not for use from several threads.
    """

    def __init__(self, read_fd: int, write_fd: int, timeout: float = 30.0) -> None:
        self._read_fd = read_fd
        self._write_fd = write_fd
        self._timeout = timeout
        self._wire = Wire()
        self._notifications: deque[Notification] = deque(maxlen=_KEPT)
        self._replies: deque[Reply] = deque()
        self._closed = False
        os.set_blocking(read_fd, False)
        os.set_blocking(write_fd, False)
        self.hello: dict[str, Any] = {}

    @classmethod
    def connect(cls, path: str | Path, *, login: bool = False, timeout: float = 30.0) -> Client:
        """A client of the station at a socket, `hello` said; NoStation where none answers."""
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            sock.settimeout(timeout)
            sock.connect(str(path))
        except OSError as error:
            sock.close()
            raise NoStation(Path(path), isinstance(error, PermissionError)) from None
        fd = sock.detach()
        client = cls(fd, fd, timeout)
        try:
            client.greet(login)
        except BaseException:
            client.close()
            raise
        return client

    def greet(self, login: bool = False) -> dict[str, Any]:
        """Say `hello` and keep its result in `hello`; with `login` the connection starts without a role."""
        self.hello = self.call("hello", login=login, client="command line")
        return self.hello

    def call(self, method: str, /, **params: Any) -> Any:
        """Result of a method; CallError where it is refused, Disconnected where the station ends or hangs."""
        number, line = self._wire.request(method, params)
        deadline = time.monotonic() + self._timeout
        self._send(line, deadline)
        while True:
            while self._replies:
                reply = self._replies.popleft()
                if reply.id not in (number, None):
                    continue  # the late answer of a call that was given up
                if reply.error is not None:
                    raise reply.error
                return reply.result
            if not self._receive(deadline):
                raise Disconnected("the station did not answer in time")

    def notifications(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Notifications as they come, without end; Disconnected when the station ends."""
        while True:
            while self._notifications:
                note = self._notifications.popleft()
                yield note.method, note.params
            self._receive(None)

    def close(self) -> None:
        """Close the connection; harmless when done twice."""
        if not self._closed:
            self._closed = True
            os.close(self._read_fd)
            if self._write_fd != self._read_fd:
                os.close(self._write_fd)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _send(self, line: bytes, deadline: float) -> None:
        view = memoryview(line)
        while view:
            try:
                view = view[os.write(self._write_fd, view) :]
            except BlockingIOError:
                # The station may be writing to us meanwhile: read, or both sides would wait for ever.
                if not self._receive(deadline, also_writable=True):
                    raise Disconnected("the station did not answer in time") from None
            except OSError:
                raise Disconnected("the station closed the connection") from None

    def _receive(self, deadline: float | None, also_writable: bool = False) -> bool:
        """Wait for input, or for room to write, and sort what came; False once the deadline has passed."""
        poll = select.poll()
        poll.register(self._read_fd, select.POLLIN)
        if also_writable:
            both = select.POLLIN | select.POLLOUT if self._write_fd == self._read_fd else select.POLLOUT
            poll.register(self._write_fd, both)
        wait = None if deadline is None else max(0.0, deadline - time.monotonic()) * 1000
        ready = dict(poll.poll(wait))
        if not ready:
            return False
        if ready.get(self._read_fd, 0) & ~select.POLLOUT:
            try:
                data = os.read(self._read_fd, _CHUNK)
            except BlockingIOError:
                return True
            except OSError:
                data = b""
            if not data:
                raise Disconnected("the station closed the connection")
            for message in self._wire.feed(data):
                if isinstance(message, Reply):
                    self._replies.append(message)
                else:
                    self._notifications.append(message)
        return True


class AsyncClient:
    """A client on asyncio: calls may overlap, notifications come through an iterator."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._wire = Wire()
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._notifications: deque[Notification] = deque(maxlen=_KEPT)
        self._news = asyncio.Event()
        self._ended: Disconnected | None = None
        self.hello: dict[str, Any] = {}
        self._task = asyncio.create_task(self._read())

    @classmethod
    async def connect(cls, socket_path: str | Path, login: bool = True) -> AsyncClient:
        """A client of the station at a socket, `hello` said; NoStation where none answers.

        With `login` the connection starts without a role, whoever opened it.
        """
        try:
            reader, writer = await asyncio.open_unix_connection(str(socket_path))
        except OSError as error:
            raise NoStation(Path(socket_path), isinstance(error, PermissionError)) from None
        client = cls(reader, writer)
        try:
            client.hello = await client.call("hello", login=login, client="terminal")
        except BaseException:
            await client.close()
            raise
        return client

    @property
    def connected(self) -> bool:
        """Whether calls still have a chance."""
        return self._ended is None

    async def call(self, method: str, /, **params: Any) -> Any:
        """Result of a method; CallError where it is refused, Disconnected where the connection ended."""
        if self._ended is not None:
            raise Disconnected(str(self._ended))
        number, line = self._wire.request(method, params)
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        try:
            self._writer.write(line)
            await self._writer.drain()
            return await future
        except OSError:
            raise Disconnected("the station closed the connection") from None
        finally:
            self._waiting.pop(number, None)
            if future.done() and not future.cancelled():
                future.exception()  # taken, or asyncio complains where drain() failed first

    async def notifications(self) -> AsyncIterator[tuple[str, dict[str, Any]]]:
        """Notifications as they come; ends when the connection does."""
        while True:
            while self._notifications:
                note = self._notifications.popleft()
                yield note.method, note.params
            if self._ended is not None:
                return
            self._news.clear()
            await self._news.wait()

    async def close(self) -> None:
        """Close the connection and let waiting calls fail with Disconnected; harmless when done twice."""
        self._end(Disconnected("the connection was closed"))
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._writer.close()
        try:
            await self._writer.wait_closed()
        except OSError:
            return  # the station was gone already

    async def _read(self) -> None:
        try:
            while data := await self._reader.read(_CHUNK):
                for message in self._wire.feed(data):
                    self._take(message)
            self._end(Disconnected("the station closed the connection"))
        except OSError:
            self._end(Disconnected("the station closed the connection"))
        except Disconnected as error:
            self._end(error)
            self._writer.close()

    def _take(self, message: Reply | Notification) -> None:
        if isinstance(message, Notification):
            self._notifications.append(message)
            self._news.set()
            return
        if message.id is None:  # the station could not read one of our lines, and cannot say which
            raise Disconnected(str(message.error))
        future = self._waiting.get(message.id)
        if future is None or future.done():
            return
        if message.error is not None:
            future.set_exception(message.error)
        else:
            future.set_result(message.result)

    def _end(self, why: Disconnected) -> None:
        if self._ended is None:
            self._ended = why
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(Disconnected(str(why)))
        self._news.set()
