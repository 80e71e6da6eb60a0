"""The charge history: a ring of charge records (R-191 to R-197)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import apsw

from evlink.domain.record import ChargeRecord
from evlink.domain.text import clean
from evlink.storage.codec import from_us, to_us
from evlink.storage.transaction import transaction

MOST = 3000
_TEXT_LENGTH = 255
_TIMES = (7, 8)  # where start and end stand in a row


@dataclass(frozen=True, slots=True)
class RecordPage:
    """Some records, the newest first, and how many there are in all."""

    total: int
    records: tuple[ChargeRecord, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which records are asked for: every condition that is named holds. Times are of the start, `until` excluded."""

    outlet: int | None = None
    uid: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    reason: str | None = None
    unpublished: bool = False


ALL = Wanted()


@dataclass(frozen=True, slots=True)
class AddedRecord:
    """The number a record was given, and the unpublished record that had to make room for it, if any."""

    number: int
    dropped: int | None = None


class Records:
    """The charge records. Numbers rise and are never given twice, however many records have left the ring."""

    def __init__(self, connection: apsw.Connection, most: int = MOST) -> None:
        self._connection = connection
        self._most = most

    def add(self, record: ChargeRecord) -> AddedRecord:
        """Add the record of a session; a session that has one keeps it.

        A full ring first drops the oldest published record; where none is published, the oldest, which is told in
        `dropped` (R-197: what was not sent yet must not go unseen).
        """
        with transaction(self._connection):
            known = self._connection.execute("SELECT number FROM records WHERE session = ?", (record.session,)).get
            if known is not None:
                return AddedRecord(known)
            dropped = self._make_room()
            told = self._connection.execute(
                "SELECT transaction_id FROM transactions WHERE session = ?", (record.session,)
            ).get
            self._connection.execute(
                "INSERT INTO records (session, station, outlet, transaction_id, uid, charge_type, start_us, end_us, "
                "energy_wh, socket_type, duration_s, comment, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    record.session,
                    clean(record.station, _TEXT_LENGTH),
                    record.outlet,
                    clean(record.transaction_id, _TEXT_LENGTH) or ("" if told is None else str(told)),
                    clean(record.uid, _TEXT_LENGTH),
                    clean(record.charge_type, _TEXT_LENGTH),
                    to_us(record.start),
                    to_us(record.end),
                    record.energy_wh,
                    clean(record.socket_type, _TEXT_LENGTH),
                    max(0, record.duration_s),
                    clean(record.comment, _TEXT_LENGTH),
                    clean(record.reason, _TEXT_LENGTH),
                ),
            )
            number = self._connection.last_insert_rowid()
            if record.estimated_wh > 0:
                self._connection.execute("INSERT INTO estimates VALUES (?, ?)", (number, record.estimated_wh))
            if record.clock_set_s:
                self._connection.execute("INSERT INTO clock_steps VALUES (?, ?)", (number, record.clock_set_s))
        return AddedRecord(number, dropped)

    def _make_room(self) -> int | None:
        """Drop records until one more fits; returns the number of the last unpublished one that went."""
        dropped: int | None = None
        while self.count() >= self._most:
            published = self._connection.execute("SELECT min(number) FROM records WHERE published = 1").get
            if published is None:
                dropped = self._connection.execute("SELECT min(number) FROM records").get
            self._connection.execute("DELETE FROM records WHERE number = ?", (published or dropped,))
            self._connection.execute("DELETE FROM estimates WHERE number = ?", (published or dropped,))
            self._connection.execute("DELETE FROM clock_steps WHERE number = ?", (published or dropped,))
        return dropped

    def count(self) -> int:
        return int(self._connection.execute("SELECT count(*) FROM records").get)

    def list(self, offset: int = 0, limit: int = 30, wanted: Wanted = ALL) -> RecordPage:
        """A page of the records that are wanted, the newest first (R-191, R-193), and how many those are in all."""
        conditions = (
            wanted.outlet,
            wanted.uid,
            None if wanted.since is None else to_us(wanted.since),
            None if wanted.until is None else to_us(wanted.until),
            wanted.reason,
            1 if wanted.unpublished else None,
        )
        total = self._connection.execute(
            "SELECT count(*) FROM records WHERE (?1 IS NULL OR outlet = ?1) AND (?2 IS NULL OR uid = ?2) "
            "AND (?3 IS NULL OR start_us >= ?3) AND (?4 IS NULL OR start_us < ?4) "
            "AND (?5 IS NULL OR reason = ?5) AND (?6 IS NULL OR published = 0)",
            conditions,
        ).get
        rows = self._connection.execute(
            "SELECT number, session, station, outlet, transaction_id, uid, charge_type, start_us, end_us, energy_wh, "
            "socket_type, duration_s, comment, reason, "
            "(SELECT e.energy_wh FROM estimates e WHERE e.number = r.number), published, "
            "(SELECT c.seconds FROM clock_steps c WHERE c.number = r.number) FROM records r "
            "WHERE (?1 IS NULL OR outlet = ?1) AND (?2 IS NULL OR uid = ?2) "
            "AND (?3 IS NULL OR start_us >= ?3) AND (?4 IS NULL OR start_us < ?4) "
            "AND (?5 IS NULL OR reason = ?5) AND (?6 IS NULL OR published = 0) "
            "ORDER BY number DESC LIMIT ?7 OFFSET ?8",
            (*conditions, max(0, limit), max(0, offset)),
        )
        return RecordPage(int(total), tuple(map(_record, rows)))

    def of_session(self, session: str) -> ChargeRecord | None:
        row = self._connection.execute(
            "SELECT number, session, station, outlet, transaction_id, uid, charge_type, start_us, end_us, energy_wh, "
            "socket_type, duration_s, comment, reason, "
            "(SELECT e.energy_wh FROM estimates e WHERE e.number = r.number), published, "
            "(SELECT c.seconds FROM clock_steps c WHERE c.number = r.number) FROM records r "
            "WHERE session = ?",
            (session,),
        ).fetchone()
        return _record(row) if row else None

    def unpublished(self, limit: int = MOST) -> tuple[ChargeRecord, ...]:
        """Records that were not published yet, the oldest first."""
        rows = self._connection.execute(
            "SELECT number, session, station, outlet, transaction_id, uid, charge_type, start_us, end_us, energy_wh, "
            "socket_type, duration_s, comment, reason, "
            "(SELECT e.energy_wh FROM estimates e WHERE e.number = r.number), published, "
            "(SELECT c.seconds FROM clock_steps c WHERE c.number = r.number) FROM records r "
            "WHERE published = 0 ORDER BY number LIMIT ?",
            (max(0, limit),),
        )
        return tuple(map(_record, rows))

    def mark_published(self, numbers: Iterable[int]) -> int:
        """Mark records as published, once and for all (R-197); returns how many were not."""
        marked = 0
        with transaction(self._connection):
            for number in numbers:
                self._connection.execute(
                    "UPDATE records SET published = 1 WHERE number = ? AND published = 0", (number,)
                )
                marked += self._connection.changes()
        return marked


def _record(row: tuple[Any, ...]) -> ChargeRecord:
    values: list[Any] = [from_us(value) if place in _TIMES else value for place, value in enumerate(row)]
    values[-3] = values[-3] or 0  # of most records nothing was estimated
    values[-2] = bool(values[-2])
    values[-1] = values[-1] or 0  # and the clock was not set
    return ChargeRecord(*values)
