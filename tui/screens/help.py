"""The pages of help and about: a field, its sub-tab and the keys, from the declarations; and what station this is."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from evlink.settings.kinds import Choice, Flag, Secret
from evlink.settings.model import Tab
from evlink.settings.view import allowed, options
from tui.clean import clean
from tui.draft import Row
from tui.fieldhelp import dangers, facts
from tui.helptexts import HELP
from tui.keys import Keymap, listed
from tui.keytable import PLACES
from tui.session import Session
from tui.widgets.lines import Line, Span, fit
from tui.words import LANGUAGES, say
from tui.wrapping import wrap

WIDTH = 70

_PLACES = ("app", "main", "bar", "form", "choice", "flag", "lines", "listing")
_OWN_PLACES = {
    "maintenance.status": ("status",),
    "authentication": ("badges", "badge", "capture"),
    "charge_history.history": ("history",),
    "configuration.date_time": ("calendar",),
}
"""Places of the keys that only one sub-tab has."""

_NAME = 22
"""Cells of the first column, of keys and of facts."""


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


def help_lines(
    session: Session, tab: Tab, width: int = WIDTH, keymap: Keymap | None = None, field: Row | None = None
) -> list[Line]:
    """Help on a field where one is given, on its sub-tab and its other settings, and on the keys."""
    lang = session.lang
    lines: list[Line] = []

    def wrapped(text: str, indent: str = "", tone: str = "") -> list[Line]:
        return paragraph(text, indent, tone, width)

    if field is not None:
        lines += [*field_lines(session, field, width), ()]
    if text := HELP.get(tab.id):
        lines += [*wrapped(tab.label.text(lang), tone="title"), *wrapped(text[LANGUAGES.index(lang)]), ()]
    groups = session.draft.of_tab(tab.id)
    for rows in groups:
        setting = rows[0].setting
        lines += wrapped(setting.label.text(lang), tone="strong")
        lines += wrapped(setting.note.text(lang), "  ")
        for warning in dangers(setting):
            lines += wrapped(warning.text(lang), "  ", "wait")
        if setting.do_not_modify:
            lines += wrapped(say(lang, "form.leave"), "  ", "wait")
        if session.draft.editable(rows[0]):
            lines += wrapped(allowed_text(session, rows[0]), "  ", "dim")
    if groups:
        lines.append(())
    places = (*_OWN_PLACES.get(tab.id, ()), *_PLACES)
    return lines + key_lines(lang, keymap or Keymap({}), len(session.tabs()), width, places)


def field_lines(session: Session, row: Row, width: int = WIDTH) -> list[Line]:
    """Help on one field: what it is, what is dangerous about it, and all facts of its declaration."""
    lang, setting = session.lang, row.setting
    name = setting.label.text(lang)
    if row.outlet is not None:
        name = f"{name}, {say(lang, 'outlet', n=row.outlet)}"
    lines = paragraph(name, tone="title", width=width)
    lines += paragraph(setting.note.text(lang), width=width)
    for warning in dangers(setting):
        lines += paragraph(warning.text(lang), tone="wait", width=width)
    if setting.do_not_modify:
        lines += paragraph(say(lang, "form.leave"), tone="wait", width=width)
    found = list(facts(setting, lang, allowed_text(session, row)))
    if row.path in session.draft.texts and not setting.secret:
        found.insert(0, (say(lang, "fact.now"), session.draft.original_shown(row.path, lang)))
    for what, text in found:
        lines += _entry(what, text, width, "dim", _NAME - 4)
    return lines


def key_lines(lang: str, keymap: Keymap, tabs: int, width: int = WIDTH, places: Sequence[str] = _PLACES) -> list[Line]:
    """The keys, place by place, as they are for this person."""
    lines: list[Line] = []
    for place, keys in listed(places):
        lines += paragraph(f"{say(lang, 'help.keys')} - {PLACES[place].text(lang)}", tone="strong", width=width)
        for key in keys:
            if key.id in ("main.previous", "main.next") or key.id.startswith("main.tab"):
                if key.id == "main.tab1" and keymap.keys(key.id) == key.keys:
                    beside = " ".join(keymap.shown(one, lang) for one in ("main.previous", "main.next"))
                    lines += _entry(f"1-{tabs}  {beside}", say(lang, "key.go_tabs"), width, cells=_NAME)
                continue
            lines += _entry(keymap.all_shown(key.id, lang), (key.help or key.name).text(lang), width, cells=_NAME)
        lines.append(())
    return lines[:-1]


def _entry(name: str, text: str, width: int, tone: str = "", cells: int = _NAME) -> list[Line]:
    """A name and beside it a text, wrapped in its own column; a long name stands on a line of its own."""
    rows = wrap(clean(text), max(10, width - cells - 2)) or [""]
    head = clean(name)
    lines: list[Line] = []
    if cell_len(head) > cells - 1:
        lines.append((Span(f"  {head}", tone),))
        head = ""
    elif max(map(cell_len, clean(text).split()), default=0) > width - cells - 2:
        # A key path is better read whole.
        return [(Span(f"  {head}", tone),), *paragraph(text, "    ", width=width)]
    lines.append((Span("  " + fit(head, cells), tone), Span(rows[0])))
    return lines + [(Span(" " * (cells + 2)), Span(row)) for row in rows[1:]]


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
