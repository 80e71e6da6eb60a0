"""The file of a recording: every block and every output that passed between a board and its control, in order.

Beside them stand the permits that control took meanwhile. The form is told in docs/hardware.md: a line
`EVLINK-RECORDING 2`, a line of JSON, then each message after its length (u32, little-endian). A name that ends in `.gz`
is compressed. Files of the first form, which had no permits, are read as well.
"""

from __future__ import annotations

import gzip
import json
import struct
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Final, cast

from evlink._core import Limits, Permit
from evlink.hardware import board
from evlink.hardware.board import CHANNELS, Block, Outputs

TITLE: Final = b"EVLINK-RECORDING 2\n"
TITLES: Final = (b"EVLINK-RECORDING 1\n", TITLE)
MAGIC_PERMIT: Final = 0x4D525045  # "EPRM"
PERMIT_VERSION: Final = 1
PERMIT_FORM: Final = struct.Struct("<IHBxQ")
LENGTH: Final = struct.Struct("<I")
MAX_MESSAGE: Final = 1 << 20
MAX_HEADER: Final = 4096
FAST: Final = 1  # zlib's level: a station's blocks in a hundredth of their time


class RecordingError(ValueError):
    """A recording that cannot be read; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a recording says of itself."""

    board: str
    started: str  # ISO 8601, UTC
    rate: int = 100_000
    channels: int = CHANNELS


@dataclass(frozen=True, slots=True)
class Granted:
    """A permit and the block of its outlet before which it was there."""

    outlet: int
    sequence: int
    permit: Permit

    def pack(self) -> bytes:
        """The message in a recording: 16 bytes, then the permit as JSON."""
        fields = {**self.permit._asdict(), "limits": self.permit.limits._asdict()}
        head = PERMIT_FORM.pack(MAGIC_PERMIT, PERMIT_VERSION, self.outlet, self.sequence)
        return head + json.dumps(fields, separators=(",", ":")).encode()


def unpack_granted(message: bytes) -> Granted:
    """Read a permit. ValueError in one sentence where its version or its fields are wrong; absent ones are usual."""
    if len(message) < PERMIT_FORM.size:
        raise ValueError(f"A permit has at least {PERMIT_FORM.size} bytes, this one has {len(message)}.")
    _, version, outlet, sequence = PERMIT_FORM.unpack_from(message)
    if version != PERMIT_VERSION:
        raise ValueError(f"The permit has version {version}, expected {PERMIT_VERSION}.")
    try:
        fields = json.loads(message[PERMIT_FORM.size :])
        limits = _whole(fields.pop("limits", {}))
        return Granted(outlet, sequence, Permit(limits=Limits(**limits), **_whole(fields)))
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise ValueError("The permit's fields cannot be read.") from None


def _whole(fields: dict[str, Any]) -> dict[str, Any]:
    if not all(isinstance(value, int) for value in fields.values()):
        raise ValueError("no whole number")
    return fields


class RecordingWriter:
    """A recording being written. OSError where the disk refuses."""

    def __init__(self, path: Path, header: Header) -> None:
        """Begin the file, which must not exist."""
        raw = path.open("xb")
        self._raw = raw
        self._file: BinaryIO = raw
        if path.suffix == ".gz":
            self._file = cast(BinaryIO, gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=FAST, filename="", mtime=0))
        self._file.write(TITLE + json.dumps(asdict(header)).encode() + b"\n")

    def write(self, message: bytes) -> None:
        """Append one message as it went over the socket."""
        self._file.write(LENGTH.pack(len(message)) + message)

    def close(self) -> None:
        """End the file."""
        self._file.close()
        self._raw.close()

    def __enter__(self) -> RecordingWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class RecordingReader:
    """A recording being read: `header`, then the messages by iteration. `torn` says that the end is missing."""

    def __init__(self, path: Path) -> None:
        """Open the file. RecordingError in one sentence where it is none; OSError passes."""
        self._path = path
        self._raw = path.open("rb")
        self.torn = False
        self._file: BinaryIO = self._raw
        try:
            if self._raw.peek(2)[:2] == b"\x1f\x8b":
                self._file = cast(BinaryIO, gzip.GzipFile(fileobj=self._raw))
            self.header = self._header()
        except BaseException:
            self._raw.close()
            raise

    def _header(self) -> Header:
        try:
            title = self._file.read(len(TITLE))
            line = self._file.readline(MAX_HEADER)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise RecordingError(f"{self._path} is no recording: {error}.") from error
        if title not in TITLES:
            raise RecordingError(f"{self._path} begins with {title!r}; a recording begins with {TITLE!r}.")
        try:
            found = json.loads(line)
            header = Header(**found)
        except (ValueError, TypeError, RecursionError):
            raise RecordingError(f"{self._path} has no header in its second line.") from None
        if not isinstance(header.board, str) or not isinstance(header.started, str):
            raise RecordingError(f"{self._path} has no text for board and started in its header.")
        if (header.rate, header.channels) != (100_000, CHANNELS):
            raise RecordingError(
                f"{self._path} holds {header.channels!r} channels at {header.rate!r} frames/s; "
                f"allowed are {CHANNELS} at 100000."
            )
        return header

    def __iter__(self) -> Iterator[Block | Outputs | Granted]:
        """The messages in order. RecordingError where one is malformed; a torn last one ends the iteration."""
        number = 0
        while (message := self._message(number)) is not None:
            try:
                magic = int.from_bytes(message[:4], "little")
                if magic == board.MAGIC_OUTPUTS:
                    yield board.unpack_outputs(message)
                elif magic == MAGIC_PERMIT:
                    yield unpack_granted(message)
                else:
                    yield board.unpack_block(message)
            except ValueError as error:
                raise RecordingError(f"{self._path}, message {number}: {error}") from error
            number += 1

    def _message(self, number: int) -> bytes | None:
        length = self._exactly(LENGTH.size)
        if length is None:
            return None
        (size,) = LENGTH.unpack(length)
        if size > MAX_MESSAGE:
            raise RecordingError(
                f"{self._path}, message {number}: its length is {size}; at most {MAX_MESSAGE} is allowed."
            )
        message = self._exactly(size)
        self.torn = self.torn or message is None
        return message

    def _exactly(self, size: int) -> bytes | None:
        """`size` bytes, or None where the file ends before."""
        try:
            data = self._file.read(size)
        except EOFError:  # a compressed file whose writer was cut off
            data = b""
            self.torn = True
        except (zlib.error, gzip.BadGzipFile) as error:
            raise RecordingError(f"{self._path} is damaged: {error}.") from error
        if len(data) == size:
            return data
        self.torn = self.torn or bool(data)
        return None

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        self._raw.close()

    def __enter__(self) -> RecordingReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
