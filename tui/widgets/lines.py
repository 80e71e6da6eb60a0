"""Lines of text that redraw only what changed: the base of the status page, the lists and the station box."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from tui.clean import clean

TONES = ("strong", "dim", "good", "wait", "bad", "title")


@dataclass(frozen=True, slots=True)
class Span:
    """A run of text in one tone (`strong`, `dim`, `good`, `wait`, `bad`, `title` or none)."""

    text: str
    tone: str = ""


Line = tuple[Span, ...]


def fit(value: object, width: int, right: bool = False) -> str:
    """Text cleaned and made exactly `width` cells wide; what is too long ends in `…`."""
    text = clean(value)
    length = cell_len(text)
    if length > width:
        return set_cell_size(text, max(0, width - 1)) + "…"[:width]
    pad = " " * (width - length)
    return pad + text if right else text + pad


def _cells(line: Line) -> list[tuple[str, str]] | None:
    """The characters of a line with their tones, or None where some character is not one cell wide."""
    text = "".join(span.text for span in line)
    if cell_len(text) != len(text):
        return None
    return [(char, span.tone) for span in line for char in span.text]


def cut(strip: Strip, width: int, style: Style, mark: str = "…") -> Strip:
    """A strip made `width` cells wide; where text is lost it ends in a mark."""
    if strip.cell_length > width > 0 and strip.crop(width).text.strip():
        last = strip.crop(width - 1, width)
        end = Segment(mark, next(iter(last)).style if last else style)
        return Strip([*strip.crop(0, width - 1), end]).adjust_cell_length(width, style)
    return strip.adjust_cell_length(width, style)


class Lines(Widget):
    """A block of lines, scrolled by its own keys, of which only changed cells are sent to the terminal.

    The caller builds each line from `fit`ted text; `header` lines stay at the top.
    """

    DEFAULT_CLASSES = "lines"
    COMPONENT_CLASSES: ClassVar[set[str]] = {"lines--cursor", "lines--header", *(f"lines--{tone}" for tone in TONES)}

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "up", show=False, id="lines.up"),
        Binding("down", "down", show=False, id="lines.down"),
        Binding("pageup,ctrl+b", "page(-1)", show=False, id="lines.page_up"),
        Binding("pagedown,ctrl+f", "page(1)", show=False, id="lines.page_down"),
        Binding("home", "end(False)", show=False, id="lines.home"),
        Binding("end", "end(True)", show=False, id="lines.end"),
    ]

    def __init__(self, *, header: int = 0, name: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=name, classes=classes)
        self._lines: list[Line] = []
        self._header = header
        self.top = 0

    @property
    def lines(self) -> list[Line]:
        """The lines shown, the header's first."""
        return self._lines

    @property
    def text(self) -> str:
        """All lines as plain text."""
        return "\n".join("".join(span.text for span in line).rstrip() for line in self._lines)

    def show(self, lines: Sequence[Line]) -> None:
        """Show lines in place of the ones before; only cells that differ are redrawn."""
        old, self._lines = self._lines, list(lines)
        before = self.top
        self.top = min(self.top, self._last_top())
        if self.top != before or not self.is_attached:
            self.refresh()
            return
        marks = len(old) != len(self._lines)
        regions = []
        for index in range(max(len(old), len(self._lines))):
            y = index if index < self._header else index - self.top
            if index >= self._header and not self._header <= y < max(1, self.size.height):
                continue
            span = self._changed(old, index)
            if span is not None:
                regions.append(Region(span[0], y, span[1] - span[0], 1))
        if marks:
            regions.append(Region(max(0, self.size.width - 1), 0, 1, max(1, self.size.height)))
        if regions:
            self.refresh(*regions)

    def _changed(self, old: list[Line], index: int) -> tuple[int, int] | None:
        """First and last column + 1 that differ on a line, None where nothing does."""
        a = old[index] if index < len(old) else ()
        b = self._lines[index] if index < len(self._lines) else ()
        if a == b:
            return None
        width = max(1, self.size.width)
        cells_a, cells_b = _cells(a), _cells(b)
        if cells_a is None or cells_b is None:
            return 0, width
        length = max(len(cells_a), len(cells_b))
        blank = (" ", "")
        cells_a += [blank] * (length - len(cells_a))
        cells_b += [blank] * (length - len(cells_b))
        columns = [column for column in range(length) if cells_a[column] != cells_b[column]]
        return (columns[0], columns[-1] + 1) if columns else None

    def _last_top(self) -> int:
        return max(0, len(self._lines) - max(1, self.size.height))

    def _styled(self, line: Line) -> list[Segment]:
        base = self.rich_style
        return [
            Segment(span.text, base + self.get_component_rich_style(f"lines--{span.tone}", partial=True))
            if span.tone
            else Segment(span.text, base)
            for span in line
        ]

    def line_at(self, y: int) -> Line:
        """The line drawn at a row of the widget."""
        index = y if y < self._header else y + self.top
        return self._lines[index] if index < len(self._lines) else ()

    def render_line(self, y: int) -> Strip:
        """The cells of one row."""
        strip = cut(Strip(self._styled(self.line_at(y))), self.size.width, self.rich_style)
        if y < self._header and self.has_focus:
            strip = strip.apply_style(self.get_component_rich_style("lines--cursor", partial=True))
        return self._marked(strip, y)

    def _marked(self, strip: Strip, y: int) -> Strip:
        """The strip with an arrow in its last cell where there is more above or below."""
        above = y == self._header and self.top > 0
        below = y == self.size.height - 1 and self.top < self._last_top()
        if not above and not below:
            return strip
        style = self.rich_style + self.get_component_rich_style("lines--dim", partial=True)
        # In ASCII the triangle that points up is the mark of a fault.
        up, down = "^v" if self.app.has_class("-ascii") else "▲▼"
        return Strip([*strip.crop(0, self.size.width - 1), Segment(up if above else down, style)])

    def on_focus(self) -> None:
        """Show the focus on the header."""
        self.refresh(Region(0, 0, max(1, self.size.width), max(1, self._header)))

    def on_blur(self) -> None:
        """Show that the focus has gone."""
        self.refresh(Region(0, 0, max(1, self.size.width), max(1, self._header)))

    def on_resize(self) -> None:
        """Keep the top line in range."""
        self.top = min(self.top, self._last_top())

    def scroll_by(self, rows: int) -> None:
        """Scroll by a number of rows; nothing is sent where nothing moves."""
        top = max(0, min(self.top + rows, self._last_top()))
        if top != self.top:
            self.top = top
            self.refresh()

    def action_up(self) -> None:
        """One row up."""
        self.scroll_by(-1)

    def action_down(self) -> None:
        """One row down."""
        self.scroll_by(1)

    def action_page(self, direction: int) -> None:
        """One page up (-1) or down (1)."""
        self.scroll_by(direction * max(1, self.size.height - self._header - 1))

    def action_end(self, last: bool) -> None:
        """To the first or the last line."""
        self.scroll_by(len(self._lines) if last else -len(self._lines))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll with the wheel."""
        event.stop()
        self.scroll_by(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll with the wheel."""
        event.stop()
        self.scroll_by(-3)
