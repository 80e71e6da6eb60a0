"""The second table of fields, taken by hand from the manual, and the stations on which it is held against the product.

`tests/data/terminal-fields.txt` says what it means; nothing here reads the product's own declarations but the
facts of a station.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from pathlib import Path

from evlink.settings.facts import Facts, Model

DATA = Path(__file__).parents[1] / "data"
LABELS: dict[str, tuple[str, str]] = {
    row["key"]: (row["en"], row["fr"])
    for row in csv.DictReader((DATA / "terminal-labels.csv").read_text(encoding="utf-8").splitlines())
}
"""The labels of sub-tabs and settings by key, English and French, as the manual's tables have them."""

_MODELS = {"P": Model.PARKING, "C": Model.CITY, "W": Model.WALLBOX}
_FACTS: dict[str, Callable[[Facts], bool]] = {
    "reader": lambda facts: facts.has_rfid_reader,
    "no reader": lambda facts: not facts.has_rfid_reader,
    "Wi-Fi card": lambda facts: facts.has_wifi_card,
    "two outlets": lambda facts: facts.outlet_count == 2,
}

Values = Mapping[str, str | bool]
"""What the settings are at that conditions look at, by key or path; a flag is True or False."""


@dataclass(frozen=True)
class Field:
    """A line of the table."""

    key: str
    models: frozenset[Model]
    admin: str
    user: str
    per: str
    shown: str
    changed: str

    def right(self, admin: bool) -> str:
        """`rw`, `r` or `-`."""
        return self.admin if admin else self.user


@dataclass(frozen=True)
class SubTab:
    """A heading of the table, with its fields."""

    id: str
    user: bool
    shown: str
    fields: tuple[Field, ...]


def read(text: str) -> tuple[SubTab, ...]:
    """The table; ValueError for a line that is none."""
    found: list[SubTab] = []
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        if heading := re.fullmatch(r"\[([a-z_.]+)\] Admin( User)?(?:; shown: (.+))?", line):
            found.append(SubTab(heading[1], bool(heading[2]), heading[3] or "", ()))
        elif row := re.fullmatch(r"(\w+) +(P?C?W?) +(rw|r|-) +(rw|r|-)(?: +(.+))?", line):
            tab = found.pop()
            extras = dict(part.split(" ", 1) for part in (row[5] or "").split("; ") if part)
            place = "authentication.badges" if tab.id == "authentication" else tab.id
            models = frozenset(_MODELS[letter] for letter in row[2])
            rest = extras.get("per", ""), extras.get("shown:", ""), extras.get("changed:", "")
            one = Field(f"{place}.{row[1]}", models, row[3], row[4], *rest)
            found.append(SubTab(tab.id, tab.user, tab.shown, (*tab.fields, one)))
        else:
            raise ValueError(line)
    return tuple(found)


TABLE = read((DATA / "terminal-fields.txt").read_text(encoding="utf-8"))


def holds(condition: str, sub: str, facts: Facts, values: Values, outlet: int | None = None) -> bool:
    """Whether a condition of the table holds for a field of a sub-tab."""
    return not condition or all(_holds(part, sub, facts, values, outlet) for part in condition.split(" and "))


def _holds(part: str, sub: str, facts: Facts, values: Values, outlet: int | None) -> bool:
    if (fact := _FACTS.get(part)) is not None:
        return fact(facts)
    name, _, wanted = part.partition(" is ")
    place, _, last = f"{name if '.' in name else sub.rpartition('.')[2] + '.' + name}".rpartition(".")
    key = f"{sub.partition('.')[0]}.{place}.{last}"
    if key not in values:
        key = f"{sub.partition('.')[0]}.{place}.{outlet}.{last}"
    value = values[key]
    if wanted in ("on", "off"):
        return value is (wanted == "on")
    return value != wanted[4:] if wanted.startswith("not ") else value == wanted


@dataclass(frozen=True)
class Cell:
    """A field that a screen has: its path, and whether it can be changed there."""

    path: str
    writable: bool


def cells(sub: SubTab, facts: Facts, values: Values, admin: bool) -> list[Cell]:
    """What the table says stands on a sub-tab, in order, the outlets of a field one after the other."""
    found = []
    for field in sub.fields:
        if facts.model not in field.models or (right := field.right(admin)) == "-":
            continue
        head, _, last = field.key.rpartition(".")
        for outlet in facts.outlets if field.per == "outlet" else (None,):
            if holds(field.shown, sub.id, facts, values, outlet):
                path = field.key if outlet is None else f"{head}.{outlet}.{last}"
                found.append(Cell(path, right == "rw" and holds(field.changed, sub.id, facts, values, outlet)))
    return found


def open_subtabs(facts: Facts, values: Values, admin: bool) -> list[SubTab]:
    """The sub-tabs that an account sees, in order."""
    return [sub for sub in TABLE if (admin or sub.user) and holds(sub.shown, sub.id, facts, values)]


# Stations, and what their settings are at

STATIONS = ("parking 1", "parking 2", "city 1", "city 2", "wallbox 1")
ACCESS = ("reader", "other")
WIFI = (False, True)


def facts_of(station: str, access: str, wifi: bool) -> Facts:
    """The facts of a station; without a reader a Smart Wallbox has a key lock (R-010), and it alone has Wi-Fi."""
    model, count = station.split()
    wallbox = model == "wallbox"
    return Facts(
        model=Model(model),
        outlet_count=int(count),
        has_rfid_reader=access == "reader",
        has_key_lock=wallbox and access != "reader",
        has_wifi_card=wallbox and wifi,
        mac_address=("00:80:F4:42:55:81", "00:80:F4:42:55:80"),
        board_version=("3.3.0.4",),
        tool_version=("0.1.0",),
        rfid_reader_version=("1.20",),
    )


METER_TYPES = ("internal_ct", "iem3x5x", "iem2155", "generic_mono", "generic_tri")

CHOICES: dict[str, tuple[str | bool, ...]] = {
    "configuration.general.station_type": ("standalone", "supervision"),
    "configuration.general.authentication_by": ("station", "disabled", "remote"),
    "configuration.supervision.modem_present": (True, False),
    "configuration.date_time.clock_source": ("manual", "ntp"),
    "configuration.network.dhcp_enabled": (True, False),
    "configuration.network.outlet2_ip_enabled": (True, False),
    "energy_management.advanced.load_balancing": ("enabled", "disabled"),
    "energy_management.meters.1.meter_type": METER_TYPES,
    "energy_management.meters.1.protocol": ("modbus_rtu", "modbus_tcp"),
    "charge_history.publication.protocol": ("smtp", "ftp", "http"),
    "charge_history.publication.smtp_authentication": (True, False),
}
"""Every setting that a condition of the table reads, with all that it can be at. The second outlet's meter and the
authentication of the other protocols follow (see `whole`)."""

GROUPS = {
    "general": ("configuration.general", "configuration.supervision"),
    "supervision": ("configuration.general", "configuration.supervision"),
    "date_time": ("configuration.date_time",),
    "network": ("configuration.network",),
    "advanced": ("energy_management.advanced", "energy_management.outlets"),
    "meters": ("energy_management.meters",),
    "publication": ("charge_history.publication",),
}
"""The sub-tabs on which settings of a sub-tab decide."""


def combinations_of() -> dict[tuple[str, ...], list[dict[str, str | bool]]]:
    """Of each set of sub-tabs all combinations of what its conditions read."""
    keys: dict[tuple[str, ...], list[str]] = {}
    for key in CHOICES:
        keys.setdefault(GROUPS[key.split(".")[1]], []).append(key)
    return {
        subs: [dict(zip(names, values, strict=True)) for values in product(*(CHOICES[name] for name in names))]
        for subs, names in keys.items()
    }


def whole(values: Values) -> dict[str, str | bool]:
    """Values with those that follow: the second meter is another one, one protocol authenticates like the others."""
    made = dict(values)
    meters = "energy_management.meters.{}.{}"
    kind, protocol = (meters.format(1, name) for name in ("meter_type", "protocol"))
    at = METER_TYPES.index(str(values[kind]))
    made[meters.format(2, "meter_type")] = METER_TYPES[(at + 2) % len(METER_TYPES)]
    made[meters.format(2, "protocol")] = "modbus_tcp" if (values[protocol] == "modbus_rtu") ^ (at > 2) else "modbus_rtu"
    on = values["charge_history.publication.smtp_authentication"]
    return made | {f"charge_history.publication.{name}_authentication": on for name in ("ftp", "http")}


def for_facts(values: Values, facts: Facts) -> dict[str, str | bool]:
    """The values that a station has a place for."""
    return {key: value for key, value in values.items() if facts.outlet_count == 2 or ".2." not in key}


def rounds() -> list[dict[str, str | bool]]:
    """Values in as few rounds as it takes for every combination of each set of sub-tabs, these beside one another."""
    made = list(combinations_of().values())
    return [
        whole({key: value for one in made for key, value in one[at % len(one)].items()})
        for at in range(max(map(len, made)))
    ]


Round = tuple[dict[str, str | bool], set[str] | None]
"""Values of a station, and the sub-tabs that are worth a look with them; None for every one."""


def beside(made: Mapping[tuple[str, ...], Sequence[Values]], facts: Facts) -> list[Round]:
    """Rounds in which each set of sub-tabs goes through its own values; the first has a look at every sub-tab."""
    found: list[Round] = []
    for at in range(max(map(len, made.values()))):
        values = {key: value for one in made.values() for key, value in one[min(at, len(one) - 1)].items()}
        only = {sub for subs, one in made.items() if at < len(one) for sub in subs}
        found.append((for_facts(whole(values), facts), None if at == 0 else only))
    return found


def plan(rows: Sequence[Mapping[str, object]]) -> list[list[Round]]:
    """For each row of pairwise screens the rounds to look at there, so that every pair of values occurs on a screen.

    Pairs are of a screen's parameter with what a condition reads, and of two such settings of the same sub-tabs.
    """
    groups = combinations_of()
    known: set[frozenset[tuple[str, object]]] = set()
    plans: list[list[Round]] = []
    for row in rows:
        facts = facts_of(str(row["station"]), str(row["access"]), bool(row["wifi"]))
        wanted: dict[tuple[str, ...], list[dict[str, str | bool]]] = {}
        for subs, made in groups.items():
            allowed = {sub.id for sub in TABLE if row["admin"] or sub.user}
            wanted[subs] = []
            for one in made if allowed & set(subs) else ():
                pairs = {frozenset(pair) for pair in combinations([*row.items(), *one.items()], 2)}
                pairs = {pair for pair in pairs if any(key in one for key, _ in pair)}
                if not pairs <= known:
                    known |= pairs
                    wanted[subs].append(one)
            wanted[subs] = wanted[subs] or made[len(plans) % len(made) :][:1]
        plans.append(beside(wanted, facts))
    return plans


def pairwise(parameters: Mapping[str, Sequence[object]]) -> list[dict[str, object]]:
    """Rows of one value a parameter in which every pair of two parameters' values stands at least once.

    Greedy, always the same rows: each begins with the first pair that is missing, and takes of every other parameter
    the value that brings most pairs.
    """
    names = list(parameters)
    missing = {
        ((a, i), (b, j))
        for a, b in combinations(range(len(names)), 2)
        for i in range(len(parameters[names[a]]))
        for j in range(len(parameters[names[b]]))
    }
    rows = []
    while missing:
        row = dict(min(missing))
        for at, name in enumerate(names):
            if at not in row:
                gains = [
                    sum(_pair(at, value, other, there) in missing for other, there in row.items())
                    for value in range(len(parameters[name]))
                ]
                row[at] = gains.index(max(gains))
        missing -= set(_pairs(row))
        rows.append({name: parameters[name][row[at]] for at, name in enumerate(names)})
    return rows


def _pair(a: int, i: int, b: int, j: int) -> tuple[tuple[int, int], tuple[int, int]]:
    return ((a, i), (b, j)) if a < b else ((b, j), (a, i))


def _pairs(row: Mapping[int, int]) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    return (_pair(a, row[a], b, row[b]) for a, b in combinations(sorted(row), 2))
