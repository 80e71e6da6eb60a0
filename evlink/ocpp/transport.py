"""The ways to the supervision: a websocket, or SOAP (R-116). The settings decide; nobody above asks which it is."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from evlink.ocpp.chargepoint import ChargePoint
from evlink.ocpp.config import Present, Timing
from evlink.ocpp.connection import Access, by_soap, dial
from evlink.ocpp.dialect import Dialect
from evlink.ocpp.exchange import Handler, Wire

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Station:
    """What a way to the supervision needs of the station.

    `handlers` answer requests, by action. `answers` tells whether requests may be answered now, `handled` is called
    after each answer; `stranger` where the supervision says that it doesn't know this station. `access` gives what
    opens the door.
    """

    dialect: Dialect
    handlers: Mapping[str, Handler]
    answers: Callable[[], bool]
    handled: Callable[[], None]
    stranger: Callable[[], None]
    access: Callable[[], Awaitable[Access]]


class Transport(Protocol):
    """One kind of way to the supervision."""

    @property
    def protocol(self) -> str:
        """What is spoken, for screens."""
        ...

    @property
    def trouble(self) -> str:
        """What is wrong though the supervision is reached, in one sentence; empty where nothing is."""
        ...

    async def run(self, changed: Callable[[], Awaitable[None]]) -> None:
        """Do what goes on whether the supervision is reached or not, until cancelled; tell when `trouble` changed."""
        ...

    def open(self) -> AbstractAsyncContextManager[Wire]:
        """A way to the supervision, closed on leaving; raises what `connection.reason` puts into words."""
        ...


class Websockets:
    """OCPP-J, of either version."""

    trouble = ""

    def __init__(self, present: Present, timing: Timing, station: Station) -> None:
        self._present = present
        self._timing = timing
        self._station = station

    @property
    def protocol(self) -> str:
        """The subprotocol."""
        return self._station.dialect.subprotocol

    async def run(self, changed: Callable[[], Awaitable[None]]) -> None:
        """Nothing outlives a connection."""

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Wire]:
        """Connect a websocket."""
        station = self._station
        async with dial(self._present.config, self._timing, await station.access()) as websocket:
            try:
                yield ChargePoint(
                    station.dialect,
                    websocket,
                    self._present.config.call_timeout_s,
                    station.handlers,
                    station.answers,
                    station.handled,
                )
            except asyncio.CancelledError:
                await websocket.close(1001, "the station ends")  # going away, RFC 6455 section 7.4.1
                raise


def transport(present: Present, timing: Timing, station: Station) -> Transport:
    """The way that the settings ask for."""
    if not by_soap(present.config):
        return Websockets(present, timing, station)
    # Its libraries take 15 MiB, which a station without SOAP needn't spend.
    from evlink.ocpp.soap.transport import Soap

    return Soap(present, timing, station)
