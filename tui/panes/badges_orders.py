"""What is done with badges of the list: adding, another type, deleting; each asks, does and tells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tui.clean import clean
from tui.panes.badges_edit import Badge, BadgeForm, type_options
from tui.screens.dialogs import Confirm, Pick

if TYPE_CHECKING:
    from tui.app import Terminal

PIECE = 20_000  # uids a call


async def add(app: Terminal) -> str:
    """Ask for a badge and add it; the sentence to tell once the list shows it, empty where it was given up."""
    form = await app.push_screen_wait(BadgeForm(app.lang))
    if form is None:
        return ""
    uid, kind, comment = form
    answer = await app.session.call("badges.add", uid=uid, type=kind, comment=comment)
    return app.say("badges.added", uid=clean(answer.get("badge", {}).get("uid", uid)))


async def retype(app: Terminal, uids: Sequence[str], now: str) -> str:
    """Ask for a type and give it to badges; `now` is the one that they have, empty for several."""
    kind = await app.push_screen_wait(Pick(app.say("badges.new_type", n=len(uids)), type_options(app.lang), now))
    if kind is None:
        return ""
    changed = 0
    for at in range(0, len(uids), PIECE):
        answer = await app.session.call("badges.edit", uids=list(uids[at : at + PIECE]), type=kind)
        changed += int(answer["changed"])
    return app.say("badges.changed_some", n=changed)


async def remove(app: Terminal, uids: Sequence[str], selected: bool) -> str:
    """Ask, and delete badges."""
    question = app.say("badges.sure_some", n=len(uids)) if selected else app.say("badges.sure", uid=clean(uids[0]))
    if not await _sure(app, question, app.say("badges.delete")):
        return ""
    removed = 0
    for at in range(0, len(uids), PIECE):
        removed += int((await app.session.call("badges.remove", uids=list(uids[at : at + PIECE])))["removed"])
    return app.say("badges.removed", n=removed)


async def remove_all(app: Terminal) -> str:
    """Ask, and delete every badge, whatever the filter shows."""
    total = int((await app.session.call("badges.list", limit=1))["total"])
    if not total or not await _sure(app, app.say("badges.sure_all", n=total), app.say("badges.delete_all")):
        return ""
    removed = int((await app.session.call("badges.remove", all=True))["removed"])
    return app.say("badges.removed", n=removed)


async def _sure(app: Terminal, question: str, yes: str) -> bool:
    sure: bool = await app.push_screen_wait(Confirm(question, yes, app.say("cancel")))
    return sure


def type_of(badge: Badge | None) -> str:
    """A badge's type; empty where there is none."""
    return "" if badge is None else str(badge["type"])
