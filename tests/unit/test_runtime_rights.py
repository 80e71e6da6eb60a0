"""Rights hold in the station, not only in the form (R-055): every setting and order that the spec denies a User."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from evlink.runtime.methods import settings as settings_methods
from evlink.runtime.methods import station as station_methods
from evlink.runtime.rpc import ADMIN, REFUSED, Failure, Methods, Session
from evlink.runtime.settings_desk import SettingsDesk
from evlink.settings.facts import Facts, Model
from evlink.settings.model import Role, Scope, Store
from evlink.settings.registry import SETTINGS
from evlink.settings.values import Values

RIGHTS = list(csv.DictReader((Path(__file__).parents[1] / "data/rights.csv").read_text(encoding="utf-8").splitlines()))
STORED = [
    row for row in RIGHTS if SETTINGS[row["key"]].store is Store.VALUE and SETTINGS[row["key"]].scope is not Scope.BADGE
]


class Disk:
    """A disk that remembers what was saved."""

    def __init__(self) -> None:
        self.saved: list[Values] = []

    def save(self, settings: Values) -> None:
        """Remember."""
        self.saved.append(settings)


def desk_for(model: Model, **facts: Any) -> tuple[SettingsDesk, Disk]:
    disk = Disk()
    outlets = 1 if model is Model.WALLBOX else 2
    values = Values(Facts(model=model, outlet_count=outlets, **facts))
    return SettingsDesk(values, disk, lambda values: None), disk


def session_of(role: Role) -> Session:
    session = Session(None, trusted=False)
    session.role = role
    return session


def test_the_table_is_the_specs() -> None:
    """129 settings; 44 that a User may write, none that an Admin may not at least read."""
    assert len(RIGHTS) == 129
    assert all(row["admin"] in ("r", "rw") for row in RIGHTS)


@pytest.mark.parametrize("row", STORED, ids=lambda row: row["key"])
async def test_what_a_user_may(row: dict[str, str]) -> None:
    setting = SETTINGS[row["key"]]
    model = next(m for m in (Model.PARKING, Model.CITY, Model.WALLBOX) if m in setting.models)
    desk, disk = desk_for(model)
    methods = Methods(settings_methods.table(desk))
    user = session_of(Role.USER)
    listed = {item["key"] for item in (await methods.call(user, "settings.list", {}))["settings"]}
    path = setting.path(1)
    assert (path in listed) is (row["user"] != "n")
    if row["user"] == "n":
        with pytest.raises(Failure) as refused:
            await methods.call(user, "settings.get", {"keys": [row["key"]]})
        assert refused.value.code == REFUSED
    if row["user"] != "rw":
        value = desk.stored.get(setting.key, 1)
        with pytest.raises(Failure) as refused:
            await methods.call(user, "settings.apply", {"changes": {path: value}})
        assert refused.value.code == REFUSED, refused.value.message
        assert not disk.saved


@pytest.mark.parametrize("name", ["factory_reset", "stop"])
async def test_orders_that_a_user_may_not_give(name: str) -> None:
    async def reset() -> None:
        raise AssertionError

    table = station_methods.order_table(None, lambda: None, reset)  # type: ignore[arg-type]
    with pytest.raises(Failure) as refused:
        await Methods(table).call(session_of(Role.USER), "order", {"name": name, "outlet": 1})
    assert refused.value.code == REFUSED


async def test_restart_is_open_to_both_accounts() -> None:
    """R-225."""
    given: list[str] = []

    async def reset() -> None:
        given.append("reset")

    table = station_methods.order_table(None, lambda: given.append("restart"), reset)  # type: ignore[arg-type]
    for role in (Role.USER, Role.ADMIN):
        await Methods(table).call(session_of(role), "order", {"name": "restart"})
    assert given == ["restart", "restart"]


@pytest.mark.parametrize("role", [Role.NONE, Role.USER])
async def test_the_simulator_is_admins(role: Role) -> None:
    async def simulate(action: str, params: dict[str, Any]) -> dict[str, Any]:
        raise AssertionError

    table = station_methods.simulator_table(simulate)
    assert all(method.roles == ADMIN for method in table.values())
    with pytest.raises(Failure) as refused:
        await Methods(table).call(session_of(role), "sim.plug", {})
    assert refused.value.code == REFUSED


async def test_nobody_sees_anything_before_login() -> None:
    desk, _ = desk_for(Model.PARKING)
    methods = Methods(settings_methods.table(desk))
    for name in ("settings.list", "settings.get", "settings.apply"):
        with pytest.raises(Failure, match="log in first"):
            await methods.call(session_of(Role.NONE), name, {})


async def test_a_session_with_a_factory_password_may_only_set_a_new_one() -> None:
    """The factory passwords open nothing (docs/decisions/0001)."""
    desk, _ = desk_for(Model.PARKING)
    session = session_of(Role.ADMIN)
    session.password_due = True
    with pytest.raises(Failure, match="set a new password first"):
        await Methods(settings_methods.table(desk)).call(session, "settings.list", {})


async def test_a_change_made_elsewhere_meanwhile_is_a_conflict() -> None:
    desk, disk = desk_for(Model.PARKING)
    key = "configuration.date_time.ntp_server"
    base = desk.version
    await desk.apply({key: "ntp.example.org"}, Role.ADMIN, base)
    with pytest.raises(Failure, match="changed elsewhere"):
        await desk.apply({key: "time.example.org"}, Role.ADMIN, base)
    assert len(disk.saved) == 1


async def test_what_needs_a_restart_waits_for_it() -> None:
    """R-042, R-127."""
    desk, _ = desk_for(Model.PARKING)
    await desk.apply({"configuration.supervision.meter_sample_interval": 60}, Role.ADMIN)
    assert desk.restart_needed == ("configuration.supervision.meter_sample_interval",)
    assert desk.in_force.get("configuration.supervision.meter_sample_interval") == 900
    await desk.apply({"configuration.general.station_location": "outdoor"}, Role.ADMIN)
    assert desk.in_force.get("configuration.general.station_location") == "outdoor"
