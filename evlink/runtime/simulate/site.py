"""A site on paper: the station's fold in virtual time, with cars at its outlets and a house beside it.

Time goes by in steps of a second or a few. What control, pilot and contactor do is told to the fold as readings: a car
follows its pilot as late as IEC 61851-1 allows, 5 s, so that the rules meet the worst car that is still a good one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from evlink.domain.effects import Ask, Effect, Grant
from evlink.domain.events import Allowed, Answered, BadgeRead, Configured, Event, HouseSeen, Moment, Tick, Verdict
from evlink.domain.record import BadgeType
from evlink.domain.sharing import Phases
from evlink.domain.state import Config, Limit, Reading
from evlink.domain.station import begin, fold
from evlink.domain.words import EvState, OutletStatus

VOLTS = 230
LEAST_A = 6.0  # below this a pilot says nothing (IEC 61851-1 table A.7)
NIGHT = datetime(2026, 1, 1, tzinfo=UTC)
MVAS_A_WH = 3_600_000


@dataclass(slots=True)
class Car:
    """A vehicle: what it can draw on which phases, what it wants, and how late it follows its pilot."""

    name: str
    amps: float = 32.0
    phases: tuple[int, ...] = (1, 2, 3)
    wanted_wh: float = float("inf")
    vip: bool = False
    cable_a: int = 32
    follow_s: int = 5
    got_wh: float = 0.0
    waited_s: int = 0
    pilot: deque[float] = field(default_factory=deque)

    @property
    def full(self) -> bool:
        """Whether it has what it wants."""
        return self.got_wh >= self.wanted_wh

    def drawn(self, offered_a: float, authorised: bool, step_s: int) -> float:
        """What it draws in this step: what its pilot said `follow_s` ago, nothing with the contactor open."""
        self.pilot.append(offered_a)  # decided a step ago
        late = max(1, round(self.follow_s / step_s))
        while len(self.pilot) > late:
            self.pilot.popleft()
        then = self.pilot[0] if len(self.pilot) >= late else 0.0
        return min(then, self.amps) if authorised and not self.full and then >= LEAST_A else 0.0


class Outlet:
    """An outlet with whatever is plugged into it, as control would read it."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.car: Car | None = None
        self.amps: Phases = (0.0, 0.0, 0.0)
        self.reading = Reading(EvState.A)
        self.grant: Grant | None = None
        self.limit = Limit()
        self._energy_mvas = 0

    def step(self, step_s: int) -> None:
        """Let some seconds pass: the car follows its pilot, and what flows is counted."""
        car, grant = self.car, self.grant
        authorised = grant is not None and grant.authorised
        offered = grant.limit_a if grant is not None and authorised else 0.0
        if car is None:
            self.amps = (0.0, 0.0, 0.0)
            self.reading = Reading(EvState.A, energy_mvas=self._energy_mvas)
            return
        drawn = car.drawn(offered, authorised, step_s)
        first, second, third = (drawn if p in car.phases else 0.0 for p in (1, 2, 3))
        self.amps = (first, second, third)
        mvas = round(drawn * len(car.phases) * VOLTS * 1000 * step_s)
        self._energy_mvas += mvas
        car.got_wh += mvas / MVAS_A_WH
        if authorised and not car.full and drawn == 0.0:
            car.waited_s += step_s
        wants = authorised and not car.full
        self.reading = Reading(
            EvState.C_M12V if wants else EvState.B,
            cable_a=car.cable_a,
            current_a=self.amps,
            energy_mvas=self._energy_mvas,
            contactor=wants and (drawn > 0 or offered > 0),
            locked=grant is not None and grant.lock,
            limit_a=offered,
            phases_used=len(car.phases) if drawn > 0 or self.reading.phases_used else 0,
            leased=True,
        )


class Site:
    """A station and what stands at it; `step` lets some seconds pass, `drawn` says what happened."""

    def __init__(self, config: Config, step_s: int = 1) -> None:
        self.step_s = step_s
        self.state = begin(config, {}, {})
        self.outlets = {one.outlet: Outlet(one.outlet) for one in config.outlets}
        self.at = 0
        self._allowed: float | None = None

    @property
    def moment(self) -> Moment:
        """Now."""
        return Moment(float(self.at), NIGHT + timedelta(seconds=self.at))

    @property
    def empty(self) -> bool:
        """Whether nothing is plugged in, and all outlets wait for the next one."""
        ready = all(one.status is OutletStatus.AUTHORISATION_STARTED for one in self.state.outlets)
        return ready and all(one.car is None for one in self.outlets.values())

    def free(self, outlet: int) -> bool:
        """Whether an outlet takes a car."""
        waits = self.state.outlet(outlet).status is OutletStatus.AUTHORISATION_STARTED
        return waits and self.outlets[outlet].car is None

    def arrive(self, outlet: int, car: Car) -> None:
        """A car is plugged in, and its driver's badge accepted; KeyError for an outlet that there isn't."""
        one = self.outlets[outlet]
        one.car = car
        one.step(self.step_s)
        self._tick()
        kind = BadgeType.VIP if car.vip else BadgeType.USER
        for effect in self._post(BadgeRead(self.moment, outlet, f"{outlet:02X}{self.at:08X}")):
            if isinstance(effect, Ask):
                self._post(Answered(self.moment, outlet, effect.ticket, Verdict("Accepted", kind, car.name)))

    def skip(self, seconds: int) -> None:
        """Let time pass in which nothing is plugged in: nothing happens in it that is worth a step."""
        self.at += seconds

    def leave(self, outlet: int) -> None:
        """The car is unplugged."""
        self.outlets[outlet].car = None

    def allow(self, amps: float | None) -> None:
        """The supervision limits the station from now on, None lifts it."""
        if amps != self._allowed:
            self._allowed = amps
            self._post(Allowed(self.moment, amps, ()))

    def protect(self, amps: float) -> None:
        """The house's protection has another rating from now on."""
        config = self.state.config
        if amps != config.head.protection_a:
            self._post(Configured(self.moment, replace(config, head=replace(config.head, protection_a=amps))))

    def step(self, base: Phases | None = None) -> None:
        """Let a step pass; `base` is what the house beside the outlets draws, None where nobody measures it."""
        self.at += self.step_s
        for one in self.outlets.values():
            one.step(self.step_s)
        self._tick()
        if base is not None:
            own = self.drawn
            self._post(HouseSeen(self.moment, (base[0] + own[0], base[1] + own[1], base[2] + own[2])))

    @property
    def drawn(self) -> Phases:
        """What all cars draw on each phase in this step."""
        amps = [one.amps for one in self.outlets.values()]
        return sum(one[0] for one in amps), sum(one[1] for one in amps), sum(one[2] for one in amps)

    @property
    def granted(self) -> Phases:
        """What all permits in force add up to on each phase, each on the phases of its car."""
        sums = [0.0, 0.0, 0.0]
        for one in self.outlets.values():
            if one.car is not None and one.grant is not None and one.grant.authorised:
                for p in one.car.phases:
                    sums[p - 1] += one.grant.limit_a
        return sums[0], sums[1], sums[2]

    @property
    def budget(self) -> Phases | None:
        """What the station may draw on each phase now; None where nothing bounds it."""
        budget = self.state.division.budget
        return None if budget is None else budget.amps

    @property
    def limits(self) -> Mapping[int, Limit]:
        """The working current of each outlet, and what sets it."""
        return {one.outlet: one.limit for one in self.state.outlets}

    def _tick(self) -> None:
        self._post(Tick(self.moment, tuple(self.outlets[o.outlet].reading for o in self.state.outlets)))

    def _post(self, event: Event) -> list[Effect]:
        self.state, effects = fold(self.state, event)
        for effect in effects:
            if isinstance(effect, Grant):
                self.outlets[effect.outlet].grant = effect
        return effects
