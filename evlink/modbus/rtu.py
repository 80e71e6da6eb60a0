"""Meters on a serial line: Modbus RTU with a discipline under which no late reply is taken for another's.

One question at a time. What came before a question was sent is thrown away; a frame of another unit or of another
length than asked for is passed over; and a unit that was silent is not asked again before its worst delay is over, so
that its late reply falls into that silence.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import termios
from dataclasses import dataclass

import serial

from evlink.modbus.bus import REPLY_S, WORST_S, Read, Refused, Unreachable, garbled, silent
from evlink.modbus.frames import Found, serial_piece, serial_question
from evlink.settings.label import Label

QUIET_S = 0.03  # a line that said nothing for so long has said all of a frame; USB adapters wait 16 ms
BUDGET_S = 0.45  # of a question and its repetition
_PARITIES = {"none": serial.PARITY_NONE, "even": serial.PARITY_EVEN, "odd": serial.PARITY_ODD}
_AT_ONCE = 512
log = logging.getLogger("evlink.meters")


@dataclass(frozen=True, slots=True)
class SerialPort:
    """A serial port and how it is set: `parity` is none, even or odd; always 8 data bits and 1 stop bit."""

    device: str
    baud_rate: int = 19200
    parity: str = "none"


class SerialBus:
    """A serial line as a `Bus`; opened with the first question, and again after a fault of the line."""

    def __init__(self, port: SerialPort) -> None:
        self.port = port
        self._line: serial.Serial | None = None
        self._lock = asyncio.Lock()
        self._came = asyncio.Event()
        self._heard = bytearray()
        self._spoiled: dict[int, float] = {}  # until when a unit is left alone
        self._pause = max(0.00175, 38.5 / port.baud_rate)  # 3.5 characters of 11 bits (Modbus over serial line, 2.5.1)

    async def read(self, read: Read) -> tuple[int, ...]:
        """The registers asked for. Silent, Garbled, Refused or Unreachable where they can't be had."""
        clock = asyncio.get_running_loop().time
        async with self._lock:
            if clock() < self._spoiled.get(read.unit, 0.0):
                raise silent(read)
            until = clock() + BUDGET_S
            for trial in (1, 2):
                try:
                    return await self._ask(read, min(clock() + REPLY_S, until))
                except OSError as error:
                    self.close()
                    raise self._gone(error) from None
                except _DamagedError:
                    # Damaged on its way, so the meter has spoken and owes nothing: asked once more, at once.
                    if trial == 2:
                        raise garbled(read) from None
        raise AssertionError

    def close(self) -> None:
        """Let go of the port."""
        line, self._line = self._line, None
        if line is not None:
            asyncio.get_running_loop().remove_reader(line.fileno())
            line.close()

    async def _ask(self, read: Read, until: float) -> tuple[int, ...]:
        loop = asyncio.get_running_loop()
        line = self._line or self._open()
        await asyncio.sleep(self._pause)
        termios.tcflush(line.fileno(), termios.TCIFLUSH)
        self._heard.clear()
        asked = loop.time()
        await self._send(line.fileno(), serial_question(read))
        late = False
        while True:
            self._came.clear()
            if self._line is None:
                raise OSError(errno.EIO, "the port has gone")
            piece = serial_piece(bytes(self._heard), read)
            if piece.found is Found.FOREIGN:
                late = True
                self._heard[:] = piece.rest
                continue
            if piece.found is Found.REPLY:
                return piece.words
            if piece.found is Found.EXCEPTION:
                raise Refused(read, piece.code)
            if piece.found is Found.DAMAGED and not await self._more(QUIET_S):
                raise _DamagedError
            if not await self._more(until - loop.time()):
                break
        self._spoiled[read.unit] = asked + WORST_S
        raise silent(read, late)

    async def _more(self, seconds: float) -> bool:
        """Whether more came within a time."""
        try:
            async with asyncio.timeout(max(0.0, seconds)):
                await self._came.wait()
        except TimeoutError:
            return False
        return True

    async def _send(self, fd: int, frame: bytes) -> None:
        sent = os.write(fd, frame)
        if sent != len(frame):  # 8 bytes: only a line that is stuck does not take them
            raise OSError(errno.EIO, "the port takes nothing")

    def _receive(self, fd: int) -> None:
        try:
            data = os.read(fd, _AT_ONCE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.close()
        self._heard += data[: _AT_ONCE - len(self._heard)] if len(self._heard) < _AT_ONCE else b""
        self._came.set()

    def _open(self) -> serial.Serial:
        port = self.port
        try:
            line = serial.Serial(
                port.device, port.baud_rate, parity=_PARITIES[port.parity], timeout=0, write_timeout=0, exclusive=True
            )
        except (OSError, termios.error) as error:
            raise self._gone(error) from None
        os.set_blocking(line.fileno(), False)
        self._line = line
        asyncio.get_running_loop().add_reader(line.fileno(), self._receive, line.fileno())
        return line

    def _gone(self, error: BaseException) -> Unreachable:
        number = getattr(error, "errno", None)
        device = self.port.device
        if number == errno.ENOENT:
            said = Label(f"serial port {device} is missing", f"le port série {device} est absent")
        elif number in (errno.EBUSY, errno.EAGAIN, errno.EWOULDBLOCK):
            said = Label(
                f"serial port {device} is in use by another program",
                f"le port série {device} est utilisé par un autre programme",
            )
        elif number in (errno.EACCES, errno.EPERM):
            said = Label(f"serial port {device} may not be opened", f"le port série {device} ne peut être ouvert")
        else:
            said = Label(f"serial port {device} has failed", f"le port série {device} est en défaut")
        return Unreachable(said)


class _DamagedError(Exception):
    """A reply that came whole and wrong."""
