"""The render border (S27): nothing that has passed `clean` can order the terminal about."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tui.bench import desk
from tests.tui.hostile import spoil
from tests.tui.station_stub import Station
from tests.tui.test_tabs import EVERY
from tui.clean import clean
from tui.widgets.lines import fit

_FORBIDDEN = {"Cc", "Cs", "Zl", "Zp"}


@given(st.text())
def test_no_control_survives(text: str) -> None:
    cleaned = clean(text)
    assert not any(unicodedata.category(char) in _FORBIDDEN for char in cleaned)
    assert clean(cleaned) == cleaned


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("a\x1b[2Jb", "a[2Jb"),
        ("a\x9b2Jb", "a2Jb"),
        ("a\x1b]0;title\x07b", "a]0;titleb"),
        ("a\u202eb", "ab"),
        ("a\u200bb", "ab"),
        ("a\nb\tc", "a b c"),
        ("e\u0301", "é"),
        ("x" + "\u0330" * 40, "x" + "\u0330" * 2),
        ("\ud800x", "x"),
        (None, "None"),
    ],
)
def test_clean(hostile: object, shown: str) -> None:
    assert clean(hostile) == shown


@pytest.mark.parametrize(
    ("text", "width", "shown"), [("abc", 5, "abc  "), ("abcdef", 4, "abc…"), ("日本語", 4, "日 …"), ("", 2, "  ")]
)
def test_fit(text: str, width: int, shown: str) -> None:
    assert fit(text, width) == shown


async def test_no_widget_draws_a_control(tmp_path: Path) -> None:
    """S27: every pane of a station that says hostile texts wherever it can, before any driver has seen it."""
    station = Station()
    spoil(station)
    async with desk(tmp_path, station=station) as one:
        for subtab in EVERY:
            await one.open(subtab)
            for key in ("", "f1", "f7", "pagedown", "enter"):
                if key:
                    await one.press(key)
                found = {char for char in one.text if unicodedata.category(char) in ("Cc", "Cf")} - {"\n"}
                assert not found, f"{subtab} {key}: {found!r}"
                await one.press("escape")
