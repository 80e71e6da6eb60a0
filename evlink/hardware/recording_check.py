"""Whether a recording can be played, before a station starts on it. Control names boards too and loads none of it."""

from __future__ import annotations

from pathlib import Path

from evlink.hardware.board import Block
from evlink.hardware.boards import REPLAY, BoardError
from evlink.hardware.recording_file import RecordingError, RecordingReader


def check_recording(board: str) -> None:
    """BoardError for a board `replay:FILE` whose file is something else or holds no block; nothing for other boards."""
    if not board.startswith(REPLAY):
        return
    file = Path(board.removeprefix(REPLAY))
    try:
        with RecordingReader(file) as reader:
            if not any(isinstance(message, Block) for message in reader):
                raise BoardError(f"--board is {board!r}; {file} holds no block of samples.")
    except RecordingError as error:
        raise BoardError(f"--board is {board!r}; {error}") from None
    except OSError as error:
        raise BoardError(f"--board is {board!r}; {file} cannot be read: {error.strerror}.") from None
