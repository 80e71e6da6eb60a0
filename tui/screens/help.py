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

_WIDTH = 70

_KEYS: tuple[tuple[str, str], ...] = (
    ("Tab, Shift+Tab, ↑ ↓", "key.move"),
    ("F2, Ctrl+S", "key.save_all"),
    ("Ctrl+Z", "key.undo_field"),
    ("1-6  [ ]  Ctrl+P", "key.go"),
    ("F5, Ctrl+R", "key.fetch"),
    ("F6 F7 F8", "key.header"),
    ("F10, q", "key.exit_long"),
)


def _paragraph(text: str, indent: str = "", tone: str = "") -> list[Line]:
    return [(Span(indent + row, tone),) for row in wrap(clean(text), _WIDTH - len(indent))]


def allowed_text(session: Session, row: Row) -> str:
    """What a setting takes, in words: range, choices, and its factory value."""
    lang, kind = session.lang, row.setting.kind
    if isinstance(kind, Choice):
        return ", ".join(option.label.text(lang) for option in options(row.setting, session.draft.values))
    if isinstance(kind, Secret | Flag):
        return ""
    return allowed(row.setting, session.draft.values, row.outlet).text(lang)


def help_lines(session: Session, tab: Tab) -> list[Line]:
    """Help on a sub-tab: what it is for, its settings with what they take, and the keys."""
    lang = session.lang
    lines: list[Line] = []
    if text := HELP.get(tab.id):
        lines += [*_paragraph(text[LANGUAGES.index(lang)]), ()]
    for rows in session.draft.of_tab(tab.id):
        setting = rows[0].setting
        lines += _paragraph(setting.label.text(lang), tone="strong")
        for part in (setting.note.text(lang), setting.warning.text(lang)):
            lines += _paragraph(part, "  ")
        if setting.do_not_modify:
            lines += _paragraph(say(lang, "form.leave"), "  ", "wait")
        if session.draft.editable(rows[0]):
            lines += _paragraph(allowed_text(session, rows[0]), "  ", "dim")
        lines.append(())
    lines += _paragraph(say(lang, "help.keys"), tone="strong")
    for keys, word in _KEYS:
        lines.append((Span(f"  {keys:<22}"), Span(say(lang, word))))
    return lines


def about_lines(session: Session) -> list[Line]:
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
    return [*lines, (), *_paragraph(say(lang, "about.text"))]
