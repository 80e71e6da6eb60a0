"""Settings as TOML: what is written reads back the same, and what can't be read is told in one sentence."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evlink.formats import toml
from evlink.formats.errors import FormatError
from evlink.settings.check import Checked, Problem
from evlink.settings.facts import Facts, Model
from evlink.settings.kinds import Choice, Flag, Text, Value, Whole
from evlink.settings.registry import stored
from evlink.settings.values import Values

VALUES = Values(Facts())
PASSWORD = "charge_history.publication.smtp_password"


def test_tables_are_paths_and_outlets_have_numbers() -> None:
    text = """
        [configuration.general]
        authentication_timeout = 20
        [energy_management.outlets]
        derated_current = 25
        [energy_management.outlets.2]
        derated_current = 16
    """
    outcome = toml.plan(text, VALUES)
    assert isinstance(outcome, Checked)
    assert dict(outcome.changes) == {
        "configuration.general.authentication_timeout": 20,
        "energy_management.outlets.1.derated_current": 25,
        "energy_management.outlets.2.derated_current": 16,
    }


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("a = ", "line 1"),
        ("[a\nb = 1", "line 1"),
        ("x = 1\nx = 2", "line 2"),
        ('"a.b" = 1\n[a]\nb = 2', "'a.b' stands twice"),
        ("a = " + "[" * 9000, "TOML"),
        ("a = " + "9" * 9000, "TOML"),
        ("a = 1\x00", "TOML"),
    ],
)
def test_text_that_is_no_toml_gives_one_sentence(text: str, word: str) -> None:
    with pytest.raises(FormatError) as fault:
        toml.read(text)
    assert word in str(fault.value)
    for lang in ("en", "fr"):
        assert "\n" not in fault.value.sentence(lang)


@pytest.mark.parametrize(
    ("text", "key", "word"),
    [
        ("[configuration.general]\nstation = 1", "configuration.general.station", "no setting"),
        ("[configuration.general]\nauthentication_timeout = 1000", "authentication_timeout", "0 to 999 s"),
        ("[configuration.general]\nauthentication_timeout = [1]", "authentication_timeout", "0 to 999 s"),
        ("[configuration.general]\nauthentication_timeout = 2026-01-01", "authentication_timeout", "0 to 999 s"),
        ("[configuration.general]\nauthentication_timeout = nan", "authentication_timeout", "0 to 999 s"),
        ("[configuration.general]\nauthentication_timeout = '16'", "authentication_timeout", "'16' is not allowed"),
        ("[configuration.network]\ndhcp_enabled = 'true'", "dhcp_enabled", "'true' is not allowed"),
        ("[energy_management.outlets.3]\nderated_current = 10", "outlets.3.derated_current", "1 or 2"),
        ("[authentication.badges]\nuid = 'AB'", "authentication.badges.uid", "badges"),
        ("[maintenance.password]\nnew_password = 'Abcdefghij1&'", "maintenance.password.new_password", "password"),
        ("[maintenance.update]\noutlet = 1", "maintenance.update.outlet", "read-only"),
    ],
)
def test_what_is_wrong_in_it_is_named_and_nothing_changes(text: str, key: str, word: str) -> None:
    problems = toml.plan(text + "\n[configuration.date_time]\ntimezone='UTC'", VALUES)
    assert isinstance(problems, list)
    assert len(problems) == 1
    assert key in problems[0].sentence()
    assert word in problems[0].sentence()


def test_an_export_holds_every_exportable_setting_and_no_secret() -> None:
    values = VALUES.with_changes({PASSWORD: "geheim", "energy_management.outlets.2.derated_current": 16})
    text = toml.export(values)
    flat = toml.read(text)
    assert "geheim" not in text
    assert PASSWORD not in flat
    assert flat["energy_management.outlets.1.derated_current"] == 32
    assert flat["energy_management.outlets.2.derated_current"] == 16
    expected = {path for path, setting, _, _ in values.items() if setting.exportable}
    assert set(flat) == expected
    again = toml.plan(text, values)
    assert isinstance(again, Checked)
    assert again.changes == {}
    onto_new = toml.plan(text, VALUES)
    assert isinstance(onto_new, Checked)
    assert dict(onto_new.changes) == {"energy_management.outlets.2.derated_current": 16}


@pytest.mark.parametrize("model", Model)
def test_an_export_of_one_model_can_be_imported_by_another(model: Model) -> None:
    source = Values(Facts(model=Model.PARKING)).with_changes({"configuration.general.allow_cable_left": True})
    outcome = toml.plan(toml.export(source), Values(Facts(model=model)))
    assert isinstance(outcome, Checked)
    assert dict(outcome.changes) == {"configuration.general.allow_cable_left": True}


def test_the_stored_form_has_deviations_only_secrets_among_them() -> None:
    changes: dict[str, Value] = {
        PASSWORD: 'ge"heim\\',
        "configuration.general.station_name": "Borne é 1",
        "energy_management.outlets.1.derated_current": 16,
        "internal.smtp.receiver": '"a@example.org"',
    }
    values = VALUES.with_changes(changes)
    text = toml.write_stored(values)
    assert toml.read_stored(text) == changes
    assert toml.write_stored(VALUES) == ""
    assert toml.read_stored("") == {}
    with pytest.raises(FormatError, match=r"no\.such is no setting"):
        toml.read_stored("[no]\nsuch = 1")
    with pytest.raises(FormatError, match="0 to 999 s"):
        toml.read_stored("[configuration.general]\nauthentication_timeout = 'x'")


def test_comments_stand_before_their_values() -> None:
    text = toml.write({"a.b": 1, "a.c": "x\ty"}, comment=lambda path: [f"about {path}"])
    assert text == '[a]\n# about a.b\nb = 1\n# about a.c\nc = "x\ty"\n'
    assert tomllib.loads(text) == {"a": {"b": 1, "c": "x\ty"}}


_PLAIN = st.text(st.characters(categories=("L", "N", "P", "S", "Zs")), max_size=30).map(str.strip)


@settings(deadline=None)
@given(st.data())
def test_whatever_is_valid_comes_back_the_same(data: st.DataObject) -> None:
    deviations: dict[str, Value] = {}
    for setting in data.draw(st.lists(st.sampled_from(list(stored())), max_size=8, unique_by=lambda s: s.key)):
        kind = setting.kind
        if isinstance(kind, Whole):
            value: Value = data.draw(st.integers(kind.min, kind.max))
        elif isinstance(kind, Choice):
            value = data.draw(st.sampled_from(kind.ids()))
        elif isinstance(kind, Flag):
            value = data.draw(st.booleans())
        elif isinstance(kind, Text) and not kind.pattern:
            value = data.draw(_PLAIN)
        else:
            continue
        if kind.check(value) is None:
            deviations[setting.path(data.draw(st.sampled_from((1, 2))))] = value
    values = VALUES.with_changes(deviations)
    assert toml.read_stored(toml.write_stored(values)) == dict(values.deviations)
    assert values.deviations.items() <= toml.read(toml.export(values)).items()


@pytest.mark.parametrize("text", ["", " \n", "# nothing\n", "[configuration.general]\n"])
def test_a_text_without_a_value_is_no_import(text: str) -> None:
    """One rule for the command line, the terminal and `--config`."""
    outcome = outcome_of(text)
    assert isinstance(outcome, FormatError)
    assert str(outcome) == "the file holds no setting"


@settings(deadline=None)
@given(st.text() | st.text(alphabet="[]{}=\"'\n.#,abc019 \\\t"))
def test_no_text_breaks_the_reader(text: str) -> None:
    outcome = outcome_of(text)
    if isinstance(outcome, FormatError):
        assert str(outcome).isprintable()
    elif isinstance(outcome, list):
        assert all(problem.sentence().isprintable() for problem in outcome)
    else:
        assert outcome.changes == {}


def outcome_of(text: str) -> Checked | list[Problem] | FormatError:
    try:
        return toml.plan(text, VALUES)
    except FormatError as fault:
        return fault
