"""Which profile and language a terminal gets."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len, get_character_cell_size

import tui
from tests.tui.bench import desk, screen_text
from tui.app import Terminal
from tui.clean import clean
from tui.letters import GLYPHS, Letters
from tui.profile import Palette, Profile, charset, choose, language
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


@pytest.mark.parametrize(
    ("term", "environment", "palette"),
    [
        ("xterm-256color", {}, Palette.FULL),
        ("screen-256color", {}, Palette.FULL),
        ("xterm-kitty", {}, Palette.FULL),
        ("alacritty", {}, Palette.FULL),
        ("xterm", {"COLORTERM": "truecolor"}, Palette.FULL),
        ("xterm", {}, Palette.SIXTEEN),
        ("screen", {}, Palette.SIXTEEN),
        ("screen.linux", {}, Palette.SIXTEEN),
        ("linux-16color", {}, Palette.SIXTEEN),
        ("rxvt-16color", {"COLORTERM": "rxvt"}, Palette.SIXTEEN),
        ("xterm-mono", {"COLORTERM": "truecolor"}, Palette.NONE),
        ("linux", {"COLORTERM": "truecolor"}, Palette.NONE),
        ("vt220", {}, Palette.NONE),
        ("xterm-256color", {"NO_COLOR": "1"}, Palette.NONE),
    ],
)
def test_palette(term: str, environment: dict[str, str], palette: Palette) -> None:
    """Full colour, sixteen, or attributes only."""
    profile = choose(term, False, environment)
    assert profile.palette is palette
    assert profile.plain is (palette is Palette.NONE)
    assert profile.mouse is not profile.plain


@pytest.mark.parametrize(
    ("environment", "modern", "old"),
    [
        ({}, "utf-8", "ascii"),
        ({"LANG": "C"}, "ascii", "ascii"),
        ({"LC_ALL": "POSIX", "LANG": "fr_FR.UTF-8"}, "ascii", "ascii"),
        ({"LANG": "C.UTF-8"}, "utf-8", "utf-8"),
        ({"LANG": "fr_FR.UTF-8"}, "utf-8", "utf-8"),
        ({"LANG": "fr_FR.utf8", "LC_ALL": ""}, "utf-8", "utf-8"),
        ({"LANG": "fr_FR"}, "iso8859-1", "iso8859-1"),
        ({"LANG": "fr_FR.ISO-8859-1"}, "iso8859-1", "iso8859-1"),
        ({"LANG": "fr_FR@euro"}, "iso8859-15", "iso8859-15"),
        ({"LANG": "fr_FR.ISO8859-15@euro"}, "iso8859-15", "iso8859-15"),
        ({"LANG": "fr_FR.UTF-8", "LC_CTYPE": "fr_FR.CP1252"}, "cp1252", "cp1252"),
        ({"LC_CTYPE": "UTF-8"}, "utf-8", "utf-8"),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, "ascii", "ascii"),  # Python's own doing (PEP 538)
        ({"LANG": "fr_FR.ISO-8859-1", "LC_CTYPE": "C.UTF-8"}, "iso8859-1", "iso8859-1"),
        ({"LC_CTYPE": "C.UTF-8"}, "utf-8", "ascii"),
        ({"LANG": "ja_JP.SJIS"}, "ascii", "ascii"),
        ({"LANG": "fr_FR.UTF-16"}, "ascii", "ascii"),
        ({"LANG": "fr_FR.rot13"}, "ascii", "ascii"),
        ({"LANG": "fr_FR.nonsense"}, "ascii", "ascii"),
        ({"LANG": "fr_FR.\x1b]0;x"}, "ascii", "ascii"),
    ],
)
def test_charset(environment: dict[str, str], modern: str, old: str) -> None:
    """Section 4.3: the locale's name decides, whether or not this machine has it."""
    assert (charset(environment, True), charset(environment, False)) == (modern, old)


@pytest.mark.parametrize(
    ("charset", "plain", "text", "sent"),
    [
        ("utf-8", False, "é œ € ━ ⣿ 日", "é œ € ━ ⣿ 日"),
        ("utf-8", True, "é œ € ━ ⣿ 日 я", "é œ E - # ?? я"),
        ("iso8859-1", False, "é œ € ━ ² 日 я", "é o E - 2 ?? ?"),
        ("iso8859-15", True, "é œ €", "é œ E"),
        ("ascii", False, "Éteint, ça, œuvre, ï", "Eteint, ca, ouvre, i"),
        ("ascii", True, "x\u0301y", "xy"),
    ],
)
def test_letters(charset: str, plain: bool, text: str, sent: str) -> None:
    """Accents where the line has them, else their letter; as many cells as before."""
    assert text.translate(Letters(charset, plain)) == sent
    assert cell_len(sent) == cell_len(text)


@given(st.text(), st.sampled_from(["ascii", "iso8859-1", "iso8859-15", "cp1252", "koi8-r"]), st.booleans())
def test_any_text_can_be_sent_and_keeps_its_cells(text: str, charset: str, plain: bool) -> None:
    text = clean(text)
    sent = text.translate(Letters(charset, plain))
    sent.encode(charset)
    assert len(sent) == sum(get_character_cell_size(char) for char in text)


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


@pytest.mark.parametrize(("letters", "plain"), [("utf-8", False), ("utf-8", True), ("iso8859-1", False)])
async def test_more_above_is_no_fault(tmp_path: Path, letters: str, plain: bool) -> None:
    """What a terminal of ASCII lines gets where a page goes on: ^ and v, never the mark of a fault."""
    async with desk(tmp_path) as one:
        one.app.exit(0)
        session = one.app.session
        app = Terminal(session, Profile(plain=plain, term="vt220" if plain else "xterm", charset=letters))
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.pause(0.2)
            await pilot.press("f1", "pagedown")
            await pilot.pause(0.2)
            shown = screen_text(app).translate(Letters(letters, plain))
            fine = letters == "utf-8" and not plain
            assert ("▲" in shown) is fine
            assert ("▼" in shown) is fine
            ends = {row.rstrip(" |")[-1:] for row in shown.splitlines()}
            assert fine or {"^", "v"} <= ends
            assert "!" not in ends
            app.exit(0)
