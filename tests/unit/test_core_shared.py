"""`control.shm`: layout check, seqlocks under a hammering writer, the ring of events."""

from __future__ import annotations

import multiprocessing
import os
import socket
import stat
import struct
import threading
import time
from pathlib import Path

import pytest

from evlink import _core
from evlink._core import Limits, Permit, Shared

HEADER = struct.Struct("<QIIIIQ")  # magic, version, size, checksum, outlets, generation


def test_create_and_attach(tmp_path: Path) -> None:
    """A new file is 0600, has a generation, no frame and no event yet."""
    path = str(tmp_path / "control.shm")
    owner = Shared.create(path, 2)
    station = Shared.attach(path)
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert (station.outlets, station.generation) == (2, owner.generation)
    assert station.frame(1) is None
    assert station.events(2) == []
    assert [station.grant(1, Permit(limit_ma=6000)) for _ in range(3)] == [1, 2, 3]
    assert (owner.granted(1), owner.granted(2)) == (3, 0)
    owner.close()
    with pytest.raises(ValueError, match="closed"):
        owner.frame(1)


def test_renewed_in_place(tmp_path: Path) -> None:
    """A control that begins anew reuses the file, so that a station that has it mapped sees the new generation."""
    path = str(tmp_path / "control.shm")
    first = Shared.create(path, 1)
    station = Shared.attach(path)
    station.grant(1, Permit())
    before = station.generation
    first.close()
    Shared.create(path, 1)
    assert station.generation != before
    assert station.grant(1, Permit()) == 2


def test_another_size_is_replaced(tmp_path: Path) -> None:
    """Another number of outlets, or no control memory at all, gets a new file in its place."""
    path = tmp_path / "control.shm"
    path.write_bytes(b"something else")
    Shared.create(str(path), 1)
    Shared.create(str(path), 2)
    assert Shared.attach(str(path)).outlets == 2
    assert os.listdir(tmp_path) == ["control.shm"]


@pytest.mark.parametrize(
    ("place", "value", "words"),
    [
        (0, 0, "magic"),
        (1, 99, "layout version 99"),
        (2, 1, "size"),
        (3, 0, "checksum"),
        (4, 0, "size"),
        (4, 9, "size"),
    ],
)
def test_a_strange_file_is_refused(tmp_path: Path, place: int, value: int, words: str) -> None:
    """Wrong magic, version, size, checksum or outlets: one sentence that names the file and what is wrong."""
    path = tmp_path / "control.shm"
    Shared.create(str(path), 1)
    data = bytearray(path.read_bytes())
    fields = list(HEADER.unpack_from(data))
    fields[place] = value
    HEADER.pack_into(data, 0, *fields)
    path.write_bytes(data)
    with pytest.raises(ValueError, match=f"control.shm .*{words}"):
        Shared.attach(str(path))


def test_a_short_file_is_refused(tmp_path: Path) -> None:
    """Shorter than its header, or than its header says."""
    path = tmp_path / "control.shm"
    path.write_bytes(b"1234")
    with pytest.raises(ValueError, match="too short"):
        Shared.attach(str(path))
    Shared.create(str(path), 1)
    os.truncate(path, 4096)
    with pytest.raises(ValueError, match="size 4096"):
        Shared.attach(str(path))
    with pytest.raises(FileNotFoundError):
        Shared.attach(str(tmp_path / "absent"))


def test_the_layout_names_every_field() -> None:
    """The checksum covers every field of permit, limits and frame by name."""
    words = _core.layout()
    for name in Limits._fields:
        assert f"limits.{name}" in words
    for name in (*Permit._fields[:-1], *_core.Frame._fields):
        assert f" {name}" in words


def hammer(path: str, seconds: float) -> None:
    """Write permits whose fields all tell the same number, as fast as it goes."""
    shm = Shared.attach(path)
    end = time.monotonic() + seconds
    number = 0
    while time.monotonic() < end:
        number = number % 255 + 1
        # 80 000 is a limit's ceiling; every field is a function of `number`.
        shm.grant(1, Permit(True, number * 100, False, True, False, False, number, number, Limits(offset_ma=number)))


def test_reader_under_a_hammering_writer(tmp_path: Path) -> None:
    """No torn permit is ever taken: read by a live core while another process writes without a pause."""
    path = str(tmp_path / "control.shm")
    shm = Shared.create(path, 1)
    writer = multiprocessing.get_context("spawn").Process(target=hammer, args=(path, 1.5))
    writer.start()
    while not shm.granted(1) and writer.is_alive():
        time.sleep(0.01)
    ours, board = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    result: list[int] = []
    loop = threading.Thread(target=lambda: result.append(_core.run(shm, ours.fileno(), 1, False)))
    frames = Shared.attach(path)
    seen, torn, sequence, lost = set(), 0, 0, 0
    samples = struct.pack("<hhhh", 12_000, 0, 0, 0) * 10  # short blocks: much time, few samples
    with ours, board:
        board.settimeout(10)
        loop.start()
        while writer.is_alive():
            board.send(struct.pack("<IHBBQIiII16x", 0x4B4C4245, 1, 1, 0, sequence, 10, -1, 0, 0) + samples)
            sequence += 1
            out = struct.unpack("<IHBBQHBBBB10x", board.recv(64))
            torn += out[8] != out[9]  # light and beep were written as one
            seen.add(out[8])
            frame = frames.frame(1)
            if frame is not None:  # what a stalled loop dropped counts as samples of no block, and never grows less
                assert frame.samples - frame.blocks * 10 >= lost
                assert frame.samples % 10 == 0
                lost = frame.samples - frame.blocks * 10
        board.close()
        loop.join(5)
    writer.join(5)
    assert result == [1]
    assert torn == 0
    assert len(seen) > 10


def test_ring_of_events(tmp_path: Path) -> None:
    """The ring keeps the last 1024 events, numbered without gaps."""
    core = _core.Core(1)
    block = bytearray(struct.pack("<hhhh", 12_000, 0, 0, 0) * 10)
    view = memoryview(block).cast("h", (10, 4))
    for number in range(1500):
        core.feed(1, view, inputs=(number + 1) % 2)
    events = core.events(1)
    assert [event.number for event in events] == list(range(events[-1].number - 1023, events[-1].number + 1))
    assert core.events(1, events[-1].number) == []
    assert core.events(1, events[-3].number) == events[-2:]
    assert core.events(1, -5) == events
    assert core.events(1, 10**12) == []


def test_only_the_creator_runs(tmp_path: Path) -> None:
    """The station's side cannot run the loop; neither can anybody for another number of outlets."""
    path = str(tmp_path / "control.shm")
    owner = Shared.create(path, 1)
    with pytest.raises(ValueError, match="created"):
        _core.run(Shared.attach(path), 0, 1)
    with pytest.raises(ValueError, match="made for 1"):
        _core.run(owner, 0, 2)
