"""One client's connection: frames in, answers out, in order, however they were cut into segments.

pymodbus' own handler answers one request of a segment and forgets the rest, gives overlapping requests each other's
transaction ids, and takes a byte of the next frame for part of a short one (docs/modbus.md); its framer still builds
what is sent.
"""

from __future__ import annotations

import asyncio
from typing import Protocol, cast

from pymodbus.framer import FramerSocket
from pymodbus.pdu import DecodePDU

HEADER = 7  # transaction, protocol, length, unit
LEAST, MOST = 2, 254  # what the length field may say: unit, function code, at most 252 bytes
TURN = 32  # requests answered before everybody else has a turn
FRAMER = FramerSocket(DecodePDU(is_server=True))


class Owner(Protocol):
    """The server, as a connection sees it."""

    idle_s: float

    def opened(self, connection: Connection) -> bool: ...

    def closed(self, connection: Connection) -> None: ...

    def answer(self, peer: str, unit: int, request: bytes) -> bytes: ...


class Connection(asyncio.Protocol):
    """A client. Answers wait where it does not read them; it is let go after `idle_s` without a request."""

    def __init__(self, owner: Owner) -> None:
        self.peer = ""
        self._owner = owner
        self._received = bytearray()
        self._transport: asyncio.Transport | None = None
        self._loop = asyncio.get_running_loop()
        self._heard = 0.0
        self._idle: asyncio.TimerHandle | None = None
        self._stalled = False
        self._admitted = False
        self._turn: asyncio.Handle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client connected: it stays where the server has a place for it."""
        self._transport = cast(asyncio.Transport, transport)
        name = transport.get_extra_info("peername")
        self.peer = str(name[0]) if name else ""
        self._admitted = self._owner.opened(self)
        if not self._admitted:
            self._transport.close()
            return
        self._heard = self._loop.time()
        self._idle = self._loop.call_at(self._heard + self._owner.idle_s, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        for handle in (self._idle, self._turn):
            if handle is not None:
                handle.cancel()
        if self._admitted:
            self._owner.closed(self)
        self._transport = None

    def data_received(self, data: bytes) -> None:
        """Bytes came: as many whole requests as they complete are answered."""
        if not self._admitted:
            return
        self._received += data
        if self._turn is None and not self._stalled:
            self._work()

    def pause_writing(self) -> None:
        """The client does not read its answers: nothing more is taken from it until it does."""
        self._stalled = True
        if self._transport is not None:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        """The client reads again."""
        self._stalled = False
        if self._turn is None:
            self._go_on()

    def close(self) -> None:
        """Let the client go."""
        if self._transport is not None:
            self._transport.close()

    def _go_on(self) -> None:
        self._turn = None
        if self._transport is None or self._stalled:
            return
        self._transport.resume_reading()
        self._work()

    def _work(self) -> None:
        """Answer what is there, a turn's worth at most; a frame that is none ends the connection."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        received = self._received
        answers: list[bytes] = []
        at, broken = 0, False
        while len(answers) < TURN and len(received) - at > HEADER:
            length = received[at + 4] << 8 | received[at + 5]
            if received[at + 2] or received[at + 3] or not LEAST <= length <= MOST:
                broken = True
                break
            end = at + 6 + length
            if end > len(received):
                break
            unit = received[at + 6]
            answer = self._owner.answer(self.peer, unit, bytes(received[at + HEADER : end]))
            answers.append(FRAMER.encode(answer, unit, received[at] << 8 | received[at + 1]))
            at = end
        del received[:at]
        if answers:
            self._heard = self._loop.time()
            transport.write(b"".join(answers))
        if broken:
            transport.close()
        elif len(answers) == TURN and not self._stalled:
            transport.pause_reading()
            self._turn = self._loop.call_soon(self._go_on)

    def _look(self) -> None:
        """Look whether a request came of late."""
        left = self._heard + self._owner.idle_s - self._loop.time()
        if left > 0:
            self._idle = self._loop.call_later(left, self._look)
        elif self._transport is not None:
            # Not even a client that leaves its answers unread may keep a place.
            self._transport.abort()
