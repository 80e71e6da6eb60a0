"""Help on a sub-tab and on a setting, from the declarations."""

from __future__ import annotations

from evlink.settings.kinds import Choice, Flag
from evlink.settings.view import allowed, options, warning
from tui.draft import Row
from tui.fieldhelp import facts
from tui.helptexts import HELP
from tui.lines.console import Console
from tui.words import LANGUAGES


def subtab(console: Console, name: str) -> None:
    """Say what a sub-tab is for."""
    if text := HELP.get(name):
        console.say(text[LANGUAGES.index(console.lang)])


def allowed_text(console: Console, row: Row) -> str:
    """What a setting takes, in words."""
    kind, values, lang = row.setting.kind, console.session.draft.values, console.lang
    if isinstance(kind, Choice):
        return ", ".join(option.label.text(lang) for option in options(row.setting, values))
    if isinstance(kind, Flag):
        return f"{kind.on.text(lang)}, {kind.off.text(lang)}"
    return allowed(row.setting, values, row.outlet).text(lang)


def warnings(console: Console, row: Row) -> None:
    """Write what the manual puts beside a dangerous setting."""
    setting, lang = row.setting, console.lang
    draft = console.session.draft
    if warning(setting, draft.staged.get(row.path, row.value)):
        console.tell("lines.warning", text=setting.warning.text(lang))
    if setting.do_not_modify:
        console.tell("lines.warning", text=console.word("form.leave"))


def floors(console: Console, row: Row, *, always: bool = False) -> None:
    """Say that a current falls below the least that works; `always`, what that least is (R-137 to R-139)."""
    draft = console.session.draft
    if not row.setting.floors:
        return
    one = draft.values.floor(row.setting.key, row.outlet or 1, 1)
    three = draft.values.floor(row.setting.key, row.outlet or 1, 3) if draft.facts.phases == 3 else one
    value = draft.staged.get(row.path, row.value)
    if not three:
        return
    if type(value) is int and 0 < value < three:
        word = "form.floor_below" if value < one or one == three else "form.floor_between"
        console.tell("lines.warning", text=console.word(word, value=value, one=one, three=three))
    elif always:
        console.tell("form.floor" if one == three else "form.floors", one=one, three=three)


def setting(console: Console, row: Row) -> None:
    """Say all there is to know of a setting: what it is, what to beware of, what it takes."""
    console.say(row.setting.label.text(console.lang))
    if note := row.setting.note.text(console.lang):
        console.say(note, indent="  ")
    warnings(console, row)
    if not console.session.draft.editable(row):
        console.tell("lines.read_only_now")
    for name, text in facts(row.setting, console.lang, allowed_text(console, row)):
        console.pair(name, text, indent="  ")
