"""Rights: what the two accounts may see and change, held against the table of the manual (R-049 to R-055)."""

from __future__ import annotations

import pytest

from evlink.settings.check import Checked, Reason, check_changes
from evlink.settings.facts import Facts, Model
from evlink.settings.model import Right, Role, Scope, Setting, Store
from evlink.settings.registry import ACTIONS, MANUAL, SETTINGS, settings_of, tab
from evlink.settings.values import Values
from evlink.settings.view import open_tabs, rows

VALUES = Values(Facts())

R049 = [
    ("configuration.general", True),
    ("configuration.date_time", True),
    ("configuration.network", False),
    ("configuration.wifi", True),
    ("configuration.supervision", False),
    ("energy_management.advanced", False),
    ("energy_management.outlets", False),
    ("energy_management.meters", False),
    ("authentication", True),
    ("charge_history.history", True),
    ("charge_history.publication", True),
    ("maintenance.status", True),
    ("maintenance.report", True),
    ("maintenance.control", True),
    ("maintenance.password", True),
    ("maintenance.update", False),
]

USER_WRITES = {
    "configuration.general.external_control",
    "configuration.general.authentication_by",
    "configuration.general.authentication_by_ocpp",
    "configuration.general.unknown_badge_strategy",
    "configuration.general.comms_loss_strategy",
    "configuration.general.allow_cable_left",
    "configuration.date_time.clock_source",
    "configuration.date_time.manual_datetime",
    "configuration.date_time.ntp_server",
    "configuration.date_time.timezone",
    "authentication.badges.type",
    "authentication.badges.comment",
    "maintenance.password.current_password",
    "maintenance.password.new_password",
    "maintenance.password.confirm_password",
    *(s.key for s in settings_of("charge_history.publication")),
}

USER_READS = {
    "configuration.general.station_type",
    "configuration.general.authentication_timeout",
    "configuration.general.front_button_enabled",
    "configuration.general.station_location",
    "configuration.wifi.ip_address",
    "authentication.badges.number",
    "authentication.badges.uid",
}


@pytest.mark.parametrize(("tab_id", "user"), R049)
def test_sub_tabs_open_as_the_table_says(tab_id: str, user: bool) -> None:
    """R-049."""
    assert tab(tab_id).right(Role.ADMIN) is Right.WRITE
    assert (tab(tab_id).right(Role.USER) is Right.WRITE) is user
    assert tab(tab_id).right(Role.NONE) is Right.NONE


def test_a_user_does_not_see_energy_management_nor_extensions() -> None:
    """R-052."""
    assert [t.id for t in open_tabs(Role.USER, VALUES)] == [
        "configuration",
        "authentication",
        "charge_history",
        "maintenance",
    ]
    assert "energy_management" in [t.id for t in open_tabs(Role.ADMIN, VALUES)]
    assert open_tabs(Role.ADMIN, VALUES)[-1].id == "extension"


def test_supervision_and_wifi_tabs_come_with_their_conditions() -> None:
    """R-053 and R-054."""

    def shown(values: Values) -> set[str]:
        return {t.id for t in open_tabs(Role.ADMIN, values, "configuration")}

    assert not {"configuration.supervision", "configuration.wifi"} & shown(VALUES)
    assert "configuration.supervision" in shown(
        VALUES.with_changes({"configuration.general.station_type": "supervision"})
    )
    card = Values(Facts(model=Model.WALLBOX, outlet_count=1, has_wifi_card=True))
    assert "configuration.wifi" in shown(card)


@pytest.mark.parametrize("setting", [pytest.param(s, id=s.key) for s in SETTINGS.values()])
def test_effective_rights_of_the_user_account(setting: Setting) -> None:
    """R-051: what the tab closes stays closed, though the parameter is printed readable (N-22)."""
    expected = Right.NONE
    if setting.key in USER_WRITES:
        expected = Right.WRITE
    elif setting.key in USER_READS:
        expected = Right.READ
    assert setting.right(Role.USER) is expected


def test_printed_readable_settings_of_closed_tabs_stay_closed() -> None:
    """N-22: these are printed readable for User, and the tab wins."""
    closed = {s.key for s in MANUAL if s.user is Right.READ and s.right(Role.USER) is Right.NONE}
    assert closed == {
        *(f"configuration.network.{name}" for name in ("mac_address", "ip_address", "ip_address_outlet2")),
        *(f"configuration.network.{name}" for name in ("subnet_mask", "default_gateway")),
        *(f"configuration.network.{name}" for name in ("dns_primary", "dns_secondary")),
        "energy_management.meters.meter_type",
    }


@pytest.mark.parametrize("role", [Role.USER, Role.NONE])
@pytest.mark.parametrize("setting", [pytest.param(s, id=s.key) for s in SETTINGS.values()])
def test_no_account_changes_what_it_may_not(setting: Setting, role: Role) -> None:
    """R-055: refused in the check itself, even to the present value, and nothing else is applied with it."""
    if setting.right(role) is Right.WRITE:
        return
    companion = {"configuration.date_time.timezone": "UTC"}
    outcome = check_changes(VALUES, {setting.key: VALUES.get(setting.key), **companion}, role)
    assert isinstance(outcome, list)
    assert outcome[0].key == setting.key
    assert outcome[0].reason in (Reason.REFUSED, Reason.READ_ONLY, Reason.ACTION)
    for lang in ("en", "fr"):
        assert setting.key in outcome[0].sentence(lang)


def test_a_user_may_not_write_what_is_hidden_from_the_form() -> None:
    """R-055: the cache strategy is hidden on a stand-alone station; staged together with nothing, it is refused."""
    outcome = check_changes(VALUES, {"configuration.general.comms_loss_strategy": "reject_all"}, Role.USER)
    assert isinstance(outcome, list)
    assert outcome[0].reason is Reason.HIDDEN
    assert outcome[0].refused
    assert isinstance(check_changes(VALUES, {"configuration.general.comms_loss_strategy": "reject_all"}), Checked)


def test_admin_only_actions() -> None:
    """R-056, R-226, R-230: import, export, reset and update are Admin's; everything else is open to both."""
    assert {a.id for a in ACTIONS if not a.right(Role.USER)} == {
        "config_export",
        "config_import",
        "factory_reset",
        "firmware_update",
    }
    assert all(a.right(Role.ADMIN) and not a.right(Role.NONE) for a in ACTIONS)
    assert [a.id for a in ACTIONS if a.confirm] == ["badges_delete_all"]


def test_rows_of_a_form_follow_role_model_and_staged_values() -> None:
    keys = [row.setting.name for row in rows("configuration.general", Role.USER, VALUES)]
    assert "station_name" not in keys  # Admin only
    assert "front_button_enabled" not in keys  # Smart Wallbox only
    by_name = {row.setting.name: row for row in rows("configuration.general", Role.USER, VALUES)}
    assert by_name["station_type"].right is Right.READ
    assert not by_name["station_type"].cells[0].editable
    assert by_name["unknown_badge_strategy"].shown
    staged = VALUES.with_changes({"configuration.general.authentication_by": "disabled"})
    after = {row.setting.name: row for row in rows("configuration.general", Role.USER, staged)}
    assert not after["unknown_badge_strategy"].shown
    two = rows("energy_management.outlets", Role.ADMIN, VALUES)
    assert {len(row.cells) for row in two if row.setting.scope is Scope.OUTLET} == {2}
    assert [c.path for c in two[-1].cells] == [two[-1].setting.path(1), two[-1].setting.path(2)]
    assert all(not c.editable for row in two if row.setting.store is Store.FACT for c in row.cells)
    assert rows("configuration.network", Role.USER, VALUES) == ()
