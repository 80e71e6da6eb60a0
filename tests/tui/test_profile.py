"""Which profile and language a terminal gets."""

from __future__ import annotations

from pathlib import Path

import pytest

import tui
from tui.driver import GLYPHS
from tui.profile import choose, language
from tui.words import LANGUAGES, WORDS


@pytest.mark.parametrize(
    ("term", "plain", "environment", "expected"),
    [
        ("xterm-256color", False, {}, False),
        ("xterm-256color", True, {}, True),
        ("xterm-256color", False, {"NO_COLOR": "1"}, True),
        ("xterm-256color", False, {"NO_COLOR": ""}, False),
        ("linux", False, {}, True),
        ("vt220", False, {}, True),
        ("vt100-am", False, {}, True),
        ("screen", False, {}, False),
    ],
)
def test_profile(term: str, plain: bool, environment: dict[str, str], expected: bool) -> None:
    assert choose(term, plain, environment).plain is expected


@pytest.mark.parametrize("term", ["dumb", ""])
def test_a_terminal_without_a_screen_is_refused(term: str) -> None:
    with pytest.raises(ValueError, match="can't hold a screen"):
        choose(term, False, {})


@pytest.mark.parametrize(
    ("wanted", "environment", "expected"),
    [
        ("fr", {"LANG": "en_GB.UTF-8"}, "fr"),
        (None, {"LANG": "fr_FR.UTF-8"}, "fr"),
        (None, {"LANG": "fr_FR.UTF-8", "LC_ALL": "C"}, "en"),
        (None, {}, "en"),
        (None, {"LANG": "de_DE.UTF-8"}, "en"),
    ],
)
def test_language(wanted: str | None, environment: dict[str, str], expected: str) -> None:
    assert language(wanted, environment) == expected


@pytest.mark.parametrize("word", WORDS)
def test_every_word_is_in_both_languages(word: str) -> None:
    texts = WORDS[word]
    assert len(texts) == len(LANGUAGES)
    assert all(text == "" or text.strip() for text in texts)
    fields = [{part.split("}")[0] for part in text.split("{")[1:]} for text in texts]
    assert fields[0] == fields[1], "both languages fill the same places"


def test_no_word_is_left_over() -> None:
    """A word that no screen says is dead; those put together at run time have one of these beginnings."""
    made = ("account.", "station.", "badges.", "short.", "heading.")
    folder = Path(tui.__file__).parent
    source = "".join(path.read_text() for path in folder.rglob("*.py") if path.name != "words.py").replace("'", '"')
    said = {word: word.removesuffix(".one") for word in WORDS}
    assert [word for word, base in said.items() if f'"{base}"' not in source and not word.startswith(made)] == []


def test_glyphs_keep_their_width() -> None:
    assert all(len(text) == 1 and text.isascii() for text in GLYPHS.values())
