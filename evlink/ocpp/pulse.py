"""The heartbeat: a sign of life after silence, and the supervision's clock at least daily (OCPP 1.6 section 4.6)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime

from ocpp.v16 import call  # type: ignore[import-untyped]

from evlink.ocpp.config import Timing
from evlink.ocpp.exchange import Ask, MalformedError, RefusedError, Wire
from evlink.ocpp.messages import read_time

_log = logging.getLogger(__name__)


class Pulse:
    """The heartbeat of one run; its interval comes from BootNotification.conf or the setting."""

    def __init__(self, timing: Timing, clock_told: Callable[[datetime], Awaitable[None]]) -> None:
        self._timing = timing
        self._clock_told = clock_told
        self._told_s = timing.longest_wait_s
        self._own_s = 0.0
        self._heard_s = 0.0  # event loop time at which the supervision last told the time
        self._changed = asyncio.Event()

    @property
    def interval_s(self) -> int:
        """Seconds of silence after which a heartbeat goes out."""
        return int(self._interval_s)

    @property
    def _interval_s(self) -> float:
        return self._own_s or self._told_s

    def set_interval(self, seconds: int) -> None:
        """Take the supervision's interval; 0 or less leaves it to the station, which takes a day."""
        longest = self._timing.longest_wait_s
        self._told_s = min(float(seconds), longest) if seconds > 0 else longest
        self._changed.set()

    def override(self, seconds: int) -> None:
        """Take the interval of the setting HeartbeatInterval; 0 keeps to what the supervision said."""
        self._own_s = min(float(max(0, seconds)), self._timing.longest_wait_s)
        self._changed.set()

    async def told(self, current_time: str) -> None:
        """Take the supervision's time of day; text that is no time is ignored."""
        self._heard_s = asyncio.get_running_loop().time()
        at = read_time(current_time)
        if at is None:
            _log.warning("the supervision told a time that is none")
        else:
            await self._clock_told(at)

    async def run(self, point: Wire, ask: Ask) -> None:
        """Beat until cancelled; raises NoAnswerError. Any request counts as a sign of life, but tells no time."""
        now = asyncio.get_running_loop().time
        while True:
            self._changed.clear()
            silent_s = point.last_sent_s + self._interval_s
            daily_s = self._heard_s + self._timing.longest_wait_s
            wait_s = min(silent_s, daily_s) - now()
            if wait_s > 0:
                try:
                    async with asyncio.timeout(wait_s):
                        await self._changed.wait()
                except TimeoutError:
                    pass
                continue
            await self.beat(ask)

    async def beat(self, ask: Ask) -> None:
        """Send one heartbeat and take the time of day that it brings; raises NoAnswerError."""
        try:
            answer = await ask(call.Heartbeat())
            await self.told(str(answer.current_time))
        except (RefusedError, MalformedError) as error:
            self._heard_s = asyncio.get_running_loop().time()
            _log.warning("%s", error)
