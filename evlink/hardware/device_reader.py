"""A badge reader on a device that may vanish: opened again and again, its texts read as badges, repeats left out."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, suppress
from pathlib import Path
from typing import Final, Protocol

from evlink.hardware.badge_text import BadgeText, Repeats

RETRY_S: Final = 1.0

log = logging.getLogger(__name__)


class Device(Protocol):
    """An open device that gives texts."""

    def texts(self) -> AsyncGenerator[str, None]:
        """The texts that a reader writes, and '' for any other sign of life. OSError where the device has gone."""
        ...

    def close(self) -> None:
        """Let it go."""
        ...


class DeviceReader:
    """The reader of one outlet on a device (a `BadgeReader`); one that vanishes is opened again.

    `opens` opens the device at `path` (OSError where it cannot be). `heartbeat_s`, where the reader sends something at
    least that often, makes silence a fault; else only a device that is not there is one (Evt #1). `clock` gives
    monotonic seconds. Cancelling the iteration closes the device.
    """

    def __init__(
        self,
        path: Path,
        outlet: int,
        text: BadgeText,
        opens: Callable[[Path], Device],
        heartbeat_s: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path = path
        self._outlet = outlet
        self._text = text
        self._opens = opens
        self._heartbeat_s = heartbeat_s
        self._clock = clock
        self._repeats = Repeats(clock)
        self._open = False
        self._heard = clock()
        self.refused = 0  # texts that were no badge

    def silent(self) -> frozenset[int]:
        """The outlet, where its reader is not there or has been silent for `heartbeat_s` (Evt #1)."""
        late = self._heartbeat_s is not None and self._clock() - self._heard > self._heartbeat_s
        return frozenset({self._outlet}) if late or not self._open else frozenset()

    async def __aiter__(self) -> AsyncIterator[tuple[int, str]]:
        while True:
            try:
                device = self._opens(self._path)
            except OSError as error:
                log.debug("%s cannot be opened: %s", self._path, error)
                await asyncio.sleep(RETRY_S)
                continue
            self._open, self._heard = True, self._clock()
            try:
                async with aclosing(device.texts()) as texts:
                    async for text in texts:
                        self._heard = self._clock()
                        if text and (uid := self._badge(text)):
                            yield self._outlet, uid
            except OSError as error:
                log.warning("The badge reader %s has gone: %s", self._path, error)
            finally:
                self._open = False
                with suppress(OSError):
                    device.close()
            await asyncio.sleep(RETRY_S)

    def _badge(self, text: str) -> str | None:
        """The badge that a text means; None for a text that is none, and for one held before the reader."""
        try:
            uid = self._text.read(text)
        except ValueError as error:
            self.refused += 1
            log.info("%s: %s", self._path, error)
            return None
        return uid if self._repeats.is_new(uid) else None


async def readable(file: int) -> AsyncGenerator[None, None]:
    """Each time that a descriptor may have something to read; it may be told twice of the same."""
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(file, ready.set)
    try:
        while True:
            await ready.wait()
            ready.clear()
            yield
    finally:
        with suppress(ValueError, OSError):
            loop.remove_reader(file)
