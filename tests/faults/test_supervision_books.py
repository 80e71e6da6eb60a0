"""A power cut at every sync of the queue's storage: what the central system booked is what the station recorded."""

from __future__ import annotations

import gc
import random
from dataclasses import dataclass, field
from pathlib import Path

from evlink.domain.record import QueuedMessage, TransactionEnded, TransactionStarted
from evlink.storage.database import Database
from evlink.storage.salvage import open_or_salvage
from tests.faults.power import Fate, Op, Recorder, after_cut
from tests.unit.storage_bench import charge


@dataclass
class Books:
    """A central system's: messages by their id, the first of each id counts; a transaction id for each start."""

    taken: dict[str, QueuedMessage] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)

    def take(self, message: QueuedMessage) -> int | None:
        """Take a message; the transaction id that answers a start, the same one for a repeat."""
        seen = self.taken.setdefault(message.message_id, message)
        assert seen.message == message.message, "one id, two messages"
        if isinstance(message.message, TransactionStarted):
            return self.numbers.setdefault(message.message_id, 1001 + len(self.numbers))
        assert message.transaction_id in self.numbers.values(), "a transaction that nobody started"
        return None

    def copy(self) -> Books:
        """The books as they are now."""
        return Books(dict(self.taken), dict(self.numbers))


def deliver(database: Database, books: Books) -> bool:
    """One message over the wire: the central system books it, then the station stores the answer."""
    head = database.outbox.head()
    if head is None:
        return False
    database.outbox.delivered(head.number, books.take(head))
    return True


def record(folder: Path, charges: int) -> tuple[list[Op], list[tuple[int, Books]]]:
    """Charges stored and told in turn: what the disk was asked, and the books after which operation."""
    vfs = Recorder(f"books-{charges}")
    connection, _ = open_or_salvage(folder / "evlink.db", vfs.name)
    database, books, rng = Database(connection), Books(), random.Random(charges)
    known = [(len(vfs.ops), books.copy())]
    for number in range(charges):
        for fold in charge(f"s-{number}", start_wh=100 * number, samples=2):
            database.apply(durables=fold)
            while rng.random() < 0.6:
                head = database.outbox.head()
                if head is None:
                    break
                answer = books.take(head)
                known.append((len(vfs.ops), books.copy()))  # booked before the station knows of it
                database.outbox.delivered(head.number, answer)
    ops = list(vfs.ops)
    connection.close()
    del database, connection
    gc.collect()
    vfs.unregister()
    return ops, known


def test_the_books_agree_after_a_power_cut_at_every_sync(tmp_path: Path) -> None:
    """The rest is told; each recorded charge is booked once, start and stop, and no other."""
    run, cut = tmp_path / "run", tmp_path / "cut"
    run.mkdir()
    cut.mkdir()
    ops, known = record(run, charges=6)
    rng = random.Random(5)
    fates: tuple[Fate, ...] = ("lost", "kept", "random")
    syncs = [number for number, op in enumerate(ops) if op.kind == "sync" and number >= known[0][0]]
    assert len(syncs) >= 30
    repeats = 0
    for at in (place for sync in syncs for place in (sync, sync + 1)):
        for fate in fates:
            for old in cut.iterdir():
                old.unlink()
            for name, left in after_cut(ops, at, rng, fate).items():
                (cut / name).write_bytes(left)
            books = [told for position, told in known if position <= at][-1].copy()
            connection, _ = open_or_salvage(cut / "evlink.db")
            try:
                database = Database(connection)
                head = database.outbox.head()
                repeats += head is not None and head.message_id in books.taken
                while deliver(database, books):
                    pass
                _agree(database, books)
            finally:
                connection.close()
    assert repeats > 0, "no cut fell between the booking and the storing of an answer"


def _agree(database: Database, books: Books) -> None:
    """Starts, stops and energies of the books, against the station's records."""
    messages = [one.message for one in books.taken.values()]
    starts = [one for one in messages if isinstance(one, TransactionStarted)]
    stops = [one for one in messages if isinstance(one, TransactionEnded)]
    assert len({one.session for one in starts}) == len(starts)
    assert len({one.session for one in stops}) == len(stops)
    records = {one.session: one for one in database.records.unpublished()}
    assert records.keys() == {one.session for one in stops}
    began = {one.session: one.meter.energy_wh for one in starts}
    for stop in stops:
        assert stop.meter.energy_wh - began[stop.session] == records[stop.session].energy_wh
        assert records[stop.session].transaction_id == str(books.numbers[_id(books, stop.session)])


def _id(books: Books, session: str) -> str:
    return next(
        id_
        for id_, one in books.taken.items()
        if isinstance(one.message, TransactionStarted) and one.message.session == session
    )
