"""Rights hold in the station (R-055): the same change sent by both accounts over the socket, setting by setting.

What each may is the table taken by hand from the manual (tests/data/terminal-fields.txt), and nothing of our own for
User. The socket, the accounts and the door of the settings are the station's own.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from evlink.client import AsyncClient, CallError
from evlink.runtime.methods import accounts
from evlink.runtime.methods import settings as settings_methods
from evlink.runtime.rpc import REFUSED, Methods, Session
from evlink.runtime.server import serve
from evlink.runtime.settings_desk import SettingsDesk
from evlink.settings.kinds import Choice, Flag, Secret, Value, Whole
from evlink.settings.model import Setting, Store
from evlink.settings.places import Address, Host, Mailbox, Url, Zone
from evlink.settings.registry import SETTINGS, paths
from evlink.settings.values import Values
from evlink.storage.state import prepare
from evlink.storage.store import Store as Database
from tests.tui.matrix import ACCESS, STATIONS, TABLE, cells, facts_of, for_facts, holds, open_subtabs, rounds
from tests.unit.storage_bench import HandClock, quick_hasher

PASSWORD = "Correct-Horse-9!"
WALLBOX_CARDS = [("wallbox 1", access, True) for access in ACCESS]
EVERY = [*((station, access, False) for station, access in product(STATIONS, ACCESS)), *WALLBOX_CARDS]

# Filled in, so that a rule that wants them refuses nobody.
FILLED = {
    "charge_history.publication.smtp_server": "mail.example.org",
    "charge_history.publication.smtp_sender": "station@example.org",
    "charge_history.publication.smtp_recipients": "office@example.org",
    "charge_history.publication.ftp_server": "ftp.example.org",
    "charge_history.publication.http_server": "http.example.org",
    "charge_history.publication.http_path": "/",
    "charge_history.publication.http_field_name": "file",
    "configuration.supervision.supervision_url": "ws://csms.example.org/ocpp",
}
TEXTS = {
    "configuration.general.station_name": "BORNE 7",
    "configuration.network.subnet_mask": "255.255.0.0",
    "configuration.wifi.ip_address": "192.168.0.50",
    "extension.modbus_server.allow": "192.168.0.0/24",
    "extension.modbus_server.write_allow": "192.168.0.5",
}
RULED = ("configuration.network.ip_address", "configuration.network.ip_address_outlet2")
"""Where only some values are right, with a Wi-Fi card at least; tests/unit/test_settings_check.py has them."""

FORBIDDEN = ("configuration.general.station_type", "configuration.network.dns_primary", "extension.meters.parity")


def another(setting: Setting, present: Value, values: Values) -> Value:
    """A right value that isn't the present one."""
    match setting.kind:
        case _ if setting.key in TEXTS:
            return TEXTS[setting.key]
        case Choice() as kind:
            return next(name for name in kind.ids(values.facts.model) if name != present)
        case Flag():
            return not present
        case Whole(min=least):
            return int(present or 0) - 1 if int(present or 0) > least else least + 1
        case Address():
            return "192.168.0.40"
        case Url():
            return "ws://other.example.org/ocpp" if "supervision_url" in setting.key else "http://other.example.org/"
        case Host():
            return "other.example.org"
        case Mailbox():
            return "other@example.org"
        case Zone():
            return "Europe/Paris"
        case Secret():
            return "Another-Secret-7!"
        case _:
            return "OTHER"


class Disk:
    """A disk that counts what is saved."""

    def __init__(self) -> None:
        self.saved = 0

    def save(self, settings: Values) -> None:
        """Count."""
        self.saved += 1


@asynccontextmanager
async def both(folder: Path, desk: SettingsDesk) -> AsyncIterator[tuple[AsyncClient, AsyncClient]]:
    """Admin and User, logged in on the socket of the technicians."""
    store = await Database.open(prepare(folder / "state"), HandClock(), quick_hasher())
    for account, factory in (("admin", "ADMIN"), ("utilisateur", "UTILISATEUR")):
        await store.change_password(account, account, factory, PASSWORD)
    sessions: set[Session] = set()
    doors = accounts.table(store, accounts.Token(""), sessions, dict)
    server = await serve(folder / "sock", Methods(doors | settings_methods.table(desk)), sessions, True)
    clients = []
    try:
        for account in ("admin", "utilisateur"):
            clients.append(await AsyncClient.connect(folder / "sock", login=True))
            await clients[-1].call("login", account=account, password=PASSWORD)
        yield clients[0], clients[1]
    finally:
        for client in clients:
            await client.close()
        server.close()
        await store.close()


async def answer(client: AsyncClient, changes: dict[str, Value], **how: Any) -> int:
    """0 where changes are applied, else the code of the refusal."""
    try:
        await client.call("settings.apply", changes=changes, **how)
    except CallError as error:
        return error.code
    return 0


@pytest.mark.parametrize("at", range(0, len(rounds()), 6))
@pytest.mark.parametrize(("station", "access", "wifi"), EVERY)
async def test_each_account_changes_what_the_manual_gives_it(
    tmp_path: Path, station: str, access: str, wifi: bool, at: int
) -> None:
    """R-048 to R-055."""
    facts = facts_of(station, access, wifi)
    chosen = rounds()[at]
    values = Values(facts).with_changes({**FILLED, **for_facts(chosen, facts)})
    disk = Disk()
    desk = SettingsDesk(values, disk, lambda _: None)
    may = {
        cell.path
        for sub in open_subtabs(facts, chosen, False)
        for cell in cells(sub, facts, chosen, False)
        if cell.writable
    }
    # What only its condition hides is no secret to Admin, who prepares a station from the command line.
    closed = {
        field.key
        for sub in TABLE
        for field in sub.fields
        if facts.model not in field.models or not holds(field.changed, sub.id, facts, chosen)
    }
    manuals = {field.key for sub in TABLE for field in sub.fields}
    wrong = []
    async with both(tmp_path, desk) as (admin, user):
        for setting in SETTINGS.values():
            for path in paths(setting, facts):
                change = {path: another(setting, "" if setting.store is Store.ACTION else values.get(path), values)}
                had = disk.saved
                code = await answer(user, change)
                stored = setting.store is Store.VALUE
                if stored and path in may:
                    applied = code == 0 and desk.stored.get(path) == change[path] and disk.saved == had + 1
                    wrong += [] if applied else [f"User may not change {path}: {code}"]
                    desk.stored = values
                elif stored or setting.key not in manuals:
                    held = code == REFUSED and desk.stored is values and disk.saved == had
                    wrong += [] if held else [f"User changes {path}: {code}"]
                else:  # facts, and what is done and never stored
                    held = code != 0 and desk.stored is values and disk.saved == had
                    wrong += [] if held else [f"User stores {path}: {code}"]
                if stored and setting.key in manuals and setting.key not in RULED:
                    code = await answer(admin, change, dry_run=True)
                    wrong += [] if code == (REFUSED if setting.key in closed else 0) else [f"Admin, {path}: {code}"]
    assert wrong == []


async def test_one_forbidden_change_refuses_the_whole_diff(tmp_path: Path) -> None:
    """R-055: all or nothing, whatever else stands in it; to call it an import opens nothing (R-056)."""
    facts = facts_of("parking 2", "other", False)
    disk = Disk()
    desk = SettingsDesk(Values(facts), disk, lambda _: None)
    allowed: dict[str, Value] = {"configuration.date_time.timezone": "Europe/Paris"}
    async with both(tmp_path, desk) as (admin, user):
        for forbidden in FORBIDDEN:
            setting = SETTINGS[forbidden]
            diff = allowed | {forbidden: another(setting, desk.stored.get(forbidden), desk.stored)}
            assert await answer(user, diff) == REFUSED
            assert await answer(user, diff, imported=True) == REFUSED
        assert desk.stored.get("configuration.date_time.timezone") == "UTC"
        assert disk.saved == 0
        assert await answer(user, allowed) == 0
        assert await answer(admin, {"extension.meters.parity": "even"}) == 0
    assert disk.saved == 2
