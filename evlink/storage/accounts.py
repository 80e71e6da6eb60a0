"""The two accounts of the tool, and the count of wrong guesses that makes the next guess wait."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import apsw

from evlink.storage.codec import bindable, from_us, to_us
from evlink.storage.errors import TooSoonError
from evlink.storage.transaction import transaction

FREE_FAILURES = 3
WAITS_S = (1, 2, 900)  # after the third wrong password in a row, the fourth, and every one from the fifth on
_UNKNOWN = ""  # every name that is no account shares one count, so that guessing names fills no table
_FROM = "@"  # between account and source in the table; no account has it in its name


class Level(StrEnum):
    """What an account may do (R-027)."""

    ADMIN = "admin"
    USER = "user"


@dataclass(frozen=True, slots=True)
class FactoryAccount:
    """An account as it leaves the factory (R-025)."""

    account: str
    password: str
    level: Level


# Public, and good for nothing but setting a new one.
FACTORY: tuple[FactoryAccount, ...] = (
    FactoryAccount("admin", "ADMIN", Level.ADMIN),
    FactoryAccount("utilisateur", "UTILISATEUR", Level.USER),
)


@dataclass(frozen=True, slots=True)
class Account:
    """An account without its secret; `epoch` rises with every change of password, which ends older sessions."""

    account: str
    level: Level
    password_due: bool
    epoch: int


def wait_after(failures: int) -> int:
    """Seconds to wait after so many wrong passwords in a row: none up to 2, then 1, 2, and 900 from the fifth on.

    So at most five are looked at in any 15 minutes, and nobody waits longer than that (S13, N-07).
    """
    if failures < FREE_FAILURES:
        return 0
    return WAITS_S[min(failures - FREE_FAILURES, len(WAITS_S) - 1)]


def _key(account: str | None, source: str) -> str:
    """The name of a count in the table: the account, and the way in where one is told."""
    name = _UNKNOWN if account is None else account
    return f"{name}{_FROM}{source}" if source else name


class Accounts:
    """The accounts and their hashes. Who may change what is decided in `passwords`, not here."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def all(self) -> tuple[Account, ...]:
        """Every account, by name."""
        rows = self._connection.execute("SELECT account, level, password_due, epoch FROM accounts ORDER BY account")
        return tuple(Account(name, Level(level), bool(due), epoch) for name, level, due, epoch in rows)

    def find(self, account: str) -> Account | None:
        return next((known for known in self.all() if known.account == account), None)

    def missing(self) -> tuple[FactoryAccount, ...]:
        """Factory accounts that the table lacks: all of them at the first boot."""
        there = {known.account for known in self.all()}
        return tuple(factory for factory in FACTORY if factory.account not in there)

    def restore(self, factory: FactoryAccount, hashed: str) -> None:
        """Put an account back to its factory password, which is due to be changed (R-229)."""
        with transaction(self._connection):
            self._connection.execute(
                "INSERT INTO accounts VALUES (?, ?, ?, 1, 0) ON CONFLICT (account) DO UPDATE "
                "SET hash = excluded.hash, level = excluded.level, password_due = 1, epoch = epoch + 1",
                (factory.account, factory.level.value, hashed),
            )
            self._forgive(factory.account)

    def hash_of(self, account: str) -> str | None:
        value = self._connection.execute("SELECT hash FROM accounts WHERE account = ?", (bindable(account),)).get
        return None if value is None else str(value)

    def guess(self, account: str, now: datetime, source: str = "") -> str | None:
        """Count a guess before it is looked at, so that killing the station in between wins nothing.

        `source` is the way in that the guess came by. Each has a count of its own: whoever keeps an account waiting
        over the network can't keep its owner from the console. Returns the hash to look at, None for an unknown
        account. TooSoonError while the account has to wait.
        """
        with transaction(self._connection):
            stored = self.hash_of(account)
            key = _key(None if stored is None else account, source)
            row = self._connection.execute("SELECT failures, last_us FROM guesses WHERE account = ?", (key,)).fetchone()
            failures, last_us = row or (0, to_us(now))
            wait = self._remaining(key, failures, from_us(last_us), now)
            if not wait:
                self._count(key, failures + 1, now)
        if wait:  # outside the transaction: a clock that was set back has to stay noted
            raise TooSoonError(wait)
        return stored

    def wait_s(self, account: str, source: str = "") -> int:
        """Seconds that the account waits after its last wrong password by this way, counted from that one."""
        key = _key(None if self.hash_of(account) is None else account, source)
        failures = self._connection.execute("SELECT failures FROM guesses WHERE account = ?", (key,)).get
        return wait_after(int(failures or 0))

    def right(self, account: str, source: str = "") -> None:
        """Forget the wrong guesses of an account after a right one by the same way."""
        self._connection.execute("DELETE FROM guesses WHERE account = ?", (_key(account, source),))

    def rehash(self, account: str, old: str, new: str) -> None:
        """Store the same password under stronger parameters, unless it was changed meanwhile."""
        self._connection.execute("UPDATE accounts SET hash = ? WHERE account = ? AND hash = ?", (new, account, old))

    def change(self, account: str, hashed: str, actor: str, actor_hash: str) -> bool:
        """Store a new password hash; False, and nothing changed, where the actor's own has changed meanwhile."""
        with transaction(self._connection):
            if self.hash_of(actor) != actor_hash:
                return False
            self._connection.execute(
                "UPDATE accounts SET hash = ?, password_due = 0, epoch = epoch + 1 WHERE account = ?", (hashed, account)
            )
            changed = self._connection.changes() == 1
            self._forgive(account)
        return changed

    def _forgive(self, account: str) -> None:
        """Forget the wrong guesses at a password that is no more, whatever way they came by."""
        start = f"{account}{_FROM}"
        self._connection.execute(
            "DELETE FROM guesses WHERE account = ? OR substr(account, 1, length(?)) = ?", (account, start, start)
        )

    def _remaining(self, key: str, failures: int, last: datetime, now: datetime) -> int:
        """Seconds still to wait. A clock that stands before the last failure counts from now, once."""
        wait = wait_after(failures)
        passed = (now - last).total_seconds()
        if passed < 0:
            self._count(key, failures, now)
            passed = 0.0
        return 0 if passed >= wait else max(1, round(wait - passed))

    def _count(self, key: str, failures: int, at: datetime) -> None:
        self._connection.execute(
            "INSERT INTO guesses VALUES (?, ?, ?) ON CONFLICT (account) "
            "DO UPDATE SET failures = excluded.failures, last_us = excluded.last_us",
            (key, min(failures, 1000), to_us(at)),
        )
