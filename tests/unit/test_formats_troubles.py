"""A file with several mistakes: all of them are told, with line and key (R-056), in both languages."""

from __future__ import annotations

import re
import tomllib

import pytest

from evlink.formats.errors import FormatError
from evlink.formats.toml_words import fault
from evlink.formats.troubles import look_through
from evlink.settings.check import Checked
from evlink.settings.facts import Facts
from evlink.settings.values import Values

VALUES = Values(Facts())

TOML = """\
[energy_management.outlets.1]
derated_current = 99
[configuration.general]
station_name = 'OK'
authentication_timeout = 'soon'
no_such = 1
"""

CFG = """\
[FUNCTIONAL]
noSuchKey=1
this is no entry
[ENERGY]
maxIntensitySocket=99
[never closed
lost=1
"""


def test_every_wrong_value_of_a_toml_has_its_line_and_key() -> None:
    found = look_through("toml", TOML, VALUES)
    assert not isinstance(found, Checked)
    assert [(one.line, one.key.rpartition(".")[2]) for one in found] == [
        (2, "derated_current"),
        (5, "authentication_timeout"),
        (6, "no_such"),
    ]
    assert "99 is not allowed; allowed: 0 to 32" in found[0].sentence.en
    assert "99 n'est pas autorisé" in found[0].sentence.text("fr")


def test_a_line_that_cannot_be_read_hides_no_wrong_value() -> None:
    """What stands under a broken heading belongs to no section that anybody knows, and is not judged."""
    found = look_through("cfg", CFG, VALUES)
    assert not isinstance(found, Checked)
    assert [one.line for one in found] == [2, 3, 5, 6]
    assert [one.problem is None for one in found] == [False, True, False, True]
    assert "neither a section nor key=value" in found[1].sentence.en


def test_broken_lines_alone_are_told_one_by_one() -> None:
    found = look_through("cfg", "what\nis this\n", VALUES)
    assert not isinstance(found, Checked)
    assert [one.line for one in found] == [1, 2]
    with pytest.raises(FormatError, match="no setting"):
        look_through("cfg", "# nothing\n", VALUES)


def test_a_good_file_is_what_it_changes() -> None:
    found = look_through("toml", "[energy_management.outlets.1]\nderated_current = 16\n", VALUES)
    assert isinstance(found, Checked)
    assert dict(found.changes) == {"energy_management.outlets.1.derated_current": 16}


WRONG = [
    ("a = ", "valeur invalide"),
    ("a", "« = » attendu après une clé"),
    ("[a", "« ] » attendu à la fin d'un titre de table"),
    ("[[a]", "« ]] » attendu à la fin d'un titre de table"),
    ("a = 1\na = 2", "une valeur apparaît deux fois"),
    ("[a]\n[a]", "a est déclaré deux fois"),
    ("a = 1 b", "fin de ligne attendue après une instruction"),
    ("a = [1", "tableau non fermé"),
    ("a = {b = 1", "table en ligne non fermée"),
    ('a = "x', "chaîne non fermée sur sa ligne"),
    ('a = """x', "chaîne non terminée"),
    ('a = "\\q"', "« \\ » non échappé dans une chaîne"),
    ("= 1", "instruction invalide"),
    ("a. = 1", "caractère initial de clé invalide"),
    ("a = 2026-02-30", "date ou heure invalide"),
]


@pytest.mark.parametrize(("text", "french"), WRONG, ids=[text for text, _ in WRONG])
def test_what_pythons_reader_says_is_french_in_french(text: str, french: str) -> None:
    with pytest.raises(tomllib.TOMLDecodeError) as caught:
        tomllib.loads(text + "\n")
    place, _, told = fault(str(caught.value)).text("fr").partition(" : ")
    assert re.fullmatch(r"ligne \d, colonne \d+|à la fin", place)
    assert told == french


def test_what_is_new_to_us_stays_as_it_is_said() -> None:
    assert fault("Something new").text("fr") == "Something new"
    assert fault("Something new (at line 2, column 3)").text("fr") == "ligne 2, colonne 3 : something new"
