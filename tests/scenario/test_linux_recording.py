"""Recordings: a board's conversation written by a relay, played back to control, and fed through the core as a test."""

from __future__ import annotations

import gzip
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from evlink._core import EVENT_CLOSED, Core, Limits, Permit, Shared, duty_from_ma
from evlink.hardware import board, facts, simclient
from evlink.hardware.board import Block, Outputs
from evlink.hardware.boards import BoardError, board_argv, check_board
from evlink.hardware.recording_file import (
    MAGIC_PERMIT,
    PERMIT_FORM,
    Granted,
    Header,
    RecordingError,
    RecordingReader,
    RecordingWriter,
)
from evlink.hardware.rehearsal import is_due, recorded_permits, rehearse, step
from tests.scenario.house import House


def permits(limit_ma: int, outlets: int = 1, seconds: int = 120) -> list[Granted]:
    """A permit each second for each outlet, as the station grants them."""
    permit = Permit(authorised=True, limit_ma=limit_ma, lock=True)
    return [Granted(o, 1 + 100 * s, permit) for s in range(seconds) for o in range(1, outlets + 1)]


def wait_for(happens: Callable[[], bool], timeout_s: float = 30) -> None:
    """Wait until something happens; fails where it does not."""
    end = time.monotonic() + timeout_s
    while not happens():
        assert time.monotonic() < end, "it does not happen"
        time.sleep(0.01)


class Control:
    """Control: the core on the board's socket, with permits by block number so that each run decides the same."""

    def __init__(self, state: Path, granted: list[Granted], outlets: int = 1) -> None:
        self.link = board.connect(state, 20)
        self.link.settimeout(20)
        self._core = Core(outlets)
        self._waiting = granted
        self.closed = False
        self.blocks = 0
        self._thread = threading.Thread(target=self._live)
        self._thread.start()

    def _live(self) -> None:
        before: dict[int, int] = {}
        with suppress(OSError):
            while message := self.link.recv(65_536):
                block = board.unpack_block(message)
                for one in [one for one in self._waiting if is_due(one, block)]:
                    self._core.permit(one.outlet, one.permit)
                    self._waiting.remove(one)
                outputs = step(self._core, block, before)
                self.link.send(outputs.pack())
                self.closed = self.closed or outputs.contactor
                self.blocks += 1

    def join(self) -> None:
        """Wait until the board ends."""
        self._thread.join(60)
        assert not self._thread.is_alive()

    def __enter__(self) -> Control:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self.link.shutdown(2)
        self.join()
        self.link.close()


@contextmanager
def program(*words: object) -> Iterator[subprocess.Popen[str]]:
    """A program of the hardware room."""
    argv = [sys.executable, "-m", *map(str, words)]
    with subprocess.Popen(argv, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def errors(process: subprocess.Popen[str]) -> str:
    """What a program said."""
    assert process.stderr is not None
    return process.stderr.read()


@pytest.fixture(scope="module")
def charge(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recorded charge: 12 s of the simulator, a vehicle plugged and charging at 16 A, paused at the end."""
    state = tmp_path_factory.mktemp("rec")
    facts.write(state / facts.FILE, facts.preset("parking", 1, 3))
    file = state / "charge.rec.gz"
    with program("evlink.hardware.recording", "--state", state, file, "--speed", 4, "--seconds", 12) as recorder:
        with Control(state, permits(16_000)) as control:
            simclient.call(state, "plug", cable=32, amps=16)  # the recorded simulator answers at its usual place
            simclient.call(state, "ready")
            wait_for(lambda: control.closed)
            wait_for(lambda: control.blocks > 900)
            simclient.call(state, "pause")
            control.join()
        assert recorder.wait(20) == 0
        said = errors(recorder)
        assert f"{file}: 12 s, 2" in said  # two thousand and some messages
        assert "lost" not in said
    assert sorted(path.name for path in state.iterdir()) == [facts.FILE, file.name]
    return file


def test_recording_holds_every_message(charge: Path) -> None:
    """Blocks without a gap, and for each its outputs; the header says where they are from."""
    with RecordingReader(charge) as reader:
        assert reader.header.board == "simulator"
        messages = list(reader)
        assert not reader.torn
    sequences = [m.header.sequence for m in messages if isinstance(m, Block)]
    assert sequences == list(range(sequences[0], sequences[0] + 1200))
    answers = {m.sequence for m in messages if isinstance(m, Outputs)}
    assert len(answers) > 1190
    assert answers <= set(sequences)


def test_recording_is_a_test_of_the_core(charge: Path) -> None:
    """The same blocks and permits give the same contactor and duty, block by block; other permits do not."""
    first = next(iter(m for m in messages_of(charge) if isinstance(m, Block))).header.sequence
    same = rehearse(charge, Core(1), permits(16_000))
    assert (same.differ, same.unanswered, same.first) == (0, 0, None)
    assert same.compared > 1190
    other = rehearse(charge, Core(1), permits(10_000))
    assert other.differ > 100
    assert other.first is not None
    assert other.first.recorded.duty == duty_from_ma(16_000)
    assert other.first.came.duty == duty_from_ma(10_000)
    assert first < other.first.sequence < first + 1200


def messages_of(file: Path) -> list[Block | Outputs | Granted]:
    """All messages of a recording."""
    with RecordingReader(file) as reader:
        return list(reader)


@pytest.mark.parametrize(("limit_ma", "code"), [(16_000, 0), (10_000, 3)])
def test_playback_tells_what_differs(charge: Path, tmp_path: Path, limit_ma: int, code: int) -> None:
    """Played faster than recorded, control answers as then; with another limit the first difference is told."""
    with program("evlink.hardware.playback", "--state", tmp_path, charge, "--speed", 20) as player:
        with Control(tmp_path, permits(limit_ma)) as control:
            control.join()  # the playback closes at its end
            assert control.blocks == 1200
        assert player.wait(20) == code
        said = errors(player)
    if code == 0:
        assert ", 0 differ, 0 unanswered.\n" in said
    else:
        assert "first: outlet 1, block " in said
        assert "recorded contactor open at 26.66 %, now contactor open at 16.66 %" in said
    assert not (tmp_path / board.SOCKET).exists()


def test_held_playback_goes_on_until_control_leaves(charge: Path, tmp_path: Path) -> None:
    """With --hold the last second is repeated, numbered on, and not compared; control's leaving ends it."""
    with program("evlink.hardware.playback", "--state", tmp_path, charge, "--speed", 50, "--hold") as player:
        with Control(tmp_path, permits(16_000)) as control:
            wait_for(lambda: control.blocks > 1500)
            assert player.poll() is None
        assert player.wait(10) == 0
        assert ", 0 differ, 0 unanswered.\n" in errors(player)


def test_torn_recording_plays_what_is_whole(charge: Path, tmp_path: Path) -> None:
    """A recording that a power cut ended is used up to its last whole message, and says so."""
    torn = tmp_path / "torn.rec"
    torn.write_bytes(gzip.decompress(charge.read_bytes())[:100_000])
    with RecordingReader(torn) as reader:
        blocks = sum(isinstance(m, Block) for m in reader)
        assert reader.torn
    assert 10 < blocks < 13
    cut = tmp_path / "cut.rec.gz"
    cut.write_bytes(charge.read_bytes()[: charge.stat().st_size // 2])
    with RecordingReader(cut) as reader:
        assert sum(isinstance(m, Block) for m in reader) > 100
        assert reader.torn
    with program("evlink.hardware.playback", "--state", tmp_path, torn) as player:
        with Control(tmp_path, permits(16_000)) as control:
            control.join()
        player.wait(10)
        assert "breaks off in the middle of a message" in errors(player)


def test_relay_between_board_and_control_drops_with_either(tmp_path: Path) -> None:
    """Killing the recorder ends the conversation for both; a second recorder is refused while a board is served."""
    facts.write(tmp_path / facts.FILE, facts.preset("parking", 1, 3))
    words = ("evlink.hardware.recording", "--state", tmp_path)
    with program(*words, tmp_path / "a.rec") as recorder, Control(tmp_path, permits(16_000)) as control:
        wait_for(lambda: control.blocks > 20)
        with program(*words, tmp_path / "b.rec") as second:
            assert second.wait(10) == 1
            assert "already; end the station before it can be recorded." in errors(second)
        recorder.terminate()
        control.join()
        assert recorder.wait(10) == 0
    assert sum(isinstance(m, Block) for m in messages_of(tmp_path / "a.rec")) >= control.blocks
    with program(*words, tmp_path / "a.rec") as third:
        assert third.wait(10) == 2
        assert "a.rec exists already; a new file is allowed." in errors(third)


def permit_message(version: int, fields: bytes) -> bytes:
    """A recording of one permit message."""
    message = PERMIT_FORM.pack(MAGIC_PERMIT, version, 1, 1) + fields
    return b'EVLINK-RECORDING 2\n{"board": "", "started": ""}\n' + len(message).to_bytes(4, "little") + message


def test_a_permit_comes_back_as_it_went(tmp_path: Path) -> None:
    """Every field, switches as switches; names that a later version adds to are usual where they are missing."""
    permit = Permit(
        True, 13_000, True, False, True, True, 3, 255, Limits(medium_tolerance=30, leaky=False, slope=800), True
    )
    path = tmp_path / "one.rec"
    with RecordingWriter(path, GOOD) as writer:
        writer.write(Granted(2, 77, permit).pack())
    assert messages_of(path) == [Granted(2, 77, permit)]
    shared = Shared.create(str(tmp_path / "control.shm"), 1)
    shared.grant(1, permit)
    assert shared.permit(1) == (1, permit)
    shared.close()
    path.write_bytes(permit_message(1, b'{"authorised": true, "limits": {"slope": 700}}'))
    assert messages_of(path) == [Granted(1, 1, Permit(authorised=True, limits=Limits(slope=700)))]


def test_a_recording_of_the_first_form_is_read(charge: Path, tmp_path: Path) -> None:
    """Old files hold no permits; those given to the rehearsal count, as before."""
    old = tmp_path / "old.rec"
    data = gzip.decompress(charge.read_bytes())
    assert data.startswith(b"EVLINK-RECORDING 2\n")
    old.write_bytes(data.replace(b"EVLINK-RECORDING 2", b"EVLINK-RECORDING 1", 1))
    assert recorded_permits(old) == {}
    assert rehearse(old, Core(1), permits(16_000)).differ == 0


@pytest.mark.slow
def test_a_recorded_station_shows_what_was_allowed(tmp_path: Path) -> None:
    """Recorder, control and station as processes: the permits are in the file, and the file alone is a test."""
    built = House()
    facts.write(built.state / facts.FILE, facts.preset("parking", 2, 3))
    file = tmp_path / "field.rec"
    try:
        with program("evlink.hardware.recording", "--state", built.state, file) as recorder:
            wait_for(lambda: (built.state / board.SOCKET).exists())
            built.start()
            built.call("settings.apply", changes={"energy_management.outlets.1.derated_current": 20})
            built.charge()
            wait_for(lambda: built.outlet()["session_energy_wh"] >= 5)
            built.sim("badge", uid="04A1B2C3")
            built.until(contactor=False)
            built.stop_station()
            recorder.terminate()
            assert recorder.wait(20) == 0
    finally:
        built.end()
    taken = [one.permit for (outlet, _), one in recorded_permits(file).items() if outlet == 1]
    assert any(one.authorised and one.limit_ma == 20_000 and one.lock for one in taken)
    assert not taken[-1].authorised
    core = Core(2)
    found = rehearse(file, core)
    assert found.differ <= found.compared // 100, str(found)  # a permit seen late moves what follows by a block
    assert [event.kind for event in core.events(1)].count(EVENT_CLOSED) == 1
    assert core.frame(1).energy_mvas >= 5 * 3_600_000
    assert rehearse(file, Core(2), []).differ > found.differ


GOOD = Header("simulator", "2026-01-01T00:00:00+00:00")


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "begins with b''; a recording begins with b'EVLINK-RECORDING 2"),
        (b"EVLINK-RECORDING 3\n{}\n", "begins with b'EVLINK-RECORDING 3"),
        (b'EVLINK-RECORDING 2\n{"board": "", "started": ""}\n\x04\0\0\0EPRM', "message 0: A permit has at least 16"),
        (permit_message(2, b"{}"), "message 0: The permit has version 2, expected 1."),
        (permit_message(1, b'{"limits": 3}'), "message 0: The permit's fields cannot be read."),
        (permit_message(1, b'{"amps": 3}'), "message 0: The permit's fields cannot be read."),
        (permit_message(1, b'{"limit_ma": "3"}'), "message 0: The permit's fields cannot be read."),
        (permit_message(1, b"[" * 9000), "message 0: The permit's fields cannot be read."),
        (b"EVLINK-RECORDING 1\nnothing\n", "has no header in its second line."),
        (b'EVLINK-RECORDING 1\n{"board": "linux"}\n', "has no header in its second line."),
        (b'EVLINK-RECORDING 1\n{"board": 1, "started": ""}\n', "has no text for board and started in its header."),
        (b'EVLINK-RECORDING 1\n{"board": "", "started": "", "rate": 5}\n', "holds 4 channels at 5 frames/s"),
        (b'EVLINK-RECORDING 1\n{"board": "", "started": ""}\n\xff\xff\xff\xff', "its length is 4294967295; at most"),
        (b'EVLINK-RECORDING 1\n{"board": "", "started": ""}\n\x02\0\0\0xy', "message 0: A block has at least 48 bytes"),
        (b"\x1f\x8bnothing compressed", "is no recording: "),
    ],
)
def test_files_that_are_no_recordings(tmp_path: Path, data: bytes, sentence: str) -> None:
    """What is no recording is refused in one sentence, whatever its length fields claim."""
    path = tmp_path / "x.rec"
    path.write_bytes(data)
    with pytest.raises(RecordingError) as refused:
        messages_of(path)
    assert sentence in str(refused.value)


def test_gap_in_a_recording_stays_one(tmp_path: Path) -> None:
    """Blocks that were lost then are lost again: the core is told, as the live loop tells it."""
    path = tmp_path / "gap.rec"
    samples = board.FRAMES * 8 * b"\0"
    with RecordingWriter(path, GOOD) as writer:
        for sequence in (5, 6, 12, 13):
            writer.write(Block(board.BlockHeader(1, sequence), samples).pack())
            writer.write(Outputs(1, sequence).pack())
    core = Core(1)
    assert rehearse(path, core, []).compared == 4
    assert core.frame(1).samples == 9 * board.FRAMES  # four that came, five that did not


@pytest.mark.parametrize(
    ("name", "speed", "sentence"),
    [
        ("raspberry", 1, "--board is 'raspberry'; allowed are simulator, linux and replay:FILE."),
        ("replay:", 1, "--board is 'replay:'; allowed are"),
        ("replay:/nowhere.rec", 1, "--board is 'replay:/nowhere.rec'; allowed is a recording's file"),
        ("linux", 2, "--speed is 2; with --board linux only 1 is allowed."),
        ("simulator", 0.5, "--speed is 0.5; allowed are 1 to 1000."),
        ("simulator", float("nan"), "--speed is nan; allowed are 1 to 1000."),
    ],
)
def test_boards_that_cannot_be(name: str, speed: float, sentence: str) -> None:
    """A wrong name or speed is one sentence."""
    with pytest.raises(BoardError) as refused:
        check_board(name, speed)
    assert sentence in str(refused.value)


def test_boards_by_name(charge: Path, tmp_path: Path) -> None:
    """What `--board` names is a command that serves the state directory."""
    assert board_argv("linux", tmp_path)[1:4] == ("-m", "evlink.hardware.linux", "--state")
    assert "evlink.hardware.simulator" in board_argv("simulator", tmp_path, 5)
    assert board_argv(f"replay:{charge}", tmp_path, 2)[-2:] == ("--hold", str(charge))
