"""Sharing of a station's current among its outlets: who charges, who waits, how much each may draw (R-131 to R-147).

Pure: a budget for each line phase and a claim for each outlet that charges give what each may draw. Lowering takes
effect at once. Raising waits until the others' lowering has reached their vehicles, so that the sum of what is
advertised never exceeds the budget, not even between two updates. Currents are amperes a phase, times monotonic
seconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product

SETTLE_S = 5.0  # what a vehicle may take to follow a lower limit (IEC 61851-1 table A.6)
HOLD_S = 15.0  # how long a higher limit must have been possible before it is given
RESUME_S = 60.0  # how long a paused charge must have fitted before it goes on
RESUME_MARGIN_A = 1.0  # and with how much to spare
FITTING_S = 300.0  # how long without anything to spare
ROTATE_S = 900.0  # how long one waits for another's turn
ACTIVE_S = 300.0  # the least turn
DRAWN_S = 60.0  # how long a vehicle must have drawn less before the rest is handed on
SPARE_A = 2.0  # what it keeps above that
IDLE_A = 1.0  # who draws less than this although offered more wants nothing now
TRIAL_TURNS = 4  # so many rotations later one that wanted nothing is asked again
STEP_A = 1e-9
EVERY = (True, True, True)
_LINES = {on: tuple(p for p in range(3) if on[p]) for on in product((False, True), repeat=3)}

Phases = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Claim:
    """What one outlet asks for. `drawn_a` is the most it drew on a phase of late, None where that isn't settled yet."""

    outlet: int
    ceiling_a: float  # the least of all limits of its own
    floor_a: float  # less than this is no charge
    phases: tuple[bool, bool, bool] = EVERY
    vip: bool = False
    began: float = 0.0
    energy_wh: float = 0.0
    drawn_a: float | None = None

    @property
    def cap_a(self) -> float:
        """The most it can make use of; 0 where its own limits leave it nothing."""
        cap = self.ceiling_a
        if self.drawn_a is not None:
            cap = min(cap, max(self.floor_a, self.drawn_a + SPARE_A))
        return cap if cap >= self.floor_a else 0.0


@dataclass(frozen=True, slots=True)
class Turn:
    """What is remembered of an outlet between two updates."""

    began: float = 0.0  # of the charge that it is about
    offered_a: float = 0.0
    since: float = 0.0  # when it began to charge, or to wait
    served: bool = False  # it was offered something once: without an offer now it waits for its turn
    fits: float | None = None  # since when there is room for it
    roomy: float | None = None  # since when there is more than that
    rising_a: float = 0.0  # a higher limit on its way, possible since `rising`
    rising: float | None = None
    lowered: float = float("-inf")  # when its limit was last lowered
    idle: bool = False  # it took nothing of what it was offered last

    @property
    def waits(self) -> bool:
        """Whether it was shed and waits for its turn."""
        return self.served and self.offered_a <= 0


@dataclass(frozen=True, slots=True)
class Shares:
    """The division now in force: a turn for each outlet that claims."""

    turns: Mapping[int, Turn] = field(default_factory=dict)

    def offered(self, outlet: int) -> float:
        """What an outlet may draw; 0 for one that waits or claims nothing."""
        turn = self.turns.get(outlet)
        return 0.0 if turn is None else turn.offered_a


def share(
    shares: Shares,
    claims: Sequence[Claim],
    budget: Phases,
    by_energy: bool,
    now: float,
    rotate_s: float = ROTATE_S,
) -> Shares:
    """The next division. `by_energy` sheds whoever had most energy first, else whoever began first (R-133).

    `rotate_s` is how long one waits for another's turn (`loadSheddingPeriod`).
    """
    turns = {claim.outlet: _turn(shares, claim, now) for claim in claims}
    order = _order(claims, turns, by_energy, now, rotate_s)
    idle = [claim for claim in order if _idle(turns[claim.outlet], now, rotate_s)]
    admitted, turns = _admit([claim for claim in order if claim not in idle], turns, budget, now, rotate_s)
    targets = _fill(admitted, budget)
    if idle:
        first, second, third = (budget[p] - sum(targets[c.outlet] for c in admitted if c.phases[p]) for p in range(3))
        dormant, turns = _admit(idle, turns, (first, second, third), now, rotate_s)
        targets |= {claim.outlet: claim.floor_a for claim in dormant}
    return Shares(_apply(claims, turns, targets, budget, now))


def _idle(turn: Turn, now: float, rotate_s: float) -> bool:
    """Whether a vehicle took nothing when it was offered something; such a one is asked again now and then, since
    without a pilot it could not say that it wants something by now."""
    return turn.idle and not (turn.waits and now - turn.since >= TRIAL_TURNS * rotate_s)


def _turn(shares: Shares, claim: Claim, now: float) -> Turn:
    """What is remembered of a claim; an offer that has come to lie below its floor is none."""
    turn = shares.turns.get(claim.outlet)
    if turn is None or turn.began != claim.began:
        return Turn(began=claim.began, since=now)
    if 0 < turn.offered_a < claim.floor_a:
        return replace(turn, offered_a=0.0, since=now, rising=None, lowered=now)
    if turn.offered_a > 0:
        idle = claim.drawn_a is not None and claim.drawn_a < IDLE_A and now - turn.since >= DRAWN_S
        return turn if idle is turn.idle else replace(turn, idle=idle)
    return turn


def _order(
    claims: Sequence[Claim], turns: Mapping[int, Turn], by_energy: bool, now: float, rotate_s: float
) -> list[Claim]:
    """Who comes first: VIP; then a young turn, then one who waited its time, then who charges or just came, then who
    waits; among equals the one that R-133 sheds last."""

    def key(claim: Claim) -> tuple[bool, int, float, int]:
        turn = turns[claim.outlet]
        lasting = now - turn.since
        if turn.offered_a > 0:
            rank = 0 if lasting < ACTIVE_S else 2
        elif lasting >= rotate_s:
            rank = 1
        else:
            rank = 3 if turn.served else 2
        return (
            not claim.vip,
            rank,
            claim.energy_wh if by_energy else -claim.began,
            claim.outlet,
        )

    return sorted(claims, key=key)


def _admit(
    order: Sequence[Claim], turns: dict[int, Turn], budget: Phases, now: float, rotate_s: float
) -> tuple[list[Claim], dict[int, Turn]]:
    """Those whose floors fit, in order; one that was shed must have fitted for a while, unless it waited its time."""
    left = list(budget)
    admitted: list[Claim] = []
    for claim in order:
        turn = turns[claim.outlet]
        room = min([left[p] for p in _on(claim)], default=0.0)
        cap = claim.cap_a
        fits = cap > 0 and room >= claim.floor_a - STEP_A
        roomy = fits and room >= claim.floor_a + RESUME_MARGIN_A - STEP_A
        since = now if turn.offered_a <= 0 and cap <= 0 else turn.since  # it waits for nobody else
        fitting = (turn.fits if turn.fits is not None else now) if fits else None
        spare = (turn.roomy if turn.roomy is not None else now) if roomy else None
        if (since, fitting, spare) != (turn.since, turn.fits, turn.roomy):
            turn = replace(turn, since=since, fits=fitting, roomy=spare)
        turns[claim.outlet] = turn
        rotate = rotate_s * (TRIAL_TURNS if turn.idle else 1)
        if fits and (not turn.waits or _resumes(turn, now, rotate)):
            admitted.append(claim)
            for p in _on(claim):
                left[p] -= claim.floor_a
    return admitted, turns


def _resumes(turn: Turn, now: float, rotate_s: float) -> bool:
    waited = now - turn.since >= rotate_s
    roomy = turn.roomy is not None and now - turn.roomy >= RESUME_S
    return waited or roomy or (turn.fits is not None and now - turn.fits >= FITTING_S)


def _on(claim: Claim) -> Sequence[int]:
    return _LINES[claim.phases]


def _fill(claims: Sequence[Claim], budget: Phases) -> dict[int, float]:
    """Floors first, then VIPs to their caps, then all others raised together until a phase or a cap is reached."""
    amps = {claim.outlet: claim.floor_a for claim in claims}
    caps = {claim.outlet: claim.cap_a for claim in claims}
    for group in ([c for c in claims if c.vip], [c for c in claims if not c.vip]):
        open_ = [claim for claim in group if amps[claim.outlet] < caps[claim.outlet]]
        while open_:
            left = [budget[p] - sum(amps[c.outlet] for c in claims if c.phases[p]) for p in range(3)]
            steps = [caps[claim.outlet] - amps[claim.outlet] for claim in open_]
            for p in range(3):
                sharing = sum(claim.phases[p] for claim in open_)
                if sharing:
                    steps.append(max(0.0, left[p]) / sharing)
            step = min(steps)
            for claim in open_:
                amps[claim.outlet] += step
            spent = {p for p in range(3) if left[p] - step * sum(c.phases[p] for c in open_) <= STEP_A}
            open_ = [
                claim
                for claim in open_
                if amps[claim.outlet] < caps[claim.outlet] - STEP_A and not spent.intersection(_on(claim))
            ]
    return amps


def _apply(
    claims: Sequence[Claim], turns: Mapping[int, Turn], targets: Mapping[int, float], budget: Phases, now: float
) -> dict[int, Turn]:
    """Lower at once; raise what has been possible long enough and fits beside what the others are still offered."""
    after: dict[int, Turn] = {}
    for claim in claims:
        turn, target = turns[claim.outlet], targets.get(claim.outlet, 0.0)
        if target < turn.offered_a:
            stopped = target <= 0
            after[claim.outlet] = replace(
                turn,
                offered_a=target,
                since=now if stopped else turn.since,
                rising=None,
                lowered=now,
            )
        elif target > turn.offered_a:
            if turn.rising is None or turn.rising_a < claim.floor_a:
                turn = replace(turn, rising=now, rising_a=target)
            after[claim.outlet] = turn if turn.rising_a <= target else replace(turn, rising_a=target)
        else:
            after[claim.outlet] = turn if turn.rising is None else replace(turn, rising=None)
    for claim in claims:
        turn = after[claim.outlet]
        if turn.rising is None:
            continue
        others = [one for one in claims if one.outlet != claim.outlet]
        settled = all(now - after[one.outlet].lowered >= SETTLE_S for one in others)
        starting = turn.offered_a <= 0
        if not settled or now - turn.rising < (0.0 if starting else HOLD_S):
            continue
        room = min(
            (budget[p] - sum(after[one.outlet].offered_a for one in others if one.phases[p]) for p in _on(claim)),
            default=0.0,
        )
        given = min(turn.rising_a, room)
        if given < claim.floor_a - STEP_A or given <= turn.offered_a:
            continue
        after[claim.outlet] = replace(
            turn, offered_a=given, since=now if starting else turn.since, served=True, rising=None
        )
    return after
