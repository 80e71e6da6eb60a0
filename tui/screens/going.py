"""Going somewhere from the main screen: by a name searched for, or by a letter on the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.clean import clean
from tui.keytable import BY_ID
from tui.screens.jump import Jump, Target, targets
from tui.screens.jump import go as land
from tui.screens.palette import Palette, Place, places
from tui.widgets.fields import Press
from tui.words import LANGUAGES

if TYPE_CHECKING:
    from tui.screens.main import MainScreen


_AT_ONCE = ("import", "export")
"""Buttons that only open a dialog, and are pressed where they are found; others wait for Enter."""


def search(screen: MainScreen) -> None:
    """Go to a sub-tab or a setting, or do something, by its name."""
    app = screen.terminal

    def done(place: Place | None) -> None:
        if place is not None:
            screen.run_worker(go(screen, place), group="open", exclusive=True)

    app.push_screen(Palette(places(app.session, app.keymap)), done)


async def go(screen: MainScreen, place: Place) -> None:
    """Do what was found: run an action, or open a sub-tab with a setting or a button in focus."""
    if place.deed:
        action = BY_ID[place.deed].action
        await screen.run_action(f"app.{action}" if place.deed.startswith("app.") else action)
        return
    await screen.open(place.subtab, focus=True)
    pane = screen.pane
    if pane is None or not (place.path or place.press):
        return
    if place.hidden:
        app = screen.terminal
        screen.tell(app.say("palette.hidden_hint", what=place.name(app.lang), when=place.hidden), "wait")
    elif place.path:
        pane.focus_setting(place.path)
    else:
        names = {clean(place.label.text(lang)) for lang in LANGUAGES}
        buttons = [button for button in pane.query(Press) if button.display]
        named = [button for button in buttons if button.label in names]
        for button in (named or [button for button in buttons if button.id in place.press.split("_")])[:1]:
            button.focus()
            if place.press.rpartition("_")[2] in _AT_ONCE:
                button.action_press()


def jump(screen: MainScreen) -> None:
    """Show a letter on everything that can take the focus, and go where one leads."""

    def done(target: Target | None) -> None:
        if target is not None and target.widget.is_attached:
            land(target)

    screen.app.push_screen(Jump(targets(screen)), done)
