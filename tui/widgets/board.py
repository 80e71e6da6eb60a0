"""The board: the lines of the status page, in tones for what is drawn on it."""

from __future__ import annotations

from typing import ClassVar

from tui.widgets.lines import Line, Lines, Span


class Board(Lines):
    """The lines of the page, with tones for what is drawn on it."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"lines--blue", "lines--spark", "lines--wave"}

    def line_at(self, y: int) -> Line:
        """The line at a row; with the focus the heading is one bar, for tones turned round are loud."""
        line = super().line_at(y)
        return tuple(Span(span.text) for span in line) if y < self._header and self.has_focus else line
