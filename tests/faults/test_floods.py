"""Every listener of a charging station under slow, lying and fast clients at once, beside a twin left in peace.

R21, R22, R40 to R42: who asks in good faith is answered, memory stays, and the live loop keeps its deadlines as well
as that of a second station on the same machine, which nobody touches.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.faults.table import Tally
from tests.scenario.house import PYTHON, House, house
from tests.scenario.test_modbus_tcp import Client, free_port

NOBODY = 65_534
PATIENCE_S = 3.0  # the longest that somebody in good faith waits
GROWTH_KIB = 24_000
SUPERVISED = {
    "configuration.general.station_type": "supervision",
    "configuration.supervision.ocpp_version": "ocpp_1_5",
    "configuration.supervision.supervision_url": "http://127.0.0.1:9/ocpp",
    "configuration.supervision.box_identity": "CP-1",
    "configuration.supervision.default_id_tag": "FREE",
    "configuration.supervision.public_ip_address": "127.0.0.1",
    "configuration.general.comms_loss_strategy": "allow_all",
    "extension.modbus_server.enabled": "true",
}


@dataclass
class Target:
    """A station with all its listeners, and who asks it in good faith."""

    home: House
    modbus_port: int
    soap_port: int
    login: Path
    client: Client
    waits: dict[str, float] = field(default_factory=dict)

    def ask(self) -> None:
        """One question to each listener; the longest wait of each is kept."""
        self._timed("socket", lambda: self.home.status())
        self._timed("modbus", lambda: self.client.read(5000))
        self._timed("soap", self._get)

    def _timed(self, name: str, work: Any) -> None:
        begun = time.monotonic()
        work()
        self.waits[name] = max(self.waits.get(name, 0.0), time.monotonic() - begun)

    def _get(self) -> None:
        """Ask the SOAP server; a connection may be the oldest of a crowd, so a second try counts with the first."""
        for _ in range(5):
            connection = http.client.HTTPConnection("127.0.0.1", self.soap_port, timeout=PATIENCE_S)
            try:
                connection.request("GET", "/")
                assert connection.getresponse().status in (405, 503)
            except (OSError, http.client.HTTPException):
                continue
            else:
                return
            finally:
                connection.close()
        raise AssertionError("the SOAP server answers nobody")


@contextlib.contextmanager
def target() -> Iterator[Target]:
    """A charging station with every listener open."""
    home = House()
    modbus, soap = free_port(), free_port()
    login = home.state / "login.sock"
    ports = {
        "extension.modbus_server.port": modbus,
        "configuration.supervision.local_port": soap,
        "configuration.supervision.public_port": soap,
    }
    try:
        home.evlink("set", *(f"{key}={value}" for key, value in (SUPERVISED | ports).items()))
        home.start("--login-socket", str(login))
        home.state.chmod(0o711)  # the hostile account comes to the login socket, past its group
        login.chmod(0o666)
        home.wait(lambda: home.status()["station"]["modbus"].get("port") == modbus, "the Modbus server")
        home.charge()
        client = Client(modbus)
        yield Target(home, modbus, soap, login, client)
        client.close()
    finally:
        home.end()


def hostile(kind: str, speech: str, place: object, seconds: float, uid: int | None = None) -> subprocess.Popen[bytes]:
    """Start a hostile process."""
    words = [kind, speech, str(place), str(seconds), *([str(uid)] if uid is not None else [])]
    return subprocess.Popen([PYTHON, "-m", "tests.faults.hostile", *words], stdout=subprocess.PIPE)


def resident_kib(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


def stolen() -> tuple[int, int]:
    ticks = [int(part) for part in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    return ticks[7], sum(ticks)


@dataclass(frozen=True)
class Lateness:
    """What a live loop counted up to now."""

    served: dict[float, int]
    blocks: int
    overruns: int
    worst_us: float

    @classmethod
    def of(cls, home: House) -> Lateness:
        word = home.status()["station"]["control"]
        served = {float(upper): count for upper, count in word["served_histogram"].items()}
        return cls(served, word["blocks"], word["overruns"], word["served_worst_us"])

    def since(self, before: Lateness) -> Lateness:
        served = {upper: count - before.served.get(upper, 0) for upper, count in self.served.items()}
        return Lateness(served, self.blocks - before.blocks, self.overruns - before.overruns, self.worst_us)

    def quantile_us(self, share: float) -> float:
        wanted, seen = sum(self.served.values()) * share, 0
        for upper, count in sorted(self.served.items()):
            seen += count
            if seen >= wanted and seen:
                return upper
        return 0.0


def phase(one: Target, twin: House, name: str, seconds: float) -> tuple[dict[str, int], Lateness, Lateness, float]:
    """Be hostile for a while, asking in good faith meanwhile: what came of it, lateness of both, steal in percent."""
    before, before_twin, ticks = Lateness.of(one.home), Lateness.of(twin), stolen()
    processes = {
        "modbus": hostile(name, "modbus", one.modbus_port, seconds),
        "soap": hostile(name, "soap", one.soap_port, seconds),
        "login socket": hostile(name, "lines", one.login, seconds, NOBODY),
    }
    busy: list[subprocess.Popen[Any]] = []
    stop = threading.Event()
    exports = threading.Thread(target=export, args=(one.home, stop))
    if name == "flood":
        busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2)]
        exports.start()
    try:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            one.ask()
            time.sleep(0.05)
        went: dict[str, int] = {}
        for process in processes.values():
            out, _ = process.communicate(timeout=40)
            for key, count in json.loads(out).items():
                went[key] = went.get(key, 0) + count
    finally:
        stop.set()
        for process in [*busy, *processes.values()]:
            process.kill()
            process.wait()
        if name == "flood":
            exports.join()
    late, late_twin = Lateness.of(one.home).since(before), Lateness.of(twin).since(before_twin)
    after = stolen()
    return went, late, late_twin, 100 * (after[0] - ticks[0]) / max(1, after[1] - ticks[1])


def export(home: House, stop: threading.Event) -> None:
    """Exports, lists and reports, one after another."""
    while not stop.is_set():
        home.evlink("export", str(home.state / "all.toml"), code=None)
        home.evlink("history", "--csv", str(home.state / "all.csv"), code=None)
        home.evlink("report", str(home.state / "report.html"), code=None)


@pytest.mark.faults
@pytest.mark.timeout(600)
@pytest.mark.skipif(os.geteuid() != 0, reason="another account can be taken by root alone: is not there")
@pytest.mark.parametrize("seconds", [15.0])
def test_listeners_and_live_loop_under_slow_lying_and_fast_clients(seconds: float, tally: Tally) -> None:
    """R21, R22, R40 to R42, S18, S20m: nobody in good faith waits long, nothing grows, no deadline is missed."""
    with target() as one, house() as twin:
        twin.charge()
        one.ask()
        station = one.home.station
        assert station is not None
        settled = resident_kib(station.pid)
        session = one.home.outlet()
        for name in ("slow", "lying", "flood"):
            one.waits.clear()
            went, late, late_twin, steal = phase(one, twin, name, seconds)
            waits = ", ".join(f"{who} {wait:.2f} s" for who, wait in one.waits.items())
            assert max(one.waits.values()) < PATIENCE_S, f"{name}: {waits}"
            assert station.poll() is None, one.home.log()
            grown = resident_kib(station.pid) - settled
            assert grown < GROWTH_KIB, f"{name}: the station grew by {grown} KiB"
            p99, floor = late.quantile_us(0.99), late_twin.quantile_us(0.99)
            most, most_floor = late.quantile_us(0.999), late_twin.quantile_us(0.999)
            figures = (
                f"p99 {p99:.0f}/{floor:.0f} us, p99.9 {most:.0f}/{most_floor:.0f} us, "
                f"overruns {late.overruns}/{late_twin.overruns}, steal {steal:.1f} %"
            )
            # Three times the twin's and 0.5 or 5 ms; twice that, for a bucket ends at twice its beginning.
            kept = p99 <= 6 * floor + 1000 and most <= 6 * most_floor + 10_000
            kept = kept and late.overruns <= 3 * late_twin.overruns + 2
            assert kept or steal > 2, f"{name}: {figures}"
            now = one.home.outlet()
            assert now["contactor"], one.home.log()
            assert now["session_energy_wh"] >= session["session_energy_wh"]
            assert now["limit_reason"] != "degraded"
            done = went.get("answers", 0) if name == "flood" else went.get("let in", 0)
            what = {
                "slow": "connections of 1 byte a quarter of a second, 200 at a time a listener",
                "lying": "lying lengths, endless lines, nested documents to each listener",
                "flood": "requests as fast as they are answered, with exports and two busy processes",
            }[name]
            tally("listeners", what, done, refused=went.get("turned away", 0),
                  note=f"others waited at most {waits}; station grew by {max(0, grown)} KiB")  # fmt: skip
            verdict = "" if kept else "inconclusive: "
            tally("isolation", f"blocks of the live loop while clients are {name}, beside a twin", late.blocks,
                  note=verdict + figures)  # fmt: skip
        assert "Traceback" not in (one.home.state / "station.log").read_text(errors="replace"), one.home.log()
