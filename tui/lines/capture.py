"""Badges by reader: added or deleted as they are presented, until Enter or 30 s after the last (R-179 to R-181)."""

from __future__ import annotations

from tui.clean import clean
from tui.lines.console import Back, Console

_LOOK_S = 0.5
_OUTCOMES = {
    "added": "lines.reader.added",
    "known": "lines.reader.known",
    "removed": "lines.reader.removed",
    "unknown": "lines.reader.unknown",
}


async def capture(console: Console) -> None:
    """Ask whether to add or to delete, and tell each badge as it is read."""
    console.numbered([console.word("lines.reader.add"), console.word("lines.reader.delete")])
    number = await console.pick(lambda: console.word("lines.choice"), 2)
    if number is None:
        raise Back
    call = console.session.call
    state = await call("badges.capture", action="start", mode="add" if number == 1 else "delete")
    console.tell("lines.reader.started")
    told = 0
    while True:
        news = int(state.get("done", 0)) + int(state.get("other", 0)) - told
        told += max(0, news)
        for badge in reversed(list(state.get("badges") or ())[: max(0, news)]):
            outcome = str(badge.get("outcome", ""))
            console.pair(clean(badge["uid"]), console.word(_OUTCOMES.get(outcome, "lines.reader.failed")))
        if not state.get("running"):
            break
        action = "stop" if await console.entered(_LOOK_S) else "status"
        state = await call("badges.capture", action=action)
    console.tell("lines.reader.ended", n=int(state.get("done", 0)))
