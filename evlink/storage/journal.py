"""The journal: who changed what, which updates were tried, and what was said to the world and how it answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import apsw

from evlink.domain.text import clean
from evlink.storage.codec import from_us, to_us
from evlink.storage.transaction import transaction

LONGEST = 400  # characters of a detail
_NAME = 80


class Kind(StrEnum):
    """What a line is about."""

    DEED = "deed"
    UPDATE = "update"
    MESSAGE = "message"


MOST = {Kind.DEED: 2000, Kind.UPDATE: 200, Kind.MESSAGE: 500}


@dataclass(frozen=True, slots=True)
class Entry:
    """A line. `who` did `what` by `way`; of an update `what` is the package and `status` its outcome.

    Of a message `status` is the response code. `outlet` is 0 for the station as a whole.
    """

    kind: Kind
    at: datetime
    what: str
    detail: str = ""
    status: str = ""
    who: str = ""
    way: str = ""
    outlet: int = 0
    number: int = 0


class Journal:
    """The lines, the newest of each kind: 2000 deeds, 200 updates, 500 messages."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def add(self, *entries: Entry) -> None:
        """Write lines in one transaction, each text cleaned and cut to its length."""
        with transaction(self._connection):
            for one in entries:
                self._connection.execute(
                    "INSERT INTO journal (kind, at_us, outlet, who, way, what, status, detail) "
                    "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        one.kind.value,
                        to_us(one.at),
                        one.outlet,
                        clean(one.who, _NAME),
                        clean(one.way, _NAME),
                        clean(one.what, _NAME),
                        clean(one.status, _NAME),
                        clean(one.detail, LONGEST),
                    ),
                )
                self._connection.execute(
                    "DELETE FROM journal WHERE kind = ? AND number NOT IN "
                    "(SELECT number FROM journal WHERE kind = ? ORDER BY number DESC LIMIT ?)",
                    (one.kind.value, one.kind.value, MOST[one.kind]),
                )

    def latest(self, kind: Kind, limit: int = 200, offset: int = 0) -> tuple[Entry, ...]:
        """Lines of a kind, the newest first."""
        rows = self._connection.execute(
            "SELECT number, at_us, outlet, who, way, what, status, detail FROM journal WHERE kind = ? "
            "ORDER BY number DESC LIMIT ? OFFSET ?",
            (kind.value, max(0, limit), max(0, offset)),
        )
        return tuple(
            Entry(kind, from_us(at), what, detail, status, who, way, outlet, number)
            for number, at, outlet, who, way, what, status, detail in rows
        )

    def count(self, kind: Kind) -> int:
        """Lines of a kind."""
        return int(self._connection.execute("SELECT count(*) FROM journal WHERE kind = ?", (kind.value,)).get)
