"""The live loop on a real socket: messages of docs/board-protocol.md, silence, gaps, endings."""

from __future__ import annotations

import contextlib
import select
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from evlink import _core
from evlink._core import Permit, Shared
from tests.unit import core_bench

BLOCK = struct.Struct("<IHBBQIiII16x")
OUTPUT = struct.Struct("<IHBBQHBBBB10x")


class Loop:
    """`run` in a thread, and the board's end of its socket in our hands."""

    def __init__(self, path: Path, outlets: int = 1) -> None:
        self.shm = Shared.create(str(path), outlets)
        self.outlets = outlets
        self.ours, self.board = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.board.settimeout(5)
        self.result: int | None = None
        self.thread = threading.Thread(target=self._run)
        self.sequence = 0
        self.contactor = False
        self.thread.start()

    def _run(self) -> None:
        self.result = _core.run(self.shm, self.ours.fileno(), self.outlets, False)

    def send(self, state: str = "A", duty: int = 10000, ohm: int = -1, outlet: int = 1) -> None:
        """One block of 10 ms."""
        samples = core_bench.frames(core_bench.pilot(state, duty, 1000)).tobytes()
        feedback = _core.FEEDBACK_CONTACTOR if self.contactor else 0
        header = BLOCK.pack(0x4B4C4245, 1, outlet, 0, self.sequence, 1000, ohm, 0, feedback)
        self.board.send(header + samples)

    def answer(self) -> tuple[int, ...]:
        """The next outputs: magic, version, outlet, contactor, sequence, duty, pilot on, lock, light, beep."""
        out = OUTPUT.unpack(self.board.recv(100))
        self.contactor = bool(out[3])
        return out

    def step(self, state: str = "A", duty: int = 10000, ohm: int = -1) -> tuple[int, ...]:
        """Send a block, and the next where a stalled loop dropped it; the answer. OSError once the loop ended."""
        while self.thread.is_alive():
            self.send(state, duty, ohm)
            answered = self._answer_to(self.sequence)
            self.sequence += 1
            if answered is not None:
                return answered
        raise OSError("the loop has ended")

    def _answer_to(self, sequence: int) -> tuple[int, ...] | None:
        while select.select([self.board], [], [], 0.3)[0]:
            out = self.answer()
            if out[4] == sequence:
                return out
        return None

    def charge(self) -> None:
        """Bring the outlet into a charge."""
        for _ in range(20):
            self.step()
        self.shm.grant(1, Permit(authorised=True, limit_ma=16_000))
        duty = 10000
        for _ in range(50):
            duty = self.step("B", duty, 220)[5]
        for _ in range(1500):  # 70 are enough unless this machine paused for 50 ms and the loop took us for silent
            duty = self.step("C", duty, 220)[5]
            if self.contactor:
                break
        assert self.contactor

    def until_it_ends(self, block: Callable[[], object], at_most: int = 8000) -> None:
        """Go on with blocks until the loop ends."""
        with contextlib.suppress(OSError):
            for _ in range(at_most):
                block()
            raise AssertionError("the loop goes on")

    def end(self) -> int | None:
        self.board.close()
        self.thread.join(5)
        self.ours.close()
        return self.result


@pytest.fixture
def loop(tmp_path: Path) -> Iterator[Loop]:
    made = Loop(tmp_path / "control.shm")
    yield made
    made.end()


def test_outputs_answer_each_block(loop: Loop) -> None:
    """Magic, version, outlet, sequence, 100 % duty, pilot on; light and beeps as granted."""
    assert loop.step() == (0x54554F45, 1, 1, 0, 0, 10000, 1, 0, 0, 0)
    loop.shm.grant(1, Permit(lock=True, light=7, beep=3))
    assert loop.step()[7:] == (1, 7, 3)
    frame = loop.shm.frame(1)
    assert frame is not None
    assert (frame.blocks, frame.samples, frame.permit_sequence) == (2, 2000, 1)


def test_board_gone(loop: Loop) -> None:
    """A board that closes: everything commanded open, result 1."""
    loop.charge()
    assert loop.end() == 1
    frame = loop.shm.frame(1)
    assert frame is not None
    assert not frame.contactor


def test_silent_board_is_opened_within_100_ms(loop: Loop) -> None:
    """No block for 50 ms of real time: contactor commanded open, FAULT_GAP; it clears with a second of blocks."""
    loop.charge()
    while loop.contactor:  # nothing is sent meanwhile
        loop.answer()
    frame = loop.shm.frame(1)
    assert frame is not None
    assert frame.faults & _core.FAULT_GAP
    for _ in range(110):
        loop.step("B", 10000, 220)
    frame = loop.shm.frame(1)
    assert frame is not None
    assert frame.faults == 0


def test_lost_blocks_by_sequence(loop: Loop) -> None:
    """Ten lost blocks (100 ms) are bridged, eleven are a gap."""
    loop.charge()
    before = loop.shm.frame(1)
    loop.sequence += 10
    assert loop.step("C", 2666, 220)[3] == 1
    after = loop.shm.frame(1)
    assert before is not None
    assert after is not None
    assert after.samples - before.samples == 11_000
    loop.sequence += 11
    assert loop.step("C", 2666, 220)[3] == 0


def test_malformed_messages_are_dropped(loop: Loop) -> None:
    """Short, foreign, too long, wrong outlet: none is fed, none ends the loop."""
    loop.step()
    good = BLOCK.pack(0x4B4C4245, 1, 1, 0, 1, 1000, -1, 0, 0)
    wrong = [
        b"x",
        good,
        good + bytes(7999),
        good + bytes(8001),
        good + bytes(60_000),
        BLOCK.pack(0x4B4C4246, 1, 1, 0, 1, 1000, -1, 0, 0) + bytes(8000),
        BLOCK.pack(0x4B4C4245, 2, 1, 0, 1, 1000, -1, 0, 0) + bytes(8000),
        BLOCK.pack(0x4B4C4245, 1, 2, 0, 1, 1000, -1, 0, 0) + bytes(8000),
        BLOCK.pack(0x4B4C4245, 1, 0, 0, 1, 1000, -1, 0, 0) + bytes(8000),
        BLOCK.pack(0x4B4C4245, 1, 1, 0, 1, 0, -1, 0, 0),
        BLOCK.pack(0x4B4C4245, 1, 1, 0, 1, 0xFFFFFFFF, -1, 0, 0) + bytes(8000),
    ]
    for message in wrong:
        loop.board.send(message)
    loop.step()
    frame = loop.shm.frame(1)
    assert frame is not None
    assert frame.blocks == 2


def test_no_station_ever(loop: Loop) -> None:
    """15 s of samples without any permit end the loop with 2."""
    loop.until_it_ends(lambda: loop.step())
    assert loop.result == 2
    frame = loop.shm.frame(1)
    assert frame is not None
    assert 1_500_000 <= frame.samples <= 1_510_000


def test_a_station_that_went_away(loop: Loop) -> None:
    """The whole way: degraded, stopped in order after 60 s, and 10 s after the contactor opened the loop ends."""
    loop.charge()
    frame = loop.shm.frame(1)
    assert frame is not None
    begun = frame.samples
    duty = 2666

    def block() -> None:
        nonlocal duty
        duty = loop.step("C" if 0 < duty < 10000 else "B", duty, 220)[5]

    loop.until_it_ends(block)
    assert loop.result == 2
    states = [(event.a, event.b) for event in loop.shm.events(1) if event.kind == _core.EVENT_PERMIT]
    assert states[1:] == [(1, 2), (2, 3)]
    opened = [event for event in loop.shm.events(1) if event.kind == _core.EVENT_OPENED]
    frame = loop.shm.frame(1)
    assert frame is not None
    assert frame.samples - opened[-1].samples >= 1_000_000
    assert 5_800_000 <= frame.samples - begun <= 7_100_000


def test_a_stale_permit_does_not_count(tmp_path: Path) -> None:
    """What stood in the memory before this control began is no permit."""
    path = tmp_path / "control.shm"
    old = Shared.create(str(path), 1)
    old.grant(1, Permit(authorised=True, limit_ma=16_000))
    old.close()
    loop = Loop(path)
    for _ in range(5):
        loop.step()
    frame = loop.shm.frame(1)
    assert frame is not None
    assert frame.permit_state == _core.PERMIT_NONE
    loop.shm.grant(1, Permit(authorised=True, limit_ma=16_000))
    loop.step()
    frame = loop.shm.frame(1)
    assert frame is not None
    assert frame.permit_state == _core.PERMIT_LIVE
    loop.end()


def test_request_stop(loop: Loop) -> None:
    """A stop opens the contactor and returns 0; the last outputs say so."""
    loop.charge()
    _core.request_stop()
    out = loop.answer()
    assert (out[3], out[5]) == (0, 10000)
    loop.thread.join(5)
    assert loop.result == 0
    assert not _core.stop_requested()
    opened = [event for event in loop.shm.events(1) if event.kind == _core.EVENT_OPENED]
    assert opened[-1].a == _core.OPEN_ORDER


def test_energy_goes_on_over_a_new_connection(tmp_path: Path) -> None:
    """A board that comes back in the life of a control finds the same samples, events and generation."""
    loop = Loop(tmp_path / "control.shm")
    loop.charge()
    generation = loop.shm.generation
    assert loop.end() == 1
    before = loop.shm.frame(1)
    loop.ours, loop.board = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    loop.board.settimeout(5)
    loop.sequence = 0
    loop.thread = threading.Thread(target=loop._run)
    loop.thread.start()
    loop.step("B", 10000, 220)
    after = loop.shm.frame(1)
    assert before is not None
    assert after is not None
    assert after.samples == before.samples + 1000
    assert loop.shm.generation == generation
    assert [event.number for event in loop.shm.events(1)] == list(range(1, len(loop.shm.events(1)) + 1))
    loop.end()


def test_real_time_or_an_event(tmp_path: Path) -> None:
    """With real time asked for: granted, or an event that says which call was refused and why."""
    shm = Shared.create(str(tmp_path / "control.shm"), 1)
    ours, board = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, board:
        thread = threading.Thread(target=_core.run, args=(shm, ours.fileno(), 1, True))
        thread.start()
        board.send(BLOCK.pack(0x4B4C4245, 1, 1, 0, 0, 1000, -1, 0, 0) + bytes(8000))
        board.settimeout(5)
        board.recv(100)
        board.close()
        thread.join(5)
    frame = shm.frame(1)
    assert frame is not None
    refused = [event for event in shm.events(1) if event.kind == _core.EVENT_NOT_REALTIME]
    assert frame.realtime is not bool(refused)
    assert all(event.a > 0 and event.b in (1, 2) for event in refused)
