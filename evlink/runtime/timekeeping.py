"""The station's time of day: set by hand, or taken from a server, whose silence is Evt #31 (R-085 to R-089)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from evlink.runtime.clock import StationClock
from evlink.runtime.rpc import BAD_VALUE, NOT_NOW, Failure, Method, Session
from evlink.settings.registry import SETTINGS
from evlink.settings.values import Values
from evlink.system.clock import MachineClock
from evlink.system.programs import MachineError
from evlink.system.sntp import offset

SOURCE = "configuration.date_time.clock_source"
SERVER = "configuration.date_time.ntp_server"
ZONE = "configuration.date_time.timezone"
MANUAL = "configuration.date_time.manual_datetime"
LOOK_S = 64.0
SILENT = 2  # questions in a row without an answer until the event
_OFF_S = 0.5
log = logging.getLogger("evlink.time")

Ask = Callable[[str, Callable[[], float]], Awaitable[float | None]]


class Timekeeper:
    """Follows the settings; `machine` is the machine's own clock, None where the station must not touch that.

    Without it the station's label of time is set alone; durations never notice either.
    """

    def __init__(
        self,
        clock: StationClock,
        machine: MachineClock | None,
        tell: Callable[[bool], None],
        ask: Ask = offset,
        look_s: float = LOOK_S,
    ) -> None:
        self._clock = clock
        self._machine = machine
        self._tell = tell
        self._ask = ask
        self._look_s = look_s
        self._wanted = ("", "", "")
        self._done = ("", "", "")
        self._changed = asyncio.Event()
        self._silent = 0

    def configure(self, values: Values) -> None:
        """Take settings; they are followed soon."""
        self._wanted = (str(values.get(SOURCE)), str(values.get(SERVER)), str(values.get(ZONE)))
        self._changed.set()

    @property
    def by_server(self) -> bool:
        """Whether a server sets the clock."""
        return self._wanted[0] == "ntp"

    async def run(self) -> None:
        """Follow the settings and the server, for ever."""
        while True:
            self._changed.clear()
            await self._follow()
            if self.by_server:
                await self._look()
            else:
                self._silent = 0
                self._tell(False)
            try:
                async with asyncio.timeout(self._look_s if self.by_server else None):
                    await self._changed.wait()
            except TimeoutError:
                continue

    async def _follow(self) -> None:
        """Hand changed settings to the machine."""
        wanted = self._wanted
        if self._machine is None or wanted == self._done:
            return
        source, server, zone = wanted
        try:
            await self._machine.zone(zone)
            if source == "ntp":
                await self._machine.follow(server)
            else:
                await self._machine.by_hand()
        except MachineError as error:
            log.error("the machine's clock: %s", error)
            return
        self._done = wanted

    async def _look(self) -> None:
        """Ask the server once; tell whether it is silent for long."""
        off = await self._ask(self._wanted[1], lambda: self._clock.wall().timestamp())
        self._silent = 0 if off is not None else self._silent + 1
        if off is not None and self._machine is None and abs(off) > _OFF_S:
            self._clock.set_wall(self._clock.wall() + timedelta(seconds=off))
        if self._silent in (0, SILENT):
            self._tell(self._silent > 0)

    async def set(self, text: str, zone: str) -> datetime:
        """Set the clock to a time in the station's zone (R-086). Failure where it is none, or a server sets it."""
        wrong = SETTINGS[MANUAL].kind.check(text)
        if wrong is not None:
            raise Failure(
                BAD_VALUE, f"moment {text!r}: {wrong.en}", key=MANUAL, value=text, allowed=wrong.en,
                fr=f"{text!r} : {wrong.fr}",
            )  # fmt: skip
        if self.by_server:
            raise Failure(
                NOT_NOW, "a time server sets the clock: choose Manually first", key=SOURCE,
                fr="un serveur de temps règle l'horloge : choisir d'abord Manuellement",
            )  # fmt: skip
        now = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))
        if self._machine is not None:
            try:
                await self._machine.by_hand()
                await self._machine.set(now)
            except MachineError as error:
                raise Failure(NOT_NOW, f"the clock can't be set: {error}", fr=f"horloge non réglée : {error}") from None
        else:
            self._clock.set_wall(now)
        return now


class Set(msgspec.Struct, forbid_unknown_fields=True):
    """Parameters of `clock.set`."""

    moment: str


def table(keeper: Timekeeper, stored: Callable[[], Values]) -> dict[str, Method]:
    """The method, open to both accounts (R-088)."""

    async def put(session: Session, params: Set) -> dict[str, Any]:
        now = await keeper.set(params.moment.strip(), str(stored().get(ZONE)))
        return {"clock": now.isoformat()}

    return {"clock.set": Method(Set, put)}
