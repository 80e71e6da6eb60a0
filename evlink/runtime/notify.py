"""Words to systemd: that the station is ready, and that it lives; the latter only while everything in it moves."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from evlink import _core

log = logging.getLogger("evlink.notify")

Counter = Callable[[], Awaitable[object]]


class Notifier:
    """The socket that systemd gave us, if any (sd_notify(3))."""

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        given = os.environ if environ is None else environ
        self._address = given.get("NOTIFY_SOCKET", "")
        text = given.get("WATCHDOG_USEC", "")
        self.period_s = int(text) / 2_000_000 if text.isdecimal() and self._address else 0.0

    def say(self, text: str) -> None:
        """Send a word; without systemd nothing."""
        if not self._address:
            return
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as door:
                door.sendto(text.encode(), address)
        except OSError as error:
            log.warning("systemd can't be told: %s", error.strerror)

    async def feed(self, counters: Mapping[str, Counter]) -> None:
        """Feed the watchdog twice in its time while every counter has moved since, for ever.

        A counter that hangs is one that does not move; what stood still is named in the log.
        """
        if not self.period_s:
            return
        before: dict[str, object] = {}
        while True:
            await asyncio.sleep(self.period_s)
            now: dict[str, object] = {}
            for name, counter in counters.items():
                try:
                    now[name] = await asyncio.wait_for(counter(), self.period_s)
                except Exception as error:
                    log.error("%s can't be counted: %s", name, error or type(error).__name__)
            still = sorted(name for name in counters if name not in now or now[name] == before.get(name))
            before = now
            if still:
                log.error("the watchdog is not fed: %s stands still", ", ".join(still))
            else:
                self.say("WATCHDOG=1")


def control_pulse(document: Mapping[str, Any], latency: _core.Latency | None, now: float) -> object:
    """What moves while control does; and while it is known to be silent, since its keeper then starts it anew."""
    known_silent = "KO" in ((document.get("events") or {}).get("3") or [])
    return now if known_silent else None if latency is None else latency.blocks
