"""Meters behind a Modbus TCP gateway: one connection a meter, so that a silent one delays no other.

Replies are told apart by their transaction number; one that is late bears an old number and is thrown away.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass

from evlink.modbus.bus import REPLY_S, Read, Refused, Unreachable, silent, stranger
from evlink.modbus.frames import HEADER, tcp_header, tcp_question, words_of
from evlink.settings.label import Label

CONNECT_S = 0.7  # so that a gateway that has gone is missed each second
_NUMBERS = 65536
_NO_ANSWER = 0x0B  # gateway: the target device failed to respond


@dataclass(frozen=True, slots=True)
class Gateway:
    """Where a gateway listens."""

    host: str
    port: int = 502


class TcpBus:
    """A connection to a gateway as a `Bus`; made with the first question, and again once it was lost."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._lock = asyncio.Lock()
        self._number = 0

    async def read(self, read: Read) -> tuple[int, ...]:
        """The registers asked for. Silent, Garbled, Refused or Unreachable where they can't be had."""
        async with self._lock:
            reader, writer = self._streams or await self._connect()
            self._number = (self._number + 1) % _NUMBERS
            try:
                async with asyncio.timeout(REPLY_S):
                    writer.write(tcp_question(read, self._number))
                    await writer.drain()
                    return await self._reply(reader, read)
            except TimeoutError:
                # Whatever part of a reply stands in the stream goes with the connection.
                self.close()
                raise silent(read) from None
            except (OSError, asyncio.IncompleteReadError):
                self.close()
                raise Unreachable(self._said("has closed the connection", "a fermé la connexion")) from None
            except ValueError:
                self.close()
                raise stranger(read) from None

    async def _reply(self, reader: asyncio.StreamReader, read: Read) -> tuple[int, ...]:
        while True:
            number, _, length, unit = tcp_header(await reader.readexactly(HEADER))
            body = await reader.readexactly(length)
            if number != self._number or unit != read.unit:
                continue  # late, or meant for somebody else
            if body[0] == read.function | 0x80 and length == 2:
                if body[1] == _NO_ANSWER:
                    raise silent(read)
                raise Refused(read, body[1])
            if body[0] != read.function or length != 2 + 2 * read.count or body[1] != 2 * read.count:
                raise ValueError("no reply to the question")
            return words_of(body[2:])

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        try:
            async with asyncio.timeout(CONNECT_S):
                self._streams = await asyncio.open_connection(self.gateway.host, self.gateway.port)
        except (OSError, TimeoutError):
            raise Unreachable(self._said("can't be reached", "est injoignable")) from None
        return self._streams

    def _said(self, en: str, fr: str) -> Label:
        place = f"{self.gateway.host}:{self.gateway.port}"
        return Label(f"the meters' gateway {place} {en}", f"la passerelle des compteurs {place} {fr}")

    def close(self) -> None:
        """Let go of the connection."""
        streams, self._streams = self._streams, None
        if streams is not None:
            with contextlib.suppress(OSError, RuntimeError):
                streams[1].close()
