"""Stations killed with SIGKILL while they take over a list: the old one or the new one, whole (R-189)."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from evlink.formats import badge_csv
from evlink.formats.errors import LinesError
from evlink.runtime.methods import replacing
from evlink.runtime.rpc import Failure, Methods, Session
from evlink.storage.opening import offline
from evlink.storage.state import Lock, prepare
from evlink.storage.store import Store
from tests.publication.importer import ROWS, listed
from tests.unit.storage_bench import START, HandClock, quick_hasher

MANY = 10_000
KILLS = [20, pytest.param(100, marks=[pytest.mark.faults, pytest.mark.timeout(900)])]


def lines(process: subprocess.Popen[bytes], until: str) -> list[str]:
    """What a process says up to a line that begins so."""
    assert process.stdout is not None
    found: list[str] = []
    while not found or not found[-1].startswith(until):
        found.append(process.stdout.readline().decode().strip())
        assert found[-1], "it is gone"
    return found


@pytest.mark.parametrize("kills", KILLS)
def test_a_killed_import_leaves_one_whole_list(tmp_path: Path, kills: int) -> None:
    """After every kill all rows are of one import: the last that was told, or the one that was on its way."""
    rng = random.Random(12)
    command = [sys.executable, "-m", "tests.publication.importer"]
    kept = 0
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        for _ in range(kills):
            process.stdin.write(f"{tmp_path / 'state'} {kept}\n".encode())
            process.stdin.flush()
            pid = int(lines(process, "pid")[-1].removeprefix("pid "))
            lines(process, "begins")
            time.sleep(rng.uniform(0.0, 0.07))
            os.kill(pid, signal.SIGKILL)
            said = lines(process, "end")
            told = max([kept, *(int(line.split()[1]) for line in said if line.startswith("told"))])
            with offline(prepare(tmp_path / "state"), lambda: START, quick_hasher()) as opened:
                assert opened.notices == ()
                badges = opened.database.badges.list(0, ROWS + 1).badges
            assert len(badges) in ((0, ROWS) if told == 0 else (ROWS,))
            kept = int(badges[0].comment.split()[1]) if badges else 0
            assert kept in (told, told + 1)
            assert list(badges) == (listed(kept) if kept else [])
        process.stdin.close()
    assert kept > 0


def test_one_bad_line_of_10_000_is_named_and_nothing_is_read() -> None:
    """R-189: line, column, value and what is allowed; several bad lines are all named."""
    rows = badge_csv.badges(listed(1, MANY)).split("\r\n")
    rows = rows[: MANY + 1]
    assert len(rows) == MANY + 1
    bad = list(rows)
    bad[7000] = "7000;no badge!;user;x"
    with pytest.raises(LinesError) as caught:
        badge_csv.read_badge_file("\r\n".join(bad) + "\r\n")
    (label,) = caught.value.labels
    assert label.en == "line 7001: uid 'no badge!' is not allowed; allowed: 1 to 20 letters or digits"
    assert label.fr.startswith("ligne 7001 : uid 'no badge!'")
    bad[8000] = "8000;04AA;boss;x"
    bad[9000] = f"9000;04AB;user;{'x' * 51}"
    with pytest.raises(LinesError) as caught:
        badge_csv.read_badge_file("\r\n".join(bad) + "\r\n")
    assert [label.en.split()[1:3] for label in caught.value.labels] == [
        ["7001:", "uid"],
        ["8001:", "type"],
        ["9001:", "the"],
    ]
    assert len(badge_csv.read_badge_file("\r\n".join(rows) + "\r\n").badges) == MANY


async def test_a_bad_row_among_10_000_changes_nothing_in_the_station(tmp_path: Path) -> None:
    """R-189, R-055: whatever a client checked before, the station refuses the whole list with the key and the value."""
    paths = prepare(tmp_path / "state")
    with Lock(paths):
        store = await Store.open(paths, HandClock(), quick_hasher())
        try:
            await store.run(lambda db: db.badges.replace(listed(2, MANY)))
            methods, session = Methods(replacing.table(store)), Session(None, trusted=True)
            rows = [{"uid": b.uid, "comment": b.comment} for b in listed(3, MANY)]
            rows[6000]["comment"] = "line\nbreak"
            await methods.call(session, "badges.replace.begin", {})
            for at in range(0, MANY, 1000):
                await methods.call(session, "badges.replace.rows", {"badges": rows[at : at + 1000]})
            with pytest.raises(Failure) as caught:
                await methods.call(session, "badges.replace.commit", {})
            assert caught.value.data["key"] == "comment"
            assert "at most 50 printable characters" in caught.value.message
            page = await store.run(lambda db: db.badges.list(0, MANY))
            assert list(page.badges) == listed(2, MANY)
        finally:
            await store.close()
