"""What the pages of a sub-tab have in common: a console, a name, help on what the page is for."""

from __future__ import annotations

from collections.abc import Sequence

from tui.lines import explain
from tui.lines.console import Console
from tui.lines.form import title_of


class SubTabPage:
    """The part of `tui.lines.page.Page` that a sub-tab's name answers."""

    subtab = ""

    def __init__(self, console: Console) -> None:
        self.console = console

    @property
    def title(self) -> str:
        """The sub-tab's name."""
        return title_of(self.console, self.subtab)

    @property
    def letters(self) -> Sequence[tuple[str, str]]:
        """None of its own: numbers say it all."""
        return []

    def explain(self, number: int | None) -> None:
        """What the page is for."""
        explain.subtab(self.console, self.subtab)
