"""Jumping: a letter or two on everything that can take the focus; typed, they lead there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_lowercase
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.errors import NoWidget
from textual.events import Key
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input

from tui.keys import bindings
from tui.screens.base import QuietDialog
from tui.widgets.bars import Bar


@dataclass(frozen=True, slots=True)
class Target:
    """A place on the screen to jump to: a widget, or an item of a bar. `letters` are drawn from column `x`."""

    widget: Widget
    x: int
    y: int
    item: str = ""


def targets(screen: Screen[None]) -> list[Target]:
    """All that can take the focus and is in sight: fields first, then tabs, then the header, which has keys anyway."""
    found: list[Target] = []
    bars: list[Target] = []
    for widget in screen.query("*"):
        if not (widget.can_focus and widget.display and widget.is_attached) or widget.disabled:
            continue
        region = widget.region
        try:
            seen = screen.find_widget(widget).visible_region
        except NoWidget:
            continue
        if not seen or seen.y > region.y:
            continue
        if isinstance(widget, Bar):
            here = [Target(widget, region.x + x, region.y, item) for item, x in widget.targets()]
            bars = here + bars if widget.id == "subtabs" else bars + here
        else:
            found.append(Target(widget, max(0, region.x - 1), region.y))
    found.sort(key=lambda target: (target.y, target.x))
    bars.sort(key=lambda target: (target.widget.id == "header", -target.y, target.x))
    return found + bars


def codes(number: int, letters: str = ascii_lowercase) -> list[str]:
    """As many codes of one or two letters, the short ones first; none is the beginning of another."""
    size = len(letters)
    heads = 0
    while size - heads + heads * size < number and heads < size:
        heads += 1
    short = list(letters[: size - heads])
    return (short + [head + tail for head in letters[size - heads :] for tail in letters])[:number]


class _Letters(Widget):
    """The code of one target."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"jump--code"}

    def __init__(self, code: str, x: int, y: int) -> None:
        super().__init__()
        self.code = code
        self.styles.position = "absolute"
        self.styles.offset = (x, y)
        self.styles.width = cell_len(code)
        self.styles.height = 1

    def render_line(self, y: int) -> Strip:
        """The letters."""
        style = self.rich_style + self.get_component_rich_style("jump--code", partial=True)
        return Strip([Segment(self.code, style)]).adjust_cell_length(self.size.width, style)


class Jump(QuietDialog[Target | None]):
    """The codes over the screen below; a key that begins none ends it."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("jump")

    def __init__(self, places: Sequence[Target]) -> None:
        super().__init__(classes="jump")
        self._places = dict(zip(codes(len(places)), places, strict=False))
        self._typed = ""

    def compose(self) -> ComposeResult:
        """One code a target, kept on the screen."""
        width = self.app.size.width
        for code, place in self._places.items():
            long = len(code) - 1
            yield _Letters(code, max(0, min(place.x - (0 if place.item else long), width - len(code))), place.y)

    def on_key(self, event: Key) -> None:
        """A letter of a code; Escape has its binding, all else ends it."""
        if event.key == "escape":
            return
        event.stop()
        self._typed += (event.character or "").lower()
        if self._typed in self._places:
            self.dismiss(self._places[self._typed])
        elif not self._typed or not any(code.startswith(self._typed) for code in self._places):
            self.dismiss(None)

    def action_give_up(self) -> None:
        """Stay."""
        self.dismiss(None)


def go(target: Target) -> None:
    """Give a target the focus, or open it where it is an item of a bar; a text is ready to be typed over."""
    if isinstance(target.widget, Bar) and target.item:
        target.widget.choose(target.item)
        return
    target.widget.focus()
    if isinstance(target.widget, Input):
        target.widget.action_end()
