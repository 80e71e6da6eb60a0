"""Login and password change: Argon2id, one at a time, and no way to a new password but through a current one."""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Callable
from datetime import datetime
from typing import Protocol, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from evlink.settings.password_policy import MOST, unmet
from evlink.storage.accounts import Account, Accounts, FactoryAccount, Level
from evlink.storage.errors import PasswordError, PolicyError, RefusedError

T = TypeVar("T")


class Run(Protocol):
    """Runs a function on the accounts, wherever the database lives, and returns what it returned."""

    def __call__(self, work: Callable[[Accounts], T], /) -> T: ...


def hasher() -> PasswordHasher:
    """The station's Argon2id: 64 MiB, 3 passes, 4 lanes (RFC 9106, second recommended option), a salt each."""
    return PasswordHasher(time_cost=3, memory_cost=65536, parallelism=4)


class Passwords:
    """Whoever asks for a password check; slow by design, so it belongs into a thread of its own, one at a time."""

    def __init__(self, run: Run, now: Callable[[], datetime], hasher: PasswordHasher) -> None:
        self._run = run
        self._now = now
        self._hasher = hasher
        self._dummy = hasher.hash(secrets.token_urlsafe(24))

    def found(self) -> tuple[str, ...]:
        """Make the factory accounts that are missing (R-025); returns their names."""
        missing = self._run(lambda accounts: accounts.missing())
        for factory in missing:
            self._restore(factory)
        return tuple(factory.account for factory in missing)

    def _restore(self, factory: FactoryAccount) -> None:
        hashed = self._hash(factory.password)
        self._run(lambda accounts: accounts.restore(factory, hashed))

    def login(self, account: str, password: str, source: str = "") -> Account:
        """The account whose password this is (R-023, R-026). An account with `password_due` may only set a new one.

        `source` names the way in; wrong guesses are counted for each by itself. PasswordError for a wrong one,
        TooSoonError while the account has to wait. An unknown account costs the same time as a known one.
        """
        stored = self._check(account, password, source)
        if self._hasher.check_needs_rehash(stored):
            stronger = self._hash(password)
            self._run(lambda accounts: accounts.rehash(account, stored, stronger))
        known = self._run(lambda accounts: accounts.find(account))
        if known is None:
            raise PasswordError
        return known

    def change(self, actor: str, account: str, current: str, new: str, source: str = "") -> Account:
        """Change the password of `account` for the logged-in `actor`, whose own current password is `current`.

        Everybody may change their own; Admin also User's (R-032 to R-034, N-05), unless Admin's own is still due.
        RefusedError, PolicyError (R-030), PasswordError or TooSoonError otherwise, and nothing changed.
        """
        who = self._run(lambda accounts: accounts.find(actor))
        whose = self._run(lambda accounts: accounts.find(account))
        if who is None or whose is None:
            raise RefusedError(f"password of {account!r}: there is no such account")
        if who != whose and (who.level is not Level.ADMIN or who.password_due):
            raise RefusedError(f"password of {account!r}: {actor!r} may change its own only")
        if demands := unmet(new):
            raise PolicyError(f"new password: it needs {', '.join(demand.text_en for demand in demands)}")
        old = self._check(actor, current, source)
        fresh = self._hash(new)
        if not self._run(lambda accounts: accounts.change(account, fresh, actor, old)):
            raise PasswordError
        changed = self._run(lambda accounts: accounts.find(account))
        if changed is None:
            raise RefusedError(f"password of {account!r}: there is no such account")
        return changed

    def _check(self, account: str, password: str, source: str) -> str:
        """The hash that a password was found right against; its guess was counted before, and forgotten after."""
        now = self._now()
        stored = self._run(lambda accounts: accounts.guess(account, now, source))
        right = self._matches(stored or self._dummy, password)
        if stored is None or not right:
            raise PasswordError(self._run(lambda accounts: accounts.wait_s(account, source)))
        self._run(lambda accounts: accounts.right(account, source))
        return stored

    def _matches(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, _normal(password)) and len(password) <= MOST
        except (VerificationError, InvalidHashError):
            return False

    def _hash(self, password: str) -> str:
        return self._hasher.hash(_normal(password))


def _normal(password: str) -> bytes:
    """A password as it is hashed: the same characters however a terminal composes them, and never without bound."""
    return unicodedata.normalize("NFC", password[: MOST + 1]).encode("utf-8", "surrogatepass")
