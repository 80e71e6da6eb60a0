"""Sharing: its order, its timing, and what must hold in any state and on any day (R-131 to R-147)."""

from __future__ import annotations

import random
import time
from dataclasses import replace

import pytest

from evlink.domain.sharing import (
    DRAWN_S,
    EVERY,
    FITTING_S,
    HOLD_S,
    IDLE_A,
    ROTATE_S,
    SETTLE_S,
    TRIAL_TURNS,
    Claim,
    Phases,
    Shares,
    Turn,
    share,
)

SINGLE = (True, False, False)


def flat(amps: float) -> Phases:
    return amps, amps, amps


def after(
    seconds: float, claims: list[Claim], budget: Phases, shares: Shares | None = None, start: float = 0.0,
    by_energy: bool = False,
) -> Shares:  # fmt: skip
    """The division after so many seconds of updates each second."""
    shares = shares or Shares()
    for step in range(int(seconds) + 1):
        shares = share(shares, claims, budget, by_energy, start + step)
    return shares


def offers(shares: Shares, *outlets: int) -> list[float]:
    return [round(shares.offered(outlet), 6) for outlet in outlets or (1, 2)]


def test_one_car_gets_what_it_may_have_at_once() -> None:
    assert offers(share(Shares(), [Claim(1, 32, 14)], flat(64), False, 0.0)) == [32, 0]


def test_two_cars_share_equally() -> None:
    claims = [Claim(1, 32, 14, began=0), Claim(2, 32, 14, began=10)]
    assert offers(after(60, claims, flat(40))) == [20, 20]


def test_the_newcomer_waits_until_the_other_has_been_lowered() -> None:
    """The sum is kept between two updates: down first, up once the vehicle has had time to follow."""
    alone = after(1, [Claim(1, 32, 14)], flat(40))
    both = [Claim(1, 32, 14), Claim(2, 32, 14, began=2)]
    first = share(alone, both, flat(40), False, 2.0)
    assert offers(first) == [20, 0]
    assert offers(after(SETTLE_S - 1, both, flat(40), first, 2.0)) == [20, 0]
    assert offers(after(SETTLE_S, both, flat(40), first, 2.0)) == [20, 20]


def test_unused_current_is_handed_on() -> None:
    """A car that draws 10 A keeps 12; the rest is the other's."""
    claims = [Claim(1, 32, 8, drawn_a=10.0), Claim(2, 32, 8)]
    assert offers(after(60, claims, flat(40))) == [12, 28]


def test_a_single_phase_car_costs_its_phase_alone() -> None:
    claims = [Claim(1, 32, 8, phases=SINGLE), Claim(2, 32, 14, phases=(False, True, True))]
    assert offers(after(60, claims, flat(32))) == [32, 32]


@pytest.mark.parametrize(
    ("by_energy", "energy", "began", "kept"),
    [
        (False, (0, 0), (0, 10), 2),
        (False, (0, 0), (10, 0), 1),
        (True, (900, 100), (0, 10), 2),
        (True, (100, 900), (0, 10), 1),
    ],
)
def test_who_is_shed(by_energy: bool, energy: tuple[int, int], began: tuple[int, int], kept: int) -> None:
    """R-133: the charge that began first, or the one that had most energy."""
    claims = [Claim(n, 32, 14, began=began[n - 1], energy_wh=energy[n - 1]) for n in (1, 2)]
    shares = after(60, claims, flat(64), by_energy=by_energy)
    assert offers(shares) == [32, 32]
    shed = after(30, claims, flat(20), shares, 61, by_energy)
    assert [shed.offered(n) > 0 for n in (1, 2)] == [kept == 1, kept == 2]


def test_a_vip_is_not_reduced_for_others() -> None:
    """R-147."""
    claims = [Claim(1, 32, 14, vip=True), Claim(2, 32, 14, began=5)]
    assert offers(after(60, claims, flat(50))) == [32, 18]
    assert offers(after(60, claims, flat(40))) == [26, 14]  # only in part, for nobody waits who fits
    assert offers(after(60, claims, flat(20))) == [20, 0]
    assert offers(after(60, claims, flat(10))) == [0, 0]


def test_waiting_cars_take_turns() -> None:
    """Among equals, where one floor fits, every car is served within two rotations."""
    claims = [Claim(1, 32, 14, began=0), Claim(2, 32, 14, began=10)]
    shares, served = Shares(), set()
    shares = after(30, claims, flat(64))
    for now in range(31, 31 + int(2 * ROTATE_S) + 60):
        shares = share(shares, claims, flat(14), False, now)
        served |= {n for n in (1, 2) if shares.offered(n) > 0}
        assert shares.offered(1) + shares.offered(2) <= 14
    assert served == {1, 2}


def test_who_never_fitted_takes_a_turn_too() -> None:
    """One that came while another charged and never got anything waits for its turn like one that was shed."""
    older, newer = Claim(1, 32, 8, began=10), Claim(2, 32, 8, began=20)
    shares = after(30, [newer], flat(14), start=30)
    assert offers(shares) == [0, 14]
    shares = after(ROTATE_S - 60, [older, newer], flat(14), shares, 61)
    assert offers(shares) == [0, 14]
    shares = after(120, [older, newer], flat(14), shares, 61 + ROTATE_S - 59)
    assert offers(shares) == [14, 0]


def test_a_full_car_holds_nobody_up_and_is_asked_again() -> None:
    """A car that takes nothing leaves all to one that does, and is asked again four rotations later."""
    both = [Claim(1, 32, 14, began=10), Claim(2, 32, 8, began=0, phases=SINGLE)]
    shares = after(400, both, flat(20))
    assert offers(shares) == [20, 0]
    full = [replace(both[0], drawn_a=0.0), both[1]]
    shares = after(30, full, flat(20), shares, 401)
    assert offers(shares) == [0, 20]
    # Paused, its draw says nothing any more: what it took last is what is remembered.
    shares = after(TRIAL_TURNS * ROTATE_S - 120, both, flat(20), shares, 432)
    assert offers(shares) == [0, 20]
    shares = after(200, both, flat(20), shares, 432 + TRIAL_TURNS * ROTATE_S - 119)
    assert offers(shares) == [20, 0]


def test_raising_waits_and_lowering_does_not() -> None:
    claims = [Claim(1, 32, 8)]
    shares = after(1, claims, flat(10))
    assert offers(after(HOLD_S - 1, claims, flat(30), shares, 2)) == [10, 0]
    shares = after(HOLD_S, claims, flat(30), shares, 2)
    assert offers(shares) == [30, 0]
    assert offers(share(shares, claims, flat(9), False, 100.0)) == [9, 0]


def any_claim(rng: random.Random, outlet: int) -> Claim:
    floor = rng.choice((6.0, 8.0, 14.0))
    return Claim(
        outlet,
        ceiling_a=rng.choice((0.0, 5.0, 10.0, 16.0, 20.0, 32.0)),
        floor_a=floor,
        phases=rng.choice((EVERY, SINGLE, (False, True, False), (True, True, False))),
        vip=rng.random() < 0.2,
        began=rng.uniform(0, 1000),
        energy_wh=rng.uniform(0, 20000),
        drawn_a=rng.choice((None, None, 0.0, 9.0, 15.5)),
    )


def any_budget(rng: random.Random) -> Phases:
    if rng.random() < 0.5:
        return flat(rng.choice((0.0, 6.0, 14.0, 20.0, 32.0, 64.0)))
    return rng.uniform(0, 64), rng.uniform(0, 64), rng.uniform(0, 64)


def spent(claims: list[Claim], shares: Shares, p: int) -> float:
    return sum(shares.offered(claim.outlet) for claim in claims if claim.phases[p])


def check(claims: list[Claim], shares: Shares, budget: Phases) -> None:
    for p in range(3):
        assert spent(claims, shares, p) <= budget[p] + 1e-6
    for claim in claims:
        offered = shares.offered(claim.outlet)
        assert offered == 0 or claim.floor_a - 1e-6 <= offered <= claim.ceiling_a + 1e-6


def never_between(claims: list[Claim], before: Shares, after_: Shares, budget: Phases, now: float) -> None:
    """Between two updates those that were lowered may still draw what they had: nobody is raised into that.

    Whoever was lowered within the time a vehicle takes counts with what it had before; where nobody is raised, the
    sum only falls.
    """
    raised = [c for c in claims if after_.offered(c.outlet) > before.offered(c.outlet) + 1e-9]
    for claim in raised:
        for p in (p for p in range(3) if claim.phases[p]):
            between = sum(max(before.offered(c.outlet), after_.offered(c.outlet)) for c in claims if c.phases[p])
            assert between <= budget[p] + 1e-6
        for other in claims:
            lowered = before.turns[other.outlet].lowered if other.outlet in before.turns else float("-inf")
            assert other.outlet == claim.outlet or now - lowered >= SETTLE_S, "raised before the other had followed"


@pytest.mark.parametrize("seed", range(20))
def test_any_state_and_its_next(seed: int) -> None:
    """100 000 states in all with their transitions: the budget of each phase is kept, whatever was offered before."""
    rng = random.Random(seed)
    for _ in range(5000):
        claims = [any_claim(rng, outlet) for outlet in range(1, rng.choice((2, 3, 3, 5)))]
        turns = {
            claim.outlet: Turn(
                began=claim.began,
                offered_a=rng.choice((0.0, 0.0, 8.0, 16.0, 32.0)),
                since=rng.uniform(0, 5000),
                served=rng.random() < 0.7,
                fits=rng.choice((None, rng.uniform(0, 5000))),
                roomy=rng.choice((None, rng.uniform(0, 5000))),
                rising=rng.choice((None, rng.uniform(0, 5000))),
                rising_a=rng.uniform(0, 40),
                lowered=rng.choice((rng.uniform(0, 5000), 5000 - rng.uniform(0, 2 * SETTLE_S))),
            )
            for claim in claims
        }
        budget = any_budget(rng)
        before = Shares(turns)
        first = share(before, claims, budget, rng.random() < 0.5, 5000.0)
        check(claims, first, budget)
        never_between(claims, before, first, budget, 5000.0)


@pytest.mark.parametrize("seed", range(12))
def test_whole_days(seed: int) -> None:
    """Days of arrivals, changing budgets and draws, 25 a seed: what must hold at every update, and after calm."""
    rng = random.Random(1000 + seed)
    for _ in range(25):
        claims: list[Claim] = []
        shares = Shares()
        budget = any_budget(rng)
        direction: dict[int, tuple[float, int]] = {}
        steady = 0.0
        now = 0.0
        for _ in range(400):
            now += rng.choice((1.0, 1.0, 5.0, 15.0, 60.0))
            change = rng.random()
            if change < 0.03:
                claims = [c for c in claims if c.outlet != 1] + ([any_claim(rng, 1)] if rng.random() < 0.7 else [])
                claims = [replace(c, began=now) if c.outlet == 1 else c for c in claims]
            elif change < 0.06:
                claims = [c for c in claims if c.outlet != 2] + ([any_claim(rng, 2)] if rng.random() < 0.7 else [])
                claims = [replace(c, began=now) if c.outlet == 2 else c for c in claims]
            elif change < 0.09:
                budget = any_budget(rng)
            if change < 0.09:
                steady, direction = now, {}
            before = shares
            shares = share(shares, claims, budget, False, now)
            check(claims, shares, budget)
            known = Shares(
                {o: t for o, t in before.turns.items() if any((c.outlet, c.began) == (o, t.began) for c in claims)}
            )
            never_between(claims, known, shares, budget, now)
            for claim in claims:
                earlier = before.turns.get(claim.outlet)
                same = earlier is not None and earlier.began == claim.began
                moved = shares.offered(claim.outlet) - (before.offered(claim.outlet) if same else 0.0)
                if abs(moved) < 1e-9:
                    continue
                sign = 1 if moved > 0 else -1
                at, last = direction.get(claim.outlet, (-1e9, sign))
                assert last == sign or now - at >= HOLD_S, "a limit turned around under a steady budget"
                direction[claim.outlet] = now, sign
            if now - steady > FITTING_S + HOLD_S + 2 * SETTLE_S + 3 * DRAWN_S:
                for claim in claims:
                    if shares.offered(claim.outlet) > 0 or claim.cap_a <= 0:
                        continue
                    room = min(budget[p] - spent(claims, shares, p) for p in range(3) if claim.phases[p])
                    assert room < claim.floor_a, "somebody waits who would fit"
                for vip in (c for c in claims if c.vip):
                    for other in (c for c in claims if not c.vip and c.phases == vip.phases):
                        capped = shares.offered(vip.outlet) >= vip.cap_a - 1e-6
                        idle = vip.drawn_a is not None and vip.drawn_a < IDLE_A
                        wired = any(vip.floor_a > budget[p] for p in range(3) if vip.phases[p])
                        assert (
                            capped or wired or idle or shares.offered(vip.outlet) >= shares.offered(other.outlet) - 1e-6
                        )


def test_it_terminates_quickly_for_many_outlets() -> None:
    """No loop of the division runs more often than there are outlets and phases."""
    rng = random.Random(5)
    claims = [any_claim(rng, outlet) for outlet in range(1, 60)]
    begun = time.process_time()
    after(5, claims, flat(400))
    assert time.process_time() - begun < 5.0
