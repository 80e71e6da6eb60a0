"""What stands on the bars of the frame: who is logged in, the header's items, the tabs; each in several lengths."""

from __future__ import annotations

from collections.abc import Sequence

from evlink.settings.model import Tab
from tui.clean import clean
from tui.keys import Keymap
from tui.session import Session
from tui.words import LANGUAGES, WORDS, say

Items = list[tuple[str, list[str]]]
"""Of each item its id and its texts, from the longest to the shortest."""


def who(session: Session) -> str:
    """Account and role, the role alone where both are called the same."""
    role, account = say(session.lang, f"account.{session.role.value}"), clean(session.account)
    return account if account.casefold() == role.casefold() else f"{account} ({role})"


def header_items(lang: str, keymap: Keymap, staged: bool = False) -> Items:
    """Save where something is staged, language, about, log out, exit, with their keys."""
    other = say(lang, "language.other")
    save = ("save", "main.save", say(lang, "key.save"), say(lang, "key.save"))
    words = (
        *((save,) if staged else ()),
        ("language", "app.language", other, other[:2].upper()),
        ("about", "main.about", say(lang, "about"), say(lang, "brief.about")),
        ("logout", "main.logout", say(lang, "logout"), say(lang, "brief.logout")),
        ("leave", "app.leave", say(lang, "quit"), say(lang, "quit")),
    )
    items = []
    for item, action, long, short in words:
        key = keymap.shown(action, lang)
        items.append((item, [f"{key} {long}", f"{key} {short}", key]))
    return items


def names(tab: Tab, lang: str) -> list[str]:
    """What a tab is called: its name in the manual, and a short one where it has one."""
    short = WORDS.get(f"short.{tab.id}")
    return [tab.label.text(lang)] + ([short[LANGUAGES.index(lang)]] if short is not None else [])


def tab_items(tabs: Sequence[Tab], lang: str) -> Items:
    """The tabs, with their digits where there is room."""
    items = []
    for at, tab in enumerate(tabs, 1):
        called = names(tab, lang)
        brief = WORDS.get(f"brief.{tab.id}")
        last = brief[LANGUAGES.index(lang)] if brief is not None else called[-1]
        texts = [f"{at} {called[0]}", called[0], f"{at} {called[-1]}", called[-1], f"{at} {last}", last]
        items.append((tab.id, texts))
    return items
