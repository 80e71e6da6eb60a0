"""The durable queue of the supervision: order, one id for ever, and the transaction id for those that follow."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from evlink.domain.record import QueuedMessage, TransactionEnded, TransactionSampled, TransactionStarted
from evlink.storage.database import Database
from evlink.storage.outbox import KEPT_TRANSACTIONS, OutboxTable
from tests.unit.storage_bench import charge, database, reading


@pytest.fixture
def base(tmp_path: Path) -> Iterator[Database]:
    opened = database(tmp_path / "evlink.db")
    yield opened
    opened.close()


def head(base: Database) -> QueuedMessage:
    message = base.outbox.head()
    assert message is not None
    return message


def drain(base: Database, transaction_id: int | None) -> list[QueuedMessage]:
    seen = []
    while message := base.outbox.head():
        seen.append(message)
        base.outbox.delivered(message.number, transaction_id)
    return seen


def test_what_waits_is_told_in_pages_in_the_order_of_the_queue(base: Database) -> None:
    """`evlink supervision queue`: the oldest first, each with its session's transaction id."""
    for fold in (*charge("a", samples=3), *charge("b", samples=3)):
        base.apply(fold)
    numbers = [one.number for one in base.outbox.waiting(100)]
    assert len(numbers) == base.outbox.count() == 10
    assert numbers == sorted(numbers)
    assert [one.number for one in base.outbox.waiting(3, 2)] == numbers[2:5]
    base.outbox.delivered(numbers[0], 7)
    assert {one.transaction_id for one in base.outbox.waiting(4)} == {7}
    assert base.outbox.waiting(5, 100) == []


def test_messages_leave_in_order_with_their_transaction_id(base: Database) -> None:
    """OCPP 1.6 section 3.7: in the order of their making; the id of the start is that of all that follow."""
    for fold in charge("a", samples=2):
        base.apply(fold)
    seen = drain(base, 77)
    assert [type(item.message) for item in seen] == [
        TransactionStarted,
        TransactionSampled,
        TransactionSampled,
        TransactionEnded,
    ]
    assert [item.transaction_id for item in seen] == [None, 77, 77, 77]
    assert [item.number for item in seen] == [1, 2, 3, 4]
    assert base.outbox.session_of(77) == "a"
    record = base.records.of_session("a")
    assert record is not None
    assert record.transaction_id == "77"


def test_a_message_keeps_its_id_and_attempts_through_a_restart(tmp_path: Path) -> None:
    """Research demand 3: the message id is made when it is put in, and never again."""
    base = database(tmp_path / "evlink.db")
    base.apply(next(iter(charge("a"))))
    first = head(base)
    assert uuid.UUID(first.message_id).version == 4
    base.outbox.attempted(first.number)
    base.outbox.attempted(first.number)
    base.close()
    base = database(tmp_path / "evlink.db")
    again = head(base)
    assert (again.message_id, again.message, again.attempts) == (first.message_id, first.message, 2)
    base.close()


def test_a_start_that_was_refused_leaves_its_session_without_an_id(base: Database) -> None:
    """No -1 is invented (libocpp issue 495)."""
    for fold in charge("a", samples=1):
        base.apply(fold)
    assert [item.transaction_id for item in drain(base, None)] == [None, None, None]
    assert base.outbox.transaction_of("a") is None


def test_delivering_twice_or_what_is_not_there_changes_nothing(base: Database) -> None:
    base.apply(next(iter(charge("a"))))
    number = head(base).number
    base.outbox.delivered(number, 5)
    base.outbox.delivered(number, 6)
    base.outbox.delivered(999, 7)
    assert base.outbox.transaction_of("a") == 5
    assert base.outbox.count() == 0


@pytest.mark.parametrize("given", [0, -1, 2**63 - 1, -(2**63)])
def test_any_64_bit_transaction_id_is_kept(base: Database, given: int) -> None:
    base.apply(next(iter(charge("a"))))
    base.outbox.delivered(head(base).number, given)
    assert base.outbox.session_of(given) == "a"


@pytest.mark.parametrize("given", [2**63, -(2**63) - 1, 10**5000], ids=["above", "below", "far above"])
def test_a_transaction_id_without_bound_stops_nothing(base: Database, given: int) -> None:
    base.apply(next(iter(charge("a"))))
    base.outbox.delivered(head(base).number, given)
    assert base.outbox.head() is None
    assert base.outbox.session_of(given) is None


def test_the_last_session_with_an_id_is_the_one_meant(base: Database) -> None:
    for name in ("a", "b"):
        base.apply(next(iter(charge(name, 1 if name == "a" else 2))))
        base.outbox.delivered(head(base).number, 1)
    assert base.outbox.session_of(1) == "b"
    assert base.outbox.session_of(2) is None


def test_a_full_queue_gives_up_meter_values_before_ended_charges(base: Database) -> None:
    """The bound costs samples first, the oldest; what goes is counted."""
    base.outbox = OutboxTable(base.connection, most=6)
    for fold in charge("a", samples=4):
        base.apply(fold)
    assert base.outbox.count() == 6
    notices = [notice for fold in charge("b", samples=2) for notice in base.apply(fold).notices]
    assert base.queue_dropped() == 4
    assert notices[-1].text == "the queue of the supervision is full: 4 messages had to go so far"
    kinds = base.connection.execute("SELECT session, kind FROM outbox ORDER BY number").fetchall()
    assert kinds == [("a", "start"), ("a", "end"), ("b", "start"), ("b", "sample"), ("b", "sample"), ("b", "end")]
    for name in ("c", "d"):
        for fold in charge(name, samples=0):
            base.apply(fold)
    kinds = base.connection.execute("SELECT session, kind FROM outbox ORDER BY number").fetchall()
    assert kinds == [("a", "start"), ("a", "end"), ("c", "start"), ("c", "end"), ("d", "start"), ("d", "end")]
    assert base.queue_dropped() == 8
    assert base.records.count() == 4


def test_old_transaction_ids_are_forgotten_but_not_those_in_use(base: Database) -> None:
    base.apply(next(iter(charge("open", 2))))
    base.outbox.delivered(head(base).number, 1)
    for number in range(KEPT_TRANSACTIONS + 50):
        base.outbox.put(TransactionStarted(f"s{number}", 1, "TAG", reading(0)))
        base.outbox.delivered(head(base).number, 100 + number)
    assert base.outbox.transaction_of("open") == 1
    assert base.outbox.transaction_of("s0") is None
    assert base.outbox.transaction_of(f"s{KEPT_TRANSACTIONS + 49}") == 100 + KEPT_TRANSACTIONS + 49
