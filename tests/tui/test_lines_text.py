"""Characters and widths of the line menus: what a locale carries, and lines that fit."""

from __future__ import annotations

import asyncio
import os
import pty
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tui.lines_bench import talk
from tui.clean import clean
from tui.lines.charset import decode, fold
from tui.lines.layout import cells, wrapped
from tui.lines.teletype import Teletype
from tui.words.lines import WORDS


def test_accents_go_where_the_locale_lacks_them() -> None:
    assert fold("Été à Œuvre, « 5 € », N° 3 → 中", "ascii") == 'Ete a OEuvre, " 5 EUR ", No 3 -> ?'
    assert fold("Été 5 €", "iso8859-1") == "Été 5 EUR"
    assert fold("Été 5 € 中", "utf-8") == "Été 5 € 中"


@given(st.text())
def test_folded_text_can_be_sent(text: str) -> None:
    """Whatever it is: no byte above 127, and none that orders about."""
    folded = fold(clean(text), "ascii")
    assert folded.isascii()
    assert folded.isprintable()


@pytest.mark.parametrize("charset", ["ascii", "utf-8", "iso8859-1"])
def test_what_is_typed_is_read_in_the_set_of_the_locale(charset: str) -> None:
    assert decode("é".encode("utf-8" if charset != "iso8859-1" else charset), charset) == "é"
    assert decode(b"\xe9", charset) == "é", "Latin-1 where it is no UTF-8"


@given(st.text(), st.integers(20, 79))
def test_lines_fit_and_lose_nothing(text: str, width: int) -> None:
    text = clean(text)
    lines = wrapped(text, width, "1 ", "   ")
    assert all(cells(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(f"1 {text}".split())


def test_wide_characters_count_twice() -> None:
    assert unicodedata.east_asian_width("中") == "W"
    assert [cells(line) for line in wrapped("中" * 40, 20)] == [20] * 4


@pytest.mark.parametrize("lang", [0, 1])
def test_words_have_no_trailing_blanks(lang: int) -> None:
    assert [word for word, texts in WORDS.items() if texts[lang] != texts[lang].strip()] == []


async def test_french_without_accents(tmp_path: Path) -> None:
    async with talk(tmp_path, lang="fr", charset="ascii") as one:
        assert "2 Gestion de l'energie" in one.paper.decode()
        await one.say("1.1", "?", "? 1", "m", "5.2")
        assert one.paper.isascii()


async def test_a_line_half_typed_is_no_answer_to_the_login_after_a_lock() -> None:
    """What was typed without Enter is forgotten, so that nobody's text ends in the account's name."""
    fd, inner = pty.openpty()
    try:
        teletype = Teletype("utf-8", inner, inner)
        os.write(fd, b"half of a ")
        await asyncio.sleep(0.1)
        teletype.drop()
        os.write(fd, b"chef\n")
        assert await teletype.line(5) == "chef"
    finally:
        os.close(fd)
        os.close(inner)
