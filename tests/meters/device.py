"""Simulated meters that answer Modbus on TCP and on a pseudo-terminal; nothing of the product and no Modbus library.

A device is a dictionary of registers by wire address. Its `fault` says how it misbehaves: silent, exception, crc, late,
half or gone; what is wrong with its values (NaN, frozen, falling) is put into the registers.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import pty
import struct
import tty
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

FORMS = {"u16": "H", "i16": "h", "u32": "I", "i32": "i", "f32": "f", "u64": "Q", "i64": "q", "f64": "d"}


def words(kind: str, value: float, low_first: bool = False) -> list[int]:
    """Registers of a value."""
    data = struct.pack(">" + FORMS[kind], value if kind[0] == "f" else int(value))
    found = list(struct.unpack(f">{len(data) // 2}H", data))
    return found[::-1] if low_first else found


def crc(frame: bytes) -> bytes:
    """The check sum by polynomial division of the reflected bits, as the specification draws it."""
    value = 0xFFFF
    for byte in frame:
        value ^= byte
        for _ in range(8):
            odd = value & 1
            value >>= 1
            if odd:
                value ^= 0xA001
    return struct.pack("<H", value)


@dataclass
class Device:
    """One meter: its unit, its registers, and the questions that came."""

    unit: int = 2
    registers: dict[int, int] = field(default_factory=dict)
    functions: tuple[int, ...] = (3,)
    fault: str = ""
    late_s: float = 0.5
    asked: list[tuple[int, int, int]] = field(default_factory=list)  # function, address, count
    before_reply: Callable[[], None] | None = None

    def put(self, address: int, kind: str, value: float, low_first: bool = False) -> None:
        """Write a value to a wire address."""
        self.registers.update(enumerate(words(kind, value, low_first), address))

    def text(self, address: int, text: str, size: int = 20) -> None:
        """Write a text of `size` words."""
        data = text.encode().ljust(2 * size, b"\0")
        self.registers.update(enumerate(struct.unpack(f">{size}H", data), address))

    def pdu(self, function: int, address: int, count: int) -> bytes:
        """The reply to a question, function code first."""
        self.asked.append((function, address, count))
        if self.before_reply is not None:
            self.before_reply()
        if self.fault == "exception":
            return bytes((function | 0x80, 4))
        if function not in self.functions:
            return bytes((function | 0x80, 1))
        if not 1 <= count <= 125 or any(at not in self.registers for at in range(address, address + count)):
            return bytes((function | 0x80, 2))
        found = [self.registers[at] for at in range(address, address + count)]
        return struct.pack(f">BB{count}H", function, 2 * count, *found)


def iem3x5x(unit: int = 2, serial: int = 305_419_896) -> Device:
    """A three-phase meter of the iEM3000 series: every register of its driver has a value of its own."""
    device = Device(unit)
    device.text(29, "Energy Meter")
    device.text(49, "iEM3155")
    device.text(69, "Schneider Electric")
    device.put(129, "u32", serial)
    device.put(1636, "u16", 108)
    for k in range(3):
        device.put(2999 + 2 * k, "f32", 10.0 + k)
        device.put(3019 + 2 * k, "f32", 400.0 + k)
        device.put(3027 + 2 * k, "f32", 230.0 + k)
        device.put(3053 + 2 * k, "f32", 2.25 + k / 8)
    device.put(3025, "f32", 401.0)
    device.put(3059, "f32", 7.125)
    device.put(3203, "i64", 123_456_789)
    return device


def iem2155(unit: int = 2) -> Device:
    """A single-phase meter."""
    device = Device(unit)
    device.text(49, "iEM2155")
    device.text(69, "Schneider Electric")
    device.put(129, "u32", 77)
    device.put(1636, "u16", 203)
    for address, value in ((2999, 16.5), (3027, 231.5), (3053, 3.75), (45099, 4_321_000.0), (45101, 12.0)):
        device.put(address, "f32", value)
    return device


def generic_tri(unit: int = 2, low_first: bool = False, kind: str = "f32") -> Device:
    """The meter of the manual's example: entered numbers 19001.. are wire addresses 19000.. (N-46)."""
    device = Device(unit, functions=(3, 4))
    values = {19000: 231.0, 19002: 232.0, 19004: 233.0, 19006: 401.0, 19008: 402.0, 19010: 403.0, 19012: 11.0}
    values |= {19014: 12.0, 19016: 13.0, 19020: 2.5, 19022: 2.75, 19024: 3.0, 19026: 8.25}
    values |= {19054: 1000.0, 19056: 2000.0, 19058: 3000.0, 19060: 6000.0}
    for address, value in values.items():
        device.put(address, kind, value, low_first)
    return device


class TcpMeters:
    """Devices behind one TCP port; each connection is served in order, as by a gateway."""

    def __init__(self, *devices: Device) -> None:
        self.devices = {device.unit: device for device in devices}
        self.port = 0
        self.connections: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    async def start(self, port: int = 0) -> TcpMeters:
        """Listen on the loopback."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def stop(self) -> None:
        """Close the port and what is connected to it."""
        if self._server is not None:
            self._server.close()
        for writer in list(self.connections):
            writer.close()
        await asyncio.sleep(0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections.add(writer)
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                number, _, _, unit, function, address, count = struct.unpack(">HHHBBHH", await reader.readexactly(12))
                device = self.devices.get(unit)
                if device is None:
                    continue
                reply = device.pdu(function, address, count)
                frame = struct.pack(">HHHB", number, 0, len(reply) + 1, unit) + reply
                match device.fault:
                    case "silent":
                        continue
                    case "gone":
                        break
                    case "crc":  # TCP has none: the shape is what can be wrong
                        frame = struct.pack(">HHHB", number, 7, len(reply) + 1, unit) + reply
                    case "half":
                        frame = frame[: len(frame) // 2]
                    case "late":
                        asyncio.get_running_loop().call_later(device.late_s, self._late, writer, frame)
                        continue
                writer.write(frame)
                await writer.drain()
        writer.close()
        self.connections.discard(writer)

    @staticmethod
    def _late(writer: asyncio.StreamWriter, frame: bytes) -> None:
        if not writer.is_closing():
            writer.write(frame)


class SerialMeters:
    """Devices on one line, a pseudo-terminal; `path` is the other end, to be opened as a serial port."""

    def __init__(self, *devices: Device) -> None:
        self.devices = {device.unit: device for device in devices}
        self.path = ""
        self._master = self._slave = -1
        self._heard = bytearray()

    def start(self) -> SerialMeters:
        """Open the pair."""
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.path = os.ttyname(self._slave)
        asyncio.get_running_loop().add_reader(self._master, self._receive)
        return self

    def stop(self) -> None:
        """Hang up."""
        if self._master >= 0:
            asyncio.get_running_loop().remove_reader(self._master)
            os.close(self._master)
            os.close(self._slave)
            self._master = self._slave = -1

    def _receive(self) -> None:
        with contextlib.suppress(OSError):
            self._heard += os.read(self._master, 256)
        while len(self._heard) >= 8:
            frame = bytes(self._heard[:8])
            if crc(frame[:6]) != frame[6:]:
                del self._heard[0]
                continue
            del self._heard[:8]
            self._answer(*struct.unpack(">BBHH", frame[:6]))

    def _answer(self, unit: int, function: int, address: int, count: int) -> None:
        device = self.devices.get(unit)
        if device is None:
            return
        frame = bytes((unit,)) + device.pdu(function, address, count)
        frame += crc(frame)
        match device.fault:
            case "silent":
                return
            case "crc":
                frame = frame[:-1] + bytes((frame[-1] ^ 0x5A,))
            case "half":
                frame = frame[: len(frame) // 2]
            case "late":
                asyncio.get_running_loop().call_later(device.late_s, self._write, frame)
                return
            case "gone":
                self.stop()
                return
        self._write(frame)

    def _write(self, frame: bytes) -> None:
        if self._master >= 0:
            os.write(self._master, frame)

    def inject(self, frame: bytes) -> None:
        """Put bytes on the line that nobody asked for."""
        self._write(frame)


@asynccontextmanager
async def on_tcp(*devices: Device) -> AsyncIterator[TcpMeters]:
    """Devices on TCP while the block runs."""
    meters = await TcpMeters(*devices).start()
    try:
        yield meters
    finally:
        await meters.stop()


@asynccontextmanager
async def on_line(*devices: Device) -> AsyncIterator[SerialMeters]:
    """Devices on a serial line while the block runs."""
    meters = SerialMeters(*devices).start()
    try:
        yield meters
    finally:
        meters.stop()


def reply_frame(unit: int, function: int, values: Sequence[int]) -> bytes:
    """A whole serial reply."""
    frame = struct.pack(f">BBB{len(values)}H", unit, function, 2 * len(values), *values)
    return frame + crc(frame)
