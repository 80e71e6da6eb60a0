"""The latest events of the outlets, with their beginning and end (R-213, the report's section "Latest events")."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import apsw

from evlink.domain.text import clean
from evlink.storage.codec import from_us, to_us

MOST = 1000
DETAIL_LENGTH = 200


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """One event: `event` is its number (N-15), `outlet` 0 is the station as a whole, `end` is None while it lasts."""

    number: int
    outlet: int
    event: int
    start: datetime
    end: datetime | None
    detail: str = ""


class Events:
    """The log of events; it holds the newest thousand, and of older ones those that still last."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def start(self, outlet: int, event: int, at: datetime, detail: str = "") -> int:
        """Note that an event began; one that lasts already keeps its beginning. Returns its number."""
        row = self._connection.execute(
            "INSERT INTO events (outlet, event, detail, start_us) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (outlet, event) WHERE end_us IS NULL DO UPDATE SET detail = excluded.detail RETURNING number",
            (outlet, event, clean(detail, DETAIL_LENGTH), to_us(at)),
        ).fetchall()
        self._connection.execute(
            "DELETE FROM events WHERE end_us IS NOT NULL AND number <= (SELECT max(number) FROM events) - ?", (MOST,)
        )
        return int(row[0][0])  # type: ignore[arg-type]  # INTEGER PRIMARY KEY

    def end(self, outlet: int, event: int, at: datetime) -> bool:
        """Note that an event is over; True where it lasted."""
        self._connection.execute(
            "UPDATE events SET end_us = ? WHERE outlet = ? AND event = ? AND end_us IS NULL",
            (to_us(at), outlet, event),
        )
        return self._connection.changes() > 0

    def end_all(self, at: datetime) -> int:
        """End every event that lasts, as a start of the station does: what still holds will begin again."""
        self._connection.execute("UPDATE events SET end_us = ? WHERE end_us IS NULL", (to_us(at),))
        return self._connection.changes()

    def instant(self, outlet: int, event: int, at: datetime, detail: str, follows: int | None = None) -> int:
        """Note something that is over at once; written into the row `follows` where that is still there.

        Returns the number of the row.
        """
        when, text = to_us(at), clean(detail, DETAIL_LENGTH)
        if follows is not None:
            self._connection.execute("UPDATE events SET end_us = ?, detail = ? WHERE number = ?", (when, text, follows))
            if self._connection.changes():
                return follows
        self._connection.execute(
            "INSERT INTO events (outlet, event, detail, start_us, end_us) VALUES (?, ?, ?, ?, ?)",
            (outlet, event, text, when, when),
        )
        return self._connection.last_insert_rowid()

    def latest(self, offset: int = 0, limit: int = 100) -> tuple[LoggedEvent, ...]:
        """Events, the newest first."""
        rows = self._connection.execute(
            "SELECT number, outlet, event, start_us, end_us, detail FROM events ORDER BY number DESC LIMIT ? OFFSET ?",
            (max(0, limit), max(0, offset)),
        )
        return tuple(map(_event, rows))

    def running(self) -> tuple[LoggedEvent, ...]:
        """Events that last, the oldest first."""
        rows = self._connection.execute(
            "SELECT number, outlet, event, start_us, end_us, detail FROM events WHERE end_us IS NULL ORDER BY number"
        )
        return tuple(map(_event, rows))


def _event(row: tuple[int, int, int, int, int | None, str]) -> LoggedEvent:
    number, outlet, event, start, end, detail = row
    return LoggedEvent(number, outlet, event, from_us(start), None if end is None else from_us(end), detail)
