"""Writes that fail: the n-th call for every n, a disk that fills up, files that were damaged while nothing ran."""

from __future__ import annotations

import gc
import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw
import pytest

from evlink.domain.effects import CloseSession, SaveEnergy
from evlink.storage.database import Database, connect
from evlink.storage.errors import FullError, StorageError
from evlink.storage.salvage import open_or_salvage
from tests.faults.table import Tally
from tests.unit.storage_bench import WH, charge, database, inconsistencies, record


class Failing(apsw.VFS):
    """A VFS whose n-th write or sync fails, once."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.left = 0
        self.hit = False
        super().__init__(name, base="")

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:  # noqa: N802
        return FailingFile(self, name, flags)

    def count(self) -> None:
        if self.left:
            self.left -= 1
            if not self.left:
                self.hit = True
                raise apsw.IOError("injected")


class FailingFile(apsw.VFSFile):
    """A file of the failing VFS."""

    def __init__(self, vfs: Failing, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        self._vfs = vfs
        super().__init__("", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        self._vfs.count()
        super().xWrite(data, offset)

    def xSync(self, flags: int) -> None:  # noqa: N802
        self._vfs.count()
        super().xSync(flags)


@contextmanager
def failing(name: str) -> Iterator[Failing]:
    vfs = Failing(name)
    try:
        yield vfs
    finally:
        gc.collect()
        vfs.unregister()


@pytest.mark.parametrize(
    ("first", "second"), [(3, 2), pytest.param(9, 6, marks=[pytest.mark.faults, pytest.mark.timeout(600)])]
)
def test_the_nth_failing_write_loses_nothing_and_the_next_try_succeeds(
    tmp_path: Path, first: int, second: int, tally: Tally
) -> None:
    """R04 of the research: for n = 1, 2, 3 ... until the scenario ends without a hit.

    The script ends before a checkpoint: SQLite takes no notice of one that fails, but a VFS in Python can't be
    silenced. `test_failing_calls.py` has those, in the kernel.
    """
    folds = list(charge("a", samples=first)) + list(charge("b", start_wh=10 * first, samples=second))
    hits = 0
    with failing("failing-writes") as vfs:
        for n in range(1, 2000):
            path = tmp_path / f"{n}.db"
            base = database(path, vfs.name)
            vfs.left, vfs.hit = n, False
            for fold in folds:
                for _ in range(3):
                    try:
                        base.apply(fold)
                        break
                    except StorageError:
                        assert vfs.hit
                else:
                    pytest.fail(f"write {n}: the next tries failed too")
            vfs.left = 0
            base.close()
            again = database(path)
            assert inconsistencies(again) == [], f"write {n}"
            assert [r.session for r in again.records.list().records] == ["b", "a"], f"write {n}"
            assert again.outbox.count() == 4 + first + second, f"write {n}"
            assert again.energy.register(1) == 10 * (first + second) * WH, f"write {n}"
            again.close()
            if not vfs.hit:
                break
            hits += 1
        else:
            pytest.fail("the script never ended without a hit")
    assert hits > 50
    tally("storage", "n-th write or sync of the database fails, n = 1, 2, 3 ... until none does", hits, refused=hits)


def test_a_failed_commit_changes_nothing(tmp_path: Path) -> None:
    """State change and outgoing message are stored together or not at all."""
    first, *rest = charge("a")
    with failing("failing-commit") as vfs:
        base = database(tmp_path / "evlink.db", vfs.name)
        base.apply(first)
        vfs.left = 1
        with pytest.raises(StorageError, match="the database failed"):
            base.apply(rest[0])
        assert base.outbox.count() == 1
        assert base.energy.register(1) == 0
        base.close()
        del base


def test_a_full_disk_refuses_in_one_sentence_and_works_again_with_room(tmp_path: Path) -> None:
    """R05 of the research: what was acknowledged is there, the rest was refused, and room mends it."""
    base = database(tmp_path / "evlink.db")
    pages = base.connection.pragma("page_count")
    base.connection.pragma("max_page_count", pages + 8)
    acknowledged = 0

    def fill() -> None:
        nonlocal acknowledged
        while acknowledged < 2000:
            base.apply(next(iter(charge(f"s{acknowledged}", 1 + acknowledged % 9))))
            acknowledged += 1

    with pytest.raises(FullError, match="no room left on the disk"):
        fill()
    assert 0 < acknowledged < 2000
    assert base.outbox.count() == acknowledged
    assert base.apply([SaveEnergy(1, 5 * WH)]).notices == ()  # an update in place goes on working
    base.connection.pragma("max_page_count", 1 << 30)
    base.apply(next(iter(charge("after"))))
    assert base.outbox.count() == acknowledged + 1
    base.close()


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed database with records, badges and a queue in it."""
    path = tmp_path_factory.mktemp("used") / "evlink.db"
    base = database(path)
    for number in range(60):
        for fold in charge(f"s{number}", start_wh=10 * number, samples=1):
            base.apply(fold)
    for number in range(300):
        base.badges.add(f"{number:04}", comment=f"badge {number}")
    base.apply(next(iter(charge("open", 2))))
    base.close()
    return path


@pytest.mark.parametrize("mutations", [40, pytest.param(300, marks=pytest.mark.faults)])
def test_a_damaged_database_is_kept_and_what_can_be_read_is_recovered(
    tmp_path: Path, used: Path, mutations: int, tally: Tally
) -> None:
    """R06 of the research: it opens whatever was done to the file, and never silently with less than was in it."""
    rng = random.Random(6)
    content = used.read_bytes()
    pages = len(content) // 4096
    recovered = told = 0
    for number in range(mutations):
        folder = tmp_path / str(number)
        folder.mkdir()
        damaged = bytearray(content)
        kind = rng.choice(("bits", "zero page", "truncated", "garbage", "header"))
        match kind:
            case "bits":
                for _ in range(rng.randrange(1, 60)):
                    damaged[rng.randrange(len(damaged))] ^= 1 << rng.randrange(8)
            case "zero page":
                page = rng.randrange(pages)
                damaged[page * 4096 : page * 4096 + 4096] = bytes(4096)
            case "truncated":
                del damaged[rng.randrange(1, len(damaged)) :]
            case "garbage":
                begin = rng.randrange(len(damaged))
                damaged[begin : begin + 5000] = rng.randbytes(len(damaged[begin : begin + 5000]))
            case "header":
                damaged[rng.randrange(100)] ^= 1 << rng.randrange(8)
        (folder / "evlink.db").write_bytes(damaged)
        where = f"mutation {number}, {kind}"
        connection, notices = open_or_salvage(folder / "evlink.db")
        base = Database(connection)
        records, badges = base.records.count(), base.badges.count()
        if not notices:
            assert (records, badges) == (60, 300), where
        elif any(notice.kind == "database" for notice in notices):
            assert (folder / "evlink.db.corrupt-1").read_bytes() == damaged, where
        recovered += records + badges
        told += bool(notices)
        assert len(base.records.list(0, 3000).records) == records, where
        base.apply(next(iter(charge("new", 3))))
        numbers = {badge.number for badge in base.badges.list(0, 1000).badges}
        assert base.badges.add("NEW").number not in numbers, where
        base.close()
        connect(folder / "evlink.db").close()
    assert recovered > mutations * 360 * 0.6
    share = recovered / (mutations * 360)
    note = f"{told} told and kept beside, {share:.0%} of all rows read, none gone in silence"
    tally("storage", "database damaged while nothing ran: bits, pages, header, length", mutations, note=note)


def test_an_accounts_table_that_is_gone_leaves_the_history(tmp_path: Path, used: Path) -> None:
    """A wiped schema page: the tables are found again through the layout that the migrations give."""
    shutil.copy(used, tmp_path / "evlink.db")
    with (tmp_path / "evlink.db").open("r+b") as file:
        file.write(bytes(4096))
    connection, notices = open_or_salvage(tmp_path / "evlink.db")
    base = Database(connection)
    assert [notice.kind for notice in notices] == ["database"]
    assert "60 records" in notices[0].text
    assert base.records.count() == 60
    assert base.badges.count() == 300
    base.close()


def test_a_power_cut_while_salvaging_is_finished_at_the_next_start(tmp_path: Path, used: Path) -> None:
    """R06: at whatever step it stopped, neither the damaged file nor what was read of it is lost."""
    shutil.copy(used, tmp_path / "evlink.db.salvaged")
    (tmp_path / "evlink.db-wal").write_bytes(b"the damaged file's log, not yet moved aside")
    connection, notices = open_or_salvage(tmp_path / "evlink.db")
    assert Database(connection).records.count() == 60
    assert len(notices) == 1
    assert (tmp_path / "evlink.db.corrupt-1-wal").exists()
    connection.close()


@pytest.mark.parametrize("charges", [3050, pytest.param(3500, marks=pytest.mark.faults)])
def test_a_full_ring_with_publication_behind_drops_what_was_published_first(
    tmp_path: Path, charges: int, tally: Tally
) -> None:
    """R07: 3000 charges and no more; each third one is published late, and none of the others leaves in silence."""
    base = database(tmp_path / "evlink.db")
    told: list[str] = []
    for number in range(charges):
        if number < 2990:
            base.records.add(record(f"s{number}"))
        else:
            told += [notice.text for notice in base.apply([CloseSession(record(f"s{number}"))]).notices]
        if number == 2900:
            base.records.mark_published([n for n in range(1, 2000) if n % 3 == 0])
    kept = {item.number for item in base.records.list(0, 3000).records}
    gone = set(range(1, charges + 1)) - kept
    assert len(kept) == 3000
    assert gone == set(sorted(n for n in range(1, 2000) if n % 3 == 0)[: charges - 3000])
    assert told == []
    base.close()
    tally(
        "storage",
        "charge beyond a ring of 3000 with publication behind",
        charges - 3000,
        note="published ones left first",
    )
