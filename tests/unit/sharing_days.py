"""Random days at a station that shares its current: events of every kind through the fold, and what must always hold.

Used by the unit test and, for many more days, by the soak test.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace

from evlink.domain.events import Allowed, HouseSeen
from evlink.domain.head import HeadRules
from evlink.domain.record import BadgeType
from evlink.domain.sharing import FITTING_S, HOLD_S, IDLE_A, SETTLE_S, Phases
from evlink.domain.state import OutletConfig
from evlink.domain.words import EvState
from evlink.domain.words import OutletStatus as S
from tests.unit.domain_bench import IDLE, Bench, Verdict

CALM_S = FITTING_S + HOLD_S + 2 * SETTLE_S + 120
ROTATE_S = 900.0
LINES = ((1, 2, 3), (1,), (2,), (1, 2))


@dataclass
class Vehicle:
    """What stands at an outlet: what it can draw on which lines, and what it does now."""

    amps: float
    lines: tuple[int, ...]
    wants: bool = True


class Street:
    """A bench with two outlets, vehicles that follow their permits, and a house; time by the second."""

    def __init__(self, seed: int) -> None:
        self.rng = rng = random.Random(seed)
        self.headed = rng.random() < 0.5
        self.phases = rng.choice((1, 3, 3))
        head = HeadRules(enabled=self.headed, protection_a=rng.choice((16.0, 25.0, 40.0, 63.0)))
        outlets = tuple(
            OutletConfig(
                o,
                derated_a=rng.choice((10, 16, 20, 32, 32)),
                station_id=f"S{o}",
                load_shedding_a=rng.choice((None, 0, 8, 14, 16)),
                load_shedding_open=rng.random() < 0.5,
                start_condition=rng.random() < 0.3,
                start_condition_open=rng.random() < 0.5,
            )
            for o in (1, 2)
        )
        self.bench = Bench(
            outlets=outlets,
            phases=self.phases,
            balancing=True,
            station_max_a=rng.choice((0, 10, 14, 16, 20, 28, 32, 40, 64)),
            shed_by_energy=rng.random() < 0.5,
            head=head,
        )
        self.house: Phases = (0.0, 0.0, 0.0)
        self.vehicles: dict[int, Vehicle] = {}
        self.calm_since = 0.0
        self.unserved: dict[int, float] = {}
        self.sees: Callable[[], None] = lambda: None
        for outlet in (1, 2):
            self.bench.readings[outlet] = replace(IDLE, in1=rng.random() < 0.5, in2=rng.random() < 0.5)
        self.bench.tick()

    def disturb(self) -> None:
        """Something happens: a vehicle comes, goes, stops or draws otherwise; an input, a profile, a house changes."""
        rng, bench = self.rng, self.bench
        outlet = rng.choice((1, 2))
        vehicle = self.vehicles.get(outlet)
        match rng.randrange(6):
            case 0 if vehicle is None and bench.outlet(outlet).status is S.AUTHORISATION_STARTED:
                lines = rng.choice(LINES) if self.phases == 3 else (1,)
                self.vehicles[outlet] = Vehicle(rng.choice((7.0, 13.0, 16.0, 32.0)), lines)
                kind = rng.choice((BadgeType.USER, BadgeType.USER, BadgeType.VIP))
                bench.badge(f"04A{outlet}", outlet, Verdict("Accepted", kind)).plug(outlet, rng.choice((20, 32, 63)))
            case 0 if vehicle is not None and rng.random() < 0.3:
                del self.vehicles[outlet]
            case 1 if vehicle is not None:
                vehicle.wants = not vehicle.wants
            case 2 if vehicle is not None:
                vehicle.amps = rng.choice((7.0, 13.0, 16.0, 32.0))
            case 3:
                bench.readings[outlet] = replace(bench.readings[outlet], in1=rng.random() < 0.5, in2=rng.random() < 0.5)
            case 4:
                station = rng.choice((None, None, 0.0, 9.0, 15.0, 30.0))
                amps = rng.choice((None, None, 0.0, 10.0, 20.0))
                bench.post(Allowed(bench.moment(), station, ((outlet, amps),)))
                self.check()
            case _:
                self.house = (rng.uniform(0, 30), rng.uniform(0, 30), rng.uniform(0, 30))
        self.calm_since = bench.at

    def second(self, step_s: float) -> None:
        """Let time pass, and check."""
        bench = self.bench
        bench.at = round(bench.at + step_s, 6)
        for outlet in (1, 2):
            bench.readings[outlet] = self._reading(outlet)
        bench.at = round(bench.at - 0.1, 6)
        bench.tick(0.1)
        self.check()
        if self.headed:
            own = [bench.readings[o].current_a for o in (1, 2)]
            first, second, third = (self.house[p] + own[0][p] + own[1][p] for p in range(3))
            bench.post(HouseSeen(bench.moment(), (first, second, third)))
            self.check()

    def _reading(self, outlet: int) -> object:
        bench, vehicle, before = self.bench, self.vehicles.get(outlet), self.bench.readings[outlet]
        grant = bench.outlet(outlet).granted
        inputs = {"in1": before.in1, "in2": before.in2}
        if vehicle is None:
            return replace(IDLE, energy_mvas=before.energy_mvas, **inputs)
        offered = grant.limit_a if grant is not None and grant.authorised and before.contactor else 0.0
        drawn = min(vehicle.amps, offered) if vehicle.wants else 0.0
        first, second, third = (drawn if p in vehicle.lines else 0.0 for p in (1, 2, 3))
        admitted = grant is not None and grant.authorised
        return replace(
            before,
            ev=EvState.C_M12V if vehicle.wants and admitted else EvState.B,
            contactor=admitted and vehicle.wants,
            current_a=(first, second, third),
            phases_used=len(vehicle.lines) if drawn > 1 else before.phases_used,
            locked=grant is not None and grant.lock,
            energy_mvas=before.energy_mvas + round(sum((first, second, third)) * 230_000),
        )

    def check(self) -> None:
        """What holds at every moment, and what holds after calm."""
        bench = self.bench
        state = bench.state
        budget = state.division.budget
        if budget is None:
            raise AssertionError("nothing is divided although the station balances")
        grants = [one.granted for one in state.outlets]
        for p in range(3):
            spent = sum(
                grant.limit_a
                for grant in grants
                if grant is not None and grant.authorised and self._on(grant.outlet, p)
            )
            assert spent <= budget.amps[p] + 1e-6, f"{spent} A granted on L{p + 1}, {budget.amps[p]} A there"
        waiting = {o.outlet for o in state.outlets if self._waits(o.outlet)}
        for outlet in (1, 2):
            if outlet not in waiting:
                self.unserved.pop(outlet, None)
        calm = bench.at - self.calm_since
        if calm < CALM_S:
            self.unserved.clear()
            return
        for outlet in waiting:
            since = self.unserved.setdefault(outlet, bench.at)
            turn = state.division.shares.turns[outlet]
            assert turn.fits is None or bench.at - turn.fits <= CALM_S, f"outlet {outlet} waits and would fit"
            if self._one_floor_fits(outlet):
                assert bench.at - since <= 2 * ROTATE_S + 60, f"outlet {outlet} was passed over for two rotations"

    def _on(self, outlet: int, p: int) -> bool:
        """Whether a permit counts on a phase: on those that its vehicle is known to use, else on all."""
        reading = self.bench.readings[outlet]
        if self.phases == 1:
            return p == 0
        if reading.phases_used in (1, 2) and any(amps > IDLE_A for amps in reading.current_a):
            return reading.current_a[p] > IDLE_A
        return True

    def _waits(self, outlet: int) -> bool:
        """Whether a charge that wants current has none for the others' sake."""
        one = self.bench.outlet(outlet)
        turn = self.bench.state.division.shares.turns.get(outlet)
        vehicle = self.vehicles.get(outlet)
        if turn is None or vehicle is None or not vehicle.wants or turn.idle:
            return False
        return one.status is S.LOOP_STARTED and turn.waits and one.limit.reason in ("share", "house", "supervision")

    def _one_floor_fits(self, outlet: int) -> bool:
        """Whether the waiting one would fit alone, and nobody who comes first charges."""
        state = self.bench.state
        budget = state.division.budget
        other = state.outlet(3 - outlet)
        vip = other.session is not None and other.session.vip
        mine = state.outlet(outlet).session
        return budget is not None and state.division.shares.turns[outlet].fits is not None and not (
            vip and mine is not None and not mine.vip
        )


def run(seed: int, events: int = 40) -> None:
    """One day: bursts of events, and calms of up to an hour."""
    street = Street(seed)
    for _ in range(events):
        street.disturb()
        calm = street.rng.choice((3, 3, 10, 30, 60, 120))
        step = 1.0
        if street.rng.random() < 0.05:
            calm, step = 2600, 20.0 if not street.headed else 4.0
        at = street.bench.at + calm
        while street.bench.at < at:
            street.second(step)
