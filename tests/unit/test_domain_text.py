"""Text from outside is cleaned where it comes in (S27)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evlink.domain.record import normal_uid
from evlink.domain.text import clean


@pytest.mark.parametrize(
    ("dirty", "cleaned"),
    [
        ("\x1b]0;title\x07Ana", "]0;titleAna"),
        ("\x9b2J", "2J"),
        ("a\tb", "a b"),
        ("line\nbreak\r", "linebreak"),
        ("‮evil", "evil"),
        ("e\u0301", "é"),
        ("Borne n° 3 – Été", "Borne n° 3 – Été"),
        ("\ud800x", "x"),
    ],
)
def test_clean(dirty: str, cleaned: str) -> None:
    assert clean(dirty) == cleaned


@given(st.text())
def test_nothing_that_moves_a_cursor_gets_through(text: str) -> None:
    assert not any(ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 for c in clean(text))
    assert len(clean(text, 50)) <= 50


@pytest.mark.parametrize(("text", "uid"), [("04:a1:b2", "04A1B2"), (" e007 0000 1f8a c2fb ", "E00700001F8AC2FB")])
def test_uid_in_its_one_spelling(text: str, uid: str) -> None:
    assert normal_uid(text) == uid


@pytest.mark.parametrize("text", ["", ":", "A" * 21, "04A1;DROP", "é", "04\x1b"])
def test_a_bad_uid_is_refused_with_what_is_allowed(text: str) -> None:
    with pytest.raises(ValueError, match="1 to 20 letters or digits"):
        normal_uid(text)
