"""Faults that the core finds: when each is set, what it opens, when it ends."""

from __future__ import annotations

import numpy as np
import pytest

from evlink import _core
from tests.unit import core_bench
from tests.unit.core_bench import Bench
from tests.unit.test_core_contactor import prepared


def test_unplugged_under_load() -> None:
    """Pilot gone while closed: opened within 40 ms, fault #19, which ends once A has been there for a second."""
    bench = Bench()
    bench.charging()
    bench.unplug()
    assert bench.until(False) <= 0.04
    assert bench.frame.faults & _core.FAULT_UNPLUGGED
    bench.run(0.5)
    assert bench.frame.faults & _core.FAULT_UNPLUGGED
    bench.run(1)
    assert bench.frame.faults == 0


@pytest.mark.parametrize(("away_s", "latched"), [(0.1, True), (0.5, False), (1.5, False)])
def test_the_next_vehicle_is_not_barred_by_the_last(away_s: float, latched: bool) -> None:
    """Fault #19 ends a second after the vehicle left, also under the next one; a contact that failed is no leaving."""
    bench = Bench()
    bench.charging()
    bench.unplug()
    bench.run(away_s)
    bench.plug_ohm = 220
    bench.state = "B"
    bench.run(1.5)
    assert bool(bench.frame.faults & _core.FAULT_UNPLUGGED) is latched


def test_plug_resistor_gone_under_load() -> None:
    """The plug drawn while the pilot still shows C: opened within 50 ms, fault #19."""
    bench = Bench()
    bench.charging()
    bench.plug_ohm = -1
    assert bench.until(False) <= 0.05
    assert bench.frame.faults & _core.FAULT_UNPLUGGED


def test_contactor_that_does_not_close() -> None:
    """Feedback that stays open: fault #5 between 100 and 200 ms after the command, latched until A."""
    bench = prepared()
    bench.stuck = False
    bench.state = "C"
    bench.until(True)
    assert 0.1 <= bench.until(False) <= 0.2
    assert bench.frame.faults == _core.FAULT_CONTACTOR
    bench.stuck = None
    bench.run(10)
    assert bench.frame.faults == _core.FAULT_CONTACTOR
    bench.unplug()
    bench.run(1)
    assert bench.frame.faults == 0


def test_lock_lost_in_mid_charge() -> None:
    """The lock opens under a charge: fault #4 within 600 ms, contactor open."""
    bench = Bench()
    bench.charging(lock=True)
    bench.run(5)
    bench.lock_stuck = False
    assert bench.until(False) <= 0.6
    assert bench.frame.faults & _core.FAULT_LOCK


def test_diode_missing_is_latched_until_a() -> None:
    """Current that flows both ways: fault #17 within 300 ms of modulation, until the vehicle has gone."""
    bench = Bench()
    bench.run(0.3)
    bench.diode = False
    bench.grant()
    bench.plug("B")
    bench.run(0.7)
    assert bench.frame.faults == _core.FAULT_DIODE
    assert bench.outputs.duty == 10000
    bench.diode = True
    bench.run(5)
    assert bench.frame.faults == _core.FAULT_DIODE
    bench.unplug()
    bench.run(0.5)
    assert bench.frame.faults == 0


def test_diode_lost_in_mid_charge() -> None:
    """The same during a charge opens the contactor."""
    bench = Bench()
    bench.charging()
    bench.diode = False
    assert bench.until(False) <= 0.2
    assert bench.frame.faults & _core.FAULT_DIODE


def test_modulation_that_does_not_reach_the_pilot() -> None:
    """PWM commanded, constant level measured: fault #17, tried again after 30 s."""
    bench = prepared()
    bench.pilot_duty = 10000
    bench.run(0.5)
    assert bench.frame.faults == _core.FAULT_PILOT
    bench.pilot_duty = None
    bench.run(29)
    assert bench.frame.faults == _core.FAULT_PILOT
    bench.run(2)
    assert bench.frame.faults == 0
    bench.run(5)
    assert bench.outputs.duty == 2666


def test_pilot_short_under_a_session() -> None:
    """80 ohm to earth (test A.4.9): opened within 40 ms, fault #20 until it is gone."""
    bench = Bench()
    bench.charging()
    bench.state = "E"
    assert bench.until(False) <= 0.04
    assert bench.frame.faults == _core.FAULT_SHORT
    assert bench.frame.pilot == _core.PILOT_E
    bench.state = "B"
    bench.run(1)
    assert bench.frame.faults == 0


def test_pilot_short_without_a_session() -> None:
    """A shorted pilot with no vehicle before is a bad pilot (#17), not a charge alarm."""
    bench = Bench()
    bench.run(0.3)
    bench.state = "E"
    bench.run(0.3)
    assert bench.frame.faults == _core.FAULT_PILOT


def test_short_circuit_opens_in_that_very_block() -> None:
    """One clipped current sample opens at once; fault #20 until A."""
    bench = Bench()
    bench.charging()
    bench.amps = (10, 240, 10)  # 240 A: peaks beyond the converter
    wave = core_bench.frames(core_bench.pilot("C", 2666, 1000, bench.now), (10, 10, 10), bench.now).copy()
    wave[999, 2] = -32768
    out = bench.core.feed(1, wave, plug_ohm=220, feedback=_core.FEEDBACK_CONTACTOR)
    assert not out.contactor
    assert bench.frame.faults & _core.FAULT_SHORT_CIRCUIT


def test_a_clipped_pilot_is_no_short_circuit() -> None:
    """A spike on the pilot alone does not count as current."""
    bench = Bench()
    bench.charging()
    wave = core_bench.frames(core_bench.pilot("C", 2666, 1000, bench.now), (10, 10, 10), bench.now).copy()
    wave[500, 0] = 32767
    out = bench.core.feed(1, wave, plug_ohm=220, feedback=_core.FEEDBACK_CONTACTOR)
    assert out.contactor
    assert bench.frame.faults == 0


def test_stuck_current_is_a_measurement_fault() -> None:
    """A current of one sign for 100 ms is no mains current: fault #3, contactor open."""
    bench = Bench()
    bench.charging()
    for _ in range(22):
        wave = core_bench.frames(core_bench.pilot("C", 2666, 1000, bench.now), (10, 10, 10), bench.now).copy()
        wave[:, 2] = np.int16(1000)
        out = bench.core.feed(1, wave, plug_ohm=220, feedback=_core.FEEDBACK_CONTACTOR)
    assert not out.contactor
    assert bench.frame.faults & _core.FAULT_MEASUREMENT


def test_lost_blocks() -> None:
    """A gap over 100 ms opens and is fault #3 for a second; a lesser one is bridged with the last current."""
    bench = Bench()
    bench.charging()
    bench.run(1)
    before = bench.frame
    bench.core.missing(1, 10_000)
    frame = bench.frame
    assert frame.contactor
    assert frame.samples == before.samples + 10_000
    assert frame.energy_mvas - before.energy_mvas == pytest.approx(sum(before.current_ma) * 230 * 0.1, abs=1)
    bench.core.missing(1, 10_001)
    assert not bench.frame.contactor
    assert bench.frame.faults == _core.FAULT_GAP
    after = bench.frame.energy_mvas
    bench.core.missing(1, 1_000_000)
    assert bench.frame.energy_mvas - after == pytest.approx(sum(before.current_ma) * 230 * 0.1, abs=1)
    bench.run(1.1)
    assert bench.frame.faults == 0
