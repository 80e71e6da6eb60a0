"""The database: one SQLite connection, used by one thread, that never says "stored" before it is on the disk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import apsw

from evlink.domain.effects import (
    AddBadge,
    CloseSession,
    Durable,
    Enqueue,
    EventEnded,
    EventStarted,
    RemoveBadge,
    SaveEnergy,
    SaveSession,
)
from evlink.domain.record import ChargeRecord
from evlink.domain.words import Evt
from evlink.storage.accounts import Accounts
from evlink.storage.badges import Badges
from evlink.storage.errors import FullError, Notice, StorageError
from evlink.storage.events import Events
from evlink.storage.journal import Journal
from evlink.storage.letters import Letters
from evlink.storage.memory import Memory
from evlink.storage.outbox import OutboxTable
from evlink.storage.records import Records
from evlink.storage.schema import MIGRATIONS, SALVAGE
from evlink.storage.sessions import Energy, Sessions
from evlink.storage.transaction import transaction

_DROP_EVENT = "records.drop_event"
_QUEUE_DROPPED = "outbox.dropped"


class DamagedError(Exception):
    """The file is no database of ours, or a damaged one; the text says what was found."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What came of storing effects: charge records with their numbers, messages put into the queue, and notices."""

    records: tuple[ChargeRecord, ...] = ()
    queued: int = 0
    notices: tuple[Notice, ...] = ()


def connect(path: Path, vfs: str | None = None) -> apsw.Connection:
    """Open or make the database file, checked and migrated. DamagedError where it can't be trusted.

    WAL with `synchronous=FULL` is what keeps an acknowledged commit through a power cut; WAL with NORMAL, the usual
    advice, loses up to the last checkpoint.
    """
    flags = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
    connection = apsw.Connection(str(path), flags=flags, vfs=vfs)
    try:
        connection.set_busy_timeout(5000)
        mode = connection.execute("PRAGMA journal_mode = WAL").get
        if mode != "wal":
            raise StorageError(f"{path} can't be written: journal mode {mode} where WAL is needed")
        connection.execute(
            """
            PRAGMA synchronous = FULL;
            PRAGMA foreign_keys = ON;
            PRAGMA trusted_schema = OFF;
            PRAGMA secure_delete = ON;
            PRAGMA cell_size_check = ON;
            PRAGMA wal_autocheckpoint = 200;
            PRAGMA journal_size_limit = 4194304;
            PRAGMA mmap_size = 0;
            """
        ).fetchall()
        connection.config(apsw.SQLITE_DBCONFIG_DQS_DML, 0)
        connection.config(apsw.SQLITE_DBCONFIG_DQS_DDL, 0)
        connection.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, 1)
        _writable(path)
        _check(connection)
        _migrate(connection)
        _read_all(connection)
    except (apsw.CorruptError, apsw.NotADBError, apsw.FormatError, apsw.SQLError, UnicodeDecodeError) as error:
        connection.close(True)
        raise DamagedError(str(error)) from error
    except BaseException:
        connection.close(True)
        raise
    return connection


def _writable(path: Path) -> None:
    """DamagedError where the header asks for a later SQLite, which opens the file all the same, but to read alone."""
    with path.open("rb") as file:
        versions = file.read(20)[18:]
    if versions and max(versions) > 2:
        raise DamagedError(f"the header asks for file format {max(versions)}")


def _check(connection: apsw.Connection) -> None:
    faults = [str(text) for (text,) in connection.execute("PRAGMA integrity_check(5)")]
    if faults != ["ok"]:
        raise DamagedError("; ".join(faults))


def _migrate(connection: apsw.Connection) -> None:
    version = connection.execute("PRAGMA user_version").get
    if not 0 <= version <= len(MIGRATIONS):
        raise DamagedError(f"its version is {version}, this station knows 1 to {len(MIGRATIONS)}")
    if version == 0 and connection.execute("SELECT count(*) FROM sqlite_schema").get:
        raise DamagedError("it has tables but no version")
    for sql in MIGRATIONS[version:]:
        with transaction(connection):
            connection.execute(sql)


def _read_all(connection: apsw.Connection) -> None:
    """Read every row once: the integrity check passes over text that is no UTF-8."""
    for _, rising, _, _ in SALVAGE:
        for _ in connection.execute(rising):
            pass


@contextmanager
def translated(what: str = "the database") -> Iterator[None]:
    """Turn SQLite's errors into StorageError in one sentence; FullError where the disk is full."""
    try:
        yield
    except apsw.FullError as error:
        raise FullError(f"{what} can't be written: no room left on the disk") from error
    except apsw.Error as error:
        raise StorageError(f"{what} failed: {error}") from error


class Database:
    """The station's tables behind one connection, and the transaction that stores what a fold asked for."""

    def __init__(self, connection: apsw.Connection) -> None:
        self.connection = connection
        self.badges = Badges(connection)
        self.records = Records(connection)
        self.accounts = Accounts(connection)
        self.events = Events(connection)
        self.sessions = Sessions(connection)
        self.energy = Energy(connection)
        self.outbox = OutboxTable(connection)
        self.memory = Memory(connection)
        self.letters = Letters(connection)
        self.journal = Journal(connection)

    def apply(self, durables: Iterable[Durable]) -> Applied:
        """Store all durable effects of a fold in one transaction: state and outgoing message together, or neither.

        StorageError where they could not be stored, FullError where the disk is full; the same effects may be
        applied again later.
        """
        effects: Sequence[Durable] = tuple(durables)
        if not effects:
            return Applied()
        applied = Applied()
        with translated(), transaction(self.connection):
            for effect in effects:
                applied = self._apply(applied, effect)
        return applied

    def _apply(self, applied: Applied, effect: Durable) -> Applied:
        match effect:
            case SaveSession(session):
                self.sessions.save(session)
                self.energy.save(session.outlet, session.energy_mvas)
            case CloseSession(record):
                return self._close(applied, record)
            case Enqueue(message):
                dropped = self.outbox.put(message)
                applied = replace(applied, queued=applied.queued + 1)
                if dropped:
                    return self._queue_dropped(applied, dropped)
            case SaveEnergy(outlet, energy_mvas):
                self.energy.save(outlet, energy_mvas)
            case EventStarted(outlet, event, at, detail):
                self.events.start(outlet, event, at, detail)
            case EventEnded(outlet, event, at):
                self.events.end(outlet, event, at)
            case AddBadge(uid, type):
                if self.badges.find(uid) is None:
                    try:
                        self.badges.add(uid, type)
                    except ValueError as error:  # a full list must not stop a charge from being stored
                        return replace(applied, notices=(*applied.notices, Notice("badges", str(error))))
            case RemoveBadge(uid, any_type):
                self.badges.remove_read(uid, any_type)
        return applied

    def _close(self, applied: Applied, record: ChargeRecord) -> Applied:
        added = self.records.add(record)
        self.sessions.drop(record.outlet)
        stored = self.records.of_session(record.session)
        records = (*applied.records, replace(record, number=added.number) if stored is None else stored)
        applied = replace(applied, records=records)
        if added.dropped is None:
            return applied
        text = f"charge records up to {added.dropped} left the full history without having been published"
        event = self.events.instant(0, Evt.SOFTWARE_CONFIGURATION, record.end, text, self.memory.get(_DROP_EVENT))
        self.memory.set(_DROP_EVENT, event)
        return replace(applied, notices=(*applied.notices, Notice("records", text)))

    def _queue_dropped(self, applied: Applied, dropped: int) -> Applied:
        total = int(self.memory.get(_QUEUE_DROPPED, 0)) + dropped
        self.memory.set(_QUEUE_DROPPED, total)
        text = f"the queue of the supervision is full: {total} messages had to go so far"
        return replace(applied, notices=(*applied.notices, Notice("queue", text)))

    def note(self, notice: Notice, at: datetime) -> None:
        """Put a notice among the latest events, as one of the station's that is over at once."""
        self.events.instant(0, Evt.SOFTWARE_CONFIGURATION, at, notice.text)

    def queue_dropped(self) -> int:
        """Messages that ever left the full queue undelivered."""
        return int(self.memory.get(_QUEUE_DROPPED, 0))

    def close(self) -> None:
        """Close the file; its log is folded into it."""
        self.connection.close()
