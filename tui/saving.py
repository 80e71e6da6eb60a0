"""Saving what is staged: the sentence of the banner before, the call, and the sentences after (R-042, R-043)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evlink.client import CallError
from evlink.settings.label import Label
from evlink.settings.registry import find
from tui.clean import clean
from tui.screens.dialogs import Confirm
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


def staged_sentence(session: Session, subtab: str) -> str:
    """What the banner says of the staged changes; empty where there is none."""
    draft, lang = session.draft, session.lang
    number = len(draft.texts)
    if not number:
        return ""
    count = say(lang, "banner.staged", n=number)
    text = say(lang, "banner.restart" if draft.restart else "banner.save", count=count)
    elsewhere = dict.fromkeys(
        draft.rows[path].setting.tab.label.text(lang)
        for path in draft.touched
        if path in draft.rows and draft.rows[path].setting.tab.id != subtab
    )
    return text + (say(lang, "banner.elsewhere", tabs=", ".join(elsewhere)) if elsewhere else "")


def _named(paths: list[str], lang: str) -> str:
    names = [label_of(path, lang) for path in paths[:2]]
    return ", ".join(names) + (say(lang, "banner.more", n=len(paths) - 2) if len(paths) > 2 else "")


async def save(app: Terminal) -> None:
    """Apply all staged changes or none. Problems go to their fields and the first one into the banner."""
    draft, lang = app.session.draft, app.lang
    if not draft.texts:
        app.banner(app.say("banner.nothing"))
        return
    for problem in draft.refused(app.session.role):
        draft.problems.setdefault(problem.key, problem.allowed)
    if draft.problems:
        _tell_problems(app)
        return
    changes = draft.changes()
    if not changes:
        app.banner(app.say("banner.nothing"))
        return
    restart = draft.restart
    if restart:
        question = app.say("save.restart_title", n=len(changes))
        yes = await app.push_screen_wait(Confirm(question, app.say("action.save_restart"), app.say("cancel")))
        if not yes:
            return
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
    notices = [clean(notice) for notice in answer.get("notices", ())]
    app.refill()
    app.banner(" ".join([text, *notices]), "good")


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
    why = problems[path].text(lang) if path in problems else error.message
    app.refill()
    app.show_setting(path)
    app.banner(app.say("banner.problems", why=clean(why)), "bad")


def _tell_problems(app: Terminal) -> None:
    draft, lang = app.session.draft, app.lang
    path = next(iter(draft.problems))
    reason = app.say("labelled", label=label_of(path, lang), text=draft.problems[path].text(lang))
    more = len(draft.problems) - 1
    app.refill()
    app.banner(app.say("banner.problems", why=reason) + (app.say("banner.more", n=more) if more else ""), "bad")
