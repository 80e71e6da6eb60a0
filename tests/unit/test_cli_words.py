"""The two languages of the command line: nothing is left in English by oversight."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import evlink.commands
from evlink.commands.files import SYSTEM
from evlink.commands.french import FRENCH, SENTENCES
from evlink.commands.output import clean
from evlink.commands.parser import _COMPLAINTS
from evlink.commands.status import _ROWS
from evlink.commands.words import ENGLISH, KINDS, Words, language
from evlink.hardware import facts
from evlink.hardware._simulator import Simulator
from evlink.hardware.simactions import OrderError, carry_out, check

_SOURCES = sorted(Path(evlink.commands.__file__).parent.glob("*.py"))


def _texts() -> set[str]:
    """Every literal that is said through `t`, and those that tables hand to it."""
    found = {label for label, _ in _ROWS} | {text for _, text in _COMPLAINTS} | set(SYSTEM.values())
    home = _SOURCES[0].parent.parent
    for path in [*_SOURCES, home / "cli.py", home / "client.py"]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            first = node.args[0]
            if name in ("t", "Disconnected") and isinstance(first, ast.Constant) and isinstance(first.value, str):
                found.add(first.value)
    return found - {"the connection was closed"}  # by the terminal itself, which the command line is not


def test_every_text_has_its_french() -> None:
    """design.md, command line: `--lang fr` turns words."""
    texts = _texts()
    assert len(texts) > 100
    assert texts - FRENCH.keys() == set()


def test_no_french_is_left_over() -> None:
    assert {text for text in FRENCH if text.partition(":")[0] not in KINDS} - _texts() == set()


@pytest.mark.parametrize("text", sorted(FRENCH))
def test_both_languages_name_the_same_values(text: str) -> None:
    assert set(re.findall(r"\{\w*\}", FRENCH[text])) == (
        set(re.findall(r"\{\w*\}", text)) if text.partition(":")[0] not in KINDS else set()
    )


@pytest.mark.parametrize(("pattern", "french"), SENTENCES)
def test_a_sentence_in_french_holds_what_the_pattern_finds(pattern: str, french: str) -> None:
    assert re.compile(pattern).groups >= len(set(re.findall(r"\{(\d)\}", french)))


def test_every_refusal_of_the_simulator_has_its_french() -> None:
    """design.md, command line: `--lang fr` turns words, those of the simulator among them."""
    french, plant, station = Words("fr"), Simulator(2, 3), facts.preset("parking", 2, 3)
    said: set[str] = set()

    def refused(**request: object) -> None:
        with pytest.raises(OrderError) as refusal:
            carry_out(check(request, 2), plant, station)
        said.add(refusal.value.allowed or str(refusal.value))

    for action in ("ready", "pause", "unplug"):
        refused(action=action)
    refused(action="draw", amps=5)
    refused(action="draw", amps=1000)
    refused(action="ready", outlet=3)
    refused(action="badge", uid="!")
    carry_out(check({"action": "plug"}, 2), plant, station)
    refused(action="plug")
    assert len(said) == 5
    assert {text for text in said if not french.said(text)} == set()
    assert Words("en").said("1 to 2") == ""


@pytest.mark.parametrize(
    ("arguments", "environ", "expected"),
    [
        ([], {}, "en"),
        ([], {"LANG": "fr_FR.UTF-8"}, "fr"),
        ([], {"LANG": "fr_FR.UTF-8", "LC_ALL": "C"}, "en"),
        ([], {"LANG": "en_GB.UTF-8", "LC_MESSAGES": "fr_CH"}, "fr"),
        ([], {"LANG": "fr_FR", "LC_MESSAGES": "de_DE", "LC_ALL": ""}, "en"),
        ([], {"LANG": "fry_NL"}, "en"),
        (["status", "--lang", "fr"], {"LANG": "C"}, "fr"),
        (["--lang=fr", "status"], {}, "fr"),
        (["status", "--lang", "en"], {"LANG": "fr_FR"}, "en"),
        (["get", "--", "--lang=fr"], {}, "en"),
        (["status", "--lang"], {"LANG": "fr_FR"}, "fr"),
    ],
)
def test_language(arguments: list[str], environ: dict[str, str], expected: str) -> None:
    """The first locale variable that is set counts, and an option counts more."""
    assert language(arguments, environ) == expected


def test_numbers_have_the_separator_of_the_language() -> None:
    """R-193: the decimal separator of the language."""
    assert Words("en").number(1.5, 3) == "1.500"
    assert Words("fr").number(1.5, 3) == "1,500"


def test_a_word_of_a_newer_station_shows_as_it_is() -> None:
    for lang in ("en", "fr"):
        assert Words(lang)("state:asleep") == "asleep"
    assert ENGLISH["state:fault"] == "fault"


@settings(deadline=None)
@given(st.text())
def test_cleaned_text_cannot_steer_a_terminal(text: str) -> None:
    """design.md 6: cleaned of control, C1 and bidi characters where it is drawn."""
    shown = clean(text)
    assert shown.isprintable()
    assert clean(shown) == shown


@pytest.mark.parametrize("code", [0x1B, 0x9B, 0x07, 0x0A, 0x202E, 0x2066, 0x200B, 0xFEFF])
def test_what_steers_is_gone(code: int) -> None:
    assert chr(code) not in clean(f"a{chr(code)}b")
