"""The staged changes: listed, undone one by one, saved together (R-042, R-043)."""

from __future__ import annotations

from evlink.client import CallError
from evlink.settings.kinds import Secret, Value
from evlink.settings.label import Label
from evlink.settings.registry import find
from tui.clean import clean
from tui.lines.console import Console
from tui.saving import label_of, spoken
from tui.session import BAD_VALUE, CONFLICT


def value_text(console: Console, path: str, value: Value | None) -> str:
    """A value of a path in words with its unit; `not set` where there is none, and no secret."""
    found = find(path)
    if found is None or value is None or value == "":
        return console.word("not_set")
    setting = found.setting
    if isinstance(setting.kind, Secret):
        return console.word("set")
    text = clean(setting.kind.show(value, console.lang))
    return f"{text} {setting.unit}" if setting.unit else text or console.word("not_set")


def show(console: Console) -> None:
    """List what is staged, each change after its number, with what is wrong with it."""
    draft = console.session.draft
    if not draft.texts:
        console.tell("banner.nothing")
        return
    console.tell("banner.staged", n=len(draft.texts))
    for number, path in enumerate(draft.touched, 1):
        row = draft.rows.get(path)
        new = draft.staged.get(path)
        after = value_text(console, path, new) if path in draft.staged else clean(draft.texts[path])
        if new and row is not None and row.setting.secret:
            after = console.word("lines.new")
        before = value_text(console, path, row.value if row is not None else None)
        text = console.word("lines.change", before=before, after=after)
        console.say(f"{number} {console.word('labelled', label=label_of(path, console.lang), text=text)}", hang="   ")
        if path in draft.moved:
            console.say(console.word("lines.elsewhere"), indent="   ")
        if path in draft.problems:
            console.say(console.word("lines.allowed", text=draft.problems[path].text(console.lang)), indent="   ")


async def undo(console: Console, rest: str) -> None:
    """Undo the staged change of a number; asked for where several are staged and none was named."""
    draft = console.session.draft
    paths = draft.touched
    if not paths:
        console.tell("banner.nothing")
        return
    number: int | None = 1 if len(paths) == 1 and not rest else None
    if rest.isascii() and rest.isdigit() and 1 <= int(rest) <= len(paths):
        number = int(rest)
    elif number is None:
        show(console)
        number = await console.pick(lambda: console.word("lines.undo"), len(paths))
    if number is None:
        return
    path = paths[number - 1]
    draft.drop(path)
    row = draft.rows.get(path)
    value = value_text(console, path, row.value if row is not None else None)
    console.tell("banner.undone", what=label_of(path, console.lang), value=value)


async def save(console: Console) -> None:
    """List what is staged, ask, and apply all of it or nothing; restart where that is what it takes."""
    session, draft = console.session, console.session.draft
    for problem in draft.refused(session.role):
        draft.problems.setdefault(problem.key, problem.allowed)
    show(console)
    if not draft.texts:
        return
    if draft.problems:
        path = next(iter(draft.problems))
        why = draft.problems[path].text(console.lang)
        reason = console.word("labelled", label=label_of(path, console.lang), text=why)
        console.tell("banner.problems", why=reason)
        return
    wanted = draft.changes()
    for path in draft.touched:
        if path not in wanted:
            console.tell("lines.left_out", what=label_of(path, console.lang))
    if not wanted:
        return
    restart = draft.restart
    question = "save.restart_title" if restart else "lines.save"
    if not await console.sure(lambda: console.word(question, n=len(wanted))):
        console.tell("lines.kept")
        return
    try:
        answer = await session.call("settings.apply", changes=wanted, base=draft.version)
    except CallError as error:
        await _refused(console, error)
        return
    for path in wanted:
        draft.drop(path)
    needs = bool(answer.get("restart"))
    names = [label_of(str(item["key"]), console.lang) for item in answer.get("changed", ())]
    what = ", ".join(names) or ", ".join(label_of(path, console.lang) for path in wanted)
    console.tell("banner.restarting" if needs and restart else "banner.saved", what=what)
    for notice in answer.get("notices", ()):
        console.say(notice)
    if needs and restart:
        await session.restart("restart")
    else:
        await session.reload()


async def _refused(console: Console, error: CallError) -> None:
    """Say what the station refused: a conflict with the value that is there now, a wrong value with what is allowed."""
    draft, lang = console.session.draft, console.lang
    path = str(error.data.get("key", ""))
    if error.code == CONFLICT:
        await console.session.reload()
        row = draft.rows.get(path)
        value = value_text(console, path, row.value if row is not None else None)
        console.tell("banner.conflict", what=label_of(path, lang), value=value)
        return
    told = {
        str(problem.get("key")): Label(str(problem.get("en")), str(problem.get("fr")))
        for problem in error.data.get("problems", ())
    }
    if error.code != BAD_VALUE or not told:
        await console.refused(error)
        return
    for key, label in told.items():
        if key in draft.rows:
            draft.problems[key] = label
        console.tell("banner.problems", why=spoken(label.text(lang), lang))
