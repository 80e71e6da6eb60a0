"""Bars: one line of items to choose from, for header, tabs and sub-tabs; and the plain lines of the frame."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.binding import BindingType
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tui.clean import clean
from tui.keys import bindings
from tui.widgets.lines import fit
from tui.wrapping import words

_MORE = "‹"
"""Stands at the end of a bar where items are out of sight."""


class Bar(Widget, can_focus=True):
    """Items on one line. Left and Right move, Enter (or Down) goes on; `follow` opens each item it comes to.

    Items are (id, texts), the texts from the longest to the shortest: the first size that fits all is drawn.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"bar--item", "bar--current", "bar--cursor", "bar--lead"}

    BINDINGS: ClassVar[list[BindingType]] = bindings("bar")

    class Opened(Message):
        """An item was chosen; `deep` when the focus should go on into what it opens."""

        def __init__(self, bar: Bar, item: str, deep: bool) -> None:
            super().__init__()
            self.bar = bar
            self.item = item
            self.deep = deep

        @property
        def control(self) -> Bar:
            """The bar."""
            return self.bar

    def __init__(self, *, follow: bool = False, right: bool = False, name: str | None = None) -> None:
        super().__init__(id=name)
        self._items: list[tuple[str, tuple[str, ...]]] = []
        self._lead = ""
        self._follow = follow
        self._right = right
        self.current = ""
        self._at = 0

    def show(self, items: Sequence[tuple[str, Sequence[str]]], current: str = "", lead: str = "") -> None:
        """Show items, one of them current, after a leading text."""
        cleaned = [(name, tuple(clean(text) for text in texts)) for name, texts in items]
        lead = clean(lead)
        if (cleaned, current, lead) == (self._items, self.current, self._lead):
            return
        self._items, self.current, self._lead = cleaned, current, lead
        names = [name for name, _ in cleaned]
        self._at = names.index(current) if current in names else min(self._at, max(0, len(names) - 1))
        self.refresh()

    def _texts(self) -> list[str]:
        room = self._room
        sizes = max((len(texts) for _, texts in self._items), default=0)
        chosen: list[str] = []
        for size in range(sizes):
            chosen = [texts[min(size, len(texts) - 1)] for _, texts in self._items]
            if sum(cell_len(text) + 2 for text in chosen) <= room:
                break
        return chosen

    @property
    def _room(self) -> int:
        lead = cell_len(self._lead)
        # Beside items at the right a long lead gives way, and ends in a mark.
        return max(1, self.size.width - (min(lead, 16) if self._right else lead))

    def _window(self, widths: Sequence[int]) -> tuple[int, int]:
        """First item drawn and the one after the last: all, or as many as fit around the one at hand."""
        if sum(widths) <= self._room:
            return 0, len(widths)
        room = self._room - 2 * len(_MORE)  # a mark at either end
        first = last = min(self._at, len(widths) - 1)
        used = widths[first]
        while True:
            if last + 1 < len(widths) and used + widths[last + 1] <= room:
                last += 1
                used += widths[last]
            elif first > 0 and used + widths[first - 1] <= room:
                first -= 1
                used += widths[first]
            else:
                return first, last + 1

    def _places(self) -> list[tuple[int, int, int]]:
        """Of each item drawn: its index, first column and width."""
        widths = [cell_len(text) + 2 for text in self._texts()]
        first, end = self._window(widths)
        x = self.size.width - sum(widths) if self._right else cell_len(self._lead) + (len(_MORE) if first else 0)
        places = []
        for at in range(first, end):
            places.append((at, max(0, x), widths[at]))
            x += widths[at]
        return places

    def render_line(self, y: int) -> Strip:
        """The line."""
        base = self.rich_style
        item = base + self.get_component_rich_style("bar--item", partial=True)
        current = base + self.get_component_rich_style("bar--current", partial=True)
        cursor = base + self.get_component_rich_style("bar--cursor", partial=True)
        lead = base + self.get_component_rich_style("bar--lead", partial=True)
        texts, places = self._texts(), self._places()
        hidden = bool(places) and places[0][0] > 0
        start = max(0, places[0][1] - (len(_MORE) if hidden else 0)) if places else 0
        segments = [Segment(fit(self._lead, start), lead)]
        if hidden:
            segments.append(Segment(_MORE, item))
        for at, _, _ in places:
            name, text = self._items[at][0], texts[at]
            style = current if name == self.current else item
            if self.has_focus and at == self._at:
                style = cursor
            segments.append(Segment(f" {text} ", style))
        if places and places[-1][0] + 1 < len(texts):
            segments.append(Segment("›", item))
        return Strip(segments).adjust_cell_length(self.size.width, base)

    def on_focus(self) -> None:
        """Show the cursor."""
        self.refresh()

    def on_blur(self) -> None:
        """Hide the cursor."""
        self.refresh()

    def action_move(self, direction: int) -> None:
        """The item beside."""
        if not self._items:
            return
        self._at = (self._at + direction) % len(self._items)
        self.refresh()
        if self._follow:
            self.post_message(self.Opened(self, self._items[self._at][0], False))

    def action_open(self) -> None:
        """Open the item under the cursor."""
        if self._items:
            self.post_message(self.Opened(self, self._items[self._at][0], True))

    def targets(self) -> list[tuple[str, int]]:
        """The items in sight, each with its first column."""
        return [(self._items[at][0], x) for at, x, _ in self._places()]

    def choose(self, item: str) -> None:
        """Take the focus and open an item by its id."""
        names = [name for name, _ in self._items]
        if item in names:
            self._at = names.index(item)
            self.focus()
            self.action_open()

    def on_click(self, event: events.Click) -> None:
        """Open the item under the mouse."""
        event.stop()
        for at, x, width in self._places():
            if x <= event.x < x + width:
                self._at = at
                self.action_open()


class Note(Widget):
    """A line or two of text, wrapped at words; nothing is drawn again while the text stays the same."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"note--key", "note--good", "note--wait", "note--bad"}

    def __init__(self, *, name: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=name, classes=classes)
        self.text = ""
        self.tone = ""

    def say(self, text: str, tone: str = "") -> None:
        """Show a text in a tone (`good`, `wait`, `bad` or none)."""
        text = clean(text)
        if (text, tone) != (self.text, self.tone):
            before = self.rows
            self.text, self.tone = text, tone
            self.refresh(layout=self.styles.is_auto_height and self.rows != before)

    @property
    def rows(self) -> int:
        """How many rows the text takes, one at least."""
        return max(1, len(_wrap(self.text, max(1, self.size.width - 2)))) if self.size.width else 1

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As high as the text needs, where the style sheet lets it grow."""
        return max(1, len(_wrap(self.text, max(1, width - 2))))

    def render_line(self, y: int) -> Strip:
        """One row of the wrapped text; the last one ends in `…` where there is more."""
        width = max(1, self.size.width - 2)
        rows = _wrap(self.text, width)
        row = rows[y] if y < len(rows) else ""
        if y == self.size.height - 1 and len(rows) > self.size.height:
            row = fit(row + " " + rows[y + 1], width).rstrip()
        style = self.rich_style
        if self.tone:
            style += self.get_component_rich_style(f"note--{self.tone}", partial=True)
        return Strip([Segment(" " + row, style)]).adjust_cell_length(self.size.width, self.rich_style)


def _wrap(text: str, width: int) -> list[str]:
    rows: list[str] = []
    row = ""
    for word in words(text):
        if row and cell_len(row) + 1 + cell_len(word) > width:
            rows.append(row)
            row = word
        else:
            row = f"{row} {word}".strip()
    return [*rows, row] if row else rows


class Keys(Widget):
    """The line of keys at the bottom: ` F1 Help  F2 Save`; it never changes with the focus."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"keys--key"}

    def __init__(self, *, name: str | None = None) -> None:
        super().__init__(id=name)
        self._keys: list[tuple[str, str]] = []

    def show(self, keys: Sequence[tuple[str, str]]) -> None:
        """Show (key, meaning) pairs; the last ones fall away where there is no room."""
        if list(keys) != self._keys:
            self._keys = list(keys)
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """The line."""
        style = self.rich_style
        key_style = style + self.get_component_rich_style("keys--key", partial=True)
        segments: list[Segment] = []
        used = 0
        for key, meaning in self._keys:
            width = cell_len(key) + cell_len(meaning) + 3
            if used + width > self.size.width:
                break
            segments += [Segment(f" {key}", key_style), Segment(f" {meaning} ", style)]
            used += width
        return Strip(segments).adjust_cell_length(self.size.width, style)
