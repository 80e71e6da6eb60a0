"""A writer killed with SIGKILL at any moment: what it was told is stored is there at the next start."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from evlink.storage.opening import offline
from evlink.storage.settings_file import SettingsFile
from evlink.storage.state import Lock, StatePaths, prepare
from tests.faults.table import Tally
from tests.scenario.storage_writer import parse_numbers, render_numbers
from tests.unit.storage_bench import START, inconsistencies, quick_hasher

KILLS = [20, pytest.param(200, marks=[pytest.mark.faults, pytest.mark.timeout(900)])]


def killed_after(kind: str, folder: Path, delay: float) -> list[str]:
    """Run a writer, kill it `delay` seconds after its first word, and return the words it got out."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.scenario.storage_writer", kind, str(folder)], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        rest = process.stdout.read()
        assert process.wait() == -signal.SIGKILL
    return (first + rest).decode().splitlines()


@pytest.mark.parametrize("kills", KILLS)
def test_a_killed_writer_loses_no_acknowledged_record(tmp_path: Path, kills: int, tally: Tally) -> None:
    """Every charge that was told is in history, queue and register, and nothing is half there."""
    rng = random.Random(9)
    acknowledged = 0
    for number in range(kills):
        lines = killed_after("database", tmp_path / "state", rng.uniform(0.005, 0.06))
        told = {"run-{}-{}".format(*line.split()[1:]) for line in lines if line.startswith("told")}
        acknowledged += len(lines)
        with offline(prepare(tmp_path / "state"), lambda: START, quick_hasher()) as opened:
            assert opened.notices == (), f"kill {number}"
            base = opened.database
            stored = {record.session for record in base.records.unpublished()}
            assert told <= stored, f"kill {number}"
            assert len(stored - told) <= 1, f"kill {number}"
            assert inconsistencies(base) == [], f"kill {number}"
            assert base.memory.get("boots") == number + 1
            base.connection.execute(
                "DELETE FROM sessions; DELETE FROM outbox; DELETE FROM records; DELETE FROM sqlite_sequence"
            )
    note = f"{acknowledged} commits acknowledged, all there"
    tally("kills", "SIGKILL of a process that writes the database", kills, note=note)


@pytest.mark.parametrize("kills", KILLS)
def test_a_killed_settings_writer_leaves_the_old_or_the_new_file(tmp_path: Path, kills: int, tally: Tally) -> None:
    """The file is whole after every kill and holds the last number told, or the one after it."""
    rng = random.Random(10)
    for number in range(kills):
        lines = killed_after("settings", tmp_path, rng.uniform(0.0, 0.03))
        told = int(lines[-1].split()[1])
        loaded = SettingsFile(tmp_path / "station.toml", parse_numbers, render_numbers).load()
        assert loaded.notices == (), f"kill {number}"
        assert loaded.settings is not None
        assert loaded.settings[0] in (told, told + 1), f"kill {number}"
    tally("kills", "SIGKILL of a process that saves settings", kills)


def test_the_kill_bench_finds_a_file_written_over(tmp_path: Path) -> None:
    """The same kills leave a plainly written file cut off at some point, and a replaced one never."""
    rng = random.Random(12)
    broken = {"plain": 0, "replace": 0}
    for kind in broken:
        for _ in range(8):
            killed_after(kind, tmp_path, rng.uniform(0.0, 0.03))
            try:
                parse_numbers((tmp_path / "plain").read_text())
            except ValueError:
                broken[kind] += 1
    assert broken["replace"] == 0
    assert broken["plain"] > 0


def test_the_lock_keeps_a_second_station_out_and_dies_with_its_holder(tmp_path: Path) -> None:
    """A second station on the same state directory gets one sentence with the first one's pid."""
    folder = tmp_path / "state"
    with subprocess.Popen(
        [sys.executable, "-m", "tests.scenario.storage_writer", "database", str(folder)], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        with pytest.raises(Exception, match=rf"another station \(pid {process.pid}\) runs on {folder}"):
            Lock(StatePaths(folder)).acquire()
        process.kill()
        process.stdout.read()
        process.wait()
    with Lock(StatePaths(folder)):
        assert (folder / "station.lock").read_text() == f"{os.getpid()}\n"
