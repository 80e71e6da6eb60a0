"""A list with a cursor, for badges, charges, accounts and choices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import BindingType
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from tui.keys import bindings
from tui.widgets.lines import Line, Lines, cut


class Listing(Lines):
    """A list with a header line and a cursor; wider than the screen, it moves sideways by columns.

    The first `fixed` columns stay where they are.
    """

    can_focus = True

    BINDINGS: ClassVar[list[BindingType]] = bindings("listing")

    class Chosen(Message):
        """Enter was pressed on a row."""

        def __init__(self, listing: Listing, row: int) -> None:
            super().__init__()
            self.listing = listing
            self.row = row

        @property
        def control(self) -> Listing:
            """The listing."""
            return self.listing

    class Moved(Message):
        """The cursor came to another row."""

        def __init__(self, listing: Listing, row: int) -> None:
            super().__init__()
            self.listing = listing
            self.row = row

        @property
        def control(self) -> Listing:
            """The listing."""
            return self.listing

    class Beyond(Message):
        """The cursor is to go on past the last row (1), or before the first (-1)."""

        def __init__(self, listing: Listing, direction: int) -> None:
            super().__init__()
            self.listing = listing
            self.direction = direction

        @property
        def control(self) -> Listing:
            """The listing."""
            return self.listing

    class Pointed(Message):
        """The mouse was pressed on a column, of a row or of the header (row -1)."""

        def __init__(self, listing: Listing, row: int, column: int) -> None:
            super().__init__()
            self.listing = listing
            self.row = row
            self.column = column

        @property
        def control(self) -> Listing:
            """The listing."""
            return self.listing

    def __init__(self, *, name: str | None = None, header: int = 1, fixed: int = 0) -> None:
        super().__init__(header=header, name=name)
        self._fixed = fixed
        self.cursor = 0
        self._columns: list[int] = []
        self._first = 0

    @property
    def count(self) -> int:
        """How many rows stand under the header."""
        return max(0, len(self._lines) - self._header)

    def show_table(self, columns: Sequence[int], lines: Sequence[Line]) -> None:
        """Show lines whose columns are `columns` cells wide each (gap included), the header's line first."""
        self._columns = list(columns)
        self.show(lines)
        self.cursor = max(0, min(self.cursor, self.count - 1))

    @property
    def _left(self) -> int:
        return sum(self._columns[self._fixed : self._fixed + self._first])

    def render_line(self, y: int) -> Strip:
        """The cells of one row, shifted sideways; the cursor's row reversed."""
        if y < self._header:
            line = self._lines[y] if y < len(self._lines) else ()
            style = self.rich_style + self.get_component_rich_style("lines--header", partial=True)
            segments = [Segment(span.text, style) for span in line]
        else:
            segments = self._styled(self.line_at(y))
            style = self.rich_style
        width = self.size.width
        kept = sum(self._columns[: self._fixed])
        whole = Strip(segments)
        strip = cut(
            Strip.join([whole.crop(0, kept), whole.crop(kept + self._left)]), width, style, "›" if self._fixed else "…"
        )
        if y >= self._header and y + self.top - self._header == self.cursor and self.count:
            name = "lines--cursor" if self.has_focus else "lines--strong"
            strip = strip.apply_style(self.get_component_rich_style(name, partial=True))
        return self._marked(strip, y)

    def row_y(self, row: int) -> int:
        """The line of the widget on which a row stands; beyond its height where it is out of sight."""
        return row + self._header - self.top

    def _column_at(self, x: int) -> int:
        kept = sum(self._columns[: self._fixed])
        x += self._left if x >= kept else 0
        for at, width in enumerate(self._columns):
            x -= width
            if x < 0:
                return at
        return len(self._columns) - 1

    def move(self, row: int) -> None:
        """Put the cursor on a row and bring it into view."""
        row = max(0, min(row, self.count - 1))
        if row == self.cursor or not self.count:
            return
        old, self.cursor = self.cursor, row
        rows = max(1, self.size.height - self._header)
        if not self.top <= row < self.top + rows:
            # Half a page at a time: on a slow line one big redraw is better than one a key.
            wanted = row - rows + 1 + rows // 2 if row > old else row - rows // 2
            self.top = max(0, min(wanted, self._last_top()))
            self.refresh()
        else:
            self.refresh(Region(0, self.row_y(old), self.size.width, 1), Region(0, self.row_y(row), self.size.width, 1))
        self.post_message(self.Moved(self, row))

    def reveal(self) -> None:
        """Bring the cursor's row into view, as after another list, or another height, came under it."""
        rows = max(1, self.size.height - self._header)
        if not self.top <= self.cursor < self.top + rows:
            self.top = max(0, min(self.cursor - rows // 2, self._last_top()))
            self.refresh()

    def on_focus(self) -> None:
        """Show the cursor as the focus."""
        self.refresh(Region(0, self.row_y(self.cursor), max(1, self.size.width), 1))

    def on_blur(self) -> None:
        """Show the cursor as left behind."""
        self.refresh(Region(0, self.row_y(self.cursor), max(1, self.size.width), 1))

    def action_up(self) -> None:
        """The row above."""
        self._step(-1, 1)

    def action_down(self) -> None:
        """The row below."""
        self._step(1, 1)

    def action_page(self, direction: int) -> None:
        """A page of rows up or down."""
        self._step(direction, max(1, self.size.height - self._header - 1))

    def _step(self, direction: int, rows: int) -> None:
        if self.cursor == (self.count - 1 if direction > 0 else 0):
            self.post_message(self.Beyond(self, direction))
        self.move(self.cursor + direction * rows)

    def action_end(self, last: bool) -> None:
        """The first or the last row."""
        self.move(self.count - 1 if last else 0)

    def action_column(self, direction: int) -> None:
        """One column to the side."""
        beyond = sum(self._columns) - self.size.width
        first = max(0, min(self._first + direction, len(self._columns) - self._fixed - 1))
        if direction > 0 and self._left >= beyond:
            return
        if first != self._first:
            self._first = first
            self.refresh()

    def leftmost(self) -> None:
        """Show the first columns."""
        if self._first:
            self._first = 0
            self.refresh()

    def action_choose(self) -> None:
        """Choose the row under the cursor."""
        if self.count:
            self.post_message(self.Chosen(self, self.cursor))

    def on_click(self, event: events.Click) -> None:
        """Put the cursor under the mouse; a second click chooses."""
        row = event.y - self._header + self.top if event.y >= self._header else -1
        if row >= self.count:
            return
        if row == self.cursor and event.chain > 1:
            self.action_choose()
        elif row >= 0:
            self.move(row)
        if event.chain == 1:
            self.post_message(self.Pointed(self, row, self._column_at(event.x)))
