"""The check of changes: all or none, one sentence a problem, and the rules between settings."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evlink.settings.check import Checked, Problem, Reason, check_changes, load
from evlink.settings.facts import Facts, Model
from evlink.settings.model import Role, Scope
from evlink.settings.registry import SETTINGS, stored
from evlink.settings.values import Values
from tests.unit.settings_bench import valid

NETWORK = "configuration.network"
WIFI = "configuration.wifi.ip_address"
SUPERVISION = "configuration.supervision"
OUTLETS = "energy_management.outlets"
PUBLICATION = "charge_history.publication"
TIMEOUT = "configuration.general.authentication_timeout"

PARKING = Values(Facts(delivered_firmware="3.1"))  # static addresses, both shown
WALLBOX = Values(Facts(model=Model.WALLBOX, outlet_count=1, has_wifi_card=True, delivered_firmware="3.1"))


def accepted(values: Values, changes: Mapping[str, object], imported: bool = False) -> Checked:
    outcome = check_changes(values, changes, imported=imported)
    assert isinstance(outcome, Checked), [problem.sentence() for problem in outcome]
    return outcome


def refused(values: Values, changes: Mapping[str, object], imported: bool = False) -> list[Problem]:
    outcome = check_changes(values, changes, imported=imported)
    assert isinstance(outcome, list), outcome.changes
    return outcome


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("configuration.general.nonsense", 1, ["configuration.general.nonsense"]),
        ("configuration.general.authentication_timeut", 1, [TIMEOUT]),  # the one meant is named
        (TIMEOUT, 1000, [TIMEOUT, "1000", "0 to 999 s"]),
        (TIMEOUT, "soon", [TIMEOUT, "'soon'", "0 to 999 s"]),
        (TIMEOUT, True, [TIMEOUT, "true", "0 to 999 s"]),
        (TIMEOUT, None, [TIMEOUT, "None"]),
        (TIMEOUT, [1], [TIMEOUT, "[1]"]),
        (f"{OUTLETS}.3.derated_current", 10, [f"{OUTLETS}.3.derated_current", "3", "1 or 2"]),
        (f"{OUTLETS}.derated_current", 33, [f"{OUTLETS}.derated_current", "33", "0 to 32 A"]),
        (f"{OUTLETS}.1.load_shedding_setpoint", 40, ["40", "0 to 32 A"]),
        (f"{OUTLETS}.rated_current", 16, ["read-only"]),
        (f"{OUTLETS}.current_limit_value", 10, ["wallbox"]),
        ("authentication.badges.type", "vip", ["badges"]),
        ("maintenance.password.new_password", "Abcdefghij1&", ["password"]),
        ("configuration.date_time.manual_datetime", "2026-01-01 10:00", ["clock"]),
        ("configuration.general.station_name", "borne", ["'borne'", "A to Z"]),
        (f"{SUPERVISION}.default_id_tag", "", ["1 to 20"]),
        (f"{SUPERVISION}.box_identity", "", ["1 to 64"]),
        (f"{SUPERVISION}.supervision_url", "ftp://x", ["ws:// or wss://"]),
        (f"{OUTLETS}.station_max_current", 65, ["0 to 64 A"]),
        (f"{PUBLICATION}.smtp_port", 24, ["25 to 587"]),
        ("x" * 5000, 1, ["…"]),
        ("a\x1b[2Jb", 1, ["\\x1b"]),
    ],
)
def test_a_wrong_change_gives_one_sentence_and_changes_nothing(key: str, value: object, words: list[str]) -> None:
    problems = refused(PARKING, {key: value, "configuration.date_time.timezone": "UTC"})
    assert len(problems) == 1
    for lang in ("en", "fr"):
        sentence = problems[0].sentence(lang)
        assert "\n" not in sentence
        assert sentence.isprintable()
    for word in words:
        assert word in problems[0].sentence()


def test_city_has_no_protection_state_for_in1() -> None:
    """R-149."""
    changes = {f"{OUTLETS}.in1_function": "protection_state"}
    assert len(accepted(PARKING, changes).changes) == 2
    problem = refused(Values(Facts(model=Model.CITY)), changes)[0]
    assert "unused or load_shedding" in problem.sentence()


def test_a_secret_never_stands_in_a_sentence() -> None:
    problem = refused(PARKING, {f"{PUBLICATION}.smtp_password": "geheim" * 100})[0]
    assert "geheim" not in problem.sentence() + repr(problem)


def test_every_problem_is_told_and_the_right_changes_are_not_applied() -> None:
    problems = refused(PARKING, {TIMEOUT: -1, f"{OUTLETS}.1.derated_current": 99, "a.b.c": 1, WIFI: "10.0.0.5"})
    assert {p.key for p in problems} >= {TIMEOUT, f"{OUTLETS}.1.derated_current", "a.b.c"}
    assert {p.reason for p in problems} >= {Reason.BAD_VALUE, Reason.UNKNOWN_KEY}
    assert not any(p.refused for p in problems)


def test_changes_hold_only_what_differs_and_what_needs_a_restart() -> None:
    """R-042, R-127."""
    outcome = accepted(
        PARKING, {TIMEOUT: "10", f"{SUPERVISION}.box_identity": "CP 1", f"{OUTLETS}.2.derated_current": 16}
    )
    assert dict(outcome.changes) == {f"{SUPERVISION}.box_identity": "CP 1", f"{OUTLETS}.2.derated_current": 16}
    assert outcome.restart == (f"{SUPERVISION}.box_identity",)
    assert outcome.values.get(f"{OUTLETS}.derated_current", 1) == 32
    assert outcome.values.get(f"{OUTLETS}.derated_current", 2) == 16


def test_a_key_without_number_means_the_outlets_not_named_by_number() -> None:
    outcome = accepted(PARKING, {f"{OUTLETS}.derated_current": 20, f"{OUTLETS}.2.derated_current": 10})
    assert [outcome.values.get(f"{OUTLETS}.derated_current", n) for n in (1, 2)] == [20, 10]


def test_a_set_point_may_not_stay_above_a_lowered_maximum() -> None:
    """R-153: both in one go is right, lowering the maximum alone is not."""
    values = accepted(PARKING, {f"{OUTLETS}.load_shedding_setpoint": 20}).values
    problems = refused(values, {f"{OUTLETS}.1.derated_current": 16})
    assert [p.key for p in problems] == [f"{OUTLETS}.1.load_shedding_setpoint"]
    assert "0 to 16 A" in problems[0].sentence()
    accepted(values, {f"{OUTLETS}.1.derated_current": 16, f"{OUTLETS}.1.load_shedding_setpoint": 16})


# Addresses ------------------------------------------------------------------------------------------------------------


def test_the_second_address_follows_the_first() -> None:
    """R-094, N-21."""
    outcome = accepted(PARKING, {f"{NETWORK}.ip_address": "10.1.2.50"})
    assert outcome.changes[f"{NETWORK}.ip_address_outlet2"] == "10.1.2.51"
    assert set(outcome.restart) == {f"{NETWORK}.ip_address", f"{NETWORK}.ip_address_outlet2"}
    problem = refused(PARKING, {f"{NETWORK}.ip_address_outlet2": "192.168.0.200"})[0]
    assert "192.168.0.103" in problem.sentence()


@pytest.mark.parametrize(
    ("values", "changes"),
    [
        (PARKING, {f"{NETWORK}.ip_address": "10.1.2.254"}),  # no room for A+1
        (PARKING, {f"{NETWORK}.ip_address": "10.1.2.0"}),
        (PARKING, {f"{NETWORK}.ip_address": "10.1.2.255"}),
        (PARKING, {f"{NETWORK}.ip_address": "127.0.0.1"}),
        (PARKING, {f"{NETWORK}.ip_address": "224.0.0.1"}),
        (PARKING, {f"{NETWORK}.ip_address": ""}),
        (PARKING, {f"{NETWORK}.subnet_mask": "255.0.255.0"}),
        (PARKING, {f"{NETWORK}.subnet_mask": "0.0.0.0"}),
        (PARKING, {f"{SUPERVISION}.modem_present": True, f"{SUPERVISION}.modem_ip_address": "192.168.0.103"}),
        (WALLBOX, {f"{NETWORK}.ip_address": "192.168.0.1"}),  # no room for A-1
        (WALLBOX, {f"{NETWORK}.ip_address": "192.168.0.110"}),  # the card comes first
    ],
)
def test_addresses_that_break_the_rules_are_refused(values: Values, changes: Mapping[str, object]) -> None:
    assert refused(values, changes)


def test_without_a_visible_second_address_254_is_right() -> None:
    hidden = accepted(PARKING, {f"{NETWORK}.outlet2_ip_enabled": False}).values
    last = accepted(hidden, {f"{NETWORK}.ip_address": "10.1.2.254"}).values
    problem = refused(last, {f"{NETWORK}.outlet2_ip_enabled": True})[0]
    assert "253" in problem.sentence()


def test_the_wifi_card_is_changed_first_or_together() -> None:
    """R-100 and R-104."""
    first = accepted(WALLBOX, {WIFI: "192.168.0.109"})
    assert any("192.168.0.109" in notice.en for notice in first.notices)
    assert any("switched off" in notice.en for notice in first.notices)
    accepted(first.values, {f"{NETWORK}.ip_address": "192.168.0.110"})
    accepted(WALLBOX, {WIFI: "192.168.0.109", f"{NETWORK}.ip_address": "192.168.0.110"})


def test_static_addresses_are_not_editable_under_dhcp_but_imported_all_the_same() -> None:
    dhcp = Values(Facts(delivered_firmware="3.3"))
    problem = refused(dhcp, {f"{NETWORK}.ip_address": "10.0.0.5"})[0]
    assert problem.reason is Reason.NOT_EDITABLE
    accepted(dhcp, {f"{NETWORK}.ip_address": "10.0.0.5", f"{NETWORK}.dhcp_enabled": False})
    accepted(dhcp, {f"{NETWORK}.ip_address": "10.0.0.5"}, imported=True)


@pytest.mark.parametrize("changes", [{f"{NETWORK}.dhcp_enabled": True}, {f"{NETWORK}.outlet2_ip_enabled": False}])
def test_the_cable_between_the_boards_has_to_be_on_its_port(changes: Mapping[str, object]) -> None:
    """R-107."""
    accepted(PARKING, changes)
    loose = Values(Facts(delivered_firmware="3.1", board_link_ok=False))
    assert "second port" in refused(loose, changes)[0].sentence()


# Supervision and publication ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "url", "right"),
    [
        ("ocpp_1_6", "http://csms.example.org", False),
        ("ocpp_1_6", "https://csms.example.org", False),
        ("ocpp_1_6", "ws://csms.example.org", True),
        ("ocpp_1_6", "wss://csms.example.org/ocpp", True),
        ("ocpp_1_5", "http://csms.example.org", True),
        ("ocpp_1_5", "https://csms.example.org", True),  # N-39
        ("ocpp_1_5", "wss://csms.example.org", True),
        ("ocpp_1_6", "http://", True),  # not set
    ],
)
def test_version_and_url_go_together(version: str, url: str, right: bool) -> None:
    changes = {f"{SUPERVISION}.ocpp_version": version, f"{SUPERVISION}.supervision_url": url}
    assert isinstance(check_changes(PARKING, changes), Checked) is right


def test_the_version_alone_is_refused_where_the_url_does_not_fit() -> None:
    values = accepted(PARKING, {f"{SUPERVISION}.supervision_url": "http://csms.example.org"}).values
    problem = refused(values, {f"{SUPERVISION}.ocpp_version": "1.6"})[0]
    assert problem.key == f"{SUPERVISION}.ocpp_version"


def test_publication_needs_its_fields() -> None:
    """R-198: only while it is on, and only those of its protocol."""
    accepted(PARKING, {f"{PUBLICATION}.field_separator": "tab"})
    missing = {p.key for p in refused(PARKING, {f"{PUBLICATION}.frequency": "weekly"})}
    assert missing == {f"{PUBLICATION}.{name}" for name in ("smtp_server", "smtp_sender", "smtp_recipients")}
    filled = {
        f"{PUBLICATION}.frequency": "weekly",
        f"{PUBLICATION}.smtp_server": "smtp://smtp.gmail.com",
        f"{PUBLICATION}.smtp_port": 587,
        f"{PUBLICATION}.smtp_sender": "a@example.org",
        f"{PUBLICATION}.smtp_recipients": "b@example.org;c@example.org",
    }
    on = accepted(PARKING, filled).values
    assert refused(on, {f"{PUBLICATION}.smtp_server": ""})
    accepted(on, {f"{PUBLICATION}.frequency": "disabled", f"{PUBLICATION}.smtp_server": ""})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({f"{SUPERVISION}.supervision_url": "ws://csms.example.org"}, "overheard"),
        ({"energy_management.meters.rtu_address": 248}, "247"),  # N-45
        ({f"{PUBLICATION}.field_separator": "comma"}, "quotes"),
        ({f"{SUPERVISION}.local_port": 8081}, "left alone"),
        ({f"{NETWORK}.ip_address": "192.168.0.245"}, "commissioning"),
        ({"energy_management.meters.1.meter_type": "iem2155"}, "single-phase"),
        (
            {
                "energy_management.meters.2.meter_type": "generic_tri",
                "energy_management.meters.2.tri_energy_register_phase1": 19066,
                "energy_management.meters.2.tri_energy_register_phase2": 19067,
            },
            "tri_energy_register_phase1 = 19066 takes 2 registers and overlaps",
        ),  # R-170, N-46
    ],
)
def test_doubtful_changes_are_told(changes: Mapping[str, object], words: str) -> None:
    notices = accepted(PARKING, changes).notices
    assert any(words in notice.en for notice in notices)
    assert all(notice.fr for notice in notices)


def test_a_modbus_tcp_meter_wants_the_second_address() -> None:
    """R-171."""
    hidden = Values(Facts(delivered_firmware="3.3"))
    meter = {"energy_management.meters.1.meter_type": "iem3x5x", "energy_management.meters.1.protocol": "modbus_tcp"}
    assert any("outlet2_ip_enabled" in notice.en for notice in accepted(hidden, meter).notices)
    assert not accepted(PARKING, meter).notices


# Imports and what is stored -------------------------------------------------------------------------------------------


def test_an_imported_name_keeps_its_characters_with_a_notice() -> None:
    """N-28."""
    changes = {"configuration.general.station_name": "Borne_1"}
    assert refused(PARKING, changes)
    outcome = accepted(PARKING, changes, imported=True)
    assert outcome.values.get("configuration.general.station_name") == "Borne_1"
    assert any("Borne_1" in notice.en for notice in outcome.notices)
    assert refused(PARKING, {"configuration.general.station_name": "B\x1borne"}, imported=True)


def test_only_admin_imports() -> None:
    """R-056: what a User calls an import is checked like any other change."""
    changes = {"configuration.general.allow_cable_left": True}
    city = Values(Facts(model=Model.CITY))
    accepted(city, changes, imported=True)
    outcome = check_changes(city, changes, Role.USER, imported=True)
    assert isinstance(outcome, list)
    assert outcome[0].reason is Reason.HIDDEN


def test_what_another_model_shows_is_kept_on_import() -> None:
    outcome = accepted(PARKING, {f"{OUTLETS}.current_limit_value": 10}, imported=True)
    assert outcome.values.get(f"{OUTLETS}.current_limit_value", 2) == 10
    assert any("wallbox" in notice.en for notice in outcome.notices)


def test_stored_values_are_loaded_or_refused_by_name() -> None:
    facts = Facts()
    kept = {f"{OUTLETS}.2.derated_current": 16, "configuration.general.station_name": "Borne_1"}
    loaded = load(facts, kept)
    assert isinstance(loaded, Values)
    assert dict(loaded.deviations) == kept
    problems = load(facts, {"no.such.key": 1, TIMEOUT: "x", "authentication.badges.type": "vip"})
    assert isinstance(problems, list)
    assert [p.key for p in problems] == ["no.such.key", TIMEOUT, "authentication.badges.type"]


FREE = [s for s in stored() if not s.bound_by and not s.key.startswith((NETWORK, SUPERVISION, PUBLICATION))]


@settings(deadline=None)
@given(st.data())
def test_valid_values_are_accepted_in_any_combination_and_again_change_nothing(data: st.DataObject) -> None:
    picked = data.draw(st.lists(st.sampled_from(FREE), unique_by=lambda s: s.key, max_size=8))
    changes = {s.key: data.draw(valid(s)) for s in picked if Model.PARKING in s.models}
    outcome = accepted(PARKING, changes)
    for key, value in changes.items():
        outlet = 2 if SETTINGS[key].scope is Scope.OUTLET else None
        assert outcome.values.get(key, outlet) == value
    assert accepted(outcome.values, changes).changes == {}


_RAW = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.integers(), max_size=2)


@settings(deadline=None)
@given(
    st.dictionaries(st.sampled_from([*SETTINGS, f"{OUTLETS}.2.derated_current", "x.1.y"]) | st.text(), _RAW),
    st.sampled_from(Role),
)
def test_nothing_that_is_asked_for_breaks_the_check(changes: dict[str, object], role: Role) -> None:
    outcome = check_changes(PARKING, changes, role)
    if isinstance(outcome, list):
        assert outcome
        assert all(problem.sentence(lang) for problem in outcome for lang in ("en", "fr"))
    else:
        assert check_changes(outcome.values, outcome.changes, Role.ADMIN, imported=True)


def test_only_the_first_unknown_key_gets_a_hint() -> None:
    """A hint is a search through all keys: a request of thousands of unknown ones would hold up the station."""
    keys = [f"configuration.general.station_nam{n}" for n in range(300)]
    problems = check_changes(PARKING, dict.fromkeys(keys, 1))
    assert isinstance(problems, list)
    assert len(problems) == len(keys)
    assert sum("did you mean" in problem.sentence() for problem in problems) == 1
