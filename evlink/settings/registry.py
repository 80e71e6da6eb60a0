"""The registry: every setting by its key in tab order, put together by hand, and the search for one by its path."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from evlink.settings import (
    advanced,
    badges,
    date_time,
    extension,
    general,
    head_meter,
    internal,
    letters,
    meter_lines,
    meters,
    network,
    ocpp_keys,
    outlets,
    password,
    publication,
    supervision,
    update,
    wifi,
)
from evlink.settings.actions import ACTIONS as ACTIONS
from evlink.settings.facts import Facts
from evlink.settings.model import Action, Scope, Setting, Store, Tab
from evlink.settings.tabs import TABS as TABS

MANUAL: tuple[Setting, ...] = (
    *general.SETTINGS,
    *date_time.SETTINGS,
    *network.SETTINGS,
    *wifi.SETTINGS,
    *supervision.SETTINGS,
    *advanced.SETTINGS,
    *outlets.SETTINGS,
    *meters.SETTINGS,
    *badges.SETTINGS,
    *publication.SETTINGS,
    *password.SETTINGS,
    *update.SETTINGS,
)
"""The settings that the manual's screens show."""

EXTENSIONS: tuple[Setting, ...] = (
    *meter_lines.SETTINGS,
    *head_meter.SETTINGS,
    *extension.SETTINGS,
    *letters.SETTINGS,
    *ocpp_keys.SETTINGS,
)
"""The settings of our own."""

SETTINGS: Mapping[str, Setting] = MappingProxyType({s.key: s for s in (*MANUAL, *EXTENSIONS, *internal.SETTINGS)})
"""Every setting by its key: the manual's in tab order, those of our own, and the keys without a screen."""


@dataclass(frozen=True, slots=True)
class Found:
    """A setting found by a path; `outlet` is the number in the path, None where there was none."""

    setting: Setting
    outlet: int | None


@lru_cache(4096)
def find(path: str) -> Found | None:
    """The setting of a path such as `energy_management.outlets.1.derated_current`, None where there is none.

    The outlet's number stands before the last part of the key. Whether the station has that outlet isn't asked here.
    """
    if setting := SETTINGS.get(path):
        return Found(setting, None)
    numbered = re.fullmatch(r"([a-z0-9_.]+)\.([0-9]{1,3})\.([a-z0-9_]+)", path)
    if not numbered:
        return None
    setting = SETTINGS.get(f"{numbered[1]}.{numbered[3]}")
    if setting is None or setting.scope is not Scope.OUTLET:
        return None
    return Found(setting, int(numbered[2]))


def paths(setting: Setting, facts: Facts) -> tuple[str, ...]:
    """A setting's paths on a station: one an outlet where it has a value an outlet, else its key."""
    if setting.scope is Scope.OUTLET:
        return tuple(setting.path(outlet) for outlet in facts.outlets)
    return (setting.key,)


def stored() -> Iterator[Setting]:
    """The settings whose value is stored, in order."""
    return (s for s in SETTINGS.values() if s.store is Store.VALUE)


def tab(tab_id: str) -> Tab:
    """The tab of an id; KeyError where there is none."""
    for one in TABS:
        if one.id == tab_id:
            return one
    raise KeyError(tab_id)


def settings_of(tab_id: str) -> tuple[Setting, ...]:
    """The settings of a tab, in order."""
    return tuple(s for s in SETTINGS.values() if s.tab.id == tab_id)


def actions_of(tab_id: str) -> tuple[Action, ...]:
    """The buttons of a tab; those of every tab are not among them."""
    return tuple(a for a in ACTIONS if a.tab == tab_id)
