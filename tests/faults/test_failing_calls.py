"""Calls of the kernel that fail for a process that saves: the n-th of each kind, for every n, by strace (R04)."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from evlink.storage.opening import open_state
from evlink.storage.settings_file import SettingsFile
from evlink.storage.state import prepare
from tests.faults.saver import CHARGES, SAMPLES, SAVES
from tests.faults.table import Tally
from tests.scenario.storage_writer import parse_numbers, render_numbers
from tests.unit.storage_bench import START, WH, inconsistencies, quick_hasher

CALLS = {"fsync": "EIO", "fdatasync": "EIO", "rename": "EIO", "pwrite64": "ENOSPC", "ftruncate": "EIO"}
EVERY, THEN = 50, 13  # each of the first 50, and each 13th after them: a script has 1500 writes
MOST = 3000


def run(folder: Path, call: str, error: str, n: int) -> tuple[list[str], bool]:
    """Run the saver with its n-th call failing: what it said, and whether there was an n-th."""
    trace = folder.with_suffix(".trace")
    inject = f"inject={call}:error={error}:when={n}"
    traced = ["strace", "-f", "-qq", "-o", str(trace), "-e", f"trace={call}", "-e", inject]
    command = [*traced, sys.executable, "-m", "tests.faults.saver", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    hit = "(INJECTED)" in trace.read_text()
    assert done.returncode == 0 or hit, done.stderr
    return done.stdout.splitlines(), hit


def check(folder: Path, lines: list[str], where: str) -> None:
    """What was acknowledged is there, once; nothing contradicts itself."""
    assert lines[-1:] == ["end"], f"{where}: {lines[-3:]}"
    told = [line for line in lines if line.startswith("told ")]
    assert len(told) == SAVES + CHARGES * (SAMPLES + 3), where
    loaded = SettingsFile(folder / "station.toml", parse_numbers, render_numbers).load()
    assert loaded.settings == [SAVES] * 100, where
    opened = open_state(prepare(folder), lambda: START, quick_hasher())
    base = opened.database
    assert opened.notices == (), where
    assert [record.session for record in base.records.list().records] == [f"s{n}" for n in reversed(range(CHARGES))]
    assert base.outbox.count() == CHARGES * (SAMPLES + 2), where
    assert base.energy.register(1) == 10 * SAMPLES * CHARGES * WH, where
    assert inconsistencies(base) == [], where
    base.close()


@pytest.mark.faults
@pytest.mark.timeout(900)
@pytest.mark.skipif(shutil.which("strace") is None, reason="strace makes calls of the kernel fail; it is not there")
@pytest.mark.parametrize("call", CALLS)
def test_the_nth_call_of_the_kernel_that_fails_loses_nothing(tmp_path: Path, call: str, tally: Tally) -> None:
    """For n = 1, 2, 3 ... until none fails: opening, settings, charges; a checkpoint that fails is tried again."""
    hits = refused = 0
    for n in (*range(1, EVERY), *range(EVERY, MOST, THEN if call == "pwrite64" else 1)):
        folder = tmp_path / str(n)
        lines, hit = run(folder, call, CALLS[call], n)
        check(folder, lines, f"{call} {n}")
        refused += sum(line.startswith("refused") for line in lines)
        shutil.rmtree(folder)
        if not hit:
            break
        hits += 1
    else:
        pytest.fail("the script never ended without a hit")
    assert hits >= (2 if call == "ftruncate" else 3)
    tally("storage", f"n-th {call} of the process fails in the kernel ({CALLS[call]}), n = 1, 2, 3 ... until none does",
          hits, refused=refused)  # fmt: skip
