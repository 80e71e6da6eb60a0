"""How the state of a station is opened, by the station itself or, under the lock, by a command without one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from argon2 import PasswordHasher

from evlink.storage import reset, salvage, state
from evlink.storage.accounts import Accounts
from evlink.storage.database import Database, translated
from evlink.storage.errors import Notice
from evlink.storage.passwords import Passwords, Run
from evlink.storage.state import StatePaths

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Opened:
    """An open state: the database, the station's own secret, and what the operator has to be told."""

    database: Database
    secret: bytes = field(repr=False)
    notices: tuple[Notice, ...]


def open_state(
    paths: StatePaths, now: Callable[[], datetime], hasher: PasswordHasher, vfs: str | None = None
) -> Opened:
    """Open database and secret, after carrying out a reset that was asked for; makes what is missing.

    The caller holds the lock of `paths`. StorageError in one sentence where that is impossible.
    """
    kind = reset.clear_files(paths)
    fresh = not paths.database.exists() or paths.database.stat().st_size == 0
    with translated(str(paths.database)):
        connection, notices = salvage.open_or_salvage(paths.database, vfs)
        database = Database(connection)
        try:
            if kind:
                reset.erase(connection)
            if fresh and paths.secrets.exists() and not notices:
                text = f"{paths.database.name} was missing or empty though this station ran before: it is a new one"
                notices += (Notice("database", text),)
            restored = found_accounts(database, now, hasher)
            if restored and notices:
                text = f"accounts {', '.join(restored)} were lost and have their factory passwords to be changed"
                notices += (Notice("accounts", text),)
            for notice in notices:
                database.note(notice, now())
            secret = state.device_secret(paths)  # after the database: it tells that there was one
        except BaseException:
            connection.close(True)
            raise
    if kind:
        reset.finished(paths)
    return Opened(database, secret, notices)


def found_accounts(database: Database, now: Callable[[], datetime], hasher: PasswordHasher) -> tuple[str, ...]:
    """Make the factory accounts where they are missing; returns their names."""
    if not database.accounts.missing():
        return ()
    return Passwords(directly(database), now, hasher).found()


def directly(database: Database) -> Run:
    """Runs the account work of `Passwords` in the calling thread."""

    def run(work: Callable[[Accounts], T]) -> T:
        with translated():
            return work(database.accounts)

    return run


@contextmanager
def offline(paths: StatePaths, now: Callable[[], datetime], hasher: PasswordHasher) -> Iterator[Opened]:
    """The state of a station that does not run, under its lock. LockedError where one does."""
    with state.Lock(paths):
        opened = open_state(paths, now, hasher)
        try:
            yield opened
        finally:
            with translated():
                opened.database.close()
