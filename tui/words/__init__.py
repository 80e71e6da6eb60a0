"""Every word of the screens in both languages: a table a place, joined here; `say` looks it up.

What is named by a setting (labels, choices, notes) comes from its declaration; what is named by the station
(states, errors, events) from `tui.terms`.
"""

from __future__ import annotations

from typing import Final

from tui.words import (
    account,
    badges,
    dialogs,
    files,
    form,
    frame,
    history,
    lines,
    maintenance,
    meters,
    publication,
    status,
)

LANGUAGES: Final = ("en", "fr")

WORDS: Final[dict[str, tuple[str, str]]] = {
    **frame.WORDS,
    **account.WORDS,
    **form.WORDS,
    **status.WORDS,
    **history.WORDS,
    **files.WORDS,
    **badges.WORDS,
    **maintenance.WORDS,
    **meters.WORDS,
    **publication.WORDS,
    **dialogs.WORDS,
    **lines.WORDS,
}


def say(lang: str, word: str, /, **data: object) -> str:
    """The text of a word in a language (`en`, `fr`), its braces filled from `data`.

    A number `n` takes the singular where the table has one: at 1, in French at 0 too. The caller cleans data that
    comes from outside; KeyError for a word that the table lacks.
    """
    one = WORDS.get(f"{word}.one")
    alone = isinstance(number := data.get("n"), int) and (number == 1 or (number == 0 and lang == "fr"))
    text = (one if one is not None and alone else WORDS[word])[LANGUAGES.index(lang)]
    return text.format(**data) if data else text
