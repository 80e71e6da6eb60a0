"""The dialogs: a question, a text to type, a choice from a list, a page to read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Input

from tui.screens.base import QuietDialog
from tui.widgets.bars import Note
from tui.widgets.fields import Edited, Press, TextField
from tui.widgets.lines import Line, Lines, Span, fit
from tui.widgets.listing import Listing


class Confirm(QuietDialog[bool]):
    """A question with two answers; the cautious one has the focus. `lines` are read before it, under a `title`.

    A third answer, `other`, is neither a yes nor a no: it gives None.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "answer(False)", show=False, id="confirm.no"),
        Binding("left,up", "app.focus_previous", show=False, id="confirm.previous"),
        Binding("right,down", "app.focus_next", show=False, id="confirm.next"),
        Binding("pagedown", "page(1)", show=False, id="confirm.page_down"),
        Binding("pageup", "page(-1)", show=False, id="confirm.page_up"),
    ]

    def __init__(
        self, question: str, yes: str, no: str, lines: Sequence[Line] = (), title: str = "", other: str = ""
    ) -> None:
        super().__init__()
        self._title = title
        self._question = question
        self._words = (yes, no)
        self._other = other
        self._lines = list(lines)

    def compose(self) -> ComposeResult:
        """Question, page, answers."""
        with Vertical(classes="dialog wide staged" if self._lines else "dialog"):
            if self._title:
                title = Note(classes="title")
                title.say(self._title)
                yield title
            if self._lines:
                page = Lines(name="page")
                page.can_focus = True
                page.show(self._lines)
                page.styles.height = max(3, min(self.app.size.height - 8, len(self._lines)))
                yield page
            note = Note(name="question")
            note.say(self._question)
            yield note
            with Horizontal(classes="answers"):
                yield Press(self._words[1], name="no")
                if self._other:
                    yield Press(self._other, name="other")
                yield Press(self._words[0], name="yes")

    def on_mount(self) -> None:
        """Start on the answer that changes nothing."""
        self.query_one("#no").focus()

    def on_press_pressed(self, event: Press.Pressed) -> None:
        """Answer."""
        self.dismiss(None if event.button.id == "other" else event.button.id == "yes")

    def action_answer(self, answer: bool) -> None:
        """Answer by a key."""
        self.dismiss(answer)

    def action_page(self, direction: int) -> None:
        """Scroll what is read before the question."""
        for page in self.query(Lines):
            page.action_page(direction)


class Ask(QuietDialog[str | None]):
    """A line to type, with a sentence on what is wanted; None when left with Escape."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "give_up", show=False, id="ask.give_up")]

    def __init__(self, title: str, hint: str = "", value: str = "", max_length: int = 0) -> None:
        super().__init__()
        self._title = title
        self._hint = hint
        self._value = value
        self._max_length = max_length

    def compose(self) -> ComposeResult:
        """Title, field, hint."""
        with Vertical(classes="dialog"):
            title = Note(name="question")
            title.say(self._title)
            yield title
            yield TextField(self._value, max_length=self._max_length, name="answer")
            hint = Note(name="hint")
            hint.say(self._hint)
            yield hint

    def on_mount(self) -> None:
        """Ready to type."""
        self.query_one("#answer").focus()

    def on_edited(self, event: Edited) -> None:
        """Nothing follows the typing here."""
        event.stop()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """The text is the answer."""
        self.dismiss(event.value)

    def action_give_up(self) -> None:
        """No answer."""
        self.dismiss(None)


class Pick(QuietDialog[str | None]):
    """A list of (id, label) to choose from; typing narrows it. None when left with Escape."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "give_up", show=False, id="pick.give_up"),
        Binding("down", "list('down')", show=False, id="pick.down"),
        Binding("up", "list('up')", show=False, id="pick.up"),
        Binding("pagedown", "list('page(1)')", show=False, id="pick.page_down"),
        Binding("pageup", "list('page(-1)')", show=False, id="pick.page_up"),
    ]

    def __init__(self, title: str, options: Sequence[tuple[str, str]], value: str = "", hint: str = "") -> None:
        super().__init__()
        self._title = title
        self._options = list(options)
        self._value = value
        self._hint = hint
        self._shown: list[tuple[str, str]] = []

    def compose(self) -> ComposeResult:
        """Title, search, list."""
        with Vertical(classes="dialog"):
            title = Note(name="question")
            title.say(self._title)
            yield title
            yield TextField(placeholder=self._hint, name="search")
            listing = Listing(header=0, name="options")
            listing.styles.height = min(14, self.app.size.height - 8, max(1, len(self._options)))
            yield listing

    def on_mount(self) -> None:
        """All options, the present one under the cursor."""
        names = [name for name, _ in self._options]
        self._filter("", names.index(self._value) if self._value in names else 0)
        self.query_one("#options" if len(self._options) <= 14 else "#search").focus()
        if len(self._options) <= 14:
            self.query_one("#search").display = False

    def _filter(self, text: str, at: int = 0) -> None:
        wanted = text.casefold().split()
        self._shown = [
            (name, label)
            for name, label in self._options
            if all(word in f"{label} {name}".casefold() for word in wanted)
        ]
        listing = self.query_one(Listing)
        listing.cursor = at
        listing.top = 0
        width = max(20, listing.size.width)
        listing.show_table([width], [(Span(" " + fit(label, width - 1)),) for _, label in self._shown])
        self.call_after_refresh(listing.reveal)
        listing.refresh()

    def on_edited(self, event: Edited) -> None:
        """Narrow the list."""
        event.stop()
        self._filter(event.text)

    def on_input_submitted(self) -> None:
        """Enter in the search takes what the cursor is on."""
        self._take()

    def on_listing_chosen(self) -> None:
        """Take it."""
        self._take()

    def on_resize(self) -> None:
        """Draw the list in the width that it has now."""
        self._filter(self.query_one("#search", TextField).value, self.query_one(Listing).cursor)

    def _take(self) -> None:
        at = self.query_one(Listing).cursor
        if at < len(self._shown):
            self.dismiss(self._shown[at][0])

    def action_list(self, verb: str) -> None:
        """Move in the list while the focus is in the search."""
        listing = self.query_one(Listing)
        match verb:
            case "down":
                listing.action_down()
            case "up":
                listing.action_up()
            case "page(1)":
                listing.action_page(1)
            case _:
                listing.action_page(-1)

    def action_give_up(self) -> None:
        """Nothing chosen."""
        self.dismiss(None)


class Page(QuietDialog[None]):
    """A page to read and scroll: help, about, a whole record."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,f1,ctrl+g,question_mark,enter,f7", "leave", show=False, id="page.leave"),
    ]

    def __init__(self, title: str, lines: Sequence[Line], close: str) -> None:
        super().__init__()
        self._title = title
        self._lines = list(lines)
        self._close = close

    def compose(self) -> ComposeResult:
        """Title, page, how to close."""
        with Vertical(classes="dialog wide"):
            title = Note(name="question")
            title.say(self._title)
            yield title
            page = Lines(name="page")
            page.can_focus = True
            page.show(self._lines)
            page.styles.height = max(1, min(self.app.size.height - 8, len(self._lines)))
            yield page
            hint = Note(name="hint")
            hint.say(self._close)
            yield hint

    def on_mount(self) -> None:
        """Ready to scroll."""
        self.query_one("#page").focus()

    def action_leave(self) -> None:
        """Close it."""
        self.dismiss(None)
