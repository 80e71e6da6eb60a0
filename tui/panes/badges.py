"""Authentication: the badges of the station, in pages (R-172 to R-187)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Input

from tui.clean import clean
from tui.panes.base import Pane
from tui.screens.base import QuietDialog
from tui.screens.dialogs import Confirm
from tui.widgets.bars import Note
from tui.widgets.fields import ChoiceField, Edited, Press, TextField
from tui.widgets.lines import Line, Span, fit
from tui.widgets.listing import Listing
from tui.words import WORDS, say

PAGE = 50
TYPES = ("user", "vip", "admin")
_WIDTHS = (6, 22, 13, 52)

Badge = Mapping[str, Any]


class BadgeForm(QuietDialog[tuple[str, str, str] | None]):
    """Identifier, type and comment of a badge; of one that exists already the identifier is fixed (R-174)."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "give_up", show=False, id="badge.give_up"),
        Binding("down", "app.focus_next", show=False, id="badge.down"),
        Binding("up", "app.focus_previous", show=False, id="badge.up"),
    ]

    def __init__(self, lang: str, badge: Badge | None) -> None:
        super().__init__()
        self._lang = lang
        self._badge = badge

    def compose(self) -> ComposeResult:
        """The fields."""
        lang, badge = self._lang, self._badge or {}
        with Vertical(classes="dialog"):
            for word in ("badges.uid", "badges.type", "badges.comment"):
                label = Note(classes="label")
                label.say(say(lang, word))
                yield label
                if word == "badges.uid":
                    field = TextField(str(badge.get("uid", "")), max_length=40, name="uid")
                    field.disabled = self._badge is not None
                    yield field
                elif word == "badges.type":
                    options = [(name, say(lang, f"badges.{name}")) for name in TYPES]
                    yield ChoiceField(options, str(badge.get("type", "user")), name="type")
                else:
                    yield TextField(str(badge.get("comment", "")), max_length=50, name="comment")
            with Horizontal(classes="answers"):
                yield Press(say(lang, "key.save"), name="save")
                yield Press(say(lang, "cancel"), name="cancel")

    def on_mount(self) -> None:
        """Start at what can be typed."""
        self.query_one("#uid" if self._badge is None else "#type").focus()

    def on_edited(self, event: Edited) -> None:
        """Nothing follows the typing here."""
        event.stop()

    def on_choice_field_listed(self, event: ChoiceField.Listed) -> None:
        """Three types need no list."""
        event.field.action_step(1)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter in the comment saves."""
        if event.input.id == "uid":
            self.focus_next()
        else:
            self._save()

    def on_press_pressed(self, event: Press.Pressed) -> None:
        """Save or leave."""
        if event.button.id == "save":
            self._save()
        else:
            self.dismiss(None)

    def _save(self) -> None:
        uid = self.query_one("#uid", TextField).value.strip()
        if not uid:
            self.query_one("#uid").focus()
            return
        self.dismiss((uid, self.query_one("#type", ChoiceField).value, self.query_one("#comment", TextField).value))

    def action_give_up(self) -> None:
        """Change nothing."""
        self.dismiss(None)


class BadgesPane(Pane):
    """The list and its buttons."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("delete", "delete", show=False, id="badges.delete"),
        Binding("insert", "add", show=False, id="badges.add"),
    ]

    def __init__(self, subtab: str) -> None:
        super().__init__(subtab)
        self._badges: list[Badge] = []
        self._page = 0
        self._total = 0

    def compose(self) -> ComposeResult:
        """List and buttons."""
        yield Listing(name="badges")
        with Horizontal(id="buttons"):
            yield Press(self.say("badges.add"), name="add")
            yield Press(self.say("badges.edit"), name="edit")
            yield Press(self.say("badges.delete"), name="delete")
            yield Press(self.say("badges.delete_all"), name="delete_all")
        with Horizontal(id="pages"):
            yield Note(name="count")
            yield Press(self.say("badges.previous"), name="previous")
            yield Press(self.say("badges.next"), name="next")

    def keys(self) -> list[tuple[str, str]]:
        """Keys of the list."""
        return [
            (self.say("key.name.enter"), self.say("badges.edit")),
            (self.say("key.name.insert"), self.say("badges.add")),
            (self.say("key.name.delete"), self.say("badges.delete")),
        ]

    def on_mount(self) -> None:
        """Fetch the first page."""
        self.terminal.ask(self.fetch)

    async def fetch(self) -> None:
        """Fetch the page and show it."""
        call = self.terminal.session.call
        answer = await call("badges.list", offset=self._page * PAGE, limit=PAGE)
        self._total = int(answer["total"])
        pages = max(1, -(-self._total // PAGE))
        if self._page >= pages:
            self._page = pages - 1
            answer = await call("badges.list", offset=self._page * PAGE, limit=PAGE)
        self._badges = list(answer["badges"])
        self.query_one(Listing).show_table(_WIDTHS, badge_lines(self.terminal.lang, self._badges))
        self.query_one("#previous").display = self.query_one("#next").display = pages > 1
        count = self.query_one("#count", Note)
        if self._total:
            count.say(self.say("badges.page", page=self._page + 1, pages=pages, n=self._total))
        else:
            count.say(self.say("badges.none"))

    def _present(self) -> Badge | None:
        at = self.query_one(Listing).cursor
        return self._badges[at] if at < len(self._badges) else None

    def on_listing_chosen(self, event: Listing.Chosen) -> None:
        """Enter edits."""
        event.stop()
        self.terminal.ask(self._edit)

    def on_press_pressed(self, event: Press.Pressed) -> None:
        """Do what the button says."""
        event.stop()
        work = {
            "add": self._add,
            "edit": self._edit,
            "delete": self._delete,
            "delete_all": self._delete_all,
            "previous": lambda: self._turn(-1),
            "next": lambda: self._turn(1),
        }
        self.terminal.ask(work[str(event.button.id)])

    def action_add(self) -> None:
        """Add a badge by typing."""
        self.terminal.ask(self._add)

    def action_delete(self) -> None:
        """Delete the badge under the cursor."""
        self.terminal.ask(self._delete)

    async def _turn(self, direction: int) -> None:
        pages = max(1, -(-self._total // PAGE))
        self._page = (self._page + direction) % pages
        await self.fetch()

    async def _add(self) -> None:
        app = self.terminal
        form = await app.push_screen_wait(BadgeForm(app.lang, None))
        if form is not None:
            uid, kind, comment = form
            answer = await app.session.call("badges.add", uid=uid, type=kind, comment=comment)
            await self.fetch()
            added = answer.get("badge", {}).get("uid", uid)
            app.banner(self.say("badges.added", uid=clean(added)), "good")

    async def _edit(self) -> None:
        app, badge = self.terminal, self._present()
        if badge is None:
            return
        form = await app.push_screen_wait(BadgeForm(app.lang, badge))
        if form is not None:
            uid, kind, comment = form
            await app.session.call("badges.edit", uids=[badge["uid"]], type=kind, comment=comment)
            await self.fetch()
            app.banner(self.say("badges.changed", uid=clean(uid)), "good")

    async def _delete(self) -> None:
        app, badge = self.terminal, self._present()
        if badge is None:
            return
        question = self.say("badges.sure", uid=clean(badge["uid"]))
        if await app.push_screen_wait(Confirm(question, self.say("badges.delete"), self.say("cancel"))):
            answer = await app.session.call("badges.remove", uids=[badge["uid"]])
            await self.fetch()
            app.banner(self.say("badges.removed", n=answer["removed"]), "good")

    async def _delete_all(self) -> None:
        app = self.terminal
        if not self._total:
            return
        question = Confirm(
            self.say("badges.sure_all", n=self._total), self.say("badges.delete_all"), self.say("cancel")
        )
        if await app.push_screen_wait(question):
            answer = await app.session.call("badges.remove", all=True)
            await self.fetch()
            app.banner(self.say("badges.removed", n=answer["removed"]), "good")


def badge_lines(lang: str, badges: list[Badge]) -> list[Line]:
    """The lines of the list, the heading first."""
    heads = ["badges.number", "badges.uid", "badges.type", "badges.comment"]
    rows = [[say(lang, word) for word in heads]]
    for badge in badges:
        word = f"badges.{badge.get('type', '')}"
        kind = say(lang, word) if word in WORDS else str(badge.get("type", ""))
        rows.append([str(badge.get("number", "")), str(badge.get("uid", "")), kind, str(badge.get("comment", ""))])
    return [
        (
            Span(fit(row[0], _WIDTHS[0] - 2, right=True) + "  "),
            *(Span(fit(text, width - 1) + " ") for text, width in zip(row[1:], _WIDTHS[1:], strict=True)),
        )
        for row in rows
    ]
