"""A badge under the hand: the dialog for a new one, and the row of the list that turns into fields (R-174, R-182)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Input

from tui.keys import bindings
from tui.screens.base import QuietDialog
from tui.widgets.bars import Note
from tui.widgets.fields import ChoiceField, Edited, Press, TextField
from tui.widgets.lines import Lines, Span, fit
from tui.words import WORDS, say

TYPES = ("user", "vip", "admin")
COMMENT_LENGTH = 50

Badge = Mapping[str, Any]


def type_name(lang: str, kind: object) -> str:
    """A badge's type in words; as it is where it is none that is known."""
    word = f"badges.{kind}"
    return say(lang, word) if kind in TYPES and word in WORDS else str(kind)


def type_options(lang: str) -> list[tuple[str, str]]:
    """The types to choose from."""
    return [(kind, type_name(lang, kind)) for kind in TYPES]


class BadgeForm(QuietDialog[tuple[str, str, str] | None]):
    """Identifier, type and comment of a badge that is new."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("badge")

    def __init__(self, lang: str) -> None:
        super().__init__()
        self._lang = lang

    def compose(self) -> ComposeResult:
        """The fields."""
        lang = self._lang
        fields = {
            "badges.uid": TextField(max_length=40, name="uid"),
            "badges.type": ChoiceField(type_options(lang), "user", name="type"),
            "badges.comment": TextField(max_length=COMMENT_LENGTH, name="comment"),
        }
        with Vertical(classes="dialog"):
            for word, field in fields.items():
                label = Note(classes="label")
                label.say(say(lang, word))
                yield label
                yield field
            with Horizontal(classes="answers"):
                yield Press(say(lang, "key.save"), name="save")
                yield Press(say(lang, "cancel"), name="cancel")

    def on_mount(self) -> None:
        """Start at the identifier."""
        self.query_one("#uid").focus()

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


class EditRow(Horizontal):
    """A row of the list as fields, in its place: type and comment can be changed, the rest is read (R-182)."""

    DEFAULT_CSS = """
    EditRow { layer: edit; height: 1; background: $background; }
    EditRow #edit_head { height: 1; }
    EditRow #edit_type { height: 1; }
    EditRow #edit_comment { width: 1fr; max-width: 52; height: 1; margin-right: 1; }
    """

    def __init__(self, lang: str, badge: Badge, widths: tuple[int, ...]) -> None:
        super().__init__(id="edit_row")
        self._lang = lang
        self._badge = badge
        self._widths = widths

    @property
    def uid(self) -> str:
        """The badge that is edited."""
        return str(self._badge["uid"])

    @property
    def changes(self) -> dict[str, str]:
        """What is changed."""
        now = {
            "type": self.query_one("#edit_type", ChoiceField).value,
            "comment": self.query_one("#edit_comment", TextField).value,
        }
        return {name: value for name, value in now.items() if value != self._badge.get(name, "")}

    def compose(self) -> ComposeResult:
        """Number and identifier as they stand in the list, then the fields."""
        mark, number, uid, kind, _ = self._widths
        head = Lines(name="edit_head")
        text = " " * mark + fit(self._badge["number"], number - 2, right=True) + "  " + fit(self._badge["uid"], uid)
        head.show([(Span(text, "strong"),)])
        head.styles.width = mark + number + uid
        yield head
        choice = ChoiceField(type_options(self._lang), str(self._badge.get("type", "user")), name="edit_type")
        choice.styles.width = max(kind, max(len(label) for _, label in choice.options) + 3)
        yield choice
        yield TextField(str(self._badge.get("comment", "")), max_length=COMMENT_LENGTH, name="edit_comment")

    def put(self, kind: str, comment: str) -> None:
        """Show values that were typed before, in the other language."""
        self.query_one("#edit_type", ChoiceField).put(kind)
        self.query_one("#edit_comment", TextField).put(comment)

    def on_choice_field_listed(self, event: ChoiceField.Listed) -> None:
        """Enter on the type goes on to the comment."""
        event.stop()
        self.query_one("#edit_comment").focus()
