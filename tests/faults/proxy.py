"""A TCP proxy between a station and its central system that does to a connection what networks do."""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import struct
from dataclasses import dataclass
from typing import Literal

Kind = Literal["pass", "refuse", "reset", "swallow", "drip", "late", "cut", "half"]
KINDS: tuple[Kind, ...] = ("refuse", "reset", "swallow", "drip", "late", "cut", "half")
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close with RST


@dataclass(frozen=True, slots=True)
class Weather:
    """What the network does for a while: its kind, and after how many bytes a `cut` comes."""

    kind: Kind
    seconds: float = 0.0
    after: int = 0


def script(rng: random.Random) -> list[Weather]:
    """Two to five kinds of weather in turn, each for 20 to 250 ms."""
    return [
        Weather(rng.choice(KINDS), rng.uniform(0.02, 0.25), rng.randrange(1, 1500))
        for _ in range(rng.randrange(2, 6))
    ]  # fmt: skip


class Proxy:
    """Listens on the loopback and hands on to `port`; an async context manager that leaves no task behind."""

    def __init__(self, port: int) -> None:
        self.weather = Weather("pass")
        self.port = 0
        self.accepted = 0
        self._far = port
        self._server: asyncio.Server | None = None
        self._pairs: set[tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Proxy:
        self._server = await asyncio.start_server(self._accepted, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        self.break_all()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    def turn(self, weather: Weather) -> None:
        """Change the weather; what ends connections ends those that are there."""
        self.weather = weather
        if weather.kind in ("refuse", "reset"):
            self.break_all(weather.kind == "reset")
        elif weather.kind == "half":
            for near, far in self._pairs:
                for one in (near, far):
                    with contextlib.suppress(OSError):
                        one.write_eof()

    def break_all(self, reset: bool = False) -> None:
        """End every connection, with RST or in order."""
        for pair in list(self._pairs):
            for writer in pair:
                _close(writer, reset)

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        if self.weather.kind in ("refuse", "reset"):
            _close(writer, self.weather.kind == "reset")
            return
        try:
            far_reader, far = await asyncio.open_connection("127.0.0.1", self._far)
        except OSError:
            _close(writer, True)
            return
        pair = (writer, far)
        self._pairs.add(pair)
        ways = [asyncio.create_task(self._carry(reader, far)), asyncio.create_task(self._carry(far_reader, writer))]
        self._tasks.update(ways)
        try:
            await asyncio.wait(ways)
        finally:
            self._tasks.difference_update(ways)
            self._pairs.discard(pair)
            for one in pair:
                _close(one, False)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        carried, begun = 0, self.weather
        with contextlib.suppress(OSError):
            while data := await reader.read(4096):
                weather = self.weather
                if weather is not begun:
                    carried, begun = 0, weather
                match weather.kind:
                    case "swallow":
                        continue  # lost, as behind a router that forgot the connection: the stream is no longer whole
                    case "drip":
                        for byte in data:
                            writer.write(bytes([byte]))
                            if self.weather is weather:
                                await asyncio.sleep(0.0005)
                        continue
                    case "late":
                        await asyncio.sleep(0.05)
                    case "cut" if carried + len(data) > weather.after:
                        writer.write(data[: max(0, weather.after - carried)])
                        self.break_all()
                        return
                carried += len(data)
                writer.write(data)
                await writer.drain()
        with contextlib.suppress(OSError):
            if not writer.is_closing():
                writer.write_eof()


def _close(writer: asyncio.StreamWriter, reset: bool) -> None:
    connection = writer.get_extra_info("socket")
    if reset and connection is not None:
        with contextlib.suppress(OSError):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    if reset:
        writer.transport.abort()
    else:
        writer.close()
