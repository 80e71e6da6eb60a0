"""A whole charge on the Linux board: real control and real board on the faithful tree, a vehicle that reads the PWM."""

from __future__ import annotations

import math
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path

import pytest

from evlink._core import PILOT_B, PILOT_C, Permit, Shared, duty_from_ma
from evlink.hardware import board
from tests.unit.linux_tree import Tree, frame

PERIOD_NS = 1_000_000
PLUG_32A = 739  # raw: 220 ohm on the divider of the description
NO_CURRENT = (0, 0, -400)  # raw; the third phase has an offset of 20 mA


@cache
def samples(high_mv: int, duty_ns: int, current_a: int, half: int) -> bytes:
    """10 ms of the ADC, `half` of a 50 Hz period: pilot and currents of outlet 1, and an outlet 2 that nobody uses.

    The inverse of the description's calibration, to whole raw steps.
    """
    frames = []
    for n in range(board.FRAMES):
        pilot = high_mv if (n % 100) * 10_000 < duty_ns else -12_000
        waves = [
            round(current_a * math.sqrt(2) * math.sin(math.pi * (n / 1000 + half) - k * 2 * math.pi / 3) * 20_000)
            for k in range(3)
        ]
        currents = [wave + zero for wave, zero in zip(waves, NO_CURRENT, strict=True)]
        frames.append(frame([(pilot + 40) // 3, *currents, PLUG_32A, 4000, 0, 0, 0]))
    return b"".join(frames)


class Vehicle:
    """A vehicle on outlet 1, 10 ms each turn: B, then C once it sees PWM; 10 A through a closed contactor."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self.wants = True
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        half, due = 0, time.monotonic()
        with suppress(BrokenPipeError):
            while not self._over.is_set():
                duty, _, _ = self._tree.pilot(0)
                charges = self.wants and duty < PERIOD_NS
                closed = self._tree.line(0) == "1"
                for command, feedback in ((0, 16), (1, 17)):  # auxiliary contact, lock switch
                    self._tree.drive(feedback, int(self._tree.line(command)))
                block = samples(6_000 if charges else 9_000, duty, 10 if charges and closed else 0, half)
                self._tree.feed(block)
                half = 1 - half
                due += 0.01
                time.sleep(max(0.0, due - time.monotonic()))

    def close(self) -> None:
        """Drive away."""
        self._over.set()
        self._thread.join()


def wait_for(happens: Callable[[], bool], what: Callable[[], object]) -> None:
    """Wait until something happens; fails with what there was instead."""
    end = time.monotonic() + 20
    while not happens():
        assert time.monotonic() < end, what()
        time.sleep(0.01)


@pytest.mark.slow
def test_vehicle_charges_on_the_linux_board(tmp_path: Path) -> None:
    """B, duty for 16 A, C, contactor, 10 A measured on three phases; the permit withdrawn, all opens."""
    tree = Tree(tmp_path / "root")
    state = tmp_path / "s"
    state.mkdir()
    description = tree.describe(state / "linux-board.toml")
    argv = [sys.executable, "-m", "evlink.hardware.linux", "--state", str(state), "--root", str(tree.root)]
    for duty in (PERIOD_NS, duty_from_ma(16_000) * 100):
        for high, amps in ((9_000, 0), (6_000, 0), (6_000, 10)):
            samples(high, duty, amps, 0), samples(high, duty, amps, 1)
    control = [sys.executable, "-m", "evlink.control", "--state", str(state), "--outlets", "2", "--board", "linux"]
    processes = [subprocess.Popen([*argv, "--description", str(description)])]
    vehicle = None
    try:
        wait_for(lambda: (state / board.SOCKET).exists(), lambda: "no board")
        processes.append(subprocess.Popen(control))
        vehicle = Vehicle(tree)
        wait_for(lambda: (state / "control.shm").exists(), lambda: "no control")
        time.sleep(0.1)
        shm = Shared.attach(str(state / "control.shm"))

        def granting(happens: Callable[[], bool], permit: Permit) -> None:
            granted = 0.0

            def step() -> bool:
                nonlocal granted
                if time.monotonic() - granted > 1:
                    granted = time.monotonic()
                    shm.grant(1, permit)
                return happens()

            wait_for(step, lambda: shm.frame(1))

        def frame_is(**wanted: object) -> bool:
            found = shm.frame(1)
            return found is not None and all(getattr(found, name) == value for name, value in wanted.items())

        stop = Permit(authorised=False)
        granting(lambda: frame_is(pilot=PILOT_B, cable_ma=32_000, contactor=False), stop)
        go = Permit(authorised=True, limit_ma=16_000, lock=True)
        granting(lambda: frame_is(pilot=PILOT_C, contactor=True, contactor_feedback=True, phases_used=3), go)

        def measured() -> bool:
            found = shm.frame(1)
            return found is not None and all(abs(ma - 10_000) < 100 for ma in found.current_ma)

        granting(measured, go)
        assert tree.line(0) == "1"
        assert tree.pilot(0)[0] == duty_from_ma(16_000) * 100
        granting(lambda: frame_is(contactor=False, contactor_feedback=False), stop)
        wait_for(lambda: tree.line(0) == "0" and tree.pilot(0)[0] == PERIOD_NS, lambda: shm.frame(1))
        found = shm.frame(1)
        assert found is not None
        assert found.faults == 0
        assert found.energy_mvas > 0
        shm.close()
    finally:
        for process in reversed(processes):
            process.terminate()
            process.wait(10)
        if vehicle is not None:
            vehicle.close()
        tree.close()
