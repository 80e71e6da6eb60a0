"""An office on a real database, with settings and a clock in hand."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from evlink.domain.record import ChargeRecord
from evlink.publication.carrying import Limits
from evlink.publication.office import Office
from evlink.publication.sending import sender, trust
from evlink.settings.facts import Facts
from evlink.settings.values import Values
from evlink.storage.letterbox import StoredLetters
from evlink.storage.state import Lock, prepare
from evlink.storage.store import Store
from tests.publication.servers import FTP_WORD, HOST, USER, WORD
from tests.unit.storage_bench import START, HandClock, quick_hasher

KEY = "charge_history.publication."
HASTE = Limits(answer_s=2.0, all_s=4.0)


class Bench:
    """An office; `values` are the settings in force."""

    def __init__(self, store: Store, clock: HandClock, context: ssl.SSLContext | None) -> None:
        self.store = store
        self.clock = clock
        self.values = Values(Facts())
        self.box = StoredLetters(store)
        self.send = sender(cache(trust) if context is None else lambda security: context, HASTE)
        self.office = Office(self.box, clock, lambda: self.values, self.send)

    def set(self, **changes: Any) -> None:
        """Change publication settings; names with a dot are whole keys."""
        self.values = self.values.with_changes(
            {name.replace("__", ".") if "__" in name else KEY + name: value for name, value in changes.items()}
        )

    def mail(self, port: int, scheme: str = "", login: bool = False, to: str = "a@test.org") -> None:
        """Publish by mail."""
        self.set(
            protocol="smtp",
            smtp_server=f"{scheme}{HOST}:{port}",
            smtp_sender="station@test.org",
            smtp_recipients=to,
            smtp_authentication=login,
            smtp_username=USER,
            smtp_password=WORD,
        )

    def ftp(self, port: int, passive: bool = False, folder: str = "") -> None:
        """Publish by FTP."""
        self.set(
            protocol="ftp",
            ftp_server=f"ftp://{HOST}:{port}{folder}",
            ftp_authentication=True,
            ftp_username=USER,
            ftp_password=FTP_WORD,
            ftp_passive_mode=passive,
        )

    def http(self, port: int, scheme: str = "http", login: bool = False) -> None:
        """Publish by HTTP."""
        self.set(
            protocol="http",
            http_server=f"{scheme}://{HOST}:{port}",
            http_path="/in/box?kind=charges",
            http_field_name="file[]",
            http_authentication=login,
            http_username=USER,
            http_password=WORD,
        )

    async def write(self, *records: ChargeRecord) -> None:
        """Put records into the history."""
        for one in records:
            await self.store.run(lambda db, one=one: db.records.add(one))  # type: ignore[misc]

    async def unpublished(self) -> list[int]:
        """Numbers of the records that were never sent."""
        return [one.number for one in await self.store.run(lambda db: db.records.unpublished())]

    async def publish(self) -> None:
        """Go to the next day and do what is due."""
        self.clock.forward(86_400)
        await self.office.step()

    async def again(self) -> Office:
        """The office after a restart of the station."""
        self.office = Office(self.box, self.clock, lambda: self.values, self.send)
        return self.office


@asynccontextmanager
async def bench(
    folder: Path, context: ssl.SSLContext | None = None, now: datetime = START, frequency: str = "daily"
) -> AsyncIterator[Bench]:
    """A bench whose frequency is set, so that the next day publishes."""
    paths = prepare(folder / "state")
    clock = HandClock(now)
    with Lock(paths):
        store = await Store.open(paths, clock, quick_hasher())
        try:
            made = Bench(store, clock, context)
            # What a power cut leaves is tested elsewhere; here are thousands of commits.
            await store.run(lambda db: db.connection.execute("PRAGMA synchronous = OFF").fetchall())
            made.set(frequency=frequency)
            await made.office.step()
            yield made
        finally:
            await store.close()
