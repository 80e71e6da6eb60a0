"""The charge history: a ring of 3000 that never forgets an unpublished record unseen (R07 of the research)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from evlink.domain.effects import CloseSession
from evlink.domain.words import Evt
from evlink.storage.database import Database
from evlink.storage.records import MOST, Records
from evlink.storage.transaction import transaction
from tests.unit.storage_bench import START, database, record


@pytest.fixture
def base(tmp_path: Path) -> Iterator[Database]:
    opened = database(tmp_path / "evlink.db")
    yield opened
    opened.close()


def numbers(records: Records) -> list[int]:
    return [item.number for item in records.list(0, 5000).records]


def test_a_record_reads_back_as_it_was_given(base: Database) -> None:
    """R-192; also one that ends before it starts, since the clock may have been set back (N-56)."""
    given = record("a", 2, 1234, transaction_id="77", comment="é", reason="Local", end=START - timedelta(minutes=19))
    assert base.records.add(given).number == 1
    assert base.records.list().records == (replace(given, number=1),)
    assert base.records.of_session("a") == replace(given, number=1)
    assert base.records.of_session("b") is None


def test_text_is_cleaned_where_it_is_stored(base: Database) -> None:
    base.records.add(record("a", uid="04\x1b[2J", comment="\u202eabc\u0000", station="\x9bname"))
    stored = base.records.list().records[0]
    assert (stored.uid, stored.comment, stored.station) == ("04[2J", "abc", "name")


def test_newest_first_in_pages(base: Database) -> None:
    """R-191, R-193."""
    for n in range(40):
        base.records.add(record(f"s{n}"))
    page = base.records.list()
    assert (page.total, [r.number for r in page.records]) == (40, list(range(40, 10, -1)))
    assert [r.number for r in base.records.list(offset=38, limit=30).records] == [2, 1]


def test_a_transaction_id_known_before_the_end_is_in_the_record(base: Database) -> None:
    base.connection.execute("INSERT INTO transactions (session, transaction_id) VALUES ('a', 42)")
    base.records.add(record("a"))
    base.records.add(record("b", transaction_id="9"))
    assert [r.transaction_id for r in base.records.list().records] == ["9", "42"]


def test_the_oldest_published_record_makes_room(base: Database) -> None:
    """R-197: unpublished ones stay as long as a published one is there."""
    records = Records(base.connection, most=5)
    for n in range(5):
        records.add(record(f"s{n}"))
    assert records.mark_published([2, 4, 99]) == 2
    assert records.mark_published([2]) == 0
    assert [item.number for item in records.unpublished()] == [1, 3, 5]
    assert records.add(record("s5")).dropped is None
    assert records.add(record("s6")).dropped is None
    assert numbers(records) == [7, 6, 5, 3, 1]
    assert records.add(record("s7")).dropped == 1
    assert numbers(records) == [8, 7, 6, 5, 3]


def test_a_ring_of_3000_tells_what_leaves_it(base: Database) -> None:
    """R-194, R07: 3500 charges, none published: 3000 stay, and one event tells up to which they left."""
    with transaction(base.connection):
        for n in range(MOST - 1):
            base.records.add(record(f"s{n}"))
    notices = [
        notice
        for n in range(MOST - 1, 3500)
        for notice in base.apply([CloseSession(record(f"s{n}", end=START + timedelta(seconds=n)))]).notices
    ]
    assert len(notices) == 500
    assert numbers(base.records) == list(range(3500, 500, -1))
    (event,) = base.events.latest()
    assert (event.outlet, event.event) == (0, Evt.SOFTWARE_CONFIGURATION)
    assert (
        event.detail
        == notices[-1].text
        == "charge records up to 500 left the full history without having been published"
    )
    assert event.end == START + timedelta(seconds=3499)
    assert base.events.running() == ()


def test_a_number_is_never_given_twice(tmp_path: Path) -> None:
    """Not even when every record has gone and the station was restarted."""
    base = database(tmp_path / "evlink.db")
    base.records.add(record("a"))
    base.connection.execute("DELETE FROM records")
    base.close()
    base = database(tmp_path / "evlink.db")
    assert base.records.add(record("b")).number == 2
    base.close()
