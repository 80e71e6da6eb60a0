"""Changing a setting: its value and what it takes, then a new one, staged like in any other form."""

from __future__ import annotations

from evlink.settings.kinds import Choice, Flag, Secret
from evlink.settings.places import Zone
from evlink.settings.view import options
from tui.draft import Row
from tui.lines import explain
from tui.lines.changes import value_text
from tui.lines.console import Back, Console
from tui.saving import label_of

EMPTY = ":e"
_ZONES = 12


async def edit(console: Console, row: Row) -> None:
    """Ask for a new value of a setting and stage it; an empty answer changes nothing."""
    draft = console.session.draft
    if not draft.editable(row):
        explain.setting(console, row)
        return
    console.say(present(console, row))
    explain.warnings(console, row)
    explain.floors(console, row, always=True)
    match row.setting.kind:
        case Choice() | Flag():
            await _choose(console, row)
        case Secret():
            await _secret(console, row)
        case _:
            await _type(console, row)


def present(console: Console, row: Row) -> str:
    """The name of a setting and the value that counts now."""
    draft = console.session.draft
    value = value_text(console, row.path, draft.staged.get(row.path, row.value))
    if row.setting.secret and draft.texts.get(row.path):
        value = console.word("lines.new")
    return console.word("labelled", label=label_of(row.path, console.lang), text=value)


def put(console: Console, row: Row, text: str) -> bool:
    """Stage a text for a setting where it is a value; else say what is allowed. Whether it was staged."""
    draft = console.session.draft
    if not draft.editable(row):
        console.say(console.word("labelled", label=label_of(row.path, console.lang), text=_read_only(console)))
        return False
    if row.setting.secret:
        console.tell("lines.secret_shown")
        return False
    return _stage(console, row, text)


def _read_only(console: Console) -> str:
    return console.word("lines.read_only")


def _stage(console: Console, row: Row, text: str) -> bool:
    draft, path = console.session.draft, row.path
    kept = draft.texts.get(path)
    draft.stage(path, _id(console, row, text))
    if path in draft.problems:
        reason = _reason(console, row)
        draft.drop(path)
        if kept is not None:
            draft.stage(path, kept)
        console.say(console.word("lines.allowed", text=reason))
        return False
    if path in draft.texts:
        word = "lines.staged_restart" if draft.restart else "lines.staged"
        console.tell(word, what=present(console, row), n=len(draft.texts))
        explain.floors(console, row)
    else:
        console.tell("lines.unstaged", what=present(console, row))
    return True


def _reason(console: Console, row: Row) -> str:
    """What is allowed in the place of the text that was refused; of choices their names, as they are listed."""
    if isinstance(row.setting.kind, Choice):
        lang = console.lang
        return f" {console.word('or')} ".join(
            one.label.text(lang) for one in options(row.setting, console.session.draft.values)
        )
    return console.session.draft.problems[row.path].text(console.lang)


def _id(console: Console, row: Row, text: str) -> str:
    """What the draft holds of a text: the id of a choice that was named by its words, `true` or `false` of a flag."""
    kind = row.setting.kind
    if isinstance(kind, Choice | Flag):
        try:
            value = kind.parse(text)
        except ValueError:
            return text
        if isinstance(kind, Choice) and value not in kind.ids(console.session.draft.facts.model):
            return ""
        return str(value).lower() if isinstance(value, bool) else str(value)
    return text


async def _choose(console: Console, row: Row) -> None:
    """Ask for one of the choices, by number or by name."""
    kind = row.setting.kind
    if isinstance(kind, Flag):
        named = [("true", kind.on), ("false", kind.off)]
    else:
        named = [(one.id, one.label) for one in options(row.setting, console.session.draft.values)]
    console.numbered([label.text(console.lang) for _, label in named])
    while True:
        answer = await console.ask(lambda: console.word("lines.choice"), explain=lambda: explain.setting(console, row))
        if not answer:
            raise Back
        if answer.isascii() and answer.isdigit() and 1 <= int(answer) <= len(named):
            answer = named[int(answer) - 1][0]
        elif _id(console, row, answer) not in [name for name, _ in named]:
            console.tell("lines.number", n=len(named))
            continue
        if _stage(console, row, answer):
            return


async def _secret(console: Console, row: Row) -> None:
    """Ask for a secret twice, without showing it."""
    console.tell("form.secret")
    while True:
        typed = await console.ask(lambda: console.word("lines.secret"), secret=True)
        if not typed:
            raise Back
        if typed.strip() == EMPTY:
            console.session.draft.empty(row.path)
            console.tell("lines.staged", what=present(console, row), n=len(console.session.draft.texts))
            return
        if await console.ask(lambda: console.word("lines.again"), secret=True) != typed:
            console.tell("lines.differ")
            continue
        if _stage(console, row, typed):
            return


async def _type(console: Console, row: Row) -> None:
    """Ask for a text or a number."""
    kind = row.setting.kind
    console.say(console.word("lines.allowed", text=explain.allowed_text(console, row)))
    word = "lines.value" if _is_value(row, "") else "lines.number_value"
    while True:
        answer = await console.ask(
            lambda: console.word(word),
            free=lambda text: _is_value(row, text),
            explain=lambda: explain.setting(console, row),
        )
        if not answer:
            raise Back
        if _stage(console, row, "" if answer == EMPTY else answer):
            return
        if isinstance(kind, Zone):
            _near(console, answer)


def _is_value(row: Row, text: str) -> bool:
    """Whether a text is a value of a setting, as far as its kind says."""
    try:
        return row.setting.kind.check(row.setting.kind.parse(text)) is None
    except ValueError:
        return False


def _near(console: Console, text: str) -> None:
    """Name time zones that bear a text in their names."""
    from zoneinfo import available_timezones

    names = sorted(name for name in available_timezones() if text.casefold() in name.casefold())
    if names:
        more = ", ..." if len(names) > _ZONES else ""
        console.say(", ".join(names[:_ZONES]) + more)
