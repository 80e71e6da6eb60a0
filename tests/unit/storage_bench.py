"""What the storage tests share: a quick hasher, a clock in hand, and the effects of a whole charge."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import apsw
from argon2 import PasswordHasher

from evlink.domain.effects import CloseSession, Durable, Enqueue, SaveEnergy, SaveSession
from evlink.domain.record import (
    ChargeRecord,
    MeterReading,
    TransactionEnded,
    TransactionSampled,
    TransactionStarted,
)
from evlink.domain.session import OpenSession
from evlink.storage.database import Database, connect
from evlink.storage.schema import SALVAGE

START = datetime(2026, 3, 4, 5, 6, 7, 89, tzinfo=UTC)
WH = 3_600_000


def quick_hasher() -> PasswordHasher:
    """Argon2id with parameters for tests: real, but with a hundredth of the work."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class HandClock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def wall(self) -> datetime:
        return self.now

    def monotonic(self) -> float:
        return self.now.timestamp()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def database(path: Path, vfs: str | None = None) -> Database:
    return Database(connect(path, vfs))


def reading(energy_wh: int, seconds: int = 0) -> MeterReading:
    return MeterReading(START + timedelta(seconds=seconds), energy_wh, (16.0, 0.0, 0.0), (230.0, 230.0, 230.0), 3680)


def open_session(name: str, outlet: int = 1, energy_wh: int = 0, start_wh: int = 0) -> OpenSession:
    return OpenSession(name, outlet, "04AABBCC", "04AABBCC", START, start_wh * WH, energy_wh * WH, told=True)


def record(name: str, outlet: int = 1, energy_wh: int = 0, **other: Any) -> ChargeRecord:
    values: dict[str, Any] = {
        "number": 0,
        "session": name,
        "station": "16302 123",
        "outlet": outlet,
        "transaction_id": "",
        "uid": "04AABBCC",
        "charge_type": "AC_SINGLE_PHASE",
        "start": START,
        "end": START + timedelta(minutes=5),
        "energy_wh": energy_wh,
        "socket_type": "TYPE2",
        "duration_s": 300,
    }
    return ChargeRecord(**(values | other))


def charge(name: str, outlet: int = 1, start_wh: int = 0, samples: int = 3) -> Iterator[tuple[Durable, ...]]:
    """The folds of one charge, each a tuple of effects that has to be stored whole."""
    yield (
        SaveSession(open_session(name, outlet, start_wh, start_wh)),
        Enqueue(TransactionStarted(name, outlet, "04AABBCC", reading(start_wh))),
    )
    for number in range(1, samples + 1):
        energy = start_wh + 10 * number
        yield (
            SaveSession(open_session(name, outlet, energy, start_wh)),
            Enqueue(TransactionSampled(name, outlet, reading(energy, number))),
            SaveEnergy(outlet, energy * WH),
        )
    energy = start_wh + 10 * samples
    yield (
        CloseSession(record(name, outlet, 10 * samples)),
        Enqueue(TransactionEnded(name, outlet, "04AABBCC", reading(energy, samples), "Local")),
        SaveEnergy(outlet, energy * WH),
    )


def dump(connection: apsw.Connection) -> dict[str, tuple[Any, ...]]:
    """Every row of every table: two databases are the same where this is equal."""
    content = {table: tuple(connection.execute(rising)) for table, rising, _, _ in SALVAGE}
    content["sqlite_sequence"] = tuple(connection.execute("SELECT name, seq FROM sqlite_sequence ORDER BY name"))
    return content


def inconsistencies(database: Database) -> list[str]:
    """What contradicts itself between sessions, records and queue (invariants of power-cut test R01)."""
    kinds: dict[str, list[str]] = {}
    for session, kind in database.connection.execute("SELECT session, kind FROM outbox ORDER BY number"):
        kinds.setdefault(str(session), []).append(str(kind))
    running = {session.session for session in database.sessions.all()}
    closed = {item.session for item in database.records.list(0, 3000).records}
    delivered = {str(session) for (session,) in database.connection.execute("SELECT session FROM transactions")}
    faults = []
    for session, queued in kinds.items():
        if session not in running | closed:
            faults.append(f"message for {session}, which does not exist")
        if "start" in queued and queued[0] != "start":
            faults.append(f"start of {session} after {queued[0]}")
        if "start" not in queued and session not in delivered:
            faults.append(f"start of {session} is lost")
        if ("end" in queued) != (session in closed):
            faults.append(f"{session}: end queued {'end' in queued}, closed {session in closed}")
        if queued.count("end") > 1 or queued.count("start") > 1:
            faults.append(f"{session} begins or ends twice")
    faults += [f"{session} is closed and running" for session in running & closed]
    for session in running:
        if session not in kinds and session not in delivered:
            faults.append(f"start of running {session} is lost")
    numbers = [item.number for item in database.records.list(0, 3000).records]
    if numbers != list(range(len(numbers), 0, -1)):
        faults.append(f"record numbers {numbers}")
    return faults
