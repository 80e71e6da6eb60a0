"""The Modbus server's part of a run: started by the settings, its image kept up to date, its orders posted."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from evlink import __version__
from evlink.domain.events import RemoteWrite
from evlink.domain.remote_control import Command, RemoteCommand, RemoteOrder
from evlink.domain.state import StationState
from evlink.domain.words import Evt
from evlink.hardware.facts import Facts
from evlink.modbus import sayings
from evlink.modbus.identity import Identity
from evlink.modbus.image import Image
from evlink.modbus.map import layout
from evlink.modbus.server import MOST_CONNECTIONS, ModbusServer, Write
from evlink.runtime.bus import Bus
from evlink.runtime.clock import StationClock
from evlink.runtime.loop import Loop
from evlink.runtime.modbus_config import ServerConfig, unheard
from evlink.settings.label import Label
from evlink.storage.store import Store

AGAIN_S = 5.0  # before a port that was not to be had is tried again
NOTED_S = 60.0  # at most one note of a set point in that time, an outlet
KEPT = "modbus"
VENDOR = "EVlink"
PRODUCTS = {"parking": "EVlink Parking", "city": "EVlink City", "wallbox": "EVlink Smart Wallbox"}
# Orders that outlive a restart, by the state they keep.
LASTING = {
    "unavailable": Command.UNAVAILABLE,
    "maintenance": Command.MAINTENANCE,
    "booked": Command.BOOK,
}
TURNED_AWAY = (sayings.NO_READER, sayings.crowded(MOST_CONNECTIONS))
log = logging.getLogger("evlink.modbus")


@dataclass(frozen=True, slots=True)
class Told:
    """What was last said of a client, and when, in the wall time of the station."""

    at: datetime
    peer: str
    said: Label

    def document(self) -> dict[str, str]:
        """As it stands in the status document."""
        at = self.at.isoformat(timespec="seconds")
        return {"at": at, "peer": self.peer, "said": self.said.en, "said_fr": self.said.text("fr")}


class ModbusRoom:
    """The Modbus server of a station: `modbus.server.Station` on the loop."""

    def __init__(
        self,
        loop: Loop,
        bus: Bus,
        clock: StationClock,
        config: ServerConfig,
        identity: Callable[[StationState], Identity],
        serials: tuple[str, ...],
        store: Store,
        restart: Callable[[], Awaitable[None]],
    ) -> None:
        """`serials` has a serial number an outlet; `restart` ends this run for another."""
        self.unheard: Label | None = None
        self.port: int | None = None
        self._refused: Told | None = None
        self._written: Told | None = None
        self._loop = loop
        self._bus = bus
        self._clock = clock
        self._config = config
        self._identity = identity
        self._serials = serials
        self._store = store
        self._restart = restart
        self._changed = asyncio.Event()
        self._server: ModbusServer | None = None
        self._image: Image | None = None
        self._number = 0
        self._noted: dict[int, float] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def word(self) -> dict[str, Any]:
        """The server in the status document; `port` is null while it does not listen.

        A refusal stands until its client succeeds.
        """
        server, controlled = self._server, self._loop.state.config.remote.enabled
        return {
            "enabled": self._config.enabled,
            "port": self.port,
            "clients": 0 if server is None else server.clients,
            "owner": server.owner.holder(self.now()) if server is not None and controlled else "",
            "last_error": "" if self.unheard is None else self.unheard.en,
            "last_error_fr": "" if self.unheard is None else self.unheard.text("fr"),
            "last_refusal": None if self._refused is None else self._refused.document(),
            "last_write": None if self._written is None else self._written.document(),
        }

    def writes(self) -> tuple[Write, ...]:
        """The values that clients wrote and that were taken, the oldest first (for the report)."""
        return () if self._server is None else tuple(self._server.writes)

    def reconfigure(self, config: ServerConfig) -> None:
        """Take new settings: who may read and write at once, the rest by a new server."""
        if config == self._config:
            return
        before, self._config = self._config, config
        if self._server is not None:
            self._server.access = config.access
        if (config.enabled, config.host, config.port, config.profile) != (
            before.enabled,
            before.host,
            before.port,
            before.profile,
        ):
            self._changed.set()

    async def run(self) -> None:
        """Serve as the settings say, for ever."""
        await self._recall()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._follow())
                group.create_task(self._keep_orders())
                while True:
                    self._changed.clear()
                    self._stop()
                    again = AGAIN_S if self._config.enabled and not await self._start() else None
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self._changed.wait(), again)
        finally:
            self._stop()

    async def _start(self) -> bool:
        config = self._config
        image = Image(layout(config.profile), self._serials, self._identity(self._loop.state).revision)
        server = ModbusServer(self, image, config.access, lambda: self._identity(self._loop.state))
        self._image = image
        self.refresh()
        try:
            self.port = await server.start(config.host or "0.0.0.0", config.port)  # noqa: S104 - the setting's choice
        except OSError as error:
            why = unheard(error, config.host, config.port)
            if why != self.unheard:
                log.error("the Modbus server does not listen: %s", why.en)
            self.unheard = why
            return False
        self.unheard = None
        self._server = server
        log.info("the Modbus server listens on port %d", self.port)
        return True

    def _stop(self) -> None:
        if self._server is not None:
            self._server.close()
        self._server, self._image, self.port = None, None, None
        if not self._config.enabled:
            self.unheard = self._refused = self._written = None

    async def _follow(self) -> None:
        """Keep the image up to date while somebody looks; nobody holds a control that is switched off."""
        async for _ in self._bus.changes():
            if self._server is not None and not self._loop.state.config.remote.enabled:
                self._server.owner.release()
            if self._server is not None and self._server.clients:
                try:
                    self.refresh()
                except Exception:
                    log.exception("the registers could not be brought up to date")

    def refresh(self) -> None:
        """Bring the image up to date."""
        if self._image is not None:
            self._image.publish(self._bus.document, self._loop.state)

    def order(self, orders: tuple[RemoteOrder, ...]) -> int:
        """Post the orders of one request; its number."""
        self._number += 1
        self._loop.post(RemoteWrite(self._loop.moment(), self._number, orders))
        if any(isinstance(one, RemoteCommand) and one.command is Command.REBOOT for one in orders):
            self._begin(self._restart())
        return self._number

    def now(self) -> float:
        """The station's monotonic time."""
        return self._clock.monotonic()

    def refused(self, peer: str, why: Label) -> None:
        """Note why somebody was turned away."""
        if self._refused is None or (self._refused.peer, self._refused.said) != (peer, why):
            log.warning("%s: %s", peer, why.en)
        self._refused = Told(self._clock.wall(), peer, why)

    def came(self, peer: str) -> None:
        """A client that was turned away may stay by now."""
        if self._refused is not None and self._refused.peer == peer and self._refused.said in TURNED_AWAY:
            self._refused = None

    def wrote(self, write: Write) -> None:
        """Log a value that was taken, and note it where it changes something: set points at most once a minute."""
        if self._refused is not None and self._refused.peer == write.peer:
            self._refused = None
        if write.beats:
            return
        wall, said = self._clock.wall(), write.said
        self._written = Told(wall, write.peer, said)
        if write.old == write.new and not write.command:
            return
        log.info("outlet %d, %s: %s", write.outlet, write.peer, said.en)
        if not write.command:
            if write.at - self._noted.get(write.outlet, float("-inf")) < NOTED_S:
                return
            self._noted[write.outlet] = write.at
        # Numbers alone: the reports that show it are in either language.
        detail = f"Modbus {write.peer}: {write.address}: {write.old} -> {write.new}"
        self._begin(self._store.run(lambda db: db.events.instant(write.outlet, Evt.REMOTE_ENERGY, wall, detail)))

    def _begin(self, work: Awaitable[object]) -> None:
        async def finish() -> None:
            try:
                await work
            except Exception:
                log.exception("could not note what a Modbus client wrote")

        task = asyncio.get_running_loop().create_task(finish())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _recall(self) -> None:
        """Orders of an earlier run that still hold."""
        known: Mapping[str, list[str]] = {}
        try:
            known = await self._store.recall(KEPT) or {}
        except Exception:
            log.exception("what Modbus clients ordered could not be read")
        if not self._loop.state.config.remote.enabled:
            if known:
                await self._store.remember(KEPT, {})
            return
        here = {one.outlet for one in self._loop.state.outlets}
        orders = tuple(
            RemoteCommand(int(outlet), 0, 0, LASTING[name])
            for outlet, names in known.items()
            for name in names
            if int(outlet) in here and name in LASTING
        )
        if orders:
            self._loop.post(RemoteWrite(self._loop.moment(), 0, orders))

    async def _keep_orders(self) -> None:
        """Remember the orders that outlive a restart, as they change."""
        known = lasting(self._loop.state)
        async for _ in self._bus.changes():
            now = lasting(self._loop.state)
            if now == known:
                continue
            try:
                await self._store.remember(KEPT, now)
            except Exception:  # tried again with the next document
                log.exception("what Modbus clients ordered could not be stored")
            else:
                known = now


def identify(board: Facts, state: StationState) -> Identity:
    """The device identification: what was built, and the station's name as the user's word for it."""
    return Identity(
        vendor=VENDOR,
        product_code=board.product.commercial_ref,
        revision=__version__,
        product_name=PRODUCTS[board.station.model],
        model_name=board.station.model,
        application=state.config.name,
    )


def lasting(state: StationState) -> dict[str, list[str]]:
    """The orders of each outlet that outlive a restart."""
    return {str(one.outlet): [name for name in LASTING if getattr(one.remote, name)] for one in state.outlets}
