"""The search: sub-tabs, actions and settings by their names, in either language."""

from __future__ import annotations

import re

from evlink.settings.label import Label
from evlink.settings.registry import actions_of
from tui.lines.console import Console

_MOST = 15


class Jump(Exception):  # noqa: N818  # an answer, not an error
    """The person goes to a sub-tab, and there to a setting where `key` names one."""

    def __init__(self, subtab: str, key: str = "") -> None:
        super().__init__(subtab)
        self.subtab = subtab
        self.key = key


def jump(console: Console, tab: int, subtab: int) -> None:
    """Go to a sub-tab by the numbers of its tab and its own; Jump, or what numbers there are."""
    tabs = console.session.tabs()
    children = console.session.subtabs(tabs[tab - 1].id) if 1 <= tab <= len(tabs) else []
    if not children:
        console.tell("lines.number", n=len(tabs))
    elif not 1 <= subtab <= len(children):
        console.tell("lines.number", n=len(children))
    else:
        raise Jump(children[subtab - 1].id)


def found(console: Console, text: str) -> list[tuple[str, str, str]]:
    """Sub-tab, key (empty for the sub-tab itself) and name of what bears all words of a text in its name."""
    session, words = console.session, text.casefold().split()
    hits: list[tuple[str, str, str]] = []

    def offer(subtab: str, key: str, *names: Label) -> None:
        own = f"{names[-1].en} {names[-1].fr} {key}".casefold()
        everything = f"{names[0].en} {names[0].fr} {own}".casefold()
        if all(_begins(word, everything) for word in words) and any(_begins(word, own) for word in words):
            hits.append((subtab, key, ", ".join(name.text(console.lang) for name in reversed(names))))

    for tab in session.tabs():
        for child in session.subtabs(tab.id):
            offer(child.id, "", child.label)
            for action in actions_of(child.id):
                if action.right(session.role):
                    offer(child.id, "", child.label, action.label)
            for rows in session.draft.of_tab(child.id):
                offer(child.id, rows[0].setting.key, child.label, rows[0].setting.label)
    return hits


def _begins(word: str, text: str) -> bool:
    """Whether some word of a text begins so; the parts of a key are words too."""
    return re.search(rf"(?<![^\W_]){re.escape(word)}", text) is not None


async def search(console: Console, text: str) -> None:
    """List what bears a text in its name and go where the person says; Jump."""
    await console.session.reload()
    hits = found(console, text) if text.strip() else []
    if not hits:
        console.tell("lines.search.none")
        return
    shown = hits[:_MOST]
    if len(hits) == 1:
        raise Jump(*hits[0][:2])
    console.numbered([name for _, _, name in shown])
    if len(hits) > len(shown):
        console.tell("lines.search.more", n=len(hits) - len(shown))
    number = await console.pick(lambda: console.word("lines.search.go"), len(shown))
    if number is not None:
        raise Jump(*shown[number - 1][:2])
