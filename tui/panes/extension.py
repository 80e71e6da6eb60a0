"""The tab of the station's own settings: the form below the state of the Modbus server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textual.app import ComposeResult

from tui.modbus import modbus_texts
from tui.panes.form import FormPane
from tui.widgets.lines import Line, Lines, Span
from tui.wrapping import wrap

_GLYPHS = {"good": "●", "wait": "◐", "bad": "○"}


class ExtensionPane(FormPane):
    """The form with the Modbus server above it; it follows the status document."""

    def compose(self) -> ComposeResult:
        """The server, then the form."""
        yield Lines(name="modbuslines")
        yield from super().compose()

    async def on_mount(self) -> None:
        """Show the server as last heard."""
        self._served(self.terminal.session.snapshot)

    def follow(self, document: Mapping[str, Any]) -> None:
        """A client may have come, written, or been refused."""
        super().follow(document)
        self._served(document)

    def lost(self) -> None:
        """Without the station nothing is known of its server."""
        self._draw([])

    def _served(self, document: Mapping[str, Any]) -> None:
        self._draw(server_lines(self.terminal.lang, document, self._room()))

    def _draw(self, lines: list[Line]) -> None:
        block = self.query_one("#modbuslines", Lines)
        if block.styles.height is None or block.styles.height.value != len(lines):
            block.styles.height = len(lines)
        block.show(lines)


def server_lines(lang: str, document: Mapping[str, Any], width: int) -> list[Line]:
    """The server's lines, wrapped; nothing while it is off, since rows of the form are dear."""
    lines: list[Line] = []
    texts = modbus_texts(lang, document)
    for at, (text, tone) in enumerate(texts):
        if tone == "dim":
            continue
        glyph = _GLYPHS.get(tone, " ") if at == 0 else " "
        for row, part in enumerate(wrap(text, max(20, width - 5)) or [""]):
            lines.append((Span(f"  {glyph if row == 0 else ' '} {part}", tone if row == 0 or tone == "bad" else ""),))
    return lines
