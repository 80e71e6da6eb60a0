"""Leaving: what is staged would be lost, so it is asked about before the session or the terminal ends."""

from __future__ import annotations

from collections.abc import Callable

from tui import saving
from tui.screens.base import QuietScreen
from tui.screens.dialogs import Confirm
from tui.screens.staged import Staged


def ask(screen: QuietScreen[None], question: str, answer: str, done: Callable[[], None]) -> None:
    """Do `done` once the loss of what is staged is confirmed, at once where nothing is; the list may be seen first.

    `question` and `answer` are words of `tui.words`; the question takes the number of changes.
    """
    app = screen.terminal
    count = len(app.session.draft.texts)
    if not count:
        done()
        return
    if isinstance(app.screen, Confirm):
        return

    def answered(yes: bool | None) -> None:
        if yes:
            done()
        elif yes is None and not isinstance(app.screen, Staged):
            app.ask(lambda: saving.review(app))

    asked = Confirm(app.say(question, n=count), app.say(answer), app.say("cancel"), other=app.say("staged.look"))
    app.push_screen(asked, answered)
