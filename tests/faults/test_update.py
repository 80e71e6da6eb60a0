"""A station that updates itself: a good package, lame and forged ones, and a charge meanwhile."""

from __future__ import annotations

import base64
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.scenario.house import PYTHON, House
from tests.unit.update_bench import Maker, maker, package, whole_wheel

KEYS = "update.keys"


class Updated(House):
    """A house whose station is started as `evlink run` starts it where updates were installed."""

    def start(self, *more: str) -> House:
        (self.state / "update").mkdir(mode=0o700, exist_ok=True)
        log = open(self.state / "station.log", "ab")  # noqa: SIM115 - belongs to the child
        common = [f"--state={self.state}", f"--hardware={self.hardware}", f"--update-keys={self.state / KEYS}"]
        common.append("--update-health=15")
        self.station = subprocess.Popen(
            [PYTHON, "-P", "-m", "evlink.update.boot", *common, *more],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        log.close()
        self.wait(self._there, "the station", 30)
        return self

    def version(self) -> str:
        client = self.client()
        if client is None:
            return ""
        with client:
            return str(client.hello.get("firmware"))


@pytest.fixture
def place() -> Iterator[tuple[Updated, Maker]]:
    """A house that trusts a maker."""
    built, who = Updated(), maker()
    (built.state / KEYS).write_text(f"key maker {base64.b64encode(who.raw).decode()}\n")
    try:
        built.start()
        yield built, who
    finally:
        built.end()


@pytest.mark.faults
@pytest.mark.timeout(400)
def test_updates_of_a_station(place: tuple[Updated, Maker], tmp_path: Path) -> None:
    """R-230 to R-233, S06, S21: by the command line, with a charge that is not disturbed, and a way back by itself."""
    house, who = place
    house.evlink("set", "energy_management.outlets.1.derated_current=20")
    good = package(tmp_path, who, whole_wheel(tmp_path, "0.1.1"), "r6_update_0.1.1_d2.epk")

    # Without a yes nothing happens; a forged one is refused in one sentence.
    refused = house.evlink("update", str(good), code=2)
    assert "--yes" in refused.stderr
    forged = package(tmp_path, maker(), next(tmp_path.glob("evlink-0.1.1-*.whl")), "f.epk")
    answer = house.evlink("update", str(forged), "--yes", code=2)
    assert answer.stderr.strip() == "evlink: the package is not signed by a key that this station trusts"
    assert house.version() == "0.1.0"

    # While somebody charges it is installed, and waits with the switch.
    house.charge(1)
    client = subprocess.Popen(
        [PYTHON, "-m", "evlink.cli", "update", str(good), "--yes"],
        env={**os.environ, "EVLINK_STATE": str(house.state), "LC_ALL": "C.UTF-8"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    house.wait(lambda: house.call("update.status")["phase"] == "waiting", "the wait", 60)
    time.sleep(1.0)
    assert house.outlet(1)["contactor"]
    assert house.version() == "0.1.0"
    _end_charge(house)
    out, err = client.communicate(timeout=90)
    assert client.returncode == 0, (out, err, house.log())
    assert house.version() == "0.1.1"
    assert house.call("settings.get", keys=["energy_management.outlets.1.derated_current"])["values"] == {
        "energy_management.outlets.1.derated_current": 20
    }
    # The new one charges, outlives a restart and an end, and lists the update for each board.
    house.wait(lambda: house.outlet(1)["ev_state"] == "A_Not_Present_12V", "the plug to be out")
    house.charge(1, uid="04A1B2C4")
    _end_charge(house)
    house.evlink("restart")
    assert house.version() == "0.1.1"
    text = house.evlink("report").stdout
    assert text.count("r6_update_0.1.1_d2.epk") == 2
    assert text.count("f.epk") == 2

    # One that never gets ready falls back by itself.
    lame = whole_wheel(tmp_path, "0.1.2", {"evlink/runtime/bus.py": "\nBus.publish = lambda self, document: None\n"})
    bad = package(tmp_path, who, lame, "r7_update_0.1.2_d2.epk", counter=7)
    failed = house.evlink("update", str(bad), "--yes", code=1)
    assert "not ready to charge" in failed.stderr
    assert house.version() == "0.1.1"
    assert house.call("update.status")["last"]["ok"] is False

    # One that ends at once falls back too.
    text = "\nimport sys\nif not sys.flags.isolated:\n    raise SystemExit(3)\n"
    dead = whole_wheel(tmp_path, "0.1.3", {"evlink/runtime/bus.py": text})
    house.evlink("update", str(package(tmp_path, who, dead, "r8_update_0.1.3_d2.epk", counter=7)), "--yes", code=1)
    assert house.version() == "0.1.1"

    # The power goes in the middle of a trial, guard and all: the version before comes back.
    slow = package(tmp_path, who, whole_wheel(tmp_path, "0.1.5"), "r9_update_0.1.5_d2.epk", counter=9)
    taken = subprocess.Popen(
        [PYTHON, "-m", "evlink.cli", "update", str(slow), "--yes"],
        env={**os.environ, "EVLINK_STATE": str(house.state)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        trial = house.state / "update" / "trial.json"
        house.wait(lambda: trial.exists() and '"begun": true' in trial.read_text(), "the trial", 60)
        house.kill_station()
    finally:
        taken.kill()
        taken.wait()
    house.start()
    assert house.version() == "0.1.1"
    assert house.call("update.status")["last"]["ok"] is False

    # Nothing older than the counter comes in.
    old = package(tmp_path, who, whole_wheel(tmp_path, "0.1.4"), "old.epk", counter=5)
    assert "counter is 5, 6 or more" in house.evlink("update", str(old), "--yes", code=2).stderr
    assert house.station is not None
    house.station.send_signal(signal.SIGTERM)
    assert house.station.wait(20) == 0


def _end_charge(house: Updated) -> None:
    house.call("order", name="stop", outlet=1)
    house.until(1, contactor=False, locked=False)
    house.sim("unplug")
