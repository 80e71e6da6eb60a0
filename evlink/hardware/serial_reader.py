"""Badge readers on a serial line: text lines, with or without STX and ETX around them."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from evlink.hardware.badge_text import BadgeText
from evlink.hardware.device_reader import DeviceReader, readable

if TYPE_CHECKING:
    from serial import Serial

STX, ETX = 0x02, 0x03
ENDS: Final = b"\r\n\x03"
MAX_LINE: Final = 64  # bytes; ten bytes in hex with separators are 29


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


class SerialDevice:
    """A serial port as texts (a `Device`)."""

    def __init__(self, port: Path, baud: int) -> None:
        """Open it. OSError where it cannot be; RuntimeError without pyserial."""
        self._serial = open_port(port, baud)

    async def texts(self) -> AsyncGenerator[str, None]:
        """The lines, and '' for bytes that complete none. OSError where the port has gone."""
        lines = Lines()
        async with aclosing(readable(self._serial.fileno())) as turns:
            async for _ in turns:
                data = self._serial.read(4096)  # of a line hung up pyserial raises
                if data:
                    for text in ("", *lines.feed(data)):
                        yield text

    def close(self) -> None:
        """Close the port."""
        self._serial.close()


def serial_reader(
    port: Path,
    outlet: int = 1,
    baud: int = 9600,
    text: BadgeText = BadgeText(),  # noqa: B008 - frozen
    heartbeat_s: float | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> DeviceReader:
    """The reader of one outlet on a serial port."""
    return DeviceReader(port, outlet, text, lambda path: SerialDevice(path, baud), heartbeat_s, clock)


def open_port(port: Path, baud: int) -> Serial:
    """Open a serial port for us alone, never waiting. OSError where it cannot be; RuntimeError without pyserial."""
    try:
        import serial  # an extra: a simulated station has none
    except ImportError:
        raise RuntimeError("The Python package pyserial is not installed; it belongs to evlink.") from None
    return serial.Serial(str(port), baud, timeout=0, exclusive=True)
