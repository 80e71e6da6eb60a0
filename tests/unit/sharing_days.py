"""Random days at a station that shares its current: events of every kind through the fold, and what must always hold.

Used by the unit test and, for many more days, by the soak test.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from evlink.domain.events import Allowed, HouseSeen, Verdict
from evlink.domain.head import HeadRules
from evlink.domain.limits import floor_for, three_phase_charge, working_current
from evlink.domain.record import BadgeType
from evlink.domain.sharing import FITTING_S, HOLD_S, IDLE_A, SETTLE_S, Phases
from evlink.domain.state import OutletConfig, Reading
from evlink.domain.words import EvState
from evlink.domain.words import OutletStatus as S
from tests.unit.domain_bench import IDLE, Bench

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
        self.fitting: dict[int, float] = {}
        self.unserved: dict[int, float] = {}
        self.waits = self.charging = 0  # moments at which somebody waited, and charged
        self.turns = 0  # times that a limit changed under a steady budget
        self._limits: dict[int, float] = {}
        self._moved: dict[int, tuple[float, int]] = {}
        self._steady: object = None
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

    def _reading(self, outlet: int) -> Reading:
        bench, vehicle, before = self.bench, self.vehicles.get(outlet), self.bench.readings[outlet]
        grant = bench.outlet(outlet).granted
        if vehicle is None:
            return replace(IDLE, energy_mvas=before.energy_mvas, in1=before.in1, in2=before.in2)
        offered = grant.limit_a if grant is not None and grant.authorised and before.contactor else 0.0
        drawn = min(vehicle.amps, offered) if vehicle.wants else 0.0
        first, second, third = (drawn if p in vehicle.lines else 0.0 for p in (1, 2, 3))
        admitted, locked = grant is not None and grant.authorised, grant is not None and grant.lock
        return replace(
            before,
            ev=EvState.C_M12V if vehicle.wants and admitted else EvState.B,
            contactor=admitted and vehicle.wants,
            current_a=(first, second, third),
            phases_used=len(vehicle.lines) if drawn > 1 else before.phases_used,
            locked=locked,
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
        self._direction()
        for outlet in (1, 2):
            waits, room = self._waits(outlet), self._room(outlet, alone=False)
            self._since(self.fitting, outlet, waits and room)
            self._since(self.unserved, outlet, waits and self._comes_first(outlet) and self._room(outlet, alone=True))
            self.waits += waits
        self.charging += sum(one.granted is not None and one.granted.limit_a > 0 for one in state.outlets)
        for outlet, since in self.fitting.items():
            assert bench.at - since <= CALM_S, f"outlet {outlet} waits and would fit"
        for outlet, since in self.unserved.items():
            assert bench.at - since <= 2 * ROTATE_S + 60, f"outlet {outlet} was passed over for two rotations"

    def _direction(self) -> None:
        """No limit changes direction within 15 s while budget, claims and events stay as they are."""
        bench = self.bench
        steady = (self.calm_since, bench.state.division.budget, tuple(self._claimed(o) for o in (1, 2)))
        if steady != self._steady:
            self._steady, self._moved = steady, {}
        for one in bench.state.outlets:
            now = 0.0 if one.granted is None else one.granted.limit_a
            before = self._limits.get(one.outlet, now)
            self._limits[one.outlet] = now
            if abs(now - before) < 1e-9:
                continue
            sign = 1 if now > before else -1
            at, last = self._moved.get(one.outlet, (float("-inf"), sign))
            assert last == sign or bench.at - at >= HOLD_S, f"outlet {one.outlet} turned around within 15 s"
            self._moved[one.outlet] = bench.at, sign
            self.turns += 1

    def _claimed(self, outlet: int) -> object:
        """What an outlet's claim hangs on besides the events: whether it charges, and on which phases."""
        one = self.bench.outlet(outlet)
        return one.status, bool(one.stop_reason), tuple(self._on(outlet, p) for p in range(3))

    def _since(self, times: dict[int, float], outlet: int, holds: bool) -> None:
        """Note since when something has held, and that it does no more; a disturbance begins anew."""
        if not holds:
            times.pop(outlet, None)
        else:
            times[outlet] = max(times.get(outlet, self.bench.at), self.calm_since)

    def _on(self, outlet: int, p: int) -> bool:
        """Whether a permit counts on a phase: on those that its vehicle is known to use, else on all."""
        reading = self.bench.readings[outlet]
        if self.phases == 1:
            return p == 0
        if reading.phases_used in (1, 2) and any(amps > IDLE_A for amps in reading.current_a):
            return reading.current_a[p] > IDLE_A
        return True

    def _waits(self, outlet: int) -> bool:
        """Whether a charge that wants current, and might have it by its own limits, has none for the others' sake."""
        one = self.bench.outlet(outlet)
        turn = self.bench.state.division.shares.turns.get(outlet)
        vehicle = self.vehicles.get(outlet)
        if turn is None or vehicle is None or not vehicle.wants or turn.idle or one.status is not S.LOOP_STARTED:
            return False
        own = working_current(self.bench.state.config, one.config, one.reading, None, one.allowed_a)
        return own.amps > 0 and one.granted is not None and one.granted.limit_a <= 0

    def _room(self, outlet: int, alone: bool) -> bool:
        """Whether its floor fits beside what the other is granted, or without the other."""
        state = self.bench.state
        other = state.outlet(3 - outlet).granted
        beside = 0.0 if alone or other is None or not other.authorised else other.limit_a
        floor = floor_for(state.config, three_phase_charge(state.config, state.outlet(outlet).reading))
        amps = state.division.budget.amps if state.division.budget is not None else (0.0, 0.0, 0.0)
        return all(
            amps[p] - (beside if self._on(3 - outlet, p) else 0.0) >= floor for p in range(3) if self._on(outlet, p)
        )

    def _comes_first(self, outlet: int) -> bool:
        """Whether the other is no VIP beside one that is none (R-147)."""
        vips = [one.session is not None and one.session.vip for one in self.bench.state.outlets]
        return vips[outlet - 1] or not vips[2 - outlet]


def run(seed: int, events: int = 40) -> Street:
    """One day: bursts of events, and calms of most of an hour."""
    street = Street(seed)
    for _ in range(events):
        street.disturb()
        calm = street.rng.choice((3, 3, 10, 30, 60, 120))
        step = 1.0
        if street.rng.random() < 0.15:
            calm, step = 2600, 20.0 if not street.headed else 4.0
        at = street.bench.at + calm
        while street.bench.at < at:
            street.second(step)
    return street
