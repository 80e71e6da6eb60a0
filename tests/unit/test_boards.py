"""Boards by name: what `--board` takes, and where a recorder begins."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from evlink.hardware import serving
from evlink.hardware.board import Outputs
from evlink.hardware.boards import BoardError
from evlink.hardware.recording_check import check_recording
from evlink.hardware.recording_file import Header, RecordingWriter


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    """A recording in which nobody ever sampled anything."""
    file = tmp_path / "empty.rec"
    with RecordingWriter(file, Header("simulator", "2026-01-01T00:00:00+00:00")) as writer:
        writer.write(Outputs(1, 0).pack())
    return file


def test_a_recording_without_a_block_is_refused(empty: Path) -> None:
    with pytest.raises(BoardError, match="holds no block of samples"):
        check_recording(f"replay:{empty}")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "a recording begins with"),
        (b"time,current\n", "a recording begins with"),
        (b"EVLINK-RECORDING 2\n{", "has no header in its second line"),
        (b"\x1f\x8bnot gzip", "is no recording"),
    ],
)
def test_a_file_that_is_no_recording_is_named_as_such(tmp_path: Path, content: bytes, sentence: str) -> None:
    file = tmp_path / "x.rec"
    file.write_bytes(content)
    with pytest.raises(BoardError, match=sentence):
        check_recording(f"replay:{file}")


def test_a_served_directory_is_told_by_its_lock(tmp_path: Path) -> None:
    """Without a connection: that would be a control to the board, and keep it."""
    assert not serving.served(tmp_path)
    lock = os.open(tmp_path / "simulator.lock", os.O_RDWR | os.O_CREAT)
    assert not serving.served(tmp_path)
    fcntl.flock(lock, fcntl.LOCK_EX)
    assert serving.served(tmp_path)
    os.close(lock)
    assert not serving.served(tmp_path)


def test_a_recorder_of_no_station_says_so(tmp_path: Path) -> None:
    """A directory in which no station ever ran has no facts to serve a board by; nothing is made there."""
    state = tmp_path / "state"
    words = [sys.executable, "-m", "evlink.hardware.recording", "--state", str(state), str(tmp_path / "x.rec")]
    told = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert told.returncode == 1
    assert told.stderr == (
        f"evlink record: {state} has no board.toml, the facts of a station; start it once (evlink run), then record.\n"
    )
    assert not state.exists()
    assert not (tmp_path / "x.rec").exists()
