"""The file of a recording: every block and every output that passed between a board and its control, in order.

The form is told in docs/hardware.md: a line `EVLINK-RECORDING 1`, a line of JSON, then each message after its length
(u32, little-endian). A name that ends in `.gz` is compressed.
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
from typing import BinaryIO, Final, cast

from evlink.hardware import board
from evlink.hardware.board import CHANNELS, Block, Outputs

TITLE: Final = b"EVLINK-RECORDING 1\n"
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
        if title != TITLE:
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

    def __iter__(self) -> Iterator[Block | Outputs]:
        """The messages in order. RecordingError where one is malformed; a torn last one ends the iteration."""
        number = 0
        while (message := self._message(number)) is not None:
            try:
                if message[:4] == board.MAGIC_OUTPUTS.to_bytes(4, "little"):
                    yield board.unpack_outputs(message)
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
