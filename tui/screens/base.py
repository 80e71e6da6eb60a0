"""What all screens share: a focus that repaints only what it leaves and what it comes to."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from textual.reactive import Reactive
from textual.screen import ModalScreen, Screen
from textual.widget import Widget

if TYPE_CHECKING:
    from tui.app import Terminal

T = TypeVar("T")


class QuietScreen(Screen[T]):
    """A screen that isn't painted again as a whole when the focus moves: 0.7 kB a key instead of 4."""

    focused: Reactive[Widget | None] = Reactive(None, repaint=False)
    AUTO_FOCUS = ""

    @property
    def terminal(self) -> Terminal:
        """The app, by its type."""
        return _terminal(self)


class QuietDialog(ModalScreen[T]):
    """A dialog over a screen, as quiet."""

    focused: Reactive[Widget | None] = Reactive(None, repaint=False)

    @property
    def terminal(self) -> Terminal:
        """The app, by its type."""
        return _terminal(self)


def _terminal(screen: Screen[T]) -> Terminal:
    from tui.app import Terminal

    app = screen.app
    assert isinstance(app, Terminal)
    return app
