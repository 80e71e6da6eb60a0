"""The store of a running station: awaited commits, the queue as the supervision sees it, logins, and resets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from evlink.domain.effects import Grant
from evlink.domain.record import BadgeType
from evlink.ocpp.link import Outbox
from evlink.storage.errors import FullError, PasswordError, StorageError, TooSoonError
from evlink.storage.opening import offline
from evlink.storage.reset import Reset, request
from evlink.storage.state import prepare
from evlink.storage.store import Store
from tests.unit.storage_bench import START, WH, HandClock, charge, quick_hasher, record

GRANT = Grant(1, True, 16.0, False, True, True, 0, 0)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await Store.open(prepare(tmp_path / "state"), HandClock(), quick_hasher())
    yield opened
    await opened.close()


async def test_the_store_is_the_supervisions_outbox(store: Store) -> None:
    outbox: Outbox = store
    assert await outbox.head() is None
    assert await outbox.count() == 0


async def test_a_fold_is_stored_and_its_immediate_effects_passed_over(store: Store) -> None:
    folds = list(charge("a", samples=1))
    assert (await store.apply([GRANT])).queued == 0
    assert (await store.apply([GRANT, *folds[0], GRANT])).queued == 1
    for fold in folds[1:]:
        applied = await store.apply(fold)
    assert [item.number for item in applied.records] == [1]
    assert await store.count() == 3
    assert await store.run(lambda base: base.energy.register(1)) == 10 * WH


async def test_waiting_ends_when_something_is_queued(store: Store) -> None:
    waiting = asyncio.create_task(store.wait())
    await store.apply([GRANT])
    await asyncio.sleep(0)
    assert not waiting.done()
    await store.apply(next(iter(charge("a"))))
    await asyncio.wait_for(waiting, 5)
    again = asyncio.create_task(store.wait())
    await asyncio.sleep(0.01)
    assert not again.done()
    again.cancel()


async def test_a_cancelled_apply_still_wakes_the_queue(store: Store) -> None:
    """What was begun is stored; the supervision must hear of it."""
    task = asyncio.create_task(store.apply(next(iter(charge("a")))))
    await asyncio.sleep(0)
    task.cancel()
    if await store.count():  # the commit had begun
        await asyncio.wait_for(store.wait(), 5)


async def test_a_queue_left_by_an_earlier_run_is_told_at_once(tmp_path: Path) -> None:
    paths = prepare(tmp_path)
    first = await Store.open(paths, HandClock(), quick_hasher())
    await first.apply(next(iter(charge("a"))))
    await first.attempted(1)
    await first.close()
    second = await Store.open(paths, HandClock(), quick_hasher())
    await asyncio.wait_for(second.wait(), 5)
    head = await second.head()
    assert head is not None
    assert (head.number, head.attempts) == (1, 1)
    await second.delivered(1, 99)
    assert await second.session_of(99) == "a"
    await second.close()


async def test_errors_of_the_database_come_out_in_one_sentence(store: Store) -> None:
    pages = await store.run(lambda base: base.connection.pragma("page_count"))
    await store.run(lambda base: base.connection.pragma("max_page_count", pages))
    with pytest.raises(FullError, match="no room left"):
        await store.run(lambda base: [base.records.add(record(f"s{n}", comment="x" * 200)) for n in range(500)])
    with pytest.raises(StorageError, match="the database failed"):
        await store.run(lambda base: base.connection.execute("SELECT nothing"))


async def test_login_and_change_beside_the_loop(store: Store) -> None:
    account = await store.login("admin", "ADMIN")
    assert account.password_due
    changed = await store.change_password("admin", "admin", "ADMIN", "Abcdefgh123!")
    assert changed.epoch == account.epoch + 1
    results = await asyncio.gather(*(store.login("admin", "wrong") for _ in range(20)), return_exceptions=True)
    kinds = [type(result) for result in results]
    assert (kinds.count(PasswordError), kinds.count(TooSoonError)) == (3, 17)


async def test_a_secret_of_the_memory_is_sealed(store: Store) -> None:
    """S05: the key of the last connection is read by this station alone, and is no text in the database."""
    await store.remember("secret.of", {"key": "first-password-17"})
    await store.remember("of", {"key": "open"})
    assert await store.recall("secret.of") == {"key": "first-password-17"}
    assert await store.recall("of") == {"key": "open"}
    assert await store.recall("secret.other") is None
    assert "first-password-17" not in str(await store.run(lambda base: base.memory.get("secret.of")))
    await store.run(lambda base: base.memory.set("secret.of", "sealed:1:AAAA"))
    assert await store.recall("secret.of") is None


async def test_opening_twice_finds_the_same_secret_and_accounts(tmp_path: Path) -> None:
    paths = prepare(tmp_path)
    first = await Store.open(paths, HandClock(), quick_hasher())
    secret, hashed = first.secret, await first.run(lambda base: base.accounts.hash_of("admin"))
    await first.close()
    second = await Store.open(paths, HandClock(), quick_hasher())
    assert (second.secret, second.notices) == (secret, ())
    assert await second.run(lambda base: base.accounts.hash_of("admin")) == hashed
    await second.close()


@pytest.mark.parametrize("damage", ["missing", "empty", "garbage"])
async def test_a_lost_database_is_told(tmp_path: Path, damage: str) -> None:
    """R06: never silently no sessions."""
    paths = prepare(tmp_path)
    await (await Store.open(paths, HandClock(), quick_hasher())).close()
    paths.database.unlink()
    if damage != "missing":
        paths.database.write_bytes(b"" if damage == "empty" else b"garbage" * 2000)
    store = await Store.open(paths, HandClock(), quick_hasher())
    assert [notice.kind for notice in store.notices] == ["database", "accounts"]
    events = await store.run(lambda base: base.events.latest())
    assert [(event.outlet, event.detail[:200]) for event in reversed(events)] == [
        (0, notice.text[:200]) for notice in store.notices
    ]
    assert (await store.login("admin", "ADMIN")).password_due
    await store.close()


async def test_a_store_that_cannot_be_opened_says_so_and_ends_its_threads(tmp_path: Path) -> None:
    paths = prepare(tmp_path)
    paths.database.mkdir()
    with pytest.raises(StorageError, match=r"evlink.db failed: .*open"):
        await Store.open(paths, HandClock(), quick_hasher())


CANARIES = ("CANARY-station", "CANARY-comment", "CANARYUID", "CANARY-setting", "CANARY-badge")


async def fill(tmp_path: Path) -> Store:
    """A used station with a mark in every place."""
    paths = prepare(tmp_path)
    store = await Store.open(paths, HandClock(), quick_hasher())
    await store.change_password("admin", "admin", "ADMIN", "Abcdefgh123!")
    await store.run(lambda base: base.badges.add("AA", BadgeType.VIP, "CANARY-badge"))
    await store.run(lambda base: base.records.add(record("s", station="CANARY-station", comment="CANARY-comment")))
    await store.run(lambda base: base.memory.set("x", "CANARYUID"))
    await store.apply(next(iter(charge("CANARY-session"))))
    for path in (
        paths.settings,
        paths.settings_previous,
        tmp_path / "station.toml.bad-1",
        tmp_path / "evlink.db.corrupt-1",
    ):
        path.write_text("CANARY-setting")
    return store


def found(folder: Path) -> set[str]:
    """The marks that are in any file, free pages and log included (S30)."""
    content = b"".join(path.read_bytes() for path in folder.iterdir())
    return {mark for mark in (*CANARIES, "CANARY-session") if mark.encode() in content}


async def test_a_reset_leaves_the_badges_alone(tmp_path: Path) -> None:
    """R-227, R-229: everything else is lost, the history included, and the default passwords are back."""
    store = await fill(tmp_path)
    await store.request_reset(Reset.OPERATIONAL)
    await store.close()
    assert found(tmp_path) >= {"CANARY-station", "CANARY-setting"}
    store = await Store.open(prepare(tmp_path), HandClock(), quick_hasher())
    assert store.notices == ()
    assert (await store.login("admin", "ADMIN")).password_due
    assert await store.run(lambda base: base.badges.list().badges[0].comment) == "CANARY-badge"
    assert await store.run(lambda base: (base.records.count(), base.outbox.count(), base.sessions.all())) == (0, 0, ())
    assert found(tmp_path) == {"CANARY-badge"}
    await store.close()
    store = await Store.open(prepare(tmp_path), HandClock(), quick_hasher())
    await store.apply(next(iter(charge("kept"))))  # the reset was carried out once
    await store.close()
    store = await Store.open(prepare(tmp_path), HandClock(), quick_hasher())
    assert await store.count() == 1
    await store.close()


async def test_decommissioning_leaves_nothing(tmp_path: Path) -> None:
    """R-244, S30: no trace in any file, and another secret."""
    store = await fill(tmp_path)
    secret = store.secret
    await store.request_reset(Reset.DECOMMISSION)
    await store.close()
    store = await Store.open(prepare(tmp_path), HandClock(), quick_hasher())
    assert found(tmp_path) == set()
    assert store.secret != secret
    assert store.notices == ()
    await store.close()


def test_a_reset_interrupted_anywhere_is_finished_at_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R03 of the research: killed in every state of a reset."""
    for kind in Reset:
        for step in ("before_opening", "erase", "finished"):
            paths = prepare(tmp_path / f"{kind}-{step}")
            with offline(paths, lambda: START, quick_hasher()) as opened:
                opened.database.records.add(record("s"))
                opened.database.badges.add("AA")
            paths.settings.write_text("x")
            request(paths, kind)
            with monkeypatch.context() as patch:
                patch.setattr(f"evlink.storage.reset.{step}", _cut)
                with pytest.raises(KeyboardInterrupt), offline(paths, lambda: START, quick_hasher()):
                    pass
            with offline(paths, lambda: START, quick_hasher()) as opened:
                assert opened.notices == (), (kind, step)
                assert opened.database.records.count() == 0, (kind, step)
                assert opened.database.badges.count() == (kind is Reset.OPERATIONAL), (kind, step)
                assert all(account.password_due for account in opened.database.accounts.all())
            assert not paths.settings.exists()
            assert not paths.reset_pending.exists()


def _cut(*_: object) -> None:
    raise KeyboardInterrupt
