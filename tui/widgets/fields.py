"""Fields: a text, a choice, a flag and a push button, each drawn without a frame so that it fits one line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input

from tui.clean import clean
from tui.wrapping import wrap

_MORE = Strip([Segment("…")])


class Edited(Message):
    """The text of a field was changed by the person at the keyboard."""

    def __init__(self, field: Field, text: str) -> None:
        super().__init__()
        self.field = field
        self.text = text

    @property
    def control(self) -> Field:
        """The field."""
        return self.field


class TextField(Input):
    """A line of text to type; `secret` shows dots only. What is pasted is cleaned like all else."""

    def __init__(
        self,
        value: str = "",
        *,
        secret: bool = False,
        placeholder: str = "",
        max_length: int = 0,
        restrict: str | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(
            value=clean(value),
            placeholder=clean(placeholder),
            password=secret,
            max_length=max_length,
            restrict=restrict,
            compact=True,
            select_on_focus=False,
            id=name,
        )
        self.cursor_blink = False

    def validate_value(self, value: str) -> str:
        """The value without what could reach the terminal as an order."""
        return clean(value)

    def render_line(self, y: int) -> Strip:
        """The text; `…` where it goes on to the left or to the right."""
        strip = super().render_line(y)
        width, left = self.size.width, int(self.scroll_offset.x)
        if not y and not self.value and strip.cell_length < width:
            return strip.extend_cell_length(width, self.rich_style)  # its line goes on behind the cursor
        if y or not self.value or width < 4:
            return strip
        beyond = cell_len(self._value.plain) - left - width
        if beyond > 0 and not (self.has_focus and self._cursor_offset - left >= width - 1):
            strip = Strip.join([strip.crop(0, width - 1), _MORE, strip.crop(width)])
        if left > 0 and not (self.has_focus and self._cursor_offset <= left):
            strip = Strip.join([_MORE, strip.crop(1)])
        return strip.apply_style(self.rich_style)

    def on_focus(self) -> None:
        """Bring the cursor into view; it may stand at the end of a text that was longer from the start."""
        self.scroll_to_region(Region(self._cursor_offset, 0, 1, 1), force=True, animate=False, immediate=True)

    @property
    def text(self) -> str:
        """The text in the field."""
        return self.value

    def put(self, text: str) -> None:
        """Show a text that nobody typed here; no `Edited` follows."""
        if clean(text) != self.value:
            with self.prevent(Input.Changed):
                self.value = text
                self.cursor_position = len(self.value)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Tell the form."""
        event.stop()
        self.post_message(Edited(self, self.value))


class SecretField(TextField):
    """A text that shows as dots; empty it says whether one is stored, and Backspace or Delete then asks to clear it."""

    class Cleared(Message):
        """What is stored is to be cleared."""

        def __init__(self, field: SecretField) -> None:
            super().__init__()
            self.field = field

    def __init__(self, value: str = "", *, placeholder: str = "", max_length: int = 0) -> None:
        super().__init__(value, secret=True, placeholder=placeholder, max_length=max_length)

    def held(self, text: str) -> None:
        """What the field says while it is empty."""
        self.placeholder = clean(text)

    def action_delete_left(self) -> None:
        """Delete to the left; nothing is there: clear what is stored."""
        if self.value:
            super().action_delete_left()
        else:
            self.post_message(self.Cleared(self))

    def action_delete_right(self) -> None:
        """Delete to the right; nothing is there: clear what is stored."""
        if self.value:
            super().action_delete_right()
        else:
            self.post_message(self.Cleared(self))


class ChoiceField(Widget, can_focus=True):
    """One of a few options; Left and Right step through them, Enter asks for the whole list.

    `options` are (id, label). The widget is as high as its longest label needs in its width.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "step(-1)", show=False, id="choice.previous"),
        Binding("right,space", "step(1)", show=False, id="choice.next"),
        Binding("enter", "list", show=False, id="choice.list"),
    ]

    class Listed(Message):
        """The whole list is asked for."""

        def __init__(self, field: ChoiceField) -> None:
            super().__init__()
            self.field = field

    def __init__(self, options: Sequence[tuple[str, str]], value: str, *, name: str | None = None) -> None:
        super().__init__(id=name)
        self.options = [(name, clean(label)) for name, label in options]
        self.value = value

    @property
    def text(self) -> str:
        """The id of the option chosen."""
        return self.value

    @property
    def label(self) -> str:
        """The label of the option chosen; the value itself where it is none of the options."""
        return next((label for name, label in self.options if name == self.value), clean(self.value))

    def put(self, text: str) -> None:
        """Show an option that nobody chose here; no `Edited` follows."""
        if text != self.value:
            self.value = text
            self.refresh()

    def choose(self, name: str) -> None:
        """Choose an option and tell the form."""
        if name != self.value:
            self.put(name)
            self.post_message(Edited(self, name))

    def render(self) -> Content:
        """The label between marks that tell it from plain text, wrapped to the width."""
        width = max(4, self.size.width)
        return Content("\n".join(choice_lines(self.label, width)))

    def action_step(self, direction: int) -> None:
        """The next or the previous option, round the end."""
        names = [name for name, _ in self.options]
        if not names:
            return
        at = names.index(self.value) if self.value in names else -1 if direction > 0 else 0
        self.choose(names[(at + direction) % len(names)])

    def action_list(self) -> None:
        """Ask for the list."""
        self.post_message(self.Listed(self))

    def on_click(self, event: events.Click) -> None:
        """Ask for the list on a click."""
        event.stop()
        self.focus()
        self.action_list()


def choice_lines(label: str, width: int) -> list[str]:
    """The lines of a choice in a width: `‹label›`, continued below where it is longer."""
    lines = wrap(label, max(2, width - 2)) or [""]
    return [f"{'‹' if at == 0 else ' '}{line}{'›' if at == len(lines) - 1 else ''}" for at, line in enumerate(lines)]


class FlagField(Widget, can_focus=True):
    """On or off, in the words of its setting: `[x] Yes`. Space, Enter, Left and Right turn it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space,enter,left,right", "turn", show=False, id="flag.turn"),
    ]

    def __init__(self, words: tuple[str, str], value: bool, *, name: str | None = None) -> None:
        super().__init__(id=name)
        self.words = (clean(words[0]), clean(words[1]))
        self.value = value

    @property
    def text(self) -> str:
        """`true` or `false`."""
        return "true" if self.value else "false"

    def put(self, text: str) -> None:
        """Show a position that nobody turned it to here; no `Edited` follows."""
        value = text == "true"
        if value != self.value:
            self.value = value
            self.refresh()

    def render(self) -> Content:
        """The box and the word."""
        return Content(f"[{'x' if self.value else ' '}] {self.words[0 if self.value else 1]}")

    def action_turn(self) -> None:
        """Turn it and tell the form."""
        self.value = not self.value
        self.refresh()
        self.post_message(Edited(self, self.text))

    def on_click(self, event: events.Click) -> None:
        """Turn it with the mouse."""
        event.stop()
        self.focus()
        self.action_turn()


class ZoneField(ChoiceField):
    """A time zone: there are too many to step through, so every key opens the list."""

    def __init__(self, value: str, *, name: str | None = None) -> None:
        super().__init__([(value, value)], value, name=name)

    def action_step(self, direction: int) -> None:
        """Open the list."""
        self.action_list()


Field = TextField | ChoiceField | FlagField


class Press(Widget, can_focus=True):
    """A push button one line high: `[ Save ]`."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter,space", "press", show=False, id="press.press")]

    class Pressed(Message):
        """The button was pressed."""

        def __init__(self, button: Press) -> None:
            super().__init__()
            self.button = button

        @property
        def control(self) -> Press:
            """The button."""
            return self.button

    def __init__(self, label: str, *, name: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=name, classes=classes)
        self.label = clean(label)

    def render(self) -> Content:
        """The label in brackets."""
        return Content(f"[ {self.label} ]")

    def get_content_width(self, container: object, viewport: object) -> int:
        """As wide as its label."""
        return cell_len(self.label) + 4

    def rename(self, label: str) -> None:
        """Another label."""
        if clean(label) != self.label:
            self.label = clean(label)
            self.refresh(layout=True)

    def action_press(self) -> None:
        """Press it."""
        self.post_message(self.Pressed(self))

    def on_click(self, event: events.Click) -> None:
        """Press it with the mouse."""
        event.stop()
        self.action_press()
