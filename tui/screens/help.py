"""The pages behind F1 and F7: help on a sub-tab, drawn from the declarations, and what station this is."""

from __future__ import annotations

from textwrap import wrap

from evlink.settings.kinds import Choice, Flag, Secret
from evlink.settings.model import Tab
from evlink.settings.view import allowed, options
from tui.clean import clean
from tui.draft import Row
from tui.helptexts import HELP
from tui.session import Session
from tui.widgets.lines import Line, Span
from tui.words import LANGUAGES, say

WIDTH = 70

_KEYS: tuple[tuple[str, str], ...] = (
    ("F2, Ctrl+S", "key.save_all"),
    ("Ctrl+Z", "key.undo_field"),
    ("F5, Ctrl+R", "key.fetch"),
    ("F6 F7 F8", "key.header"),
    ("F10, q", "key.exit_long"),
)


def paragraph(text: str, indent: str = "", tone: str = "", width: int = WIDTH) -> list[Line]:
    """A text wrapped to a width, each line after an indent."""
    return [(Span(indent + row, tone),) for row in wrap(clean(text), max(10, width - len(indent)))]


def allowed_text(session: Session, row: Row) -> str:
    """What a setting takes, in words: range, choices, and its factory value."""
    lang, kind = session.lang, row.setting.kind
    if isinstance(kind, Choice):
        return ", ".join(option.label.text(lang) for option in options(row.setting, session.draft.values))
    if isinstance(kind, Secret | Flag):
        return ""
    return allowed(row.setting, session.draft.values, row.outlet).text(lang)


def help_lines(session: Session, tab: Tab, width: int = WIDTH) -> list[Line]:
    """Help on a sub-tab: what it is for, its settings with what they take, and the keys."""
    lang = session.lang
    lines: list[Line] = []

    def wrapped(text: str, indent: str = "", tone: str = "") -> list[Line]:
        return paragraph(text, indent, tone, width)

    if text := HELP.get(tab.id):
        lines += [*wrapped(text[LANGUAGES.index(lang)]), ()]
    for rows in session.draft.of_tab(tab.id):
        setting = rows[0].setting
        lines += wrapped(setting.label.text(lang), tone="strong")
        for part in (setting.note.text(lang), setting.warning.text(lang)):
            lines += wrapped(part, "  ")
        if setting.do_not_modify:
            lines += wrapped(say(lang, "form.leave"), "  ", "wait")
        if session.draft.editable(rows[0]):
            lines += wrapped(allowed_text(session, rows[0]), "  ", "dim")
        lines.append(())
    lines += wrapped(say(lang, "help.keys"), tone="strong")
    keys = (
        (say(lang, "key.name.moves"), "key.move"),
        (f"1-{len(session.tabs())}  [ ]  Ctrl+P", "key.go"),
        *_KEYS,
    )
    for names, word in keys:
        lines.append((Span(f"  {names:<22}"), Span(say(lang, word))))
    return lines


def about_lines(session: Session, width: int = WIDTH) -> list[Line]:
    """What station this is, in which versions, and the warning that goes with its settings (R-015)."""
    lang, facts = session.lang, session.facts
    pairs = (
        ("report.name", session.station),
        ("report.model", facts.model.value),
        ("report.firmware", session.firmware),
        ("about.serial", facts.serial_number),
        ("about.protocol", session.protocol),
    )
    lines: list[Line] = [(Span(f"{say(lang, word):<24}", "dim"), Span(clean(value))) for word, value in pairs]
    return [*lines, (), *paragraph(say(lang, "about.text"), width=width)]
