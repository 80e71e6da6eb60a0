"""A damaged database at start: what can be read of it goes into a new one, and the damaged one is kept."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

import apsw

from evlink.domain.session import OpenSession
from evlink.storage import files
from evlink.storage.codec import KINDS, from_json
from evlink.storage.database import DamagedError, connect
from evlink.storage.errors import Notice
from evlink.storage.schema import SALVAGE
from evlink.storage.transaction import transaction

_PAGE = 4096  # SQLite's own choice of page size
_ENDS = ("", "-wal", "-shm")
_UNREADABLE = (
    apsw.CorruptError,
    apsw.NotADBError,
    apsw.FormatError,
    apsw.SQLError,
    apsw.IOError,
    apsw.CantOpenError,
    UnicodeDecodeError,
)
_UNFIT = (apsw.ConstraintError, apsw.MismatchError)
_SEQUENCE_MOST = 2**40


def open_or_salvage(path: Path, vfs: str | None = None) -> tuple[apsw.Connection, tuple[Notice, ...]]:
    """Open the database at `path`, a new one where there is none, the salvaged one where it is damaged.

    A power cut at any point of salvaging leaves either the damaged file in its place or the salvaged one complete
    beside it, which the next start then puts there.
    """
    notices: list[Notice] = []
    salvaged = path.with_name(path.name + ".salvaged")
    if salvaged.exists() and not path.exists():
        _put_in_place(path, salvaged)
        notices.append(Notice("database", "a damaged database was replaced by what could be read of it"))
    try:
        connection = connect(path, vfs)
    except DamagedError as error:
        notices.append(_salvage(path, str(error)))
        connection = connect(path, vfs)
    notices += check_rows(connection)
    return connection, tuple(notices)


def _salvage(path: Path, fault: str) -> Notice:
    work = path.with_name(f".{path.name}.salvage")
    _remove(work)
    new = connect(work)
    new.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    page = work.read_bytes()[:_PAGE]
    counts = _copy(path, new)
    if not any(counts.values()):
        patched = _transplant(path, page)
        counts = _copy(patched, new)
        _remove(patched)
    new.close()
    salvaged = path.with_name(path.name + ".salvaged")
    work.rename(salvaged)
    files.sync_directory(path.parent)
    kept = _put_in_place(path, salvaged)
    found = ", ".join(f"{count} {table}" for table, count in counts.items() if count) or "nothing"
    return Notice("database", f"the database was damaged ({fault}); read from it: {found}; kept as {kept.name}")


def _copy(source: Path, new: apsw.Connection) -> dict[str, int]:
    """Copy every row that can be read and that the new tables accept; returns how many of each table."""
    counts: dict[str, int] = {}
    old = apsw.Connection(str(source), flags=apsw.SQLITE_OPEN_READONLY)
    with transaction(new), suppress(*_UNREADABLE):
        old.execute("PRAGMA writable_schema = ON").fetchall()  # read on where the schema has a bad line
        for table, rising, falling, insert in SALVAGE:
            before = new.total_changes()
            with suppress(*_UNREADABLE):
                for row in old.execute(rising):
                    with suppress(*_UNFIT):
                        new.execute(insert, row)
            with suppress(*_UNREADABLE):
                for row in old.execute(falling):
                    with suppress(*_UNFIT):
                        new.execute(insert, row)
            counts[table] = new.total_changes() - before
        for name, sequence in old.execute("SELECT name, seq FROM sqlite_sequence"):
            if isinstance(sequence, int) and 0 < sequence < _SEQUENCE_MOST:
                _raise_sequence(new, name, sequence)
    old.close(True)
    return counts


def _raise_sequence(new: apsw.Connection, name: str, sequence: int) -> None:
    """Go on numbering where the damaged file had come to, so that no number is given twice."""
    new.execute("INSERT INTO sqlite_sequence SELECT ?1, 0 WHERE ?1 NOT IN (SELECT name FROM sqlite_sequence)", (name,))
    new.execute("UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?", (sequence, name))


def _transplant(path: Path, page: bytes) -> Path:
    """A copy of a database with the first page of a new one: the same migrations put the tables at the same pages."""
    patched = path.with_name(f".{path.name}.patched")
    _remove(patched)
    for end in ("", "-wal"):
        source = path.with_name(path.name + end)
        if source.exists():
            shutil.copyfile(source, patched.with_name(patched.name + end))
    with patched.open("r+b") as file:
        file.write(page)
        file.seek(32)
        file.write(bytes(8))  # no free list
        file.seek(92)
        file.write(bytes(4))  # makes the size in the header void: the file's own counts
    return patched


def _put_in_place(path: Path, salvaged: Path) -> Path:
    """Move the damaged file and what belongs to it aside, then the salvaged one to its place."""
    kept = files.set_aside(path, "corrupt")
    for end in reversed(_ENDS):  # the log first: left alone it must never be taken for that of the new file
        part = path.with_name(path.name + end)
        if part.exists():
            part.rename(kept.with_name(kept.name + end))
    files.sync_directory(path.parent)
    salvaged.rename(path)
    files.sync_directory(path.parent)
    return kept


def _remove(path: Path) -> None:
    for end in _ENDS:
        path.with_name(path.name + end).unlink(missing_ok=True)


def check_rows(connection: apsw.Connection) -> list[Notice]:
    """Take rows out of the way whose JSON is no session and no message: the queue would stand still at one.

    They are kept in the table `damaged`, and told.
    """
    bad: list[str] = []
    with transaction(connection):
        for number, kind, payload in connection.execute("SELECT number, kind, payload FROM outbox").fetchall():
            try:
                from_json(str(payload), KINDS[str(kind)])
            except (ValueError, RecursionError):
                connection.execute("INSERT INTO damaged (origin, content) VALUES ('outbox', ?)", (payload,))
                connection.execute("DELETE FROM outbox WHERE number = ?", (number,))
                bad.append(f"message {number} of the queue")
        for outlet, payload in connection.execute("SELECT outlet, payload FROM sessions").fetchall():
            try:
                from_json(str(payload), OpenSession)
            except (ValueError, RecursionError):
                connection.execute("INSERT INTO damaged (origin, content) VALUES ('sessions', ?)", (payload,))
                connection.execute("DELETE FROM sessions WHERE outlet = ?", (outlet,))
                bad.append(f"the open session of outlet {outlet}")
    return [Notice("rows", f"{what} could not be read and was put aside") for what in bad]
