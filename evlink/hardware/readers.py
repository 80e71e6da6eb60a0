"""Badge readers: where badges come from, outlet by outlet."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any, Protocol, cast

from evlink.hardware.badge_text import BadgeText, Form, Order
from evlink.hardware.evdev_reader import evdev_reader
from evlink.hardware.facts import Facts, Reader
from evlink.hardware.serial_reader import serial_reader
from evlink.hardware.simclient import SOCKET

ALIVE_S = 3.0  # real seconds without a sign of life until a reader counts as faulty (Evt #1)
RETRY_S = 0.5


class BadgeReader(Protocol):
    """A station's badge readers: an endless iterator of (outlet, uid), and which outlets' readers are silent."""

    def __aiter__(self) -> AsyncIterator[tuple[int, str]]: ...

    def silent(self) -> frozenset[int]:
        """The outlets whose reader shows no sign of life (Evt #1)."""
        ...


class SimulatedReader:
    """The readers of the simulator board, heard over `simulator.sock`; it connects again by itself.

    `clock` gives monotonic seconds of real time. Cancelling the iteration closes the connection.
    """

    def __init__(self, state: Path, outlets: int = 1, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = state / SOCKET
        self._clock = clock
        self._alive = dict.fromkeys(range(1, outlets + 1), clock())

    def silent(self) -> frozenset[int]:
        """The outlets whose reader has shown no sign of life for 3 s (Evt #1)."""
        now = self._clock()
        return frozenset(outlet for outlet, seen in self._alive.items() if now - seen > ALIVE_S)

    async def __aiter__(self) -> AsyncIterator[tuple[int, str]]:
        while True:
            try:
                reader, writer = await asyncio.open_unix_connection(self._path)
            except OSError:
                await asyncio.sleep(RETRY_S)
                continue
            try:
                writer.write(b'{"action": "listen"}\n')
                while line := await reader.readline():
                    if badge := self._heard(json.loads(line)):
                        yield badge
            except OSError:
                pass  # the simulator has gone; the next one is waited for
            finally:
                writer.close()
            await asyncio.sleep(RETRY_S)

    def _heard(self, message: dict[str, Any]) -> tuple[int, str] | None:
        outlet = message.get("alive", message.get("outlet"))
        if outlet in self._alive:
            self._alive[outlet] = self._clock()
        return (message["outlet"], message["badge"]) if "badge" in message else None


class ReaderGroup:
    """Several readers as one (a `BadgeReader`). Cancelling the iteration closes them all."""

    def __init__(self, readers: Sequence[BadgeReader]) -> None:
        self._readers = tuple(readers)

    def silent(self) -> frozenset[int]:
        """The outlets whose reader shows no sign of life (Evt #1)."""
        return frozenset[int]().union(*(reader.silent() for reader in self._readers))

    async def __aiter__(self) -> AsyncIterator[tuple[int, str]]:
        badges: asyncio.Queue[tuple[int, str]] = asyncio.Queue()

        async def listen(reader: BadgeReader) -> None:
            async for badge in reader:
                await badges.put(badge)

        tasks = [asyncio.create_task(listen(reader)) for reader in self._readers]
        waiting: asyncio.Task[tuple[int, str]] | None = None
        try:
            while True:
                waiting = asyncio.create_task(badges.get())
                await asyncio.wait((waiting, *tasks), return_when=asyncio.FIRST_COMPLETED)
                for listener in tasks:
                    if listener.done():
                        listener.result()  # a reader never ends but by what is wrong with it
                if waiting.done():
                    yield waiting.result()
        finally:
            for listener in tasks:
                listener.cancel()
            if waiting is not None:
                waiting.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


def open_reader(reader: Reader) -> BadgeReader:
    """The reader that a `[[reader]]` of board.toml describes."""
    text = BadgeText(cast(Form, reader.form), cast(Order, reader.order), reader.size, reader.check)
    device = Path(reader.device)
    if reader.kind == "evdev":
        return evdev_reader(device, reader.outlet, text)
    return serial_reader(device, reader.outlet, reader.baud, text, reader.heartbeat_s or None)


def open_readers(station: Facts, state: Path, board: str) -> BadgeReader | None:
    """The station's badge readers: those of board.toml, else the simulator's, else None."""
    if not station.station.rfid_reader:
        return None
    if station.readers:
        return ReaderGroup([open_reader(reader) for reader in station.readers])
    return SimulatedReader(state, station.station.outlets) if board == "simulator" else None
