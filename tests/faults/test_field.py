"""What happens to a station in the field: sensors that lie, a mains that fails, a reader that never falls silent."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from evlink import _core
from evlink.client import CallError
from tests.faults.table import Tally
from tests.scenario.house import House, house
from tests.unit import core_bench

Samples = npt.NDArray[np.int16]
BLOCKS = 300  # of 10 ms


def stuck(block: Samples, channel: int, at: int, rng: np.random.Generator) -> None:
    """The converter shows one value."""
    block[:, channel] = block[0, channel]


def railed(block: Samples, channel: int, at: int, rng: np.random.Generator) -> None:
    """The converter stands at an end of its range: an open or shorted input, what a float would call NaN."""
    block[:, channel] = -32_768 if at % 2 else 32_767


def noisy(block: Samples, channel: int, at: int, rng: np.random.Generator) -> None:
    """Noise as large as the signal."""
    _add(block, channel, rng.normal(0, 4000, len(block)))


def drifting(block: Samples, channel: int, at: int, rng: np.random.Generator) -> None:
    """The zero wanders by 20 mV or 20 cA a block."""
    _add(block, channel, np.full(len(block), 20.0 * at))


def bursts(block: Samples, channel: int, at: int, rng: np.random.Generator) -> None:
    """15 ms of 5 kHz each 300 ms, as in the fast-transient test pattern."""
    if at % 30 < 2:
        _add(block, channel, 6000 * np.sign(np.sin(np.arange(len(block)) * 2 * np.pi * 5000 / 100_000)))


def gone(block: Samples, channel: int, at: int, rng: np.random.Generator) -> None:
    """A wire that came off."""
    block[:, channel] = 0


def swapped(block: Samples, channel: int, at: int, rng: np.random.Generator) -> None:
    """The channel shows its neighbour."""
    block[:, channel] = block[:, (channel + 1) % 4]


def _add(block: Samples, channel: int, more: npt.NDArray[np.float64]) -> None:
    block[:, channel] = np.clip(block[:, channel] + more, -32_768, 32_767)


LIES: tuple[Callable[[Samples, int, int, np.random.Generator], None], ...] = (
    stuck, railed, noisy, drifting, bursts, gone, swapped,
)  # fmt: skip


OPENING = ~(_core.FAULT_SURGE | _core.FAULT_INTRUSION | _core.FAULT_FLAP | _core.FAULT_OVERLOAD)


def lied_to(seed: int) -> bool:
    """A charge whose samples lie for three seconds in one channel, each block judged; whether that ended it."""
    rng, noise = random.Random(seed), np.random.default_rng(seed)
    bench = core_bench.Bench()
    bench.charging()
    lie, channel = rng.choice(LIES), rng.randrange(4)
    begun = bench.now

    def disturb(block: Samples, at: int) -> Samples:
        wrong = np.array(block)
        lie(wrong, channel, (at - begun) // 1000, noise)
        return wrong

    bench.disturb = disturb
    energy = first = bench.frame.energy_mvas
    opened = False
    for _ in range(BLOCKS):
        bench.block()
        frame = bench.frame
        assert frame.energy_mvas >= energy, seed
        assert not (frame.contactor and frame.faults & OPENING), f"{seed}: closed with faults {frame.faults:#x}"
        assert not frame.contactor or frame.pilot in (_core.PILOT_C, _core.PILOT_D), seed
        energy = frame.energy_mvas
        opened = opened or not frame.contactor
    # 330 A on each phase is the most that the converter can show.
    assert energy - first <= 3 * 330_000 * 230 * BLOCKS // 100, seed
    return opened


@pytest.mark.parametrize("seeds", [20, pytest.param(500, marks=pytest.mark.faults)])
def test_sensors_that_lie_close_nothing_and_never_lower_the_energy(seeds: int, tally: Tally) -> None:
    """R31, R32: the core's rules hold (permit, state, faults, energy); the converter bounds what flows."""
    ended = 0
    for seed in range(seeds):
        ended += lied_to(seed)
    assert 0 < ended < seeds
    note = f"{ended} charges ended by it"
    tally("field", "a channel of samples stuck, railed, noisy, drifting, gone or swapped in a charge", seeds, note=note)


STATES = ("idle", "badge", "plugged", "charging", "paused", "ended")


def bring(home: House, state: str, uid: str) -> None:
    """Bring outlet 1 into a state of a session."""
    steps: dict[str, Callable[[], Any]] = {
        "badge": lambda: home.sim("badge", 1, uid=uid),
        "plugged": lambda: home.sim("plug", 1, cable=32, phases=3),
        "charging": lambda: home.sim("ready", 1),
        "paused": lambda: home.sim("pause", 1),
        "ended": lambda: home.sim("badge", 1, uid=uid),
    }
    for step in STATES[1 : STATES.index(state) + 1]:
        steps[step]()
        time.sleep(1.2)


def brown_out(home: House, gap: float) -> None:
    """All processes at once, then nothing for a while."""
    assert home.station is not None
    pids = [home.station.pid, home.pid("control.lock"), home.pid("simulator.lock")]
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    home.station.wait()
    time.sleep(gap)


@pytest.mark.faults
@pytest.mark.timeout(900)
@pytest.mark.parametrize("times", [12])
def test_a_brown_out_in_every_state_of_a_session(times: int, tally: Tally) -> None:
    """R34: after the mains comes back nothing is closed without a permit, no session is lost or doubled."""
    rng = random.Random(34)
    went: Counter[str] = Counter()
    for number in range(times):
        state, uid = STATES[number % len(STATES)], f"04{number:02}"
        with house() as home:
            bring(home, state, uid)
            session = home.outlet(1)["badge"] if state in ("charging", "paused") else ""
            brown_out(home, rng.uniform(0.05, 1.5))
            home.start()
            until = time.monotonic() + 2.0
            while time.monotonic() < until:  # the simulator's car is gone with the simulator: nothing may close
                assert not home.board(1)["contactor"], state
                time.sleep(0.05)
            home.wait(lambda: home.outlet(1)["outlet_status"].startswith("OK_"), "a state", 20)
            records = home.call("history.list")["records"]
            sessions = home.outlet(1)["badge"]
            assert len(records) <= 1
            if session:
                assert records or sessions == uid, f"the session of {uid} is lost"
                went["kept"] += 1
            if records:
                assert records[0]["uid"] == uid
            home.charge(1, uid="0499")  # and it serves the next
    tally("field", "brown-out: all processes gone at once, in each state of a session, and back", times,
          note=f"{went['kept']} open sessions, each in one record or resumed")  # fmt: skip


@pytest.mark.faults
@pytest.mark.timeout(300)
def test_a_reader_that_never_falls_silent(tally: Tally) -> None:
    """R35: a flood at one reader starves nobody: the other outlet charges, a driver there is served at once."""
    with house() as home:
        home.charge(1, uid="0401")
        client = home.client()
        assert client is not None
        shown = 0
        with client:
            until = time.monotonic() + 10
            while time.monotonic() < until:
                with contextlib.suppress(CallError):
                    client.call("sim.badge", outlet=2, uid=f"{shown % 500:04}")
                shown += 1
        now = home.outlet(1)
        assert now["contactor"]
        assert now["limit_reason"] != "degraded"
        home.sim("badge", 1, uid="0401")
        home.until(1, outlet_status="OK_UnplugProcedureStarted", seconds=5)
        assert len(home.call("history.list")["records"]) == 1
    assert shown > 500
    tally("field", "badges shown as fast as a reader can, beside a charge", shown)
