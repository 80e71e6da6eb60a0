"""What stands below the fields of a form: what is wrong, what changed elsewhere, minimum currents, and warnings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from evlink.settings.view import allowed, warning
from tui.clean import clean
from tui.draft import Draft, Row
from tui.saving import spoken
from tui.words import say

Remark = tuple[str, str]
"""A sentence and its tone on the row: `problem`, `warning` or `dim`."""

_LONGEST = 40


def remarks(draft: Draft, rows: list[Row], lang: str, editable: Mapping[str, bool]) -> Iterator[Remark]:
    """The remarks on the rows of one setting, the gravest first; those of one outlet of several name it."""
    for row in rows:
        if row.path in draft.problems:
            yield _of(row, rows, problem_text(draft, row, lang), lang), "problem"
    for row in rows:
        if row.path in draft.moved:
            value = clean(draft.original_shown(row.path, lang)) or say(lang, "not_set")
            yield _of(row, rows, say(lang, "form.moved", value=value), lang), "warning"
    setting = rows[0].setting
    if any(editable[row.path] for row in rows):
        yield from _floors(draft, rows, lang)
        told = [warning(setting, draft.staged.get(row.path, row.value)) for row in rows]
        if any(told):
            yield setting.warning.text(lang), "warning"


def _of(row: Row, rows: list[Row], text: str, lang: str) -> str:
    if len(rows) == 1:
        return text
    return say(lang, "labelled", label=say(lang, "outlet", n=row.outlet), text=text)


def problem_text(draft: Draft, row: Row, lang: str) -> str:
    """Why the text in a field is refused, and what is allowed."""
    label = draft.problems[row.path]
    text = spoken(label.text(lang), lang)
    if label != allowed(row.setting, draft.values, row.outlet) or row.setting.secret:
        return text[:1].upper() + text[1:]
    typed = clean(draft.texts.get(row.path, "")).strip()
    if not typed:
        return say(lang, "form.empty_value", allowed=text)
    shown = typed if len(typed) <= _LONGEST else typed[: _LONGEST - 1] + "…"
    return say(lang, "form.wrong", value=shown, allowed=text)


def _floors(draft: Draft, rows: list[Row], lang: str) -> Iterator[Remark]:
    """The minimum currents where they hold (R-137 to R-139), and which of the values falls below them."""
    row = rows[0]
    if not row.setting.floors:
        return
    one = draft.values.floor(row.setting.key, row.outlet or 1, 1)
    three = draft.values.floor(row.setting.key, row.outlet or 1, 3) if draft.facts.phases == 3 else one
    if not three:
        return
    low = False
    for each in rows:
        value = draft.staged.get(each.path, each.value)
        if each.path in draft.problems or type(value) is not int or not 0 < value < three:
            continue
        low = True
        word = "form.floor_below" if value < one or one == three else "form.floor_between"
        yield _of(each, rows, say(lang, word, value=value, one=one, three=three), lang), "warning"
    if not low:
        yield say(lang, "form.floor" if one == three else "form.floors", one=one, three=three), "dim"
