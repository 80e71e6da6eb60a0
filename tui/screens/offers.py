"""The keys that the bottom line offers: those of the open pane, or of the dialog over it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.panes.base import Pane
from tui.screens.jump import Jump
from tui.screens.palette import Palette

if TYPE_CHECKING:
    from tui.screens.main import MainScreen

Offers = list[tuple[str, str]]


def offered_keys(screen: MainScreen) -> Offers:
    """The keys that work now, with what they do."""
    app = screen.terminal
    say, key = app.say, app.key
    match app.screen:
        case Jump():
            return [("a-z", say("key.go")), (key("jump.give_up"), say("key.close"))]
        case Palette():
            move = f"{key('palette.up')} {key('palette.down')}"
            close = (key("palette.give_up"), say("key.close"))
            return [(say("key.name.enter"), say("key.go")), (move, say("key.choose")), close]
        case top if top is screen and screen.pane is not None:
            return pane_keys(screen.pane)
    return [(key("page.leave"), say("key.close")), ("Tab", say("key.next"))]


def pane_keys(pane: Pane) -> Offers:
    """Keys of the main screen with those of a pane among them."""
    app = pane.terminal
    say, key = app.say, app.key
    return [
        (key("main.help"), say("key.help")),
        *([(key("main.save"), say("key.save"))] if pane.settings else []),
        (key("main.palette"), say("key.search")),
        *pane.keys(),
        (key("main.refresh"), say("key.refresh")),
        (key("main.jump"), say("key.jump")),
        (f"1-{len(app.session.tabs())}", say("key.tabs")),
        (" ".join((key("main.previous"), key("main.next"))), say("key.subtabs")),
    ]
