"""What a pane is to the frame around it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from textual.widget import Widget
from textual.widgets import Input

if TYPE_CHECKING:
    from tui.app import Terminal

STAGED = "f-"
"""What the ids of fields begin with whose text the draft keeps."""


class Pane(Widget):
    """The content of one sub-tab. `settings` says whether F2 has anything to do here."""

    settings = False

    def __init__(self, subtab: str) -> None:
        super().__init__()
        self.subtab = subtab

    @property
    def terminal(self) -> Terminal:
        """The app, by its type."""
        from tui.app import Terminal

        app = self.app
        assert isinstance(app, Terminal)
        return app

    def say(self, word: str, /, **data: object) -> str:
        """A text in the language of the screens."""
        return self.terminal.say(word, **data)

    def keys(self) -> list[tuple[str, str]]:
        """Keys of this pane for the bottom line."""
        return []

    def follow(self, document: Mapping[str, Any]) -> None:
        """A new status document came."""

    def lost(self) -> None:
        """The connection to the station is gone."""

    def hold(self) -> dict[str, str]:
        """What was typed here and is not staged, by field, to be kept when the pane is drawn in the other language."""
        return {
            str(field.id): field.value
            for field in self.query(Input)
            if field.id and field.value and not field.id.startswith(STAGED)
        }

    def resume(self, held: Mapping[str, str]) -> None:
        """Take what another pane of this kind held."""
        for name, text in held.items():
            for field in self.query(f"#{name}").results(Input):
                field.value = text

    def refill(self) -> None:
        """The draft changed under the pane."""

    async def fetch(self) -> None:
        """Ask the station for what is shown here, and show it."""

    def focus_first(self, typing: bool = True) -> bool:
        """Give the focus to the first field; False where there is none, or it takes text and `typing` is not wanted."""
        for widget in self.query("*"):
            if widget.can_focus and widget.display and not widget.disabled:
                if isinstance(widget, Input) and not typing:
                    return False
                widget.focus()
                return True
        return False

    def focus_setting(self, key: str) -> None:
        """Give the focus to the field of a setting."""

    def move(self, direction: int) -> None:
        """The field below (1) or above (-1)."""
        if direction > 0:
            self.screen.focus_next()
        else:
            self.screen.focus_previous()
