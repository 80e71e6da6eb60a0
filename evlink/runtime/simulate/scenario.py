"""A day at a station as a TOML file tells it: the station, its house, limits over the day, cars that come and go."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from typing import Any

from evlink.domain.head import HeadRules
from evlink.domain.sharing import Phases
from evlink.domain.state import Config, OutletConfig
from evlink.formats.toml_words import fault
from evlink.runtime.simulate.errors import SimulationError, not_allowed
from evlink.runtime.simulate.site import VOLTS

DAY_S = 86_400
ORDERS = ("charge_duration", "energy_delivered")
LONGEST_NAME = 20
MOST_CARS = 500


@dataclass(frozen=True, slots=True)
class Visit:
    """A car that comes: when, for how long, what it wants; `outlet` 0 takes the first that is free."""

    name: str
    arrives_s: int
    leaves_s: int
    wanted_wh: float = float("inf")
    amps: float = 32.0
    phases: tuple[int, ...] = (1, 2, 3)
    vip: bool = False
    outlet: int = 0


@dataclass(frozen=True, slots=True)
class Scenario:
    """A day: the station's settings, the house's load by time, the station's limit by time, and the cars."""

    title: str
    config: Config
    house: tuple[tuple[int, Phases], ...]
    limits: tuple[tuple[int, float | None], ...]
    visits: tuple[Visit, ...]


class _Table:
    """A table of the file with its name; every key is asked for once, and none may be left."""

    def __init__(self, name: str, table: Any) -> None:
        if not isinstance(table, Mapping):
            raise not_allowed(name, table, "a table", "une table")
        self._name = name
        self._left = dict(table)

    def _where(self, key: str) -> str:
        return f"{self._name}.{key}" if self._name else key

    def take(self, key: str) -> Any:
        """The value of a key, None where it isn't there."""
        return self._left.pop(key, None)

    def number(self, key: str, usual: float, least: float, most: float) -> float:
        """A number within its range."""
        value = self.take(key)
        if value is None:
            return usual
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            raise not_allowed(self._where(key), value, f"{least:g} to {most:g}", f"de {least:g} à {most:g}")
        return float(value)

    def whole(self, key: str, usual: int, choices: tuple[int, ...]) -> int:
        """One of several whole numbers."""
        value = self.take(key)
        if value is None:
            return usual
        if isinstance(value, bool) or value not in choices:
            there = ", ".join(map(str, choices))
            raise not_allowed(self._where(key), value, there, there)
        return int(value)

    def flag(self, key: str, usual: bool) -> bool:
        """True or false."""
        value = self.take(key)
        if value is not None and not isinstance(value, bool):
            raise not_allowed(self._where(key), value, "true, false", "true, false")
        return usual if value is None else value

    def text(self, key: str, usual: str) -> str:
        """A short text that can be shown."""
        value = self.take(key)
        if value is None:
            return usual
        if not isinstance(value, str) or not value.isprintable() or not value:
            raise not_allowed(self._where(key), value, "a text", "un texte")
        return value

    def clock(self, key: str) -> int:
        """A time of the day as seconds since midnight, such as "07:30"; 24:00 is the end of the day."""
        value = self.take(key)
        if isinstance(value, time):
            return value.hour * 3600 + value.minute * 60 + value.second
        if isinstance(value, str) and len(parts := value.split(":")) == 2 and all(p.isdecimal() for p in parts):
            hours, minutes = int(parts[0]), int(parts[1])
            if minutes < 60 and hours * 60 + minutes <= 24 * 60:
                return hours * 3600 + minutes * 60
        raise not_allowed(self._where(key), value, '"00:00" to "24:00"', 'de "00:00" à "24:00"')

    def tables(self, key: str) -> list[_Table]:
        """An array of tables."""
        value = self.take(key)
        if value is None:
            return []
        if not isinstance(value, list):
            raise not_allowed(self._where(key), value, f"[[{key}]]", f"[[{key}]]")
        return [_Table(f"{key} {number}", one) for number, one in enumerate(value, 1)]

    def end(self) -> None:
        """SimulationError for a key that nothing asked for."""
        for key in self._left:
            raise SimulationError(f"{self._where(key)} is not known", f"{self._where(key)} n'est pas connu")


def load(path: Path) -> Scenario:
    """Read a scenario; SimulationError where it can't be read or says what isn't allowed."""
    try:
        with path.open("rb") as file:
            document = tomllib.load(file)
    except OSError as error:
        words = error.strerror or str(error)
        raise SimulationError(f"{path} cannot be read: {words}", f"{path} ne peut pas être lu : {words}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        said = fault(str(error))
        raise SimulationError(f"{path} is no TOML: {said.en}", f"{path} n'est pas du TOML : {said.fr}") from error
    return read(document, path.stem)


def read(document: Mapping[str, Any], name: str) -> Scenario:
    """The scenario of a parsed document. Raises SimulationError naming key, value and what is allowed."""
    top = _Table("", document)
    title = top.text("title", name)
    station = _Table("station", top.take("station") or {})
    house = top.take("house")
    config, house_loads = _config(station, None if house is None else _Table("house", house))
    limits = sorted((_limit(one) for one in top.tables("limit")), key=lambda pair: pair[0])
    visits = [_visit(one, config) for one in top.tables("car")]
    top.end()
    if not 1 <= len(visits) <= MOST_CARS:
        raise not_allowed("car", len(visits), f"1 to {MOST_CARS} cars", f"de 1 à {MOST_CARS} voitures")
    names = [one.name for one in visits]
    for visit in visits:
        if names.count(visit.name) > 1:
            raise SimulationError(
                f"car.name: {visit.name!r} is there twice", f"car.name : {visit.name!r} est là deux fois"
            )
    return Scenario(title, config, house_loads, tuple(limits), tuple(visits))


def _config(station: _Table, house: _Table | None) -> tuple[Config, tuple[tuple[int, Phases], ...]]:
    outlets = station.whole("outlets", 2, (1, 2))
    phases = station.whole("phases", 3, (1, 3))
    derated = int(station.number("derated_current", 32, 0, 32))
    order = station.text("load_shedding_order", ORDERS[0])
    if order not in ORDERS:
        raise not_allowed("station.load_shedding_order", order, ", ".join(ORDERS), ", ".join(ORDERS))
    head = HeadRules()
    loads: tuple[tuple[int, Phases], ...] = ()
    if house is not None:
        head, loads = _house(house)
    config = Config(
        tuple(OutletConfig(o, derated_a=derated, station_id=str(o)) for o in range(1, outlets + 1)),
        phases=phases,
        voltage_v=VOLTS,
        balancing=outlets == 2 and station.flag("load_balancing", True),
        station_max_a=int(station.number("station_max_current", 64, 0, 64)),
        shed_by_energy=order == ORDERS[1],
        floor_single_a=int(station.number("floor_single_phase", 8, 6, 32)),
        floor_three_a=int(station.number("floor_three_phase", 14, 6, 32)),
        rotate_s=station.number("load_shedding_period", 900, 60, DAY_S),
        head=head,
    )
    station.end()
    return config, loads


def _house(house: _Table) -> tuple[HeadRules, tuple[tuple[int, Phases], ...]]:
    head = HeadRules(enabled=True, protection_a=house.number("protection", 32, 6, 1000))
    loads: list[tuple[int, Phases]] = [(0, (0.0, 0.0, 0.0))]
    for one in house.tables("load"):
        loads.append((one.clock("at"), _amps(one)))
        one.end()
    house.end()
    return head, tuple(sorted(loads, key=lambda load: load[0]))


def _amps(one: _Table) -> Phases:
    """Amperes of a load: one number for every phase, or three."""
    value = one.take("amps")
    parts = value if isinstance(value, list) else [value] * 3
    right = len(parts) == 3 and all(
        isinstance(p, int | float) and not isinstance(p, bool) and 0 <= p <= 1000 for p in parts
    )
    if not right:
        raise not_allowed(
            "house load.amps", value, "0 to 1000, or three such numbers", "de 0 à 1000, ou trois tels nombres"
        )
    return float(parts[0]), float(parts[1]), float(parts[2])


def _limit(one: _Table) -> tuple[int, float | None]:
    at = one.clock("at")
    amps = one.number("amps", -1, 0, 1000)
    one.end()
    return at, None if amps < 0 else amps


def _visit(one: _Table, config: Config) -> Visit:
    where = one.take("name")
    if not isinstance(where, str) or not where.isprintable() or not 1 <= len(where) <= LONGEST_NAME:
        raise not_allowed("car.name", where, f"1 to {LONGEST_NAME} characters", f"de 1 à {LONGEST_NAME} caractères")
    car = _Table(f"car {where}", one._left)
    arrives, leaves = car.clock("arrives"), car.clock("leaves")
    if leaves <= arrives:
        raise SimulationError(
            f"car {where}.leaves: must be later than arrives", f"car {where}.leaves : doit suivre arrives"
        )
    phases = car.whole("phases", config.phases, (1, 3) if config.phases == 3 else (1,))
    line = car.whole("line_phase", 1, (1, 2, 3))
    visit = Visit(
        name=where,
        arrives_s=arrives,
        leaves_s=leaves,
        wanted_wh=car.number("wants_kwh", float("inf"), 0.1, 1000) * 1000,
        amps=car.number("amps", 32, 6, 63),
        phases=(1, 2, 3) if phases == 3 else (line if config.phases == 3 else 1,),
        vip=car.flag("vip", False),
        outlet=car.whole("outlet", 0, tuple(o.outlet for o in config.outlets)),
    )
    car.end()
    return visit
