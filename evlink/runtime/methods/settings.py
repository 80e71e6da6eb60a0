"""Settings over the socket: list, get, apply."""

from __future__ import annotations

from typing import Any

import msgspec

from evlink.runtime.rpc import Method, NoParams, Session
from evlink.runtime.settings_desk import SettingsDesk


class Get(msgspec.Struct, forbid_unknown_fields=True):
    """Parameters of `settings.get`."""

    keys: list[str]


class Apply(msgspec.Struct, forbid_unknown_fields=True):
    """Parameters of `settings.apply`; `imported` says that the changes come from a file of a station (R-056)."""

    changes: dict[str, str | int | bool | float]
    base: int | None = None
    dry_run: bool = False
    imported: bool = False


def table(desk: SettingsDesk) -> dict[str, Method]:
    """The methods."""

    async def list_(session: Session, params: NoParams) -> dict[str, Any]:
        return desk.listing(session.role)

    async def get(session: Session, params: Get) -> dict[str, Any]:
        return desk.get(params.keys, session.role)

    async def apply(session: Session, params: Apply) -> dict[str, Any]:
        return await desk.apply(params.changes, session.role, params.base, params.dry_run, params.imported)

    return {
        "settings.list": Method(NoParams, list_),
        "settings.get": Method(Get, get),
        "settings.apply": Method(Apply, apply),
    }
