"""Maintenance > Report: the station's own report, read here or exported as a file (R-219 to R-223)."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal

from tui import files
from tui.clean import clean
from tui.keys import bindings
from tui.panes.base import Pane
from tui.reports import report_html, report_text
from tui.widgets.bars import Note
from tui.widgets.fields import Press
from tui.widgets.lines import Line, Lines, Span


class ReportPane(Pane):
    """A page to scroll; F5 asks anew. N and P go from section to section."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("report")

    def __init__(self, subtab: str) -> None:
        super().__init__(subtab)
        self._sections: list[int] = []
        self._width = 0

    def compose(self) -> ComposeResult:
        """The page, and the way to a file."""
        yield Lines(name="report")
        with Horizontal(id="buttons"):
            yield Press(self.say("export"), name="export")
            yield Note(name="told")

    def keys(self) -> list[tuple[str, str]]:
        """Keys of the page."""
        key = self.terminal.key
        both = f"{key('report.next')} {key('report.previous')}"
        return [(both, self.say("key.sections")), (key("report.export"), self.say("export"))]

    def on_mount(self) -> None:
        """Ask for the report."""
        self.query_one("#report").can_focus = True
        self.query_one("#told", Note).say(self.say("report.asking"))
        self.call_after_refresh(lambda: self.terminal.ask(self.fetch))

    def on_resize(self) -> None:
        """Columns follow the width."""
        if self._width and self._width != self._room():
            self.terminal.ask(self.fetch)

    def _room(self) -> int:
        return (self.query_one("#report", Lines).size.width or self.app.size.width) - 1

    async def fetch(self) -> None:
        """Ask for the report of now, in the language of the screens."""
        self._width = width = self._room()
        text = await report_text(self.terminal.session, self.terminal.lang, width)
        if not self.query("#told"):  # left meanwhile
            return
        lines = report_lines(text)
        self._sections = [at for at, line in enumerate(lines) if line and line[0].tone == "title"]
        self.query_one("#report", Lines).show(lines)
        self.query_one("#told", Note).say(self.say("report.sections", n=len(self._sections)))

    def action_next(self) -> None:
        """To the next section."""
        page = self.query_one("#report", Lines)
        page.scroll_by(next((at for at in self._sections if at > page.top), len(page.lines)) - page.top)

    def action_previous(self) -> None:
        """To the section before."""
        page = self.query_one("#report", Lines)
        page.scroll_by(next((at for at in reversed(self._sections) if at < page.top), 0) - page.top)

    def action_export(self) -> None:
        """Write the HTML file."""
        self.terminal.ask(self._export)

    def on_press_pressed(self, event: Press.Pressed) -> None:
        """Export."""
        event.stop()
        self.action_export()

    async def _export(self) -> None:
        app = self.terminal
        path = await files.ask_file(app, (".html", ".htm"), "write", "report.html")
        if path is not None:
            self.query_one("#told", Note).say(self.say("report.asking"))
            text = await report_html(app.session)
            data = text.encode()
            files.save(app, path, data, self.say("report.size", n=-(-len(data) // 1024)))
            for told in self.query("#told").results(Note):  # none where the pane was left meanwhile
                told.say(self.say("report.sections", n=len(self._sections)))


def report_lines(text: str) -> list[Line]:
    """The lines of a report as the station wrote them: titles and faults stand out."""
    rows = [clean(row) for row in text.split("\n")]
    lines: list[Line] = []
    for at, row in enumerate(rows):
        under = rows[at + 1] if at + 1 < len(rows) else ""
        if under and set(under) == {"="}:
            lines.append((Span(row, "title"),))
        elif row and (set(row) == {"="} or set(row) <= {"-", " "}):
            lines.append((Span(row, "dim"),))
        elif under and set(under) <= {"-", " "}:
            lines.append((Span(row, "strong"),))
        elif row.startswith("Evt #") and "  KO" in row:
            lines.append((Span(row, "bad"),))
        else:
            lines.append((Span(row),))
    while lines and not lines[-1][0].text:
        lines.pop()
    return lines
