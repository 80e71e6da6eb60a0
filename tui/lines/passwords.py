"""Passwords: login, the factory one that has to be replaced first, and the change of one (R-022 to R-034)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evlink.client import CallError
from evlink.settings.model import Role
from evlink.settings.password_policy import Demand, unmet
from tui.clean import clean
from tui.lines import explain
from tui.lines.console import Back, Console
from tui.lines.form import title_of
from tui.session import LOGIN_REFUSED


async def login(console: Console) -> str:
    """Ask for account and password until the station takes them; the password."""
    session = console.session
    while True:
        try:
            account = await console.ask(
                lambda: console.word(
                    "lines.account_again" if session.account else "lines.account", value=session.account
                ),
                explain=lambda: console.tell("lines.login.help"),
            )
            account = account or session.account
            password = await console.ask(lambda: console.word("lines.password"), secret=True) if account else ""
        except Back:
            continue
        if not account or not password:
            console.tell("login.empty")
            continue
        try:
            await session.login(account, password)
        except CallError as error:
            console.say(_refusal(console, error, "login.refused"))
            continue
        return password


def _refusal(console: Console, error: CallError, wrong: str) -> str:
    """The sentence of a refused password: the wait that the station imposes, or that it was wrong."""
    if error.code != LOGIN_REFUSED:
        return console.word("banner.refused", why=clean(console.why(error)))
    wait = float(error.data.get("wait_s") or 0)
    return console.word("login.wait", s=f"{wait:.0f}") if wait else console.word(wrong)


async def replace_due(console: Console, current: str) -> None:
    """Ask for the password that replaces a factory one, until the station takes it (R-028, R-030)."""
    session = console.session
    console.tell("due.why")
    if not current:
        current = await _secret(console, "password.current")
    while True:
        try:
            new = await _new(console)
        except Back:
            continue
        try:
            await session.call("password.change", account=session.account, current=current, new=new)
            await session.login(session.account, new)
        except CallError as error:
            console.say(_refusal(console, error, "password.wrong"))
            if error.code == LOGIN_REFUSED:
                current = await _secret(console, "password.current")
            continue
        console.tell("password.saved", account=clean(session.account))
        return


async def _secret(console: Console, word: str) -> str:
    return await console.ask(lambda: console.word("lines.asked", what=console.word(word)), secret=True)


def _text(console: Console, demand: Demand) -> str:
    return demand.text_fr if console.lang == "fr" else demand.text_en


async def _new(console: Console) -> str:
    """A new password that meets the rules, typed twice; Back where it is given up."""
    rules = ", ".join(_text(console, demand) for demand in Demand if demand is not Demand.BOUND)
    console.tell("lines.rules", text=rules)
    while True:
        new = await _secret(console, "password.new")
        if not new:
            raise Back
        if missing := unmet(new):
            console.tell("lines.missing", text=", ".join(_text(console, demand) for demand in missing))
        elif await _secret(console, "password.confirm") != new:
            console.tell("lines.differ")
        else:
            return new


class PasswordPage:
    """The accounts, numbered; a User sees the own one alone (R-032, R-033)."""

    subtab = "maintenance.password"

    def __init__(self, console: Console) -> None:
        self.console = console
        self._accounts: list[Mapping[str, Any]] = []

    @property
    def title(self) -> str:
        """Password."""
        return title_of(self.console, self.subtab)

    @property
    def letters(self) -> Sequence[tuple[str, str]]:
        """A number changes the password of an account."""
        return [("1", "lines.do.password")]

    async def show(self) -> None:
        """Ask the station and list the accounts."""
        console = self.console
        self._accounts = list((await console.session.call("accounts.list"))["accounts"])
        for number, account in enumerate(self._accounts, 1):
            parts = [clean(account["account"]), console.word(f"account.{Role(account.get('role', 'user')).value}")]
            parts += [console.word("password.due")] if account.get("password_due") else []
            console.say(f"{number} {', '.join(parts)}", hang="   ")

    async def answer(self, command: str, rest: str) -> bool:
        """Change the password of an account."""
        if not command.isdigit() or rest:
            return False
        if 1 <= int(command) <= len(self._accounts):
            await self._change(str(self._accounts[int(command) - 1]["account"]))
        else:
            self.console.tell("lines.number", n=len(self._accounts))
        return True

    def explain(self, number: int | None) -> None:
        """What passwords are for."""
        explain.subtab(self.console, self.subtab)

    async def _change(self, account: str) -> None:
        console, session = self.console, self.console.session
        console.say(console.word("labelled", label=console.word("password.account"), text=clean(account)))
        own = account == session.account
        current = await _secret(console, "password.current" if own else "password.current_own")
        if not current:
            raise Back
        new = await _new(console)
        try:
            await session.call("password.change", account=account, current=current, new=new)
        except CallError as error:
            console.say(_refusal(console, error, "password.wrong"))
            return
        console.tell("password.saved", account=clean(account))
