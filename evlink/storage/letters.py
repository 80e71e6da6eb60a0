"""The letters on their way to the office: which records each holds, how often it was tried, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

import apsw
import msgspec

from evlink.domain.letter import Letter, LetterKind
from evlink.domain.record import ChargeRecord
from evlink.storage.codec import from_us, to_us
from evlink.storage.records import MOST, Records
from evlink.storage.transaction import transaction

Compose = Callable[[tuple[ChargeRecord, ...]], Letter]


class Letters:
    """The queue of letters. A record is in one letter at most, and is published with it or not at all (R-197)."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self._records = Records(connection)

    def gather(self, compose: Compose) -> Letter | None:
        """Compose a letter of all records that were never sent and wait in no letter, and queue it, at one stroke.

        None where there are no such records.
        """
        with transaction(self._connection):
            taken = {
                record
                for (record,) in self._connection.execute(
                    "SELECT record FROM letter_records WHERE letter IN (SELECT number FROM letters)"
                )
            }
            found = tuple(one for one in self._records.unpublished(MOST) if one.number not in taken)
            return self.put(compose(found)) if found else None

    def put(self, letter: Letter) -> Letter:
        """Queue a letter; the letter with its number."""
        payload = {
            "domain": letter.domain,
            "made": to_us(letter.made),
            "subject": letter.subject,
            "text": letter.text,
            "file": letter.file,
            "content": letter.content,
        }
        with transaction(self._connection):
            self._connection.execute(
                "INSERT INTO letters (name, kind, next_us, payload) VALUES (?, ?, ?, ?)",
                (letter.name, letter.kind.value, to_us(letter.next_try), _json(payload)),
            )
            number = self._connection.last_insert_rowid()
            self._connection.executemany(
                "INSERT OR REPLACE INTO letter_records (record, letter) VALUES (?, ?)",
                ((one, number) for one in letter.records),
            )
        return replace(letter, number=number)

    def waiting(self) -> tuple[Letter, ...]:
        """All letters, the oldest first."""
        rows = self._connection.execute(
            "SELECT number, name, kind, next_us, tries, payload, served, problem FROM letters ORDER BY number"
        )
        return tuple(self._letter(row) for row in rows.fetchall())

    def count(self) -> int:
        """How many letters wait."""
        return int(self._connection.execute("SELECT count(*) FROM letters").get)

    def unsent(self) -> int:
        """How many records were never sent."""
        return int(self._connection.execute("SELECT count(*) FROM records WHERE published = 0").get)

    def trying(self, number: int, next_try: datetime) -> None:
        """Count a try before it is made, so that a death in the middle of it makes no try an hour into many."""
        self._connection.execute(
            "UPDATE letters SET tries = tries + 1, next_us = ? WHERE number = ?", (to_us(next_try), number)
        )

    def served(self, number: int, recipients: Iterable[str]) -> None:
        """Note the recipients that have the letter already: the next try is for the others."""
        self._connection.execute("UPDATE letters SET served = ? WHERE number = ?", (_json(sorted(recipients)), number))

    def failed(self, number: int, english: str, french: str) -> None:
        """Note why the last try failed."""
        self._connection.execute("UPDATE letters SET problem = ? WHERE number = ?", (_json([english, french]), number))

    def delivered(self, number: int) -> int:
        """Take a letter out that has arrived and mark its records as published; how many they were."""
        with transaction(self._connection):
            records = self._of(number)
            self._records.mark_published(records)
            self.drop(number)
        return len(records)

    def drop(self, number: int) -> None:
        """Take a letter out; its records stay, unpublished, and go into the next letter."""
        with transaction(self._connection):
            self._connection.execute("DELETE FROM letter_records WHERE letter = ?", (number,))
            self._connection.execute("DELETE FROM letters WHERE number = ?", (number,))

    def _of(self, number: int) -> tuple[int, ...]:
        rows: list[tuple[Any, ...]] = self._connection.execute(
            "SELECT record FROM letter_records WHERE letter = ? ORDER BY record", (number,)
        ).fetchall()
        return tuple(int(record) for (record,) in rows)

    def _letter(self, row: tuple[Any, ...]) -> Letter:
        number, name, kind, next_us, tries, payload, served, problem = row
        told: dict[str, Any] = msgspec.json.decode(payload)
        english, french = msgspec.json.decode(problem)
        return Letter(
            number=number,
            kind=LetterKind(kind),
            name=name,
            domain=told["domain"],
            made=from_us(told["made"]),
            next_try=from_us(next_us),
            subject=told["subject"],
            text=told["text"],
            file=told["file"],
            content=told["content"],
            records=self._of(number),
            tries=tries,
            served=tuple(msgspec.json.decode(served)),
            problem=(english, french),
        )


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
