"""Saving what is staged: the sentence of the banner before, the call, and the sentences after (R-042, R-043)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from evlink.client import CallError
from evlink.settings.label import Label
from evlink.settings.registry import find
from tui.clean import clean
from tui.session import BAD_VALUE, CONFLICT, Session
from tui.words import say

if TYPE_CHECKING:
    from tui.app import Terminal


def label_of(path: str, lang: str) -> str:
    """The name of a setting as its form has it, with the outlet where there is one an outlet."""
    found = find(path)
    if found is None:
        return clean(path)
    label = found.setting.label.text(lang)
    return label if found.outlet is None else f"{label}, {say(lang, 'outlet', n=found.outlet)}"


_KEY = re.compile(r"\b[a-z_]+(?:\.[a-z0-9_]+)+\b")


def spoken(text: str, lang: str) -> str:
    """A sentence of the station with each key in it as the name on its form."""

    def name(match: re.Match[str]) -> str:
        return match[0] if find(match[0]) is None else f"« {label_of(match[0], lang)} »"

    def quoted(match: re.Match[str]) -> str:
        return name(match) if lang == "fr" else name(match).replace("« ", "“").replace(" »", "”")

    return clean(_KEY.sub(quoted, text))


def staged_sentence(session: Session, subtab: str, key: str) -> str:
    """What the banner says of the staged changes, with the key that saves them; empty where there is none."""
    draft, lang = session.draft, session.lang
    number = len(draft.texts)
    if not number:
        return ""
    count = say(lang, "banner.staged", n=number)
    text = say(lang, "banner.restart" if draft.restart else "banner.save", count=count, key=key)
    elsewhere = dict.fromkeys(
        draft.rows[path].setting.tab.label.text(lang)
        for path in draft.touched
        if path in draft.rows and draft.rows[path].setting.tab.id != subtab
    )
    return text + (say(lang, "banner.elsewhere", tabs=", ".join(elsewhere)) if elsewhere else "")


def _named(paths: list[str], lang: str) -> str:
    names = [label_of(path, lang) for path in paths[:2]]
    return ", ".join(names) + (say(lang, "banner.more", n=len(paths) - 2) if len(paths) > 2 else "")


def refusal(error: CallError, lang: str) -> str:
    """Why the station refuses, in the language of the screens as far as it says it there; keys by their names."""
    problems = error.data.get("problems") or ()
    texts = [str(problem.get(lang) or problem.get("en") or "") for problem in problems]
    if not any(texts):
        texts = [str(error.data.get("fr") or error.message) if lang == "fr" else error.message]
    more = say(lang, "banner.more", n=len(texts) - 1) if len(texts) > 1 else ""
    return spoken(texts[0], lang) + more


def notices(answer: Mapping[str, Any], lang: str) -> list[str]:
    """What the station remarks on changes that it applied, in the language of the screens; keys by their names."""
    told = answer.get("notices") or ()
    french = answer.get("notices_fr") or told
    return [spoken(str(notice), lang) for notice in (french if lang == "fr" else told)]


async def save(app: Terminal) -> None:
    """Apply all staged changes or none. Problems go to their fields and the first one into the banner.

    What needs a restart, or was changed elsewhere meanwhile, is listed and asked about first (R-042).
    """
    from tui.screens.staged import SAVE, Staged  # here: line menus name settings without the screens

    draft = app.session.draft
    if not draft.texts:
        app.banner(app.say("banner.nothing"))
        return
    if not _fit(app):
        return
    if not draft.changes():
        app.banner(app.say("banner.nothing"))
    elif (not draft.restart and not draft.moved) or (
        await app.push_screen_wait(Staged(asking=True)) == SAVE and _fit(app)
    ):
        await apply(app)
    else:
        app.refill()


async def review(app: Terminal) -> None:
    """List what is staged: each change can be undone there, gone to, or all saved."""
    from tui.screens.staged import SAVE, Staged  # here: line menus name settings without the screens

    if not app.session.draft.texts:
        app.banner(app.say("banner.nothing"))
        return
    answer = await app.push_screen_wait(Staged(asking=False))
    app.refill()
    if answer == SAVE:
        if _fit(app):
            await apply(app)
    elif answer:
        await _go(app, answer)
    else:
        app.tell_staged()


async def _go(app: Terminal, path: str) -> None:
    """Open the sub-tab of a setting, the focus on its field."""
    from tui.screens.main import MainScreen

    found, screen = find(path), app.screen
    if found is not None and isinstance(screen, MainScreen):
        await screen.open(found.setting.tab.id, focus=True)
        app.show_setting(path)


def _fit(app: Terminal) -> bool:
    """Whether the staged changes may be sent; else the problems are shown."""
    draft = app.session.draft
    for problem in draft.refused(app.session.role):
        draft.problems.setdefault(problem.key, problem.allowed)
    if draft.problems:
        _tell_problems(app)
    return not draft.problems


async def apply(app: Terminal) -> None:
    """Send the staged changes; restart the station where they need it; say what came of it."""
    draft, lang = app.session.draft, app.lang
    changes, restart = draft.changes(), draft.restart
    try:
        answer = await app.session.call("settings.apply", changes=changes, base=draft.version)
    except CallError as error:
        await _refused(app, error)
        return
    for path in changes:
        draft.drop(path)
    await app.session.reload()
    changed = [str(item["key"]) for item in answer.get("changed", ())] or list(changes)
    what = _named(changed, lang)
    needs = bool(answer.get("restart"))
    if needs and restart:
        await app.session.restart("restart")
    text = app.say("banner.restarting" if needs and restart else "banner.saved", what=what)
    app.refill()
    app.banner(" ".join([text, *notices(answer, lang)]), "good")


async def _refused(app: Terminal, error: CallError) -> None:
    """Show a refusal where it belongs: at the field, or as a conflict with the value that is there now."""
    draft, lang = app.session.draft, app.lang
    path = str(error.data.get("key", ""))
    if error.code == CONFLICT:
        await app.session.reload()
        app.refill()
        value = draft.original_shown(path, lang) if path in draft.rows else ""
        app.banner(app.say("banner.conflict", what=label_of(path, lang), value=value), "bad")
        return
    problems = {str(p.get("key")): Label(str(p.get("en")), str(p.get("fr"))) for p in error.data.get("problems", ())}
    if error.code == BAD_VALUE and path in draft.rows:
        draft.problems.update({key: label for key, label in problems.items() if key in draft.rows})
    app.refill()
    app.show_setting(path)
    app.banner(app.say("banner.problems", why=refusal(error, lang)), "bad")


def _tell_problems(app: Terminal) -> None:
    draft, lang = app.session.draft, app.lang
    path = next(iter(draft.problems))
    why = spoken(draft.problems[path].text(lang), lang)
    reason = app.say("labelled", label=label_of(path, lang), text=why)
    more = len(draft.problems) - 1
    app.refill()
    app.show_setting(path)
    app.banner(app.say("banner.problems", why=reason) + (app.say("banner.more", n=more) if more else ""), "bad")
