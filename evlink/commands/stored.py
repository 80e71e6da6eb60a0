"""The station's stored values as a command sees them: what `settings.list` tells, to check and to explain by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from evlink.client import Client
from evlink.commands.words import Words
from evlink.settings.facts import Facts, Model
from evlink.settings.model import Store
from evlink.settings.registry import find
from evlink.settings.values import Values
from evlink.settings.view import allowed


def values_of(client: Client, entries: Iterable[Mapping[str, Any]] | None = None) -> Values:
    """The values of a list, asked for where there is none; secrets are left out: only whether they are set is told."""
    changes = {}
    for entry in client.call("settings.list")["settings"] if entries is None else entries:
        found = find(entry["key"])
        if found and found.setting.store is Store.VALUE and not found.setting.secret and entry["value"] is not None:
            changes[entry["key"]] = entry["value"]
    return Values(_facts(client.hello.get("facts") or {})).with_changes(changes)


def _facts(document: Mapping[str, Any]) -> Facts:
    """Facts as `hello` tells them; what a newer station tells besides is left out."""
    known: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in document.items()
        if name in Facts.__dataclass_fields__
    }
    if "model" in known:
        known["model"] = Model(known["model"])
    return Facts(**known)


def allowed_now(key: str, values: Values, t: Words) -> str:
    """What a setting takes as the station is set now: its range up to the setting that bounds it, and its floors."""
    found = find(key)
    if found is None:
        return ""
    setting = found.setting
    text = allowed(setting, values, found.outlet).text(t.lang)
    if not setting.floors:
        return text
    one = values.floor(setting.key, found.outlet or 1, 1)
    three = values.floor(setting.key, found.outlet or 1, 3) if values.facts.phases == 3 else one
    if not three:
        return text
    if one == three:
        return t("{allowed}; below {one} A it works as 0 A", allowed=text, one=one)
    return t(
        "{allowed}; below {one} A, with three phases {three} A, it works as 0 A", allowed=text, one=one, three=three
    )
