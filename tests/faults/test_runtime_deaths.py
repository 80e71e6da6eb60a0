"""The runtime ended in every way a machine knows, again and again, beside a car that charges and one that may not."""

from __future__ import annotations

import os
import random
import resource
import signal
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from evlink.client import CallError, Disconnected
from tests.faults.table import Tally
from tests.scenario.house import House, house

DEATHS = {"SIGKILL": signal.SIGKILL, "SIGSEGV": signal.SIGSEGV, "SIGABRT": signal.SIGABRT, "SIGBUS": signal.SIGBUS}
WAYS = (*DEATHS, "SIGSTOP", "no memory", "storm")


class Watch:
    """Looks at the simulated board without pause, past the station: outlet 2 has nobody's permit."""

    def __init__(self, home: House) -> None:
        self._home = home
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self.wrong = 0
        self.looks = 0
        self.openings = 0

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        before = True
        while not self._stop.is_set():
            with suppress(OSError, ValueError):
                self.wrong += bool(self._home.board(2)["contactor"])
                now = bool(self._home.board(1)["contactor"])
                self.openings += before and not now
                before = now
                self.looks += 1
            time.sleep(0.01)


def memory(pid: int) -> int:
    """Bytes of address space that a process has."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[0]) * resource.getpagesize()


def befall(home: Stormy, way: str, rng: random.Random) -> bool:
    """Let it happen; whether the station is dead of it."""
    assert home.station is not None
    pid = home.station.pid
    if way in DEATHS:
        os.kill(pid, DEATHS[way])
        home.station.wait(10)
        return True
    if way == "SIGSTOP":
        os.kill(pid, signal.SIGSTOP)
        time.sleep(rng.uniform(0.5, 3.0))
        os.kill(pid, signal.SIGCONT)
        return False
    if way == "no memory":
        resource.prlimit(pid, resource.RLIMIT_AS, (memory(pid) + (1 << 20), resource.RLIM_INFINITY))
        for _ in range(3):
            with suppress(CallError, Disconnected, AssertionError, OSError):
                home.call("report", format="html")
        time.sleep(1.0)  # what runs out of memory may take a moment to end
        if home.station.poll() is None:
            resource.prlimit(pid, resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        time.sleep(0.5)
        return home.station.poll() is not None
    for _ in range(5):  # a storm: killed before it is up
        home.station.kill()
        home.station.wait()
        home.start_only()
        time.sleep(rng.uniform(0.0, 0.7))
    home.station.kill()
    home.station.wait()
    return True


class Stormy(House):
    """A house whose station can be started without waiting for it."""

    def start_only(self) -> None:
        self.waiting = False
        try:
            self.start()
        finally:
            self.waiting = True

    waiting = True

    def wait(self, true: Any, what: str, seconds: float = 15.0) -> None:
        if self.waiting:
            super().wait(true, what, seconds)


@pytest.mark.faults
@pytest.mark.timeout(900)
@pytest.mark.parametrize("times", [49])
def test_a_charge_outlives_every_death_of_the_runtime(times: int, tally: Tally) -> None:
    """R43, R34: no contactor without a permit, the charge never opened, energy never falls, one session, one record."""
    rng = random.Random(43)
    went: Counter[str] = Counter()
    home = Stormy()
    try:
        home.start()
        home.charge(1, uid="0401")
        home.sim("plug", 2, cable=32, phases=3)
        home.sim("ready", 2)
        energy = home.outlet(1)["session_energy_wh"]
        with Watch(home) as watch:
            for number in range(times):
                way = WAYS[number % len(WAYS)]
                if befall(home, way, rng):
                    went["dead"] += 1
                    time.sleep(rng.uniform(0.0, 1.0))
                    home.start()
                home.wait(lambda: home.outlet(1)["contactor"] is True, "the outlet's state", 30)
                now = home.outlet(1)
                assert now["outlet_status"] == "OK_ChargeLoopStarted", f"{number}, {way}: {home.log()}"
                assert now["badge"] == "0401"
                assert now["session_energy_wh"] >= energy, f"{number}, {way}"
                energy = now["session_energy_wh"]
                assert home.call("history.list")["total"] == 0, f"{number}, {way}"
        assert watch.looks > times
        assert watch.wrong == 0, "outlet 2 was closed without anybody's badge"
        assert watch.openings == 0, "the charge was interrupted"
        home.sim("badge", 1, uid="0401")
        home.until(1, outlet_status="OK_UnplugProcedureStarted")
        (record,) = home.call("history.list")["records"]
        assert record["energy_wh"] == pytest.approx(home.board(1)["energy_wh"], abs=3)
    finally:
        home.end()
    tally("isolation", "runtime killed, crashed, stopped, out of memory, in a storm of starts, beside a charge", times,
          note=f"{went['dead']} deaths; one session, one record, never interrupted")  # fmt: skip


@pytest.mark.faults
@pytest.mark.timeout(600)
def test_a_car_that_may_not_charge_gets_nothing_from_deaths_of_control(tally: Tally) -> None:
    """R44, R45: control killed and crashed; the board drops its outputs, a permit alone closes the contactor again."""
    times = 12
    with house() as home:
        home.charge(1, uid="0401")
        home.sim("plug", 2, cable=32, phases=3)
        energy = home.outlet(1)["session_energy_wh"]
        for number in range(times):
            control = home.pid("control.lock")
            os.kill(control, list(DEATHS.values())[number % len(DEATHS)])
            home.wait(lambda: not home.board(1)["contactor"], "an open contactor", 5)
            assert not home.board(2)["contactor"]
            home.wait(lambda c=control: _other(home, c), "another control", 30)  # type: ignore[misc]
            home.wait(lambda: home.status()["events"]["3"][0] == "OK", "event 3 gone", 30)
            assert not home.board(2)["contactor"]
            home.wait(lambda: home.outlet(1)["session_energy_wh"] is not None, "a reading", 30)
            now = home.outlet(1)["session_energy_wh"]
            assert now >= energy or home.outlet(1)["badge"] == "", f"{number}: {energy} to {now}"
            energy = now
            if home.outlet(1)["badge"] == "":
                break
    tally(
        "isolation", "control killed and crashed beside a charge: contactor open until a permit closes it", number + 1
    )


def _other(home: House, before: int) -> bool:
    with suppress(OSError, ValueError, IndexError):
        return home.pid("control.lock") not in (0, before)
    return False
