"""What the screens say: one and several, key names, and languages turned without losing one's place."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest

from tests.tui.bench import desk
from tui.screens.help import help_lines
from tui.screens.main import MainScreen
from tui.widgets.fields import TextField
from tui.words import WORDS, say


@pytest.mark.parametrize("word", [word for word in WORDS if f"{word}.one" in WORDS])
def test_one_is_singular_and_several_are_plural(word: str) -> None:
    fields = {name for text in (*WORDS[word], *WORDS[f"{word}.one"]) for _, name, _, _ in Formatter().parse(text)}
    data: dict[str, object] = {name: 1 for name in fields - {None, "n"} if name}
    for at, lang in enumerate(("en", "fr")):
        assert say(lang, word, n=1, **data) == WORDS[f"{word}.one"][at].format(n=1, **data)
        assert say(lang, word, n=2, **data) == WORDS[word][at].format(n=2, **data)
    assert say("fr", word, n=0, **data) == WORDS[f"{word}.one"][1].format(n=0, **data)


def test_no_word_leaves_the_number_open() -> None:
    assert [word for word, texts in WORDS.items() if any("(s)" in text for text in texts)] == []


def test_no_word_names_a_key_that_may_be_another() -> None:
    """A key of the table comes from the table, so that own keys and a VT220's are told."""
    named = re.compile(r"\b(?:F[0-9]+|Ctrl\+\w|Esc|PgUp|PgDn|Ins)\b|Échap|PgPréc|PgSuiv|Inser\b")
    about_files_of_keys = {"keys.key", "keys.form"}
    stopping_a_line = {"lines.ctrl_c"}  # Ctrl+D is the line's own, not a key of ours
    found = {word for word, texts in WORDS.items() if any(named.search(text) for text in texts)}
    assert found == about_files_of_keys | stopping_a_line


async def test_keys_are_named_as_on_a_french_keyboard(tmp_path: Path) -> None:
    async with desk(tmp_path, lang="fr") as one:
        await one.open("authentication")
        last = one.text.splitlines()[-1]
        for key in ("Ctrl+P Chercher", "Entrée Modifier", "Suppr Supprimer"):
            assert key in last


async def test_the_help_counts_the_tabs_of_the_account(tmp_path: Path) -> None:
    """R-050: a User has fewer than Admin."""
    async with desk(tmp_path, account="utilisateur") as one:
        tab = one.app.session.subtabs("maintenance")[0]
        text = "\n".join("".join(span.text for span in line) for line in help_lines(one.app.session, tab))
        assert f"1-{len(one.app.session.tabs())}  [ ]" in text
        assert "1-6" not in text


async def test_the_language_keeps_the_focus(tmp_path: Path) -> None:
    """R-038: in a field, with what is typed there."""
    async with desk(tmp_path) as one:
        await one.open("configuration.general")
        one.main.pane.focus_setting("configuration.general.station_name")  # type: ignore[union-attr]
        await one.settle()
        held = one.app.focused.id  # type: ignore[union-attr]
        await one.press("x", "f6")
        await one.until(lambda: "Langue" in one.text or "Aide" in one.text)
        assert one.app.focused is not None
        assert one.app.focused.id == held


async def test_the_language_keeps_a_password_being_typed(tmp_path: Path) -> None:
    """R-038, R-029."""
    async with desk(tmp_path) as one:
        await one.open("maintenance.password")
        one.main.query_one("#new", TextField).focus()
        await one.press("a", "b", "f6")
        assert one.main.query_one("#new", TextField).value == "ab"
        assert one.app.focused is one.main.query_one("#new", TextField)


async def test_a_dialog_offers_only_what_works_in_it(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        assert "F6 Français" in one.text
        await one.press("f1")
        await one.until(lambda: "F6 Français" not in one.text.splitlines()[0])
        assert "F10 Exit" in one.text.splitlines()[0]
        assert "F2" not in one.text.splitlines()[-1]
        await one.press("escape")
        await one.until(lambda: isinstance(one.app.screen, MainScreen) and "F6 Français" in one.text)
