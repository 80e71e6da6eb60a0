"""Power cuts over the real repositories (research test R01): at every sync, and at random points."""

from __future__ import annotations

import gc
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from evlink.domain.effects import AddBadge, EventEnded, EventStarted, RemoveBadge
from evlink.storage.database import Database
from evlink.storage.salvage import open_or_salvage
from tests.faults.power import Fate, Op, Recorder, after_cut
from tests.faults.table import Tally
from tests.unit.storage_bench import START, charge, dump, inconsistencies

Step = Callable[[Database], Any]


@dataclass(frozen=True)
class Recorded:
    """A script as it went: what the disk was asked, and after which operation which content was acknowledged."""

    ops: list[Op]
    acknowledged: list[tuple[int, dict[str, tuple[Any, ...]]]]

    def expected(self, at: int) -> list[dict[str, tuple[Any, ...]]]:
        """The contents that a cut after `at` operations may show: the last acknowledged, or the one under way."""
        done = [number for number, (position, _) in enumerate(self.acknowledged) if position <= at]
        last = done[-1] if done else -1
        return [content for _, content in self.acknowledged[max(0, last) : last + 2]]


def script(rng: random.Random, commits: int) -> Iterator[Step]:
    """Steps of a station's day, each one commit: charges on two outlets, deliveries, badges, events."""
    running: dict[int, Iterator[Any]] = {}
    energy = {1: 0, 2: 0}
    made = 0
    for _ in range(commits):
        outlet = rng.choice((1, 2))
        folds = running.get(outlet)
        effects = next(folds, None) if folds else None
        if effects is None:
            made += 1
            samples = rng.randrange(1, 8)
            running[outlet] = charge(f"session-{made}", outlet, energy[outlet], samples)
            energy[outlet] += 10 * samples
            effects = next(running[outlet])
        match rng.randrange(8):
            case 0:
                extra: tuple[Any, ...] = (EventStarted(outlet, rng.choice((5, 17)), START, "x" * rng.randrange(100)),)
            case 1:
                extra = (EventEnded(outlet, rng.choice((5, 17)), START),)
            case 2:
                extra = (AddBadge(f"{rng.randrange(40):04}"),)
            case 3:
                extra = (RemoveBadge(f"{rng.randrange(40):04}"),)
            case _:
                extra = ()
        whole = (*effects, *extra)
        yield partial(Database.apply, durables=whole)
        if rng.random() < 0.3:
            yield deliver


def deliver(database: Database) -> None:
    head = database.outbox.head()
    if head:
        database.outbox.delivered(head.number, head.number + 1000)


def record_script(folder: Path, seed: int, commits: int) -> Recorded:
    """Run a script on the recording VFS. The file is abandoned rather than closed, as a cut would."""
    vfs = Recorder(f"recorder-{seed}-{commits}")
    path = folder / "evlink.db"
    connection, notices = open_or_salvage(path, vfs.name)
    assert notices == ()
    database = Database(connection)
    acknowledged = [(len(vfs.ops), dump(connection))]
    for step in script(random.Random(seed), commits):
        step(database)
        acknowledged.append((len(vfs.ops), dump(connection)))
    recorded = Recorded(list(vfs.ops), acknowledged)
    connection.close()
    del database, connection
    gc.collect()
    vfs.unregister()
    return recorded


def check_cut(folder: Path, recorded: Recorded, at: int, rng: random.Random, fate: Fate) -> None:
    """Lay out what a cut leaves, open it as a start would, and compare."""
    for old in folder.iterdir():
        old.unlink()
    for name, left in after_cut(recorded.ops, at, rng, fate).items():
        (folder / name).write_bytes(left)
    where = f"cut after {at} of {len(recorded.ops)} operations, {fate}"
    connection, notices = open_or_salvage(folder / "evlink.db")
    try:
        assert notices == (), where
        content = dump(connection)
        if recorded.acknowledged[0][0] <= at:  # before that the file was still being made
            assert content in recorded.expected(at), where
        assert inconsistencies(Database(connection)) == [], where
    finally:
        connection.close()


@pytest.mark.parametrize("commits", [20, pytest.param(60, marks=[pytest.mark.faults, pytest.mark.timeout(600)])])
def test_power_cut_at_every_sync_loses_nothing_acknowledged(tmp_path: Path, commits: int, tally: Tally) -> None:
    """R01, every sync boundary of a script, creation of the file included."""
    (tmp_path / "run").mkdir()
    (tmp_path / "cut").mkdir()
    recorded = record_script(tmp_path / "run", seed=1, commits=commits)
    syncs = [number for number, op in enumerate(recorded.ops) if op.kind == "sync"]
    assert len(syncs) >= commits
    rng = random.Random(11)
    fates: tuple[Fate, ...] = ("lost", "kept", "random")
    for number in syncs:
        for at in (number, number + 1):
            for fate in fates:
                check_cut(tmp_path / "cut", recorded, at, rng, fate)
    done = f"power cut before and after every sync of a {commits}-commit script, un-synced writes lost, kept or torn"
    tally("storage", done, len(syncs) * 2 * len(fates))


@pytest.mark.parametrize(
    ("commits", "cuts"),
    [(120, 100), pytest.param(400, 1000, marks=[pytest.mark.faults, pytest.mark.timeout(600)])],
)
def test_power_cut_at_random_points_loses_nothing_acknowledged(
    tmp_path: Path, commits: int, cuts: int, tally: Tally
) -> None:
    """R01, random cuts over a script long enough for several checkpoints."""
    (tmp_path / "run").mkdir()
    (tmp_path / "cut").mkdir()
    recorded = record_script(tmp_path / "run", seed=2, commits=commits)
    assert any(op.file == "evlink.db" for op in recorded.ops[recorded.acknowledged[1][0] :]), "no checkpoint ran"
    rng = random.Random(22)
    for _ in range(cuts):
        check_cut(tmp_path / "cut", recorded, rng.randrange(len(recorded.ops) + 1), rng, "random")
    tally("storage", f"power cut at a random operation of a {commits}-commit script, sectors torn at random", cuts)


def test_the_bench_finds_what_a_weaker_sync_loses(tmp_path: Path) -> None:
    """Without the syncs that FULL adds, the same bench reports loss: so it can fail."""
    (tmp_path / "run").mkdir()
    (tmp_path / "cut").mkdir()
    recorded = record_script(tmp_path / "run", seed=3, commits=20)
    made = recorded.acknowledged[0][0]
    weaker = [op for number, op in enumerate(recorded.ops) if number < made or op.kind != "sync"]
    acknowledged = [
        (made + sum(op.kind != "sync" for op in recorded.ops[made:position]), content)
        for position, content in recorded.acknowledged
    ]
    with pytest.raises(AssertionError, match="cut after"):
        check_cut(tmp_path / "cut", Recorded(weaker, acknowledged), len(weaker), random.Random(4), "lost")
