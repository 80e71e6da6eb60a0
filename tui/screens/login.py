"""Login with the choice of language, and the screen that replaces a factory password before anything else."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input

from evlink.client import CallError, Disconnected
from tui.screens.base import QuietScreen
from tui.screens.dialogs import Page
from tui.screens.help import paragraph
from tui.session import LOGIN_REFUSED
from tui.widgets.bars import Keys, Note
from tui.widgets.fields import ChoiceField, Edited, Press, TextField
from tui.widgets.lines import Lines, Span
from tui.widgets.rules import PasswordRules

_NAMES = (("en", "English"), ("fr", "Français"))


class _Form(QuietScreen[None]):
    """A short form on a screen of its own: titled lines and fields, with a sentence below and `help` behind F1."""

    help = ""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "app.focus_next", show=False, id="login.down"),
        Binding("up", "app.focus_previous", show=False, id="login.up"),
        Binding("f1,ctrl+g", "help", show=False, id="login.help"),
    ]

    @property
    def known(self) -> dict[str, str]:
        """The keys that the texts of the form name."""
        key = self.terminal.key
        return {"help": key("login.help"), "language": key("app.language"), "leave": key("app.leave")}

    def action_help(self) -> None:
        """What to do here."""
        app = self.terminal
        lines = paragraph(app.say(self.help, **self.known), width=app.page_width)
        app.push_screen(Page(app.say("key.help"), lines, app.close_hint))

    def tell(self, text: str, tone: str = "") -> None:
        """Show a sentence under the form."""
        self.query_one("#told", Note).say(text, tone)

    async def reword(self) -> None:
        """Draw the form again in the language of the screens."""
        held = {field.id: field.value for field in self.query(TextField)}
        focused = self.focused.id if self.focused is not None else None
        await self.recompose()
        for field in self.query(TextField):
            field.put(held.get(field.id, ""))
        if focused is not None:
            self.query_one(f"#{focused}").focus()


def _title(*rows: str) -> Lines:
    lines = Lines(classes="title")
    lines.show([(Span(" " + row, "strong" if at == 0 else ""),) for at, row in enumerate(rows)])
    lines.styles.height = len(rows)
    return lines


def _label(text: str) -> Note:
    note = Note(classes="label")
    note.say(text)
    return note


class LoginScreen(_Form):
    """Account and password (R-022); `again` is the word that says why one has to log in once more."""

    help = "login.help"

    def __init__(self, again: str = "") -> None:
        super().__init__()
        self._again = again

    def compose(self) -> ComposeResult:
        """The form."""
        app = self.terminal
        with Vertical(id="form"):
            yield _title(f"evlink  {app.say('login.title')}", app.session.station or "")
            yield _label(app.say("login.language"))
            yield ChoiceField(_NAMES, app.lang, name="language")
            yield _label(app.say("login.account"))
            yield TextField(app.session.account, max_length=64, name="account")
            yield _label(app.say("login.password"))
            yield TextField(secret=True, max_length=256, name="password")
            yield Press(app.say("login.button"), name="login")
            yield Note(name="told")
        yield Note(name="hint")

    def on_mount(self) -> None:
        """Start where there is something to type."""
        self._hint()
        self.query_one("#password" if self.terminal.session.account else "#account").focus()

    def _hint(self) -> None:
        self.query_one("#hint", Note).say(self.terminal.say("login.hint", **self.known))
        if self._again:
            self.tell(self.terminal.say(self._again), "wait")

    async def reword(self) -> None:
        """Draw the form again in the language of the screens."""
        await super().reword()
        self._hint()

    async def on_edited(self, event: Edited) -> None:
        """Turn the language at once."""
        if isinstance(event.field, ChoiceField):
            self.terminal.session.lang = event.text
            await self.reword()

    def on_choice_field_listed(self, event: ChoiceField.Listed) -> None:
        """Two languages need no list: Enter takes the other one."""
        event.field.action_step(1)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter goes on to the password, and from there in."""
        if event.input.id == "account" and not self.query_one("#password", TextField).value:
            self.query_one("#password").focus()
        else:
            self._submit()

    def on_press_pressed(self) -> None:
        """Log in."""
        self._submit()

    def _submit(self) -> None:
        # On the app: a worker of this screen would end with it, in the middle of opening the next.
        self.terminal.run_worker(self._login(), group="login", exclusive=True)

    async def _login(self) -> None:
        app = self.terminal
        account = self.query_one("#account", TextField).value.strip()
        field = self.query_one("#password", TextField)
        if not account or not field.value:
            self.tell(app.say("login.empty"), "wait")
            return
        try:
            await app.session.login(account, field.value)
        except CallError as error:
            field.put("")
            field.focus()
            wait = error.data.get("wait_s")
            if error.code == LOGIN_REFUSED and wait:
                self.tell(app.say("login.wait", s=f"{float(wait):.0f}"), "bad")
            elif error.code == LOGIN_REFUSED:
                self.tell(app.say("login.refused"), "bad")
            else:
                self.tell(error.message, "bad")
            return
        except Disconnected as error:
            self.tell(app.say("offline", why=error), "bad")
            app.lost()
            return
        if app.session.password_due:
            app.due_password = field.value
        await app.enter()


class DueScreen(_Form):
    """A new password in place of a factory one (R-028, R-030); nothing else is open until it is set."""

    help = "due.help"

    def compose(self) -> ComposeResult:
        """The form."""
        app = self.terminal
        with Vertical(id="form"):
            yield _title(app.say("due.title"), app.session.account)
            why = Note(name="why")
            why.say(app.say("due.why"))
            yield why
            yield _label(app.say("password.new"))
            yield TextField(secret=True, max_length=256, name="new")
            yield _label(app.say("password.confirm"))
            yield TextField(secret=True, max_length=256, name="confirm")
            yield PasswordRules(name="rules")
            yield Press(app.say("password.save"), name="save")
            yield Note(name="told")
        yield Keys(name="keys")

    def on_mount(self) -> None:
        """Show the rules, none met."""
        self._tick()
        self._offer()
        self.query_one("#new").focus()

    async def reword(self) -> None:
        """Draw the form again in the language of the screens."""
        await super().reword()
        self._tick()
        self._offer()

    def _offer(self) -> None:
        say, known = self.terminal.say, self.known
        self.query_one(Keys).show(
            [
                (known["help"], say("key.help")),
                ("Tab", say("key.next")),
                (say("key.name.enter"), say("key.save")),
                (known["language"], say("language.other")),
                (known["leave"], say("quit")),
            ]
        )

    def _tick(self) -> bool:
        rules = self.query_one(PasswordRules)
        new, confirm = self.query_one("#new", TextField).value, self.query_one("#confirm", TextField).value
        return rules.judge(self.terminal.lang, new, confirm)

    def on_edited(self) -> None:
        """Tick the rules as one types; what was told before is over."""
        self._tick()
        self.query_one("#told", Note).say("")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter goes on."""
        if event.input.id == "new":
            self.query_one("#confirm").focus()
        else:
            self._submit()

    def on_press_pressed(self) -> None:
        """Save the password."""
        self._submit()

    def _submit(self) -> None:
        if not self._tick():
            self.tell(self.terminal.say("password.rules"), "wait")
            return
        self.terminal.run_worker(self._save(), group="login", exclusive=True)

    async def _save(self) -> None:
        app = self.terminal
        new = self.query_one("#new", TextField).value
        try:
            await app.session.call("password.change", account=app.session.account, current=app.due_password, new=new)
            await app.session.login(app.session.account, new)
        except CallError as error:
            self.tell(error.message, "bad")
            return
        except Disconnected as error:
            self.tell(app.say("offline", why=error), "bad")
            app.lost()
            return
        app.due_password = ""
        await app.enter()
