"""The letters as the publication sees them: `publication.box.Letterbox` on the store of a running station."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from evlink.domain.letter import Alarm, Letter
from evlink.storage.database import Database
from evlink.storage.errors import Notice
from evlink.storage.letters import Compose
from evlink.storage.store import Store
from evlink.storage.transaction import transaction

_ALARMED = "publication.alarmed"
MOST_ALARMS = 100


class StoredLetters:
    """Every call returns once what it changed is on the disk."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def gather(self, compose: Compose) -> Letter | None:
        """Queue a letter of all records that were never sent and wait in none; None where there are none."""
        return await self._store.run(lambda db: db.letters.gather(compose))

    async def waiting(self) -> tuple[Letter, ...]:
        """All letters, the oldest first."""
        return await self._store.run(lambda db: db.letters.waiting())

    async def unsent(self) -> int:
        """How many records were never sent."""
        return await self._store.run(lambda db: db.letters.unsent())

    async def trying(self, number: int, next_try: datetime) -> None:
        """Count a try before it is made."""
        await self._store.run(lambda db: db.letters.trying(number, next_try))

    async def served(self, number: int, recipients: Iterable[str]) -> None:
        """Note the recipients that have the letter."""
        await self._store.run(lambda db: db.letters.served(number, recipients))

    async def failed(self, number: int, english: str, french: str) -> None:
        """Note why the last try failed."""
        await self._store.run(lambda db: db.letters.failed(number, english, french))

    async def delivered(self, number: int) -> int:
        """Mark the records of a letter as published and take it out; how many they were."""
        return await self._store.run(lambda db: db.letters.delivered(number))

    async def withdrawn(self, number: int) -> None:
        """Take a letter out; its records stay, unpublished."""
        await self._store.run(lambda db: db.letters.drop(number))

    async def dropped(self, number: int, at: datetime, text: str) -> None:
        """Take a letter out that could not be sent, and say so among the events, of which no alarm is made."""

        def drop(db: Database) -> None:
            heard = _newest(db)
            with transaction(db.connection):
                db.letters.drop(number)
                db.note(Notice("publication", text), at)
                if db.memory.get(_ALARMED) == heard:  # an alarm about a lost alarm would never end
                    db.memory.set(_ALARMED, _newest(db))

        await self._store.run(drop)

    async def alarm(self, wanted: bool, compose: Callable[[tuple[Alarm, ...]], Letter]) -> Letter | None:
        """Queue a letter about the events since the last one; None where there are none, or none is wanted.

        Where none is wanted, the events count as told: who switches alarms on hears of what comes after that.
        """

        def tell(db: Database) -> Letter | None:
            newest, told = _newest(db), db.memory.get(_ALARMED)
            if not wanted or told is None or told > newest:
                if told != newest:
                    db.memory.set(_ALARMED, newest)
                return None
            if told == newest:
                return None
            events = [one for one in db.events.latest(0, MOST_ALARMS) if one.number > told]
            alarms = tuple(Alarm(e.number, e.outlet, e.event, e.start, e.detail) for e in reversed(events))
            with transaction(db.connection):
                db.memory.set(_ALARMED, newest)
                return db.letters.put(compose(alarms))

        return await self._store.run(tell)

    async def recall(self, key: str) -> Any:
        """The value of a key, None where there is none."""
        return await self._store.recall(key)

    async def remember(self, key: str, value: Any) -> None:
        """Store a value."""
        await self._store.remember(key, value)


def _newest(db: Database) -> int:
    newest = db.events.latest(0, 1)
    return newest[0].number if newest else 0
