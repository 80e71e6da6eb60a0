"""The Linux board as a process on a faithful tree: blocks to the step, PWM and lines written, nothing left closed."""

from __future__ import annotations

import os
import random
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from pathlib import Path

import pytest

from evlink.hardware import board
from tests.unit.linux_tree import CURRENT_SCALE, PLUG_OFFSET, SCALE, Tree, frame, get

PERIOD = 1_000_000


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[Tree]:
    """A machine."""
    made = Tree(tmp_path / "root")
    yield made
    made.close()


@contextmanager
def running(tree: Tree, state: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    """The board on the tree, up, and gone afterwards."""
    description = tree.describe(state / "wiring.toml")
    argv = [sys.executable, "-m", "evlink.hardware.linux", "--state", str(state), "--root", str(tree.root)]
    argv += ["--description", str(description), *options]
    with subprocess.Popen(argv, stderr=subprocess.PIPE, text=True) as process:
        try:
            wait_for(lambda: (state / board.SOCKET).exists() or process.poll() is not None)
            assert process.poll() is None, process.stderr and process.stderr.read()
            yield process
        finally:
            process.kill()


def wait_for(happens: Callable[[], bool], timeout_s: float = 15) -> None:
    """Wait until something happens; fails where it does not."""
    end = time.monotonic() + timeout_s
    while not happens():
        assert time.monotonic() < end, "it does not happen"
        time.sleep(0.005)


class Adc:
    """Frames in real time from a thread, 10 ms each turn, as long as it is let."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        block = frame([3000, 0, 0, 0, 1000, 3000, 0, 0, 0]) * board.FRAMES
        due = time.monotonic()
        with suppress(BrokenPipeError):
            while not self._over.is_set():
                self._tree.feed(block)
                due += 0.01
                time.sleep(max(0.0, due - time.monotonic()))

    def stop(self) -> None:
        """No more frames."""
        self._over.set()
        self._thread.join()

    def __enter__(self) -> Adc:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class Control:
    """A control that answers every block with the same outputs until it is told to be silent."""

    def __init__(self, state: Path, **outputs: object) -> None:
        self.link = board.connect(state)
        self.outputs = outputs
        self.answers = True
        self.last: dict[int, board.BlockHeader] = {}
        self.answered = 0
        self._thread = threading.Thread(target=self._live)
        self._thread.start()

    def _live(self) -> None:
        with suppress(OSError):
            while message := self.link.recv(65_536):
                header = board.unpack_block(message).header
                self.last[header.outlet] = header
                if self.answers:
                    self.link.send(board.Outputs(header.outlet, header.sequence, **self.outputs).pack())  # type: ignore[arg-type]
                    self.answered += 1

    def __enter__(self) -> Control:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self.link.shutdown(2)
        self._thread.join()
        self.link.close()


def closed(tree: Tree) -> bool:
    """Whether the first outlet's contactor is driven closed."""
    return tree.line(0) == "1"


def expected(raw: int, scale: float, gain: float, zero: float, unit: int, offset: int = 0) -> int:
    """The exact sample of a raw value: ((raw + offset) x scale x gain + zero) in units, to the nearest."""
    exact = ((raw + offset) * Fraction(str(scale)) * Fraction(str(gain)) + Fraction(str(zero))) / unit
    return max(-32767, min(32767, round(exact)))


def test_blocks_are_right_to_the_last_step(tree: Tree, tmp_path: Path) -> None:
    """Every sample of two outlets after sysfs scale, offset and calibration; plug by its divider; inputs by their bits.

    Frames come in pieces that are no whole frames, through the forms le:s16/16, be:s24/32>>8 and le:u12/16>>4.
    """
    random.seed(3)

    def outlet() -> list[int]:
        return [random.randint(-4500, 4500), *(random.randint(-6_500_000, 6_500_000) for _ in range(3))]

    values = [[*outlet(), 1370, *outlet()] for _ in range(2 * board.FRAMES)]
    values[5][1] = 2**23 - 1  # the ADC's own end: a clipped current is a short circuit
    values[6][2] = -(2**23)
    raw = b"".join(map(frame, values))
    with running(tree, tmp_path), board.connect(tmp_path) as link:
        wait_for(lambda: get(tree.iio / "buffer/enable") == "1")
        assert get(tree.iio / "sampling_frequency") == "100000"
        assert get(tree.iio / "buffer/length") == "20000"
        assert get(tree.iio / "buffer/watermark") == "1000"
        assert get(tree.iio / "scan_elements/in_voltage8_en") == "1"
        assert get(tree.iio / "scan_elements/in_voltage9_en") == "0"  # left on by a dead board
        tree.drive(16, 1)  # contactor feedback
        tree.drive(18, 1)  # the start button: pressed, which sysfs tells as 1 whatever the level
        tree.drive(19, 1)  # the stop button's contact is closed
        tree.drive(20, 1)  # surge arrester
        time.sleep(0.2)  # so that the board has taken us on
        for start in range(0, len(raw), 7001):
            tree.feed(raw[start : start + 7001])
        link.settimeout(10)
        blocks = [board.unpack_block(link.recv(65_536)) for _ in range(4)]
    assert [(b.header.outlet, b.header.sequence) for b in blocks] == [(1, 1), (2, 1), (1, 2), (2, 2)]
    one = b"".join(b.samples for b in blocks if b.header.outlet == 1)
    two = b"".join(b.samples for b in blocks if b.header.outlet == 2)
    for k, (v, first, second) in enumerate(
        zip(values, struct.iter_unpack("<4h", one), struct.iter_unpack("<4h", two), strict=True)
    ):
        want = [
            expected(v[0], SCALE[0], 6.0, -40.0, 1),
            expected(v[1], CURRENT_SCALE, 50.0, 0.0, 10),
            expected(v[2], CURRENT_SCALE, 50.0, 0.0, 10),
            expected(v[3], CURRENT_SCALE, 50.0, 20.0, 10),
        ]
        assert list(first) == want, (k, first, want)
        want = [expected(v[5], SCALE[5], 6.0, 0.0, 1)]
        want += [expected(v[n], CURRENT_SCALE, 50.0, 0.0, 10) for n in (6, 7, 8)]
        assert list(second) == want, (k, second, want)
    assert struct.unpack_from("<4h", one, 5 * 8)[1] == 32767
    assert struct.unpack_from("<4h", one, 6 * 8)[2] == -32767
    millivolts = (1370 + PLUG_OFFSET) * SCALE[4]
    header = blocks[0].header
    assert header.plug_ohm == round(1000 * millivolts / (3300 - millivolts))
    assert header.feedback == board.FEEDBACK_CONTACTOR
    assert header.inputs == board.INPUT_BUTTON_START | board.INPUT_BUTTON_STOP | board.INPUT_SURGE
    assert 0 < time.monotonic_ns() - header.stamp_ns < 20e9
    assert blocks[0].header.stamp_ns <= blocks[2].header.stamp_ns
    assert blocks[1].header.plug_ohm == -1
    assert blocks[1].header.inputs == board.INPUT_BUTTON_STOP  # no button there: nobody presses it


def test_outputs_reach_pwm_and_lines(tree: Tree, tmp_path: Path) -> None:
    """Duty, polarity, float (E), F, contactor, lock and light as control commands them."""
    with running(tree, tmp_path) as process, Adc(tree):
        assert tree.pilot(0) == (PERIOD, 1, "normal")  # 100 % before anybody commands
        assert tree.pilot(1) == (PERIOD, 1, "inversed")
        assert get(tree.pwm / "pwm0/period") == str(PERIOD)
        assert get(tree.gpio / "gpio488/active_low") == "1"
        with Control(tmp_path, contactor=True, duty=5333, lock=True, light=3) as control:
            wait_for(lambda: control.answered > 10 and closed(tree))
            assert tree.pilot(0) == (533_300, 1, "normal")
            assert tree.pilot(1) == (533_300, 1, "inversed")
            assert (tree.line(1), tree.line(2)) == ("1", "1")  # lock, pilot enable
            wait_for(lambda: (tree.line(4), tree.line(5), tree.line(6)) == ("0", "1", "0"))
            assert tree.line(8) == "1"
            wait_for(lambda: tree.line(3) == "1")  # `alive` goes up and down
            wait_for(lambda: tree.line(3) == "0")
            control.outputs = {"duty": 0, "contactor": False, "lock": True, "beeps": 2}  # F
            wait_for(lambda: tree.pilot(0)[0] == 0 and not closed(tree))
            assert tree.pilot(0)[1] == 1
            wait_for(lambda: tree.line(7) == "1")
            wait_for(lambda: tree.line(7) == "0")
            control.outputs = {"duty": 10_000, "pilot_on": False, "lock": True}  # E
            wait_for(lambda: tree.line(2) == "0")
            wait_for(lambda: tree.pilot(1)[1] == 0)  # without an enable line the oscillator is stopped
            assert tree.pilot(0)[1] == 1
        assert process.poll() is None


def test_silent_control_is_dropped_within_150_ms(tree: Tree, tmp_path: Path) -> None:
    """100 ms without outputs open the contactor and set 100 %; the lock stays; the next outputs re-arm."""
    with running(tree, tmp_path), Adc(tree), Control(tmp_path, contactor=True, duty=5333, lock=True) as control:
        wait_for(lambda: closed(tree))
        took = []
        for _ in range(3):  # the best of three: the machine that tests has other things to do
            wait_for(lambda: closed(tree))
            control.answers = False
            silent = time.monotonic()
            wait_for(lambda: not closed(tree), 2)
            took.append(time.monotonic() - silent)
            wait_for(lambda: tree.pilot(0)[0] == PERIOD, 1)
            assert tree.line(1) == "1"
            control.answers = True
        wait_for(lambda: closed(tree))
        assert min(took) < 0.15


def test_control_that_leaves_is_dropped_at_once(tree: Tree, tmp_path: Path) -> None:
    """A closed socket drops the outputs; a second control is turned away."""
    with running(tree, tmp_path), Adc(tree):
        with Control(tmp_path, contactor=True, duty=5333) as control:
            wait_for(lambda: closed(tree))
            with board.connect(tmp_path) as second:
                second.settimeout(5)
                assert second.recv(65_536) == b""
            assert control.answered
        wait_for(lambda: not closed(tree), 1)


def test_stopped_adc_drops_the_outputs(tree: Tree, tmp_path: Path) -> None:
    """No samples, no outputs, no contactor; and an ADC that is taken away ends the board with a sentence."""
    with running(tree, tmp_path) as process, Adc(tree) as adc, Control(tmp_path, contactor=True, duty=5333):
        wait_for(lambda: closed(tree))
        adc.stop()
        wait_for(lambda: not closed(tree), 1)
        tree.hang_up()
        assert process.wait(5) == 1
        assert process.stderr is not None
        assert process.stderr.read().splitlines()[-1] == "evlink-linux: station-adc has ended its capture."


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM])
def test_dead_board_leaves_nothing_closed(tree: Tree, tmp_path: Path, number: signal.Signals) -> None:
    """Killed, hung or ended in order: the guard, or the board itself, opens the contactor and sets 100 %."""
    with (
        running(tree, tmp_path) as process,
        Adc(tree),
        Control(tmp_path, contactor=True, duty=5333),
    ):
        wait_for(lambda: closed(tree) and tree.line(8) == "1")
        os.kill(process.pid, number)
        begin = time.monotonic()
        wait_for(lambda: not closed(tree) and tree.line(8) == "0", 3)
        assert time.monotonic() - begin < 1.0
        wait_for(lambda: tree.pilot(0) == (PERIOD, 1, "normal") and tree.pilot(1) == (PERIOD, 1, "inversed"), 3)
        assert process.wait(5) == (0 if number == signal.SIGTERM else -signal.SIGKILL)


def test_refused_write_ends_the_board_with_the_contactor_open(tree: Tree, tmp_path: Path) -> None:
    """A pilot that cannot be set is no pilot: one sentence, contactor open."""
    with running(tree, tmp_path) as process, Adc(tree), Control(tmp_path, contactor=True, duty=5333) as control:
        wait_for(lambda: closed(tree))
        (tree.pwm / "pwm0/duty_cycle").unlink()
        control.outputs = {"contactor": True, "duty": 2000}
        assert process.wait(5) == 1
        assert not closed(tree)
        assert process.stderr is not None
        text = process.stderr.read().splitlines()[-1]
        assert text.endswith("pwm0/duty_cycle cannot be set to 200000: No such file or directory.")


def test_two_boards_and_a_bad_description(tree: Tree, tmp_path: Path) -> None:
    """A second board on the directory is refused with 1; a description that is wrong with 2, and nothing is touched."""
    argv = [sys.executable, "-m", "evlink.hardware.linux", "--state", str(tmp_path), "--root", str(tree.root)]
    with running(tree, tmp_path) as first:
        done = subprocess.run(
            [*argv, "--description", str(tmp_path / "wiring.toml")], capture_output=True, text=True, check=False
        )
        assert done.returncode == 1
        assert done.stderr == f"evlink-linux: A board (process {first.pid}) serves {tmp_path} already.\n"
    bad = tmp_path / "bad.toml"
    bad.write_text((tmp_path / "wiring.toml").read_text().replace("rate = 100000", "rate = 150000"))
    done = subprocess.run([*argv, "--description", str(bad)], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == (
        f"evlink-linux: {bad}: adc 1.rate is 150000; allowed: frames a second, a whole multiple of 100000.\n"
    )
    done = subprocess.run([*argv, "--linger", "-1"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "linger is '-1'; allowed: 0 to 3600 seconds, or forever." in done.stderr


def test_board_without_control_ends(tree: Tree, tmp_path: Path) -> None:
    """No control within --linger: the board ends by itself, and takes its socket along."""
    with running(tree, tmp_path, "--linger", "0.2") as process:
        assert process.wait(10) == 0
        assert not (tmp_path / board.SOCKET).exists()
        assert get(tree.iio / "buffer/enable") == "0"
