"""The database: its pragmas, its constant SQL, one transaction a fold, and damage that is told."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import apsw
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import evlink
from evlink.domain.effects import (
    AddBadge,
    CloseSession,
    Enqueue,
    EventEnded,
    EventStarted,
    RemoveBadge,
    SaveEnergy,
    SaveSession,
)
from evlink.domain.record import Badge, BadgeType, TransactionStarted
from evlink.storage import schema
from evlink.storage.accounts import FACTORY
from evlink.storage.database import DamagedError, Database, connect
from evlink.storage.errors import PasswordError, StorageError, TooSoonError
from evlink.storage.opening import directly, found_accounts
from evlink.storage.passwords import Passwords
from evlink.storage.salvage import open_or_salvage
from tests.unit.storage_bench import START, WH, charge, database, dump, open_session, quick_hasher, reading, record


@pytest.fixture
def base(tmp_path: Path) -> Iterator[Database]:
    opened = database(tmp_path / "evlink.db")
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("pragma", "value"),
    [
        ("journal_mode", "wal"),
        ("synchronous", 2),
        ("foreign_keys", 1),
        ("trusted_schema", 0),
        ("secure_delete", 1),
        ("cell_size_check", 1),
        ("wal_autocheckpoint", 200),
        ("journal_size_limit", 4 << 20),
        ("mmap_size", 0),
        ("user_version", len(schema.MIGRATIONS)),
    ],
)
def test_the_pragmas_that_keep_an_acknowledged_commit(base: Database, pragma: str, value: object) -> None:
    assert base.connection.pragma(pragma) == value


def test_the_library_is_past_the_wal_reset_bug() -> None:
    assert tuple(map(int, apsw.sqlite_lib_version().split("."))) >= (3, 51, 3)


# Constant SQL (S03)


def sources() -> list[Path]:
    return sorted(Path(evlink.__file__).parent.glob("storage/*.py"))


def constant_tables() -> set[str]:
    """The names in `schema.py` whose whole value is written there as literals."""
    tree = ast.parse(Path(schema.__file__).read_text())
    return {
        node.target.id
        for node in tree.body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value and literal(node.value)
    }


def literal(node: ast.expr) -> bool:
    try:
        ast.literal_eval(node)
    except ValueError:
        return False
    return True


def constant_names(tree: ast.AST, tables: set[str]) -> set[int]:
    """The ids of Name nodes, inside a `for` over a constant table, that stand for an element of it."""
    found: set[int] = set()
    for loop in ast.walk(tree):
        if not isinstance(loop, ast.For):
            continue
        source = loop.iter.value if isinstance(loop.iter, ast.Subscript) else loop.iter
        if not (isinstance(source, ast.Name) and source.id in tables):
            continue
        targets = {name.id for name in ast.walk(loop.target) if isinstance(name, ast.Name)}
        names = [node for node in ast.walk(loop) if isinstance(node, ast.Name) and node.id in targets]
        stored = [name.id for name in names if isinstance(name.ctx, ast.Store)]
        found |= {id(name) for name in names if stored.count(name.id) == 1 or name.id == "_"}
    return found


def variable_sql(source: str, tables: set[str]) -> list[int]:
    """The lines where a statement is run whose text is not a constant."""
    tree = ast.parse(source)
    constants = constant_names(tree, tables)
    return [
        call.lineno
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in {"execute", "executemany"}
        and not (call.args and (literal(call.args[0]) or id(call.args[0]) in constants))
    ]


@pytest.mark.parametrize("path", sources(), ids=lambda path: path.name)
def test_every_sql_text_is_a_constant(path: Path) -> None:
    """S03: the first argument of execute is a literal, or an element of a table of literals."""
    assert variable_sql(path.read_text(), constant_tables()) == []


def test_the_constant_sql_rule_finds_what_it_should() -> None:
    assert constant_tables() >= {"MIGRATIONS", "SALVAGE"}
    for bad in (
        "c.execute(f'SELECT {x}')",
        "c.execute('SELECT ' + x)",
        "c.execute(x)",
        "c.execute('SELECT %s' % x)",
        "for sql in OTHER: c.execute(sql)",
        "for sql in MIGRATIONS:\n  sql = sql + x\n  c.execute(sql)",
    ):
        assert variable_sql(bad, {"MIGRATIONS"}), bad
    assert variable_sql("for sql in MIGRATIONS[1:]: c.execute(sql)", {"MIGRATIONS"}) == []


HOSTILE = st.one_of(
    st.sampled_from(
        ["'", '"', "';--", "'; DROP TABLE badges;--", "%", "_", "\x00", "\x1b[2J", "\u202e", "\ud800", "a" * 9999]
    ),
    st.text(max_size=60),
    st.text(alphabet="'\";-%_\x00\\\n()=", max_size=20),
)


def test_hostile_text_changes_no_other_row(tmp_path: Path) -> None:
    """S03: 500 strings through login name, password, badge uid, comment, search, station name, event and queue."""
    base = database(tmp_path / "evlink.db")
    hasher = quick_hasher()
    found_accounts(base, lambda: START, hasher)
    passwords = Passwords(directly(base), lambda: START, hasher)
    base.badges.add("0001", BadgeType.ADMIN, "first")
    before = dump(base.connection)

    @settings(max_examples=500, deadline=None, database=None)
    @given(HOSTILE)
    def attack(text: str) -> None:
        with pytest.raises((PasswordError, TooSoonError)):
            passwords.login(text, text)
        for work in (
            lambda: base.badges.add(text, comment=text),
            lambda: base.badges.remove([text]),
            lambda: base.badges.edit(["0001"], comment=text),
        ):
            with suppress(ValueError):
                work()
        page = base.badges.list(query=text)
        assert page.total == len(page.badges) <= 2
        added = base.records.add(record(text.encode("utf-8", "replace").decode() or "-", station=text, comment=text))
        stored = base.records.list(0, 1).records[0]
        assert stored.number == added.number
        assert not any(ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 or c in "\u202e\u2066" for c in stored.comment)
        base.apply([EventStarted(1, 5, START, text), EventEnded(1, 5, START), AddBadge("0002"), RemoveBadge("0002")])
        base.memory.set("note", text.encode("utf-8", "replace").decode())
        base.connection.execute("DELETE FROM records")
        base.connection.execute("DELETE FROM events")
        base.connection.execute("DELETE FROM badges WHERE uid <> '0001'")

    attack()
    base.badges.edit(["0001"], comment="first")
    after = dump(base.connection)
    for table in ("accounts", "badges", "sessions", "energy", "outbox", "transactions", "damaged"):
        assert after[table] == before[table], table
    assert {name for name, *_ in after["guesses"]} <= {""}  # one row for all names that are no account
    base.close()


# One transaction a fold


def test_a_fold_is_stored_whole_and_numbers_come_back(base: Database) -> None:
    """Research demand 2: state change and outgoing message in the same transaction."""
    first, *middle, last = charge("a", start_wh=100)
    assert base.apply(first).queued == 1
    assert [s.session for s in base.sessions.all()] == ["a"]
    for fold in middle:
        base.apply(fold)
    applied = base.apply(last)
    assert [(r.number, r.session) for r in applied.records] == [(1, "a")]
    assert base.sessions.all() == ()
    assert base.outbox.count() == 5
    assert base.energy.register(1) == 130 * WH


def test_a_fold_that_cannot_be_stored_changes_nothing(base: Database) -> None:
    first, second, *_ = charge("a")
    base.apply(first)
    before = dump(base.connection)
    broken = replace(open_session("b", 2), elapsed_s=math.nan)  # NaN must not reach the database
    with pytest.raises(StorageError, match="OpenSession can't be stored"):
        base.apply([*second, SaveSession(broken)])
    naive = record("c", end=datetime(2026, 1, 1))
    with pytest.raises(StorageError, match="has no zone"):
        base.apply([*second, CloseSession(naive)])
    with pytest.raises(StorageError, match="the database failed"):
        base.apply([*second, SaveSession(open_session("d", outlet=77))])
    assert dump(base.connection) == before


def test_closing_twice_gives_one_record(base: Database) -> None:
    """A fold replayed after a restart adds no second record."""
    numbers = [base.apply([CloseSession(record("a"))]).records[0].number for _ in range(3)]
    assert numbers == [1, 1, 1]
    assert base.records.count() == 1


def test_sessions_read_back_as_they_were_stored(base: Database) -> None:
    session = replace(
        open_session("a", 2, 7), comment="é\u202f'", parent_id="P", charging=True, next_sample_s=0.1 + 0.2
    )
    base.apply([SaveSession(session), SaveSession(open_session("b", 1))])
    assert base.sessions.all() == (open_session("b", 1), session)
    assert base.sessions.of_outlet(2) == session
    assert base.sessions.of_outlet(3) is None


def test_a_badge_at_the_station_is_added_once_and_only_a_user_removed(base: Database) -> None:
    """R-178."""
    base.badges.add("AD", BadgeType.ADMIN)
    base.apply([AddBadge("04:aa"), AddBadge("04aa"), RemoveBadge("AD"), AddBadge("!!")])
    assert [(b.uid, b.type) for b in base.badges.list().badges] == [("AD", BadgeType.ADMIN), ("04AA", BadgeType.USER)]
    base.apply([RemoveBadge("04AA"), RemoveBadge("unknown")])
    assert base.badges.count() == 1


# The register, the events, the memory


def test_a_register_never_falls(base: Database) -> None:
    base.apply([SaveEnergy(1, 5 * WH), SaveEnergy(1, 4 * WH)])
    base.apply([SaveSession(open_session("a", 1, energy_wh=6)), SaveEnergy(2, WH)])
    assert (base.energy.register(1), base.energy.register(2), base.energy.register(3)) == (6 * WH, WH, 0)


def test_a_new_core_goes_on_where_the_register_was(base: Database) -> None:
    """A station restarted beside a running core loses nothing; a core restarted begins at the stored register."""
    assert base.energy.attach(1, generation=2**63 + 1) == 0
    base.apply([SaveEnergy(1, 500)])
    assert base.energy.attach(1, generation=2**63 + 1) == 0  # same core: its count still begins at 0
    assert base.energy.attach(1, generation=7) == 500
    base.apply([SaveEnergy(1, 900)])
    assert base.energy.attach(1, generation=7) == 500
    assert base.energy.attach(1, generation=8) == 900


def test_events_have_a_beginning_and_an_end(base: Database) -> None:
    """R-213: an event that lasts is there once, with its first beginning."""
    later = START.replace(hour=9)
    base.apply([EventStarted(1, 5, START, "welded"), EventStarted(1, 5, later, "still"), EventStarted(2, 5, START)])
    assert [(e.outlet, e.event, e.start, e.detail) for e in base.events.running()] == [
        (1, 5, START, "still"),
        (2, 5, START, ""),
    ]
    base.apply([EventEnded(1, 5, later), EventEnded(1, 17, later)])
    newest, older = base.events.latest()
    assert (newest.outlet, newest.end, older.end) == (2, None, later)
    assert base.events.end_all(later) == 1
    assert base.events.running() == ()


def test_the_log_of_events_is_bounded_but_keeps_what_lasts(base: Database) -> None:
    base.events.start(1, 3, START)
    for _ in range(1100):
        base.events.start(1, 5, START)
        base.events.end(1, 5, START)
    assert len(base.events.latest(0, 5000)) == 1001
    assert [e.event for e in base.events.running()] == [3]


def test_memory_keeps_values_and_counts_boots(tmp_path: Path) -> None:
    path = tmp_path / "evlink.db"
    for number in (1, 2, 3):
        base = database(path)
        assert base.memory.count_boot() == number
        base.close()
    base = database(path)
    base.memory.set("offset", {"seconds": [1.5, None]})
    assert base.memory.get("offset") == {"seconds": [1.5, None]}
    base.memory.forget("offset")
    assert base.memory.get("offset", "none") == "none"
    base.close()


# What is not ours, or damaged


@pytest.mark.parametrize(
    ("sql", "fault"),
    [
        ("CREATE TABLE other (x); PRAGMA user_version = 0", "it has tables but no version"),
        ("PRAGMA user_version = 99", "its version is 99"),
    ],
)
def test_a_file_of_another_version_is_damaged(tmp_path: Path, sql: str, fault: str) -> None:
    path = tmp_path / "evlink.db"
    other = apsw.Connection(str(path))
    other.execute(sql)
    other.close()
    with pytest.raises(DamagedError, match=fault):
        connect(path)


def test_a_newer_version_is_kept_and_read(tmp_path: Path) -> None:
    """R06: going back to an older software keeps the records; the newer file stays beside."""
    base = database(tmp_path / "evlink.db")
    base.records.add(record("a"))
    base.connection.execute("PRAGMA user_version = 99")
    base.close()
    connection, notices = open_or_salvage(tmp_path / "evlink.db")
    assert "1 records; kept as evlink.db.corrupt-1" in notices[0].text
    assert Database(connection).records.of_session("a") is not None
    connection.close()


def test_a_message_that_is_none_is_put_aside_and_told(tmp_path: Path) -> None:
    """One bad row must not stop the queue for ever."""
    base = database(tmp_path / "evlink.db")
    base.apply([Enqueue(TransactionStarted("a", 1, "TAG", reading(0))), SaveSession(open_session("a"))])
    base.apply([Enqueue(TransactionStarted("b", 2, "TAG", reading(0)))])
    base.connection.execute("UPDATE outbox SET payload = '{\"session\": 1}' WHERE session = 'a'")
    base.connection.execute("UPDATE sessions SET payload = '[]'")
    base.close()
    connection, notices = open_or_salvage(tmp_path / "evlink.db")
    base = Database(connection)
    assert [notice.kind for notice in notices] == ["rows", "rows"]
    head = base.outbox.head()
    assert head is not None
    assert head.message.session == "b"
    assert len(dump(connection)["damaged"]) == 2
    base.close()


def test_text_that_is_no_utf8_is_found_at_the_start(tmp_path: Path) -> None:
    base = database(tmp_path / "evlink.db")
    base.badges.replace([Badge(0, f"{n:04}") for n in range(3)])
    base.connection.execute("UPDATE badges SET comment = CAST(x'ff' AS TEXT) WHERE uid = '0001'")
    base.close()
    connection, notices = open_or_salvage(tmp_path / "evlink.db")
    assert [notice.kind for notice in notices] == ["database"]
    assert [b.uid for b in Database(connection).badges.list().badges] == ["0000", "0002"]
    connection.close()


def test_numbers_go_on_after_a_salvage(tmp_path: Path) -> None:
    """A charge number is never given twice, even where the newest record was not readable."""
    base = database(tmp_path / "evlink.db")
    for name in "abc":
        base.records.add(record(name))
    base.connection.execute("DELETE FROM records WHERE number = 3")
    base.connection.execute("PRAGMA user_version = 99")
    base.close()
    connection, _ = open_or_salvage(tmp_path / "evlink.db")
    assert Database(connection).records.add(record("d")).number == 4
    connection.close()


def test_the_factory_accounts_are_the_printed_ones() -> None:
    """R-025, N-06."""
    assert [(f.account, f.password, f.level.value) for f in FACTORY] == [
        ("admin", "ADMIN", "admin"),
        ("utilisateur", "UTILISATEUR", "user"),
    ]
