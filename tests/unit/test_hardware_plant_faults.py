"""Faults injected at the simulator's plant: what each shows to the converter and to the inputs."""

from __future__ import annotations

import numpy as np
import pytest

from evlink.hardware import board
from tests.unit.plant_bench import Bench, plateaus, rms


def test_fault_cp_short() -> None:
    """A pilot short to earth pulls both plateaus to about 0 V (Evt #20), and the vehicle sees no duty."""
    bench = Bench()
    bench.charge()
    bench.fault("cp_short")
    high, low = plateaus(bench.run(1000))
    assert 0 < high < 1
    assert -1 < low < 0
    assert bench.plant.state(1)["s2"] is False
    bench.fault("cp_short", False)
    assert plateaus(bench.run(1000)) == pytest.approx((6, -12), abs=0.3)


def test_fault_diode() -> None:
    """Without a diode the low plateau mirrors the high one (Evt #17, IEC 61851-1 table A.4)."""
    bench = Bench()
    bench.charge()
    bench.fault("diode")
    high, low = plateaus(bench.run(100))
    assert abs(high + low) < 0.1
    assert 5 < high < 7


@pytest.mark.parametrize(("name", "ohm"), [("pp_open", -1), ("pp_gap", 350)])
def test_fault_plug(name: str, ohm: int) -> None:
    """The plug resistor is open, or of a value that no cable has (Evt #18)."""
    bench = Bench()
    bench.plug()
    bench.fault(name)
    bench.run(10)
    assert bench.header.plug_ohm == ohm
    bench.fault(name, False)
    bench.run(10)
    assert bench.header.plug_ohm == 220


def test_fault_welded() -> None:
    """A welded contactor stays closed against its command, and current goes on (Evt #5)."""
    bench = Bench()
    bench.charge()
    bench.fault("welded")
    bench.contactor = False
    assert rms(bench.run(1000)) == pytest.approx([32, 32, 32], rel=0.01)
    assert bench.header.feedback & board.FEEDBACK_CONTACTOR


def test_fault_stuck_open() -> None:
    """A contactor that is stuck stays open against its command (Evt #5)."""
    bench = Bench()
    bench.fault("stuck_open")
    assert rms(bench.charge()) == pytest.approx([0, 0, 0], abs=0.1)
    assert not bench.header.feedback & board.FEEDBACK_CONTACTOR


@pytest.mark.parametrize("locked", [False, True])
def test_fault_lock(locked: bool) -> None:
    """A faulty lock stays where it is (Evt #4)."""
    bench = Bench()
    bench.lock = locked
    bench.run(400)
    bench.fault("lock")
    bench.lock = not locked
    bench.run(1000)
    assert bool(bench.header.feedback & board.FEEDBACK_LOCK) is locked


def test_fault_noise() -> None:
    """Noise comes in bursts of 2 V, and most of its power lies at 36 to 90 kHz, here folded at 50 kHz."""
    bench = Bench()
    bench.run(10)
    quiet = bench.run(100)[:, 0]
    bench.fault("noise")
    pilot = np.concatenate([samples[:, 0] for _, samples in bench.blocks(50)]).astype(float) - 12_000
    assert np.std(quiet) < 50
    assert 1900 < abs(pilot).max() < 2300
    power = np.square(np.abs(np.fft.rfft(pilot)))[1:]
    frequency = np.fft.rfftfreq(len(pilot), 1e-5)[1:]
    assert power[frequency >= 9_000].sum() > 0.95 * power.sum()
    assert 0.2 < np.mean(abs(pilot) > 150) < 0.9


def test_fault_overdraw() -> None:
    """The vehicle draws 40 % more than it was offered (Evt #21)."""
    bench = Bench()
    bench.fault("overdraw")
    assert rms(bench.charge(duty=2666)) == pytest.approx([22.4] * 3, rel=0.01)


def test_fault_clip() -> None:
    """A short circuit behind the contactor clips the converter at both ends (Evt #20)."""
    bench = Bench()
    bench.fault("clip")
    assert abs(bench.run(100)[:, 1:]).max() < 20  # nothing flows through an open contactor
    bench.contactor = True
    currents = bench.run(100)[:, 1:]
    assert (currents.max(), currents.min()) == (32767, -32768)
    assert np.mean(currents == 32767) > 0.2


def test_fault_stuck_current() -> None:
    """A stuck converter shows the same value for ever (Evt #3)."""
    bench = Bench()
    bench.fault("stuck_current")
    assert np.unique(bench.run(100)[:, 1:]).tolist() == [1000]


@pytest.mark.parametrize("name", ["surge", "intrusion", "flap", "upstream"])
def test_fault_inputs(name: str) -> None:
    """A tripped protective device sets its input bit (Evt #6, #7, #10, #11)."""
    bench = Bench()
    bench.fault(name)
    bench.run(10)
    assert bench.header.inputs == board.INPUT_BUTTON_STOP | getattr(board, f"INPUT_{name.upper()}")
    bench.fault(name, False)
    bench.run(10)
    assert bench.header.inputs == board.INPUT_BUTTON_STOP


def test_fault_upstream_takes_the_mains_away() -> None:
    """With the upstream breaker open nothing flows (Evt #11)."""
    bench = Bench()
    bench.fault("upstream")
    assert rms(bench.charge()) == pytest.approx([0, 0, 0], abs=0.1)


def test_fault_vehicle_ignores() -> None:
    """Such a vehicle stays in C and draws on at 100 % duty, until the contactor opens (table A.6, 10.2)."""
    bench = Bench()
    bench.charge()
    bench.fault("vehicle_ignores")
    bench.duty = board.DUTY_CONSTANT
    samples = bench.run(6000)
    assert plateaus(samples) == pytest.approx((6, 6), abs=0.3)
    assert rms(samples) == pytest.approx([32, 32, 32], rel=0.01)
    bench.contactor = False
    assert rms(bench.run(100)) == pytest.approx([0, 0, 0], abs=0.1)
