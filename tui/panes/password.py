"""Maintenance > Password: Admin chooses an account first, a User changes the own one (R-029 to R-034)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Input

from evlink.client import CallError
from evlink.settings.model import Role
from tui.clean import clean
from tui.panes.base import Pane
from tui.session import LOGIN_REFUSED
from tui.widgets.bars import Note
from tui.widgets.fields import Edited, Press, TextField
from tui.widgets.lines import Line, Span, fit
from tui.widgets.listing import Listing
from tui.widgets.rules import PasswordRules

_FIELDS = (("current", "password.current"), ("new", "password.new"), ("confirm", "password.confirm"))


class PasswordPane(Pane):
    """The list of accounts (Admin only, R-032) and the form of three masked fields."""

    def __init__(self, subtab: str) -> None:
        super().__init__(subtab)
        self._accounts: list[Mapping[str, Any]] = []
        self._account = ""

    def compose(self) -> ComposeResult:
        """List, form, rules."""
        accounts = Listing(name="accounts", header=0)
        accounts.display = self._is_admin
        yield accounts
        yield Note(name="whose")
        with VerticalScroll(id="change", can_focus=False):
            for name, word in _FIELDS:
                with Vertical(classes="pair"):
                    label = Note(classes="label", name=f"{name}-label")
                    label.say(self.say(word))
                    yield label
                    yield TextField(secret=True, max_length=256, name=name)
            yield PasswordRules(name="rules")
            yield Press(self.say("password.save"), name="save")

    @property
    def _is_admin(self) -> bool:
        return self.terminal.session.role is Role.ADMIN

    def on_mount(self) -> None:
        """Fetch the accounts."""
        self._choose(self.terminal.session.account)
        self._tick()
        self.terminal.ask(self.fetch)

    async def fetch(self) -> None:
        """Fetch the accounts that this session may change."""
        answer = await self.terminal.session.call("accounts.list")
        self._accounts = list(answer["accounts"])
        lines: list[Line] = []
        for account in self._accounts:
            word = f"account.{account.get('role', 'user')}"
            due = self.say("password.due") if account.get("password_due") else ""
            if not due and account.get("changed"):
                due = self.say("password.changed", date=clean(str(account["changed"])[:10]))
            lines.append((Span(" " + fit(account["account"], 20)), Span(fit(self.say(word), 14)), Span(due, "wait")))
        listing = self.query_one("#accounts", Listing)
        listing.styles.height = max(1, len(lines))
        listing.show_table([80], lines)
        names = [str(account["account"]) for account in self._accounts]
        if self._account in names:
            # Once the list has the height that its rows need.
            self.call_after_refresh(listing.move, names.index(self._account))

    def _choose(self, account: str) -> None:
        self._account = account
        own = account == self.terminal.session.account
        self.query_one("#whose", Note).say(
            self.say("labelled", label=self.say("password.account"), text=clean(account))
        )
        word = "password.current" if own else "password.current_own"
        self.query_one("#current-label", Note).say(self.say(word))

    def on_listing_moved(self, event: Listing.Moved) -> None:
        """The account under the cursor is the one to change."""
        event.stop()
        self._choose(str(self._accounts[event.row]["account"]))

    def on_listing_chosen(self, event: Listing.Chosen) -> None:
        """Go on to the form."""
        event.stop()
        self._choose(str(self._accounts[event.row]["account"]))
        self.query_one("#current").focus()

    def _values(self) -> tuple[str, str, str]:
        current, new, confirm = (self.query_one(f"#{name}", TextField).value for name, _ in _FIELDS)
        return current, new, confirm

    def _tick(self) -> bool:
        _, new, confirm = self._values()
        return self.query_one(PasswordRules).judge(self.terminal.lang, new, confirm)

    def on_edited(self, event: Edited) -> None:
        """Tick the rules as one types."""
        event.stop()
        self._tick()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter goes on, and from the last field saves."""
        event.stop()
        if event.input.id == "confirm":
            self._save()
        else:
            self.screen.focus_next()

    def on_press_pressed(self, event: Press.Pressed) -> None:
        """Save."""
        event.stop()
        self._save()

    def _save(self) -> None:
        if self._tick():
            self.terminal.ask(self._change)
        else:
            self.terminal.banner(self.say("password.rules"), "wait")

    async def _change(self) -> None:
        current, new, _ = self._values()
        app = self.terminal
        try:
            await app.session.call("password.change", account=self._account, current=current, new=new)
        except CallError as error:
            if error.code != LOGIN_REFUSED:
                raise
            wait = error.data.get("wait_s")
            text = self.say("login.wait", s=f"{float(wait):.0f}") if wait else self.say("password.wrong")
            app.banner(text, "bad")
            self.query_one("#current").focus()
            return
        for name, _ in _FIELDS:
            self.query_one(f"#{name}", TextField).put("")
        self._tick()
        app.banner(self.say("password.saved", account=clean(self._account)), "good")
        await self.fetch()
