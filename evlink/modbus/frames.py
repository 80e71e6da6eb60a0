"""Modbus frames of a reader: questions, and replies taken apart so that a late or foreign one shows.

The framers of pymodbus, against which these are tested, take the first frame that decodes for the reply and drop
whatever came with it; and a station whose outlets have no meter should not load them.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import Enum, auto

from evlink.modbus.bus import Read

HEADER = 7  # bytes of a Modbus TCP header, unit included
_EXCEPTION = 5  # bytes of an exception on a serial line


class Found(Enum):
    """What a piece of a serial line holds."""

    REPLY = auto()  # the registers that were asked for
    EXCEPTION = auto()
    FOREIGN = auto()  # a whole frame that is no reply to the question: another unit's, or a late one
    DAMAGED = auto()  # as long as the reply, and its check sum is wrong
    PART = auto()  # more has to come


@dataclass(frozen=True, slots=True)
class Piece:
    """What was found, its registers or exception code, and what is left of the bytes."""

    found: Found
    words: tuple[int, ...] = ()
    code: int = 0
    rest: bytes = b""


def crc16(data: bytes) -> int:
    """The check sum of a serial frame (Modbus over serial line, 6.2.2), its low byte first on the line."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return crc


def _question(read: Read) -> bytes:
    return struct.pack(">BBHH", read.unit, read.function, read.address, read.count)


def serial_question(read: Read) -> bytes:
    """The frame of a question on a serial line, check sum included."""
    frame = _question(read)
    return frame + crc16(frame).to_bytes(2, "little")


def tcp_question(read: Read, transaction: int) -> bytes:
    """The frame of a question over TCP, under a transaction number."""
    frame = _question(read)
    return struct.pack(">HHH", transaction, 0, len(frame)) + frame


def checked(frame: bytes) -> bool:
    """Whether a serial frame ends with its own check sum."""
    return len(frame) >= 4 and crc16(frame[:-2]) == int.from_bytes(frame[-2:], "little")


def words_of(data: bytes) -> tuple[int, ...]:
    """Register words of their bytes."""
    return struct.unpack(f">{len(data) // 2}H", data)


def serial_piece(received: bytes, read: Read) -> Piece:
    """The first frame in what a serial line brought, noise before it passed over.

    A frame counts only whole and with a right check sum; what looks like the reply but has a wrong one is DAMAGED.
    """
    reply = 5 + 2 * read.count
    for start in range(max(1, len(received) - 3)):
        part = received[start:]
        if len(part) < _EXCEPTION:
            break
        unit, function, length = part[0], part[1], part[2]
        if function & 0x80:
            size = _EXCEPTION
        elif function in (3, 4):
            size = length + 5
        else:
            continue
        frame, rest = part[:size], part[size:]
        if len(part) < size or not checked(frame):
            continue
        if unit != read.unit or function & 0x7F != read.function:
            return Piece(Found.FOREIGN, rest=rest)
        if function & 0x80:
            return Piece(Found.EXCEPTION, code=length, rest=rest)
        if size != reply:
            return Piece(Found.FOREIGN, rest=rest)
        return Piece(Found.REPLY, words_of(frame[3:-2]), rest=rest)
    return Piece(Found.DAMAGED if len(received) >= reply else Found.PART, rest=received)


def tcp_header(header: bytes) -> tuple[int, int, int, int]:
    """Transaction, protocol, bytes that follow the header, and unit. ValueError for what is no Modbus header."""
    transaction, protocol, length, unit = struct.unpack(">HHHB", header)
    if protocol != 0 or not 2 <= length <= 254:
        raise ValueError("no Modbus header")
    return transaction, protocol, length - 1, unit
