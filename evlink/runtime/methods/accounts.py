"""Who is there: hello, login, logout, and passwords (R-022 to R-037)."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable
from time import monotonic
from typing import Any

import msgspec

from evlink.runtime.ages import PasswordAges
from evlink.runtime.rpc import ANYBODY, BAD_VALUE, LOGIN, REFUSED, Failure, Method, NoParams, Session
from evlink.settings.model import Role
from evlink.storage.accounts import Level, wait_after
from evlink.storage.errors import PasswordError, PolicyError, RefusedError, TooSoonError
from evlink.storage.store import Store

PROTOCOL = 1
ROLES = {Level.ADMIN: Role.ADMIN, Level.USER: Role.USER}


class Hello(msgspec.Struct, forbid_unknown_fields=True):
    """Parameters of `hello`."""

    login: bool = False
    client: str = ""


class Login(msgspec.Struct, forbid_unknown_fields=True):
    """Parameters of `login`: account and password, or a one-time token."""

    account: str = ""
    password: str = ""
    token: str = ""


class Change(msgspec.Struct, forbid_unknown_fields=True):
    """Parameters of `password.change`."""

    account: str
    current: str
    new: str


class Token:
    """A one-time token: it opens one Admin session, for the demo's own terminal."""

    def __init__(self, text: str) -> None:
        self._text = text

    def take(self, text: str) -> bool:
        """Whether this is the token; it is none from then on."""
        right = bool(self._text) and hmac.compare_digest(self._text.encode(), text.encode())
        if right:
            self._text = ""
        return right


def too_soon(wait: int) -> Failure:
    """The answer to a login before its time."""
    return Failure(LOGIN, f"too many wrong passwords: wait {wait} s", wait_s=wait)


def guessed(session: Session) -> int:
    """Count a wrong password of a connection; the seconds that it has to wait."""
    return session.guesses.wrong(monotonic(), wait_after)


def table(
    store: Store,
    token: Token,
    sessions: Iterable[Session],
    greeting: Callable[[], dict[str, Any]],
    ages: PasswordAges | None = None,
) -> dict[str, Method]:
    """The methods; `greeting` gives what `hello` says of the station, `sessions` are all connections."""

    async def hello(session: Session, params: Hello) -> dict[str, Any]:
        if params.login and not session.greeted:
            session.fall()
        session.greeted = True
        return {
            **greeting(),
            "protocol": PROTOCOL,
            "role": session.role.value,
            "account": session.account,
            "password_due": session.password_due,
        }

    async def login(session: Session, params: Login) -> dict[str, Any]:
        session.fall()
        if wait := session.guesses.wait_s(monotonic()):
            raise too_soon(wait)
        if params.token:
            if not token.take(params.token):
                raise Failure(LOGIN, "the token is wrong or used up", wait_s=guessed(session))
            session.role, session.account = Role.ADMIN, "admin"
            return {"role": "admin", "account": "admin", "password_due": False}
        try:
            account = await store.login(params.account, params.password, session.source)
        except TooSoonError as error:
            raise too_soon(error.wait_s) from None
        except PasswordError as error:
            wait = max(error.wait_s, guessed(session))
            raise Failure(LOGIN, "access refused: wrong account or password", wait_s=wait) from None
        session.guesses.right()
        session.role = ROLES[account.level]
        session.account = account.account
        session.password_due = account.password_due
        return {"role": session.role.value, "account": account.account, "password_due": account.password_due}

    async def logout(session: Session, params: NoParams) -> dict[str, Any]:
        session.fall()
        return {}

    async def change(session: Session, params: Change) -> dict[str, Any]:
        if not session.account:
            raise Failure(REFUSED, "log in with an account to change a password")
        if wait := session.guesses.wait_s(monotonic()):
            raise too_soon(wait)
        try:
            await store.change_password(session.account, params.account, params.current, params.new, session.source)
        except RefusedError as error:
            raise Failure(REFUSED, str(error)) from None
        except PolicyError as error:
            raise Failure(BAD_VALUE, str(error), key="new") from None
        except TooSoonError as error:
            raise too_soon(error.wait_s) from None
        except PasswordError as error:
            wait = max(error.wait_s, guessed(session))
            raise Failure(LOGIN, "the current password is wrong", wait_s=wait) from None
        if ages is not None:
            await ages.changed(params.account)
        for other in list(sessions):
            if other is not session and other.account == params.account:
                other.fall()  # a stolen session must not outlive the password it was opened with (S14)
                other.tell({"jsonrpc": "2.0", "method": "fallen", "params": {"reason": "password_changed"}})
        if session.account == params.account:
            session.password_due = False
        return {}

    async def accounts(session: Session, params: NoParams) -> dict[str, Any]:
        known = await store.run(lambda db: db.accounts.all())
        return {
            "accounts": [
                {
                    "account": a.account,
                    "role": ROLES[a.level].value,
                    "password_due": a.password_due,
                    "changed": at.isoformat(timespec="seconds") if ages and (at := ages.at(a.account)) else None,
                }
                for a in known
                if session.role is Role.ADMIN or a.account == session.account
            ]
        }

    return {
        "hello": Method(Hello, hello, ANYBODY, while_due=True),
        "login": Method(Login, login, ANYBODY, while_due=True),
        "logout": Method(NoParams, logout, ANYBODY, while_due=True),
        "password.change": Method(Change, change, while_due=True),
        "accounts.list": Method(NoParams, accounts, while_due=True),
    }
