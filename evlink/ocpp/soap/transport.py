"""SOAP as a way to the supervision: a client for each time that it is in reach, and one server throughout."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from evlink.domain.text import clean
from evlink.ocpp.config import Present, Timing
from evlink.ocpp.exchange import Exchange, Wire
from evlink.ocpp.soap.client import SoapWire, session
from evlink.ocpp.soap.reach import callback_url
from evlink.ocpp.soap.server import SoapServer
from evlink.ocpp.transport import Station

_log = logging.getLogger(__name__)


class Soap:
    """A `transport.Transport` of OCPP 1.5 SOAP. The server listens on the local port of every address."""

    def __init__(self, present: Present, timing: Timing, station: Station) -> None:
        self._present = present
        self._timing = timing
        self._station = station
        self._exchange = Exchange(station.dialect, station.handlers)
        self._server = SoapServer(present.config.identity, self._exchange, station.answers, station.handled)
        self._trouble = ""

    @property
    def protocol(self) -> str:
        """OCPP 1.5 by SOAP."""
        return "ocpp1.5-soap"

    @property
    def trouble(self) -> str:
        """Why the supervision's calls don't come in."""
        return self._trouble

    async def run(self, changed: Callable[[], Awaitable[None]]) -> None:
        """Serve, and try again where the port can't be had."""
        port = self._present.config.callback.local_port
        told: set[asyncio.Task[None]] = set()

        async def note(trouble: str) -> None:
            if trouble != self._trouble:
                self._trouble = trouble
                await changed()

        def listening(found: int) -> None:
            _log.info("the supervision's calls are taken on port %d", found)
            task = asyncio.create_task(note(""))
            told.add(task)
            task.add_done_callback(told.discard)

        while True:
            try:
                await self._server.serve(None, port, listening)
            except OSError as error:
                why = os.strerror(error.errno) if error.errno else clean(str(error), 100)
                _log.warning("port %d: %s", port, why)
                await note(f"the supervision's calls can't be taken: local port {port}: {why}")
            await asyncio.sleep(self._timing.bind_retry_s)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Wire]:
        """A client with what opens the supervision's door now, and the station's address of now."""
        config = self._present.config
        async with session(config, self._timing, await self._station.access()) as opened:
            sender = await callback_url(config)
            yield SoapWire(opened, config, self._exchange, sender, self._station.stranger)
