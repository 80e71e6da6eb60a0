"""Badge readers on a serial line: text lines, with or without STX and ETX around them."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from evlink.hardware.badge_text import BadgeText, Repeats

if TYPE_CHECKING:
    from serial import Serial

STX, ETX = 0x02, 0x03
ENDS: Final = b"\r\n\x03"
MAX_LINE: Final = 64  # bytes; ten bytes in hex with separators are 29
RETRY_S: Final = 1.0

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Lines:
    """Bytes of a line, cut into texts: CR, LF and ETX end one, STX begins one anew, an endless one is skipped whole."""

    _line: bytearray = field(default_factory=bytearray)
    _skips: bool = False
    skipped: int = 0

    def feed(self, data: bytes) -> list[str]:
        """The texts that these bytes complete, without empty ones and those that hold anything but printable ASCII."""
        texts = []
        for byte in data:
            if byte in ENDS:
                text = self._line.decode("latin-1").strip()
                if text and not self._skips:
                    if text.isascii() and text.isprintable():
                        texts.append(text)
                    else:
                        self.skipped += 1
                self.reset()
            elif byte == STX:
                self.reset()
            elif len(self._line) >= MAX_LINE:
                self.skipped += not self._skips
                self._skips = True
            else:
                self._line.append(byte)
        return texts

    def reset(self) -> None:
        """Forget a line begun: the port was opened anew."""
        self._line.clear()
        self._skips = False


class SerialReader:
    """The reader of one outlet on a serial port (a `BadgeReader`); a port that vanishes is opened again.

    `heartbeat_s`, where the reader sends something at least that often, makes silence a fault; else only a port that
    cannot be read is one (Evt #1). `clock` gives monotonic seconds. Cancelling the iteration closes the port.
    """

    def __init__(
        self,
        port: Path,
        outlet: int = 1,
        baud: int = 9600,
        text: BadgeText = BadgeText(),  # noqa: B008 - frozen
        heartbeat_s: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._port = port
        self._outlet = outlet
        self._baud = baud
        self._text = text
        self._heartbeat_s = heartbeat_s
        self._clock = clock
        self._repeats = Repeats(clock)
        self._open = False
        self._heard = clock()
        self.refused = 0  # lines that were no badge

    def silent(self) -> frozenset[int]:
        """The outlet, where its reader cannot be read or has been silent for `heartbeat_s` (Evt #1)."""
        late = self._heartbeat_s is not None and self._clock() - self._heard > self._heartbeat_s
        return frozenset({self._outlet}) if late or not self._open else frozenset()

    async def __aiter__(self) -> AsyncIterator[tuple[int, str]]:
        lines = Lines()
        while True:
            try:
                serial = open_port(self._port, self._baud)
            except OSError as error:
                log.debug("%s cannot be opened: %s", self._port, error)
                await asyncio.sleep(RETRY_S)
                continue
            lines.reset()
            self._open, self._heard = True, self._clock()
            try:
                async for data in received(serial):
                    self._heard = self._clock()
                    for text in lines.feed(data):
                        if uid := self._badge(text):
                            yield self._outlet, uid
            except OSError as error:
                log.warning("The badge reader on %s has gone: %s", self._port, error)
            finally:
                self._open = False
                serial.close()
            await asyncio.sleep(RETRY_S)

    def _badge(self, text: str) -> str | None:
        """The badge that a line means; None for a line that is none, and for one held before the reader."""
        try:
            uid = self._text.read(text)
        except ValueError as error:
            self.refused += 1
            log.info("%s: %s", self._port, error)
            return None
        return uid if self._repeats.is_new(uid) else None


def open_port(port: Path, baud: int) -> Serial:
    """Open a serial port for us alone, never waiting. OSError where it cannot be; RuntimeError without pyserial."""
    try:
        import serial  # an extra: a simulated station has none
    except ImportError:
        raise RuntimeError("The Python package pyserial is not installed; install evlink[hardware].") from None
    return serial.Serial(str(port), baud, timeout=0, exclusive=True)


async def received(serial: Serial) -> AsyncIterator[bytes]:
    """What comes over a port, piece by piece. OSError where the port has gone."""
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    file = serial.fileno()
    loop.add_reader(file, ready.set)
    try:
        while True:
            await ready.wait()
            ready.clear()
            data = serial.read(4096)
            if data:  # the loop may tell twice of the same bytes; of a line hung up pyserial raises
                yield data
    finally:
        with suppress(ValueError, OSError):
            loop.remove_reader(file)
