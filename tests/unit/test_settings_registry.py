"""The registry: every setting is declared once, whole, and as the manual counts them."""

from __future__ import annotations

import collections
import re

import pytest

from evlink.settings.check import check_changes
from evlink.settings.facts import Facts, Model
from evlink.settings.kinds import Choice, NotAllowed, Secret, Text, Whole
from evlink.settings.model import Code, Right, Role, Scope, Setting, Store
from evlink.settings.registry import ACTIONS, MANUAL, SETTINGS, TABS, find, paths, settings_of, stored, tab
from evlink.settings.values import Values

EVERY = [pytest.param(s, id=s.key) for s in SETTINGS.values()]
VALUES = {model: Values(Facts(model=model, outlet_count=1 if model is Model.WALLBOX else 2)) for model in Model}


def test_the_manual_counts_129_settings_20_tabs_29_actions() -> None:
    assert len(MANUAL) == 129
    assert len([t for t in TABS if t.id != "extension"]) == 20
    assert len(ACTIONS) == 29
    assert TABS[-1].id == "extension"


def test_settings_a_sub_tab() -> None:
    counted = collections.Counter(setting.key.rpartition(".")[0] for setting in MANUAL)
    assert counted == {
        "configuration.general": 11,
        "configuration.date_time": 4,
        "configuration.network": 9,
        "configuration.wifi": 1,
        "configuration.supervision": 16,
        "energy_management.advanced": 3,
        "energy_management.outlets": 13,
        "energy_management.meters": 36,
        "authentication.badges": 4,
        "charge_history.publication": 24,
        "maintenance.password": 4,
        "maintenance.update": 4,
    }


def test_the_cfg_has_118_keys_without_a_screen() -> None:
    assert sum(key.startswith("internal.") for key in SETTINGS) == 118


def test_keys_are_unique_and_in_tab_order() -> None:
    assert len({s.key for s in MANUAL}) == len(MANUAL)
    order = [t.id for t in TABS]
    places = [order.index(s.tab.id) for s in MANUAL]
    assert places == sorted(places)
    assert all(re.fullmatch(r"[a-z0-9_]+(\.[a-z0-9_]+){2}", key) for key in SETTINGS)


def test_actions_stand_on_tabs_that_are_there() -> None:
    assert {a.tab for a in ACTIONS} <= {t.id for t in TABS} | {"*"}
    assert len({a.id for a in ACTIONS}) == 29


@pytest.mark.parametrize("setting", EVERY)
def test_labels_and_notes_are_there_in_both_languages(setting: Setting) -> None:
    assert setting.label.en.strip()
    assert setting.label.fr.strip()
    for text in (setting.note, setting.warning):
        assert bool(text.en) == bool(text.fr)
    assert setting.note or setting.key.startswith("internal.")


@pytest.mark.parametrize("setting", EVERY)
def test_a_user_never_has_more_than_admin(setting: Setting) -> None:
    """R-051: the effective right is the lesser of tab and parameter, and nobody is nobody."""
    assert setting.right(Role.USER) <= setting.right(Role.ADMIN)
    assert setting.right(Role.NONE) is Right.NONE
    assert setting.right(Role.USER) <= setting.tab.right(Role.USER)
    assert setting.right(Role.ADMIN) is not Right.NONE


@pytest.mark.parametrize("setting", EVERY)
def test_conditions_and_bounds_name_settings_that_are_there(setting: Setting) -> None:
    named = setting.visible.keys() | setting.editable.keys() | setting.tab.visible.keys()
    for floor in setting.floors.values():
        named |= floor.keys()
    if setting.bound_by:
        named |= {setting.bound_by}
    assert named <= set(SETTINGS)
    for lang in ("en", "fr"):
        assert setting.visible.text(lang)


@pytest.mark.parametrize("model", Model)
@pytest.mark.parametrize("setting", [pytest.param(s, id=s.key) for s in stored()])
def test_the_factory_value_passes_its_own_check(setting: Setting, model: Model) -> None:
    values = VALUES[model]
    for outlet in values.facts.outlets if setting.scope is Scope.OUTLET else (None,):
        value = values.factory(setting, outlet)
        nothing = value == "" and isinstance(setting.kind, (Text, Secret))
        assert nothing or setting.kind.check(value) is None


@pytest.mark.parametrize("setting", EVERY)
def test_what_is_shown_can_be_typed_again(setting: Setting) -> None:
    """parse(show(value)) is the value, at the factory value, the ends of a range, and every choice."""
    kind = setting.kind
    if isinstance(kind, Secret):
        assert kind.show("geheim") == "********"
        assert kind.show("") == ""
        return
    samples = [VALUES[Model.PARKING].get(setting.key)]
    if isinstance(kind, Whole):
        samples += [kind.min, kind.max]
    if isinstance(kind, Choice):
        samples += kind.ids()
    for value in samples:
        if kind.check(value) is not None:
            continue  # no value yet: a badge, a password, a fact that nothing reported
        for lang in ("en", "fr"):
            assert kind.parse(kind.show(value, lang)) == value


@pytest.mark.parametrize("setting", [p for p in EVERY if isinstance(SETTINGS[str(p.id)].kind, Whole)])
def test_one_beyond_the_range_is_refused(setting: Setting) -> None:
    assert isinstance(setting.kind, Whole)
    low, high = setting.kind.min, setting.kind.max
    assert low < high
    for value in (low - 1, high + 1, float(low), True, str(low), None):
        assert setting.kind.check(value) is not None
    for text in (str(low - 1), str(high + 1)):
        assert setting.kind.check(setting.kind.parse(text)) is not None
    with pytest.raises(NotAllowed):
        setting.kind.parse("1_0")


def test_choices_are_distinct_in_ids_labels_and_codes() -> None:
    for setting in SETTINGS.values():
        if not isinstance(setting.kind, Choice):
            continue
        options = setting.kind.options
        assert len({o.id for o in options}) == len(options)
        assert len({o.label.en for o in options}) == len(options)
        if setting.cfg is not None:
            assert len({o.code for o in options}) == len(options)
            assert all(o.code for o in options)


def test_identity_password_badge_and_clock_fields_are_not_stored() -> None:
    outside = {s.key for s in SETTINGS.values() if s.store is not Store.VALUE}
    assert {s.key for s in settings_of("authentication")} | {
        s.key for s in settings_of("maintenance.password")
    } <= outside
    assert {s.key for s in settings_of("maintenance.update")} <= outside
    assert {
        "configuration.date_time.manual_datetime",
        "configuration.network.mac_address",
        "energy_management.outlets.outlet_location",
        "energy_management.outlets.socket_type",
        "energy_management.outlets.rated_current",
    } <= outside
    assert not {s.key for s in stored()} & outside


def test_secrets_are_never_exportable() -> None:
    secrets = {s.key for s in SETTINGS.values() if s.secret}
    assert secrets == {
        "charge_history.publication.smtp_password",
        "charge_history.publication.ftp_password",
        "charge_history.publication.http_password",
        "maintenance.password.current_password",
        "maintenance.password.new_password",
        "maintenance.password.confirm_password",
        "extension.ocpp.basic_auth_password",
        "extension.publication.alarm_password",
    }
    assert not any(SETTINGS[key].exportable for key in secrets)
    assert all(s.secret == (s.cfg.code is Code.NEVER) for s in SETTINGS.values() if s.cfg is not None)


def test_a_path_has_the_outlet_before_the_last_part() -> None:
    found = find("energy_management.outlets.2.derated_current")
    assert found is not None
    assert (found.setting.key, found.outlet) == ("energy_management.outlets.derated_current", 2)
    assert found.setting.path(2) == "energy_management.outlets.2.derated_current"
    for wrong in ("configuration.general.1.station_name", "energy_management.outlets.derated_current.1", "", ".", "1"):
        assert find(wrong) is None
    facts = Facts(outlet_count=2)
    assert paths(found.setting, facts) == tuple(f"energy_management.outlets.{n}.derated_current" for n in (1, 2))
    with pytest.raises(KeyError):
        tab("nowhere")


@pytest.mark.parametrize("setting", EVERY)
def test_admin_may_set_every_stored_setting_of_the_model_to_its_present_value(setting: Setting) -> None:
    if setting.store is not Store.VALUE or Model.PARKING not in setting.models:
        return
    values = VALUES[Model.PARKING]
    value = values.get(setting.key)
    outcome = check_changes(values, {setting.key: value})
    assert not isinstance(outcome, list), outcome
    assert outcome.changes == {}
