"""The Modbus TCP server: which requests are answered, how, and to whom (Modbus application protocol 1.1b3).

FC 3 and 4 read the same registers, FC 6 and 16 write them, FC 43/14 tells the device identification. Requests and the
rarer answers are pymodbus' own; a read takes its words from the image. No request waits for anything.
"""

from __future__ import annotations

import asyncio
import struct
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from pymodbus.pdu import ExceptionResponse
from pymodbus.pdu.mei_message import ReadDeviceInformationRequest, ReadDeviceInformationResponse
from pymodbus.pdu.register_message import (
    ReadHoldingRegistersRequest,
    WriteMultipleRegistersRequest,
    WriteMultipleRegistersResponse,
    WriteSingleRegisterRequest,
)

from evlink.domain.remote_control import RemoteLeft, RemoteOrder
from evlink.modbus import identity, sayings
from evlink.modbus.gate import Access, Bucket, Owner
from evlink.modbus.handler import Connection
from evlink.modbus.image import Image
from evlink.modbus.map import View
from evlink.modbus.registers import Register, WriteError
from evlink.settings.label import Label

ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE, FAILURE, BUSY, NO_UNIT = 1, 2, 3, 4, 6, 0x0B
MOST_CONNECTIONS = 8
IDLE_S = 60.0
MOST_WRITES = 200  # kept for the report
MOST_WAITING = 32  # requests on their way to the state
READ_ONE, READ_INPUT, WRITE_ONE, WRITE_MANY, INTERFACE, IDENTITY = 3, 4, 6, 16, 43, 14
MOST_WRITTEN = 123  # registers of one request


@dataclass(frozen=True, slots=True)
class Write:
    """A value that a client wrote and that was taken; `at` is the station's monotonic time."""

    at: float
    peer: str
    outlet: int
    address: int
    name: str
    old: int
    new: int
    beats: bool = False
    command: bool = False

    @property
    def said(self) -> Label:
        """What was written, in words."""
        return sayings.written(self.name, self.address, self.old, self.new)


class Station(Protocol):
    """The station as the server sees it."""

    def refresh(self) -> None:
        """Bring the image up to date: a client came where there was none."""
        ...

    def order(self, orders: tuple[RemoteOrder, ...]) -> int:
        """Hand on the orders of one request; its number."""
        ...

    def now(self) -> float:
        """The station's monotonic time."""
        ...

    def wrote(self, write: Write) -> None:
        """A value was taken."""
        ...

    def refused(self, peer: str, why: Label) -> None:
        """Somebody was turned away, and why."""
        ...

    def came(self, peer: str) -> None:
        """A client connected and may stay."""
        ...


class ModbusServer:
    """Answers clients from an image and hands their orders to the station."""

    def __init__(
        self, station: Station, image: Image, access: Access, identification: Callable[[], identity.Identity]
    ) -> None:
        self.access = access
        self.idle_s = IDLE_S
        self.owner = Owner()
        self.writes: deque[Write] = deque(maxlen=MOST_WRITES)
        self._station = station
        self._image = image
        self._identification = identification
        self._connections: set[Connection] = set()
        self._bucket = Bucket(at=station.now())
        self._server: asyncio.Server | None = None

    @property
    def clients(self) -> int:
        """Number of clients connected."""
        return len(self._connections)

    async def start(self, host: str, port: int) -> int:
        """Listen; the port. OSError where that can't be."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Connection(self), host, port, reuse_address=True)
        return int(self._server.sockets[0].getsockname()[1])

    def close(self) -> None:
        """Let everybody go and listen no more."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for connection in list(self._connections):
            connection.close()

    def opened(self, connection: Connection) -> bool:
        """A client came; False where it may not stay."""
        if not self.access.may_read(connection.peer):
            self._station.refused(connection.peer, sayings.NO_READER)
            return False
        if len(self._connections) >= MOST_CONNECTIONS:
            self._station.refused(connection.peer, sayings.crowded(MOST_CONNECTIONS))
            return False
        if not self._connections:
            self._station.refresh()
        self._connections.add(connection)
        self._station.came(connection.peer)
        return True

    def closed(self, connection: Connection) -> None:
        """A client went."""
        self._connections.discard(connection)

    def answer(self, peer: str, unit: int, request: bytes) -> bytes:
        """The answer to a request, both from their function code on."""
        function = request[0]
        outlet = self._image.outlet(unit)
        if outlet is None:
            return refusal(function, NO_UNIT)
        try:
            match function:
                case 3 | 4:
                    return self._read(outlet, request)
                case 6:
                    return self._write_one(peer, outlet, request)
                case 16:
                    return self._write_many(peer, outlet, request)
                case 43:
                    return self._identify(request)
                case _:
                    return refusal(function, ILLEGAL_FUNCTION)
        except (struct.error, ValueError, IndexError):
            return refusal(function, ILLEGAL_VALUE)
        except WriteError as error:
            if not error.passing:
                self._station.refused(peer, error.why)
            return refusal(function, error.code)

    def _read(self, outlet: int, request: bytes) -> bytes:
        asked = ReadHoldingRegistersRequest()
        asked.decode(_exactly(request, 5))
        words = self._image.read(outlet, asked.address, asked.count)
        if words is None:
            return refusal(request[0], ILLEGAL_ADDRESS)
        return bytes((request[0], len(words))) + words

    def _write_one(self, peer: str, outlet: int, request: bytes) -> bytes:
        asked = WriteSingleRegisterRequest()
        asked.decode(_exactly(request, 5))
        self._write(peer, outlet, asked.address, list(asked.registers))
        return request

    def _write_many(self, peer: str, outlet: int, request: bytes) -> bytes:
        asked = WriteMultipleRegistersRequest()
        asked.decode(request[1:])
        if not 1 <= asked.count <= MOST_WRITTEN or asked.byte_count != 2 * asked.count:
            raise ValueError("count")
        _exactly(request, 6 + 2 * asked.count)
        self._write(peer, outlet, asked.address, list(asked.registers))
        return bytes([WRITE_MANY]) + WriteMultipleRegistersResponse(address=asked.address, count=asked.count).encode()

    def _write(self, peer: str, outlet: int, address: int, values: list[int]) -> None:
        """Take all values of a request or none. WriteError says why not."""
        pairs = [(self._writable(address + k), value) for k, value in enumerate(values)]
        self._admit(peer)
        view = self._image.view(outlet)
        orders = tuple(_order(register, view, value) for register, value in pairs)
        for register, value in pairs:
            if value and register.clears and self._image.pending(outlet, register.address):
                raise WriteError(BUSY, sayings.NOT_DONE_YET, passing=True)
        now = self._station.now()
        if self._image.waiting() >= MOST_WAITING or not self._bucket.take(len(values), now):
            raise WriteError(BUSY, sayings.TOO_MANY, passing=True)
        number = self._station.order(orders)
        if any(isinstance(order, RemoteLeft) for order in orders):
            self.owner.release()
        else:
            self.owner.keep(peer, now, float(self._image.word(outlet, TIMEOUT)))
        for register, value in pairs:
            old = self._image.word(outlet, register.address)
            self._image.take(outlet, register, value, number)
            write = Write(now, peer, outlet, register.address, register.name, old, value, register.beats,
                          bool(register.clears))  # fmt: skip
            if not register.beats:
                self.writes.append(write)
            self._station.wrote(write)

    def _writable(self, address: int) -> Register[View, RemoteOrder]:
        register = self._image.layout.at.get(address)
        if register is None or register.write is None:
            raise WriteError(ILLEGAL_ADDRESS, sayings.not_writable(address))
        return register

    def _admit(self, peer: str) -> None:
        """Whether a client may write now. WriteError says why not."""
        if not self.access.may_write(peer):
            raise WriteError(ILLEGAL_ADDRESS, sayings.NO_WRITER)
        if not self._image.view(1).state.config.remote.enabled:
            raise WriteError(ILLEGAL_ADDRESS, sayings.NOT_CONTROLLED)
        now = self._station.now()
        if not self.owner.admits(peer, now):
            raise WriteError(BUSY, sayings.held_by(self.owner.holder(now)))

    def _identify(self, request: bytes) -> bytes:
        if request[1] != IDENTITY:
            return refusal(INTERFACE, ILLEGAL_FUNCTION)
        asked = ReadDeviceInformationRequest()
        asked.decode(_exactly(request, 4))
        found = identity.asked(self._identification().objects(), asked.read_code, asked.object_id)
        if isinstance(found, int):
            return refusal(INTERFACE, found)
        answer = ReadDeviceInformationResponse(asked.read_code, dict(found))
        answer.conformity = identity.CONFORMITY
        return bytes([INTERFACE]) + answer.encode()


TIMEOUT = 5008  # the register that says how long the control is kept without a sign of life


def refusal(function: int, code: int) -> bytes:
    """An exception response: the function code with its highest bit set, and why."""
    answer = ExceptionResponse(function & 0x7F, code)
    return bytes([answer.function_code]) + answer.encode()


def _exactly(request: bytes, size: int) -> bytes:
    """What follows the function code, where the request is as long as it must be; ValueError otherwise."""
    if len(request) != size:
        raise ValueError(f"{len(request)} bytes")
    return request[1:]


def _order(register: Register[View, RemoteOrder], view: View, value: int) -> RemoteOrder:
    if register.write is None:
        raise WriteError(ILLEGAL_ADDRESS, sayings.not_writable(register.address))
    return register.write(view, value)
