"""`evlink run --hardware FILE --board linux`: a station on the faithful tree, its watchdog, a badge."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from evlink._core import duty_from_ma
from evlink.hardware import board, facts
from evlink.hardware.linux.wiring import DESCRIPTION
from tests.scenario.house import House
from tests.scenario.test_linux_charge import Vehicle, samples
from tests.unit.linux_tree import Tree


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[Tree]:
    """A machine."""
    made = Tree(tmp_path / "root")
    yield made
    made.close()


@pytest.fixture
def house() -> Iterator[House]:
    """A house that nobody has started yet."""
    built = House()
    yield built
    built.end()


def test_charge_of_a_whole_station_on_linux(tree: Tree, tmp_path: Path, house: House) -> None:
    """Facts and description from one directory; badge, current, and the watchdog fed until control ends in order."""
    given = tmp_path / "given"
    given.mkdir()
    tree.describe(given / DESCRIPTION)
    ours, reader = os.openpty()
    wired = dataclasses.replace(
        facts.preset("parking", 2, 3),
        readers=(facts.Reader(1, "serial", os.ttyname(reader), "hex", "msb", 4, False, 9600, 0),),
        watchdog=facts.Watchdog(str(tree.watchdog), 5),
    )
    facts.write(given / "board.toml", wired)
    house.hardware = str(given / "board.toml")
    for duty in (1_000_000, duty_from_ma(16_000) * 100, duty_from_ma(32_000) * 100):
        for high, amps in ((9_000, 0), (6_000, 0), (6_000, 10)):
            samples(high, duty, amps, 0), samples(high, duty, amps, 1)
    command = [sys.executable, "-m", "evlink.hardware.linux", "--state", str(house.state), "--root", str(tree.root)]
    # As a service manager starts it, before the station.
    serving = subprocess.Popen([*command, "--description", str(given / DESCRIPTION), "--linger", "forever"])
    vehicle = None
    try:
        house.wait((house.state / board.SOCKET).exists, "the board")
        vehicle = Vehicle(tree)
        house.start("--board=linux")
        assert (house.state / DESCRIPTION).read_bytes() == (given / DESCRIPTION).read_bytes()
        assert facts.load(house.state / facts.FILE) == wired
        house.until(1, cable_state="32A")
        os.write(ours, b"04A1B2C3\r\n")
        house.until(1, contactor=True)
        house.wait(lambda: min(house.outlet(1)["current_a"]) > 9, "current")
        assert tree.line(0) == "1"
        fed = tree.watchdog.stat().st_size
        house.wait(lambda: tree.watchdog.stat().st_size > fed, "food for the watchdog")
        assert tree.watchdog.read_bytes().strip(b"\0") == b""
        os.kill(house.pid("control.lock"), 15)
        house.wait(lambda: tree.watchdog.read_bytes().endswith(b"V"), "the watchdog's rest")
        assert house.stop_station() == 0
    finally:
        serving.terminate()
        serving.wait(10)
        if vehicle is not None:
            vehicle.close()
        os.close(ours)
        os.close(reader)


def test_station_without_a_description_does_not_start(house: House) -> None:
    """`--board linux` with no description is bad input: one sentence, exit 2, no facts written."""
    command = [sys.executable, "-m", "evlink.runtime.main", f"--state={house.state}", "--hardware=preset:parking-2"]
    done = subprocess.run([*command, "--board=linux"], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert done.stderr == (
        f"evlink: --board linux: the board's description is missing; allowed: {house.state / DESCRIPTION}, "
        f"or {DESCRIPTION} beside the file of --hardware.\n"
    )
    assert not (house.state / facts.FILE).exists()
