"""A board is a program that speaks the board protocol of docs/board-protocol.md; this is its wire form in Python.

The live loop speaks the same protocol from C. These forms serve boards, tests and tools written in Python. The bits
repeat those of `evlink._core`, so that a board can be written without the compiled core; a test compares them.
"""

from __future__ import annotations

import socket
import struct
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

SOCKET: Final = "board.sock"

MAGIC_BLOCK: Final = 0x4B4C4245  # "EBLK"
MAGIC_OUTPUTS: Final = 0x54554F45  # "EOUT"
VERSION: Final = 1
FRAMES: Final = 1000  # a block, 10 ms at 100 000 frames/s
CHANNELS: Final = 4  # pilot in millivolts, currents of three phases in centiamperes

# `BlockHeader.inputs`. The stop button's contact is closed (bit set) while nobody presses it, as on the live page.
# A protective input's bit is set while the device has tripped or its door is open.
INPUT_BUTTON_START: Final = 1
INPUT_BUTTON_STOP: Final = 2
INPUT_IN1: Final = 4
INPUT_IN2: Final = 8
INPUT_SURGE: Final = 16
INPUT_INTRUSION: Final = 32
INPUT_FLAP: Final = 64
INPUT_UPSTREAM: Final = 128
INPUT_BREAKER: Final = 256  # City's second protection device

# `BlockHeader.feedback`
FEEDBACK_CONTACTOR: Final = 1
FEEDBACK_LOCK: Final = 2

DUTY_CONSTANT: Final = 10_000  # hundredths of a percent: constant +12 V
DUTY_UNAVAILABLE: Final = 0  # constant -12 V, state F

MAX_SPEED: Final = 1000  # times real time, of a board that can
DEAD_MAN_S: Final = 0.1  # real time without outputs until a board drops them

HEADER_FORM: Final = struct.Struct("<IHBBQIiIIQ8x")
OUTPUTS_FORM: Final = struct.Struct("<IHBBQHBBBB10x")


class Board(Protocol):
    """What can start a board: hardware, a replay or the simulator, each a program that serves `board.sock`."""

    @property
    def name(self) -> str:
        """How `--board` calls it."""
        ...

    def argv(self, state: Path) -> tuple[str, ...]:
        """The command that serves the board of the state directory `state`."""
        ...


@dataclass(frozen=True, slots=True)
class BlockHeader:
    """The 48 bytes before a block's samples: slow signals, once every 10 ms."""

    outlet: int
    sequence: int
    frames: int = FRAMES
    plug_ohm: int = -1  # -1 = open
    inputs: int = INPUT_BUTTON_STOP
    feedback: int = 0
    lost: int = 0  # channels without samples in this block, bits 0 to 3
    stamp_ns: int = 0  # CLOCK_MONOTONIC when the last sample was taken; 0 = the board does not say

    def pack(self) -> bytes:
        """The header's 48 bytes."""
        return HEADER_FORM.pack(
            MAGIC_BLOCK,
            VERSION,
            self.outlet,
            self.lost,
            self.sequence,
            self.frames,
            self.plug_ohm,
            self.inputs,
            self.feedback,
            self.stamp_ns,
        )


@dataclass(frozen=True, slots=True)
class Block:
    """One outlet's 10 ms: the header and `frames` x 4 int16 samples, interleaved cp, i1, i2, i3."""

    header: BlockHeader
    samples: bytes

    def pack(self) -> bytes:
        """The block as it goes over the socket."""
        return self.header.pack() + self.samples


@dataclass(frozen=True, slots=True)
class Outputs:
    """What control commands an outlet after a block; `duty` in hundredths of a percent."""

    outlet: int
    sequence: int  # of the block that this answers
    contactor: bool = False
    duty: int = DUTY_CONSTANT
    pilot_on: bool = True
    lock: bool = False
    light: int = 0
    beeps: int = 0

    def pack(self) -> bytes:
        """The 32 bytes that go over the socket."""
        return OUTPUTS_FORM.pack(
            MAGIC_OUTPUTS,
            VERSION,
            self.outlet,
            self.contactor,
            self.sequence,
            self.duty,
            self.pilot_on,
            self.lock,
            self.light,
            self.beeps % 256,
        )


def unpack_block(message: bytes) -> Block:
    """Read a block. ValueError in one sentence where magic, version or size are wrong."""
    if len(message) < HEADER_FORM.size:
        raise ValueError(f"A block has at least {HEADER_FORM.size} bytes, this one has {len(message)}.")
    magic, version, outlet, lost, sequence, frames, plug, inputs, feedback, stamp = HEADER_FORM.unpack_from(message)
    if magic != MAGIC_BLOCK:
        raise ValueError(f"The block's magic is {magic:#010x}, expected {MAGIC_BLOCK:#010x}.")
    if version != VERSION:
        raise ValueError(f"The block has version {version} of the board protocol, expected {VERSION}.")
    samples = message[HEADER_FORM.size :]
    if len(samples) != frames * CHANNELS * 2:
        raise ValueError(f"{frames} frames are {frames * CHANNELS * 2} bytes, the block carries {len(samples)}.")
    return Block(BlockHeader(outlet, sequence, frames, plug, inputs, feedback, lost, stamp), samples)


def unpack_outputs(message: bytes) -> Outputs:
    """Read outputs. ValueError in one sentence where magic, version, size or duty are wrong."""
    if len(message) != OUTPUTS_FORM.size:
        raise ValueError(f"Outputs have {OUTPUTS_FORM.size} bytes, these have {len(message)}.")
    magic, version, outlet, contactor, sequence, duty, pilot, lock, light, beeps = OUTPUTS_FORM.unpack(message)
    if magic != MAGIC_OUTPUTS:
        raise ValueError(f"The outputs' magic is {magic:#010x}, expected {MAGIC_OUTPUTS:#010x}.")
    if version != VERSION:
        raise ValueError(f"The outputs have version {version} of the board protocol, expected {VERSION}.")
    if duty > DUTY_CONSTANT:
        raise ValueError(f"The outputs' duty is {duty}, allowed are 0 to {DUTY_CONSTANT}.")
    return Outputs(outlet, sequence, bool(contactor), duty, bool(pilot), bool(lock), light, beeps)


def connect(state: Path, timeout_s: float = 5.0) -> socket.socket:
    """Connect to the board of a state directory, waiting for it to come up. TimeoutError where none does."""
    end = time.monotonic() + timeout_s
    while True:
        link = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            link.connect(str(state / SOCKET))
        except (FileNotFoundError, ConnectionRefusedError):
            link.close()
            if time.monotonic() >= end:
                raise TimeoutError(f"No board serves {state / SOCKET}.") from None
            time.sleep(0.02)
        except OSError:
            link.close()
            raise
        else:
            return link
