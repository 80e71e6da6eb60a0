"""A day of a scenario through the station's fold: what each car got, how long it waited, and how the current went."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from evlink.domain.sharing import Phases
from evlink.runtime.simulate.scenario import DAY_S, Scenario, Visit
from evlink.runtime.simulate.site import Car, Site

STEP_S = 5
CELL_S = 900  # what one point of a curve stands for
T = TypeVar("T")


@dataclass(slots=True)
class Stay:
    """One visit as it went: when it was plugged in, what it got, what it drew over the day in amperes."""

    visit: Visit
    outlet: int = 0  # 0: never found one free
    plugged_s: int | None = None
    left_s: int | None = None
    got_wh: float = 0.0
    waited_s: int = 0  # offered nothing, or in line, though it wanted
    car: Car | None = None
    curve: list[float] = field(default_factory=lambda: [0.0] * (DAY_S // CELL_S))

    @property
    def share(self) -> float | None:
        """How much of what it wanted it got, 0 to 1; None where it wanted all it could get."""
        return None if self.visit.wanted_wh == float("inf") else min(1.0, self.got_wh / self.visit.wanted_wh)


@dataclass(slots=True)
class Day:
    """The whole day: the stays, what all drew on the busiest phase, what was left to draw, the most above it."""

    stays: list[Stay]
    drawn: list[float] = field(default_factory=lambda: [0.0] * (DAY_S // CELL_S))
    budget: list[float | None] = field(default_factory=lambda: [None] * (DAY_S // CELL_S))
    highest_a: float = 0.0  # drawn by all on a phase
    granted_over_a: float = 0.0  # limits granted above the budget: never
    house_over_s: int = 0  # the longest that the house was above its protection
    stretch_s: int = 0  # how long it has been now


def run(scenario: Scenario) -> Day:
    """Run a day from midnight to midnight."""
    site = Site(scenario.config, STEP_S)
    day = Day([Stay(visit) for visit in scenario.visits])
    line = sorted(day.stays, key=lambda stay: stay.visit.arrives_s)
    head = scenario.config.head
    while site.at < DAY_S:
        base = _at(scenario.house, site.at) if head.enabled else None
        if scenario.limits and site.at > 0:
            site.allow(_at(scenario.limits, site.at))
        _come_and_go(site, line)
        if site.at > 0 and site.empty and (idle := _idle(site, line)) > 0:
            site.skip(idle)
            continue
        site.step(base)
        _note(site, day, base, head.protection_a)
    for stay in line:
        _unplug(site, stay)
    return day


def _at(series: Sequence[tuple[int, T]], at: int) -> T | None:
    """The value of a series that holds at a time; None before its first."""
    index = bisect_right([start for start, _ in series], at) - 1
    return series[index][1] if index >= 0 else None


def _come_and_go(site: Site, line: list[Stay]) -> None:
    """Who is due to leave unplugs; who has come plugs in where there is room, first come first served."""
    for stay in line:
        if stay.visit.leaves_s <= site.at:
            _unplug(site, stay)
    for stay in line:
        if stay.plugged_s is not None or stay.left_s is not None or stay.visit.arrives_s > site.at:
            continue
        wanted = (stay.visit.outlet,) if stay.visit.outlet else tuple(site.outlets)
        free = [outlet for outlet in wanted if site.free(outlet)]
        if free:
            visit = stay.visit
            stay.outlet, stay.plugged_s = free[0], site.at
            stay.car = Car(visit.name, visit.amps, visit.phases, visit.wanted_wh, visit.vip)
            site.arrive(stay.outlet, stay.car)
        else:
            stay.waited_s += site.step_s


def _unplug(site: Site, stay: Stay) -> None:
    if stay.left_s is not None:
        return
    stay.left_s = site.at
    if stay.car is not None:
        stay.got_wh = stay.car.got_wh
        stay.waited_s += stay.car.waited_s
        site.leave(stay.outlet)


def _idle(site: Site, line: list[Stay]) -> int:
    """Seconds until somebody comes, 0 while somebody is there or in line."""
    waiting = [stay for stay in line if stay.left_s is None]
    if any(stay.visit.arrives_s <= site.at for stay in waiting):
        return 0
    return min([DAY_S, *(stay.visit.arrives_s for stay in waiting)]) - site.at


def _note(site: Site, day: Day, base: Phases | None, protection_a: float) -> None:
    """Add what happened in a step to the day."""
    cell = min(len(day.drawn), -(-site.at // CELL_S)) - 1
    part = site.step_s / CELL_S
    drawn, budget = site.drawn, site.budget
    busiest = max(range(3), key=lambda p: drawn[p])
    day.drawn[cell] += drawn[busiest] * part
    day.highest_a = max(day.highest_a, drawn[busiest])
    if budget is not None and not site.empty:
        before = day.budget[cell]
        day.budget[cell] = min(budget) if before is None else min(*budget, before)
        granted = site.granted
        day.granted_over_a = max(day.granted_over_a, *(granted[p] - budget[p] for p in range(3)))
    if base is not None:
        over = any(base[p] + drawn[p] > protection_a + 1e-6 for p in range(3))
        day.stretch_s = day.stretch_s + site.step_s if over else 0
        day.house_over_s = max(day.house_over_s, day.stretch_s)
    for stay in day.stays:
        if stay.car is not None and stay.left_s is None:
            stay.curve[cell] += max(site.outlets[stay.outlet].amps) * part
