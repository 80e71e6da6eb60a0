"""What the core shows of itself: statistics, oscilloscope, transitions, read-back of the offer, latency, watchdog."""

from __future__ import annotations

import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from evlink import _core
from evlink._core import Core, Latency, Limits, Permit, Pilot, Shared
from tests.unit import core_bench
from tests.unit.core_bench import Bench, pilot

BLOCK = struct.Struct("<IHBBQIiIIQ8x")


@pytest.mark.parametrize(("state", "high"), [("A", 12000), ("B", 8965), ("C", 5969), ("D", 2891)])
@pytest.mark.parametrize("duty", [1000, 5333, 9600, 10000])
def test_statistics_of_the_plateaus(state: str, high: int, duty: int) -> None:
    """Least, mean and most of 100 ms of a noisy pilot, without its edges; zeros for a plateau that is not there."""
    core = Pilot()
    noise = np.random.default_rng(3).integers(-200, 201, 20_000)
    core.feed((pilot(state, duty, 20_000) + noise).astype("<i2"))
    least, mean, most = core.high_stats
    assert (least, most) == pytest.approx((high - 200, high + 200), abs=45)
    assert mean == pytest.approx(high, abs=45)
    if duty < 10_000:
        least, mean, most = core.low_stats
        assert (least, mean, most) == pytest.approx((-12_200, -12_000, -11_800), abs=45)
    else:
        assert core.low_stats == (0, 0, 0)


def test_statistics_show_a_spike_for_100_ms() -> None:
    """Three samples 2 V off are dropped from the plateau, but shown, and forgotten after ten windows."""
    core = Pilot()
    wave = pilot("B", 5333, 1000).copy()
    wave[20:23] += 2000
    core.feed(pilot("B", 5333, 10_000))
    before = core.high_stats
    core.feed(wave)
    assert core.high_mv == pytest.approx(before[1], abs=60)
    assert core.high_stats[2] == pytest.approx(before[1] + 2000, abs=60)
    core.feed(pilot("B", 5333, 9000))
    assert core.high_stats[2] == pytest.approx(before[1] + 2000, abs=60)
    core.feed(pilot("B", 5333, 1000))
    assert core.high_stats == before


def slow_duty(wave: core_bench.Samples) -> tuple[int, int]:
    """Duty and frequency by the definition: whole periods between rising crossings of 0 V among samples 2 to 993."""
    rises = [i for i in range(2, 994) if wave[i - 1] < 0 <= wave[i]]
    span = rises[-1] - rises[0]
    highs = int(np.sum(wave[rises[0] : rises[-1]] >= 0))
    return (highs * 10_000 + span // 2) // span, ((len(rises) - 1) * 100_000 + span // 2) // span


@pytest.mark.parametrize("seed", range(40))
def test_eight_lanes_equal_the_definition(seed: int) -> None:
    """Random duty, phase, level and noise: plateaus, duty and frequency as plain Python computes them."""
    rng = np.random.default_rng(seed)
    duty, start = int(rng.integers(600, 9600)), int(rng.integers(0, 100))
    state = "ABCD"[seed % 4]
    wave = (pilot(state, duty, 1000, start) + rng.integers(-100, 101, 1000)).astype("<i2")
    core = Pilot()
    core.feed(wave)
    kept = [
        [int(wave[i]) for i in range(2, 994) if all((wave[i + k] >= 0) == above for k in (-2, -1, 0, 1))]
        for above in (True, False)
    ]
    for values, mean in ((kept[0], core.high_mv), (kept[1], core.low_mv)):
        if len(values) >= 8:
            assert mean == int(sum(values) / len(values))
    assert (core.duty, core.frequency) == slow_duty(wave)


@pytest.mark.parametrize("frames", [1, 7, 8, 9, 1000, 1003, 4096])
def test_currents_are_exact_at_any_length(frames: int) -> None:
    """RMS of random samples, extremes of the scale among them, cut in blocks of any length, against exact integers."""
    rng = np.random.default_rng(frames)
    stream = np.zeros((10_000, 4), "<i2")
    stream[:, 0] = 12_000
    stream[:, 1:] = rng.integers(-32_766, 32_767, (10_000, 3))
    core = Core(1)
    for at in range(0, 10_000, frames):
        core.feed(1, stream[at : at + frames])
    exact = np.sqrt((stream[:, 1:].astype(np.int64) ** 2).sum(0) * 100.0 / 10_000)
    assert list(core.frame(1).current_ma) == [int(value + 0.5) for value in exact]


@pytest.mark.parametrize(("duty", "bad"), [(2666, False), (2666 + 140, False), (2666 + 250, True), (2666 - 250, True)])
def test_another_duty_than_commanded(duty: int, bad: bool) -> None:
    """Duty within 1.5 points of the command; beyond, fault #17 after 150 ms, and the contactor opens."""
    bench = Bench()
    bench.charging()
    bench.pilot_duty = duty
    bench.run(0.3)
    assert bench.outputs.contactor is not bad
    assert bench.frame.faults == (_core.FAULT_PILOT if bad else 0)


@pytest.mark.parametrize(("hertz", "bad"), [(1000, False), (985, False), (1015, False), (960, True), (1040, True)])
def test_another_frequency_than_1_khz(hertz: int, bad: bool) -> None:
    """1 kHz within 2 %; beyond, fault #17."""
    bench = Bench()
    bench.charging()

    def drift(block: core_bench.Samples, at: int) -> core_bench.Samples:
        changed = block.copy()
        t = (np.arange(len(block)) + at) * hertz / 100_000 % 1
        changed[:, 0] = np.where(t < 0.2666, 5969, -12_000)
        return changed

    bench.disturb = drift
    bench.run(0.3)
    assert bench.frame.faults == (_core.FAULT_PILOT if bad else 0)


def test_scope_and_transitions() -> None:
    """The last whole window's samples, as they came; the last 16 changes of state with their time."""
    core = Core(1)
    assert core.scope(1) is None
    wave = pilot("C", 5333, 2500)
    core.feed(1, core_bench.frames(wave))
    shown = core.scope(1)
    assert shown == (2000, wave[1000:2000].tobytes())
    bench = Bench()
    for _ in range(12):
        bench.state = "B"
        bench.run(0.2)
        bench.state = "A"
        bench.run(0.2)
    changes = [(e.samples, e.a, e.b) for e in bench.events(_core.EVENT_STATE)]
    assert len(changes) > 16
    assert bench.frame.transitions == tuple(changes[-16:])


def test_scope_through_the_shared_memory(tmp_path: Path) -> None:
    """The reader's side sees what the loop was fed; the latency histograms count every block."""
    shm = Shared.create(str(tmp_path / "control.shm"), 1)
    station = Shared.attach(str(tmp_path / "control.shm"))
    assert station.scope(1) is None
    assert station.latency() == Latency((0,) * 32, (0,) * 32, 0, 0, 0, 0, 0)
    ours, board = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    reader, writer = os.pipe()
    thread = threading.Thread(target=_core.run, args=(shm, ours.fileno(), 1, False, writer))
    wave = pilot("B", 10_000, 1000)
    with ours, board:
        board.settimeout(5)
        thread.start()
        for number in range(40):
            stamp = time.monotonic_ns() - 3_000_000 if number == 39 else 0  # taken 3 ms before it was sent
            header = BLOCK.pack(0x4B4C4245, 1, 1, 0, number, 1000, -1, 0, 0, stamp)
            board.send(header + core_bench.frames(wave).tobytes())
            board.recv(100)
            time.sleep(0.01)
        board.close()
        thread.join(5)
    os.close(writer)
    with os.fdopen(reader, "rb") as file:
        fed = file.read()
    assert station.scope(1) == (40_000, wave.tobytes())
    seen = station.latency()
    assert sum(seen.served) == seen.blocks == 40
    assert sum(seen.period) == 39
    assert seen.served_worst_ns >= 3_000_000
    assert sum(seen.served[21:]) >= 1  # the stamped one: 2^21 ns are 2.1 ms
    assert fed == b"\0" * seen.fed
    assert 2 <= seen.fed <= 12


def test_lost_channels_are_a_measurement_fault() -> None:
    """A block that says that a channel has no samples opens the contactor at once, whatever stands there (Evt #3)."""
    bench = Bench()
    bench.charging()
    wave = core_bench.frames(pilot("C", 2666, 1000, bench.now), (10, 10, 10), bench.now)
    out = bench.core.feed(1, wave, plug_ohm=220, feedback=_core.FEEDBACK_CONTACTOR, lost=0b0100)
    assert (out.contactor, out.duty) == (False, 10_000)
    assert bench.frame.faults == _core.FAULT_MEASUREMENT


@pytest.mark.parametrize("value", [1000, -1000, 15])
def test_a_current_that_stands_still(value: int) -> None:
    """A constant reading of 0.1 A and more, of either sign, is no mains current."""
    core = Core(1)
    block = np.zeros((10_000, 4), "<i2")
    block[:, 0] = 12_000
    block[:, 3] = value
    core.feed(1, block)
    assert core.frame(1).faults & _core.FAULT_MEASUREMENT


def test_watchdog_of_the_control_process(tmp_path: Path) -> None:
    """`--watchdog`: fed while blocks are served, magic close on an orderly end; a path that isn't there refuses."""
    device = tmp_path / "watchdog"
    device.touch()
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(str(tmp_path / "board.sock"))
    listener.listen(1)
    listener.settimeout(10)
    command = [sys.executable, "-m", "evlink.control", "--state", str(tmp_path), "--outlets", "1", "--board", "ours"]
    control = subprocess.Popen([*command, "--watchdog", str(device)], env=os.environ | {"PYTHONPATH": os.getcwd()})
    board, _ = listener.accept()
    with listener, board:
        samples = core_bench.frames(pilot("A", 10_000, 1000)).tobytes()
        for number in range(40):
            board.send(BLOCK.pack(0x4B4C4245, 1, 1, 0, number, 1000, -1, 0, 0, 0) + samples)
            time.sleep(0.01)
        control.send_signal(signal.SIGTERM)
        assert control.wait(10) == 0
    written = device.read_bytes()
    assert written.endswith(b"V")
    assert set(written[:-1]) == {0}
    assert 2 <= len(written) - 1 <= 12
    done = subprocess.run(
        [*command, "--watchdog", str(tmp_path / "absent")], capture_output=True, text=True, check=False, timeout=20
    )
    assert done.returncode == 1
    assert "absent cannot be opened" in done.stderr


MASKS = [
    (_core.INPUT_UPSTREAM, _core.FAULT_UPSTREAM, True),
    (_core.INPUT_BREAKER, _core.FAULT_UPSTREAM, True),
    (_core.INPUT_SURGE, _core.FAULT_SURGE, False),
    (_core.INPUT_INTRUSION, _core.FAULT_INTRUSION, False),
    (_core.INPUT_FLAP, _core.FAULT_FLAP, False),
]


@pytest.mark.parametrize(("bit", "fault", "opens"), MASKS)
@pytest.mark.parametrize("expected", [False, True])
def test_supervised_inputs(bit: int, fault: int, opens: bool, expected: bool) -> None:
    """diStatusExpected/diStatusEnable: 30 ms off the expected level is a fault, a second back ends it."""
    bench = Bench(Limits(inputs_expected=bit if expected else 0))
    bench.inputs = bit if expected else 0
    bench.charging()
    assert bench.frame.faults == 0
    bench.inputs ^= bit
    bench.run(0.02)
    assert bench.frame.faults == 0
    bench.run(0.03)
    assert (bench.frame.faults, bench.frame.inputs_wrong) == (fault, bit)
    assert bench.outputs.contactor is not opens
    bench.inputs ^= bit
    bench.run(0.9)
    assert bench.frame.faults == fault
    bench.run(0.2)
    assert bench.frame.faults == 0


@pytest.mark.parametrize(("bit", "fault", "opens"), MASKS)
def test_an_input_that_is_not_supervised(bit: int, fault: int, opens: bool) -> None:
    """Not enabled: no fault, whatever its level."""
    bench = Bench(Limits(inputs_enabled=0))
    bench.inputs = bit
    bench.charging()
    assert (bench.frame.faults, bench.frame.inputs_wrong, bench.frame.inputs) == (0, 0, bit)


def test_a_permit_may_say_nothing_new() -> None:
    """The additions have defaults: a permit of before means what it meant."""
    assert Permit(True, 16_000) == Permit(True, 16_000, domestic=False, limits=Limits())
