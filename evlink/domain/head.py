"""The head meter: what a house or building leaves its outlets under the upstream protection.

Pure: readings of the head meter give a base load (what everybody else draws) and that a budget for each phase. The
budget falls with the reading that shows less room; it is `domain.sharing` that lowers at once and raises only what has
been possible long enough, so that nothing oscillates. Currents are amperes a phase, times monotonic seconds.
"""

from __future__ import annotations

from dataclasses import dataclass

MARGIN_A = 0.5  # kept free at all times
MATCH_S = 2.0  # how old the draw may be that a meter's reading shows: it refreshes once a second, as control does
TREND_S = 5.0  # what a vehicle may take to follow: a base load that grew in this time goes on growing
TREND = 2.0  # by this many times as much, since the beginning of a rise shows only a part of it
TREND_A = 3.0  # the most kept free for that
SILENT_S = 5.0  # three missed polls and a little: no reading for so long, and nothing is known any more
OVERDUE_S = 8.0  # above the protection for so long although lowered: vehicles don't follow, or not fast enough
UNKNOWN_A = 10_000.0  # no meter of a house shows more

Phases = tuple[float, float, float]
NOTHING: Phases = (0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class HeadRules:
    """What the settings say: the protection (`homeUpstreamProtection`), and the set points without a reading."""

    enabled: bool = False
    protection_a: float = 32.0
    silent_s: float = SILENT_S
    degraded_single_a: float = 8.0
    degraded_three_a: float = 14.0


@dataclass(frozen=True, slots=True)
class Sample:
    """One reading: when, what the outlets drew then, and the base load beside them."""

    at: float
    own: Phases
    base: Phases


@dataclass(frozen=True, slots=True)
class House:
    """What is remembered of the head meter: the readings of the last seconds, newest last."""

    samples: tuple[Sample, ...] = ()
    over: float | None = None  # since when the protection's rating is exceeded

    def silent(self, rules: HeadRules, now: float) -> bool:
        """Whether the newest reading is too old to go by, or there was none."""
        return not self.samples or now - self.samples[-1].at > rules.silent_s


def plausible(amps: Phases | None) -> bool:
    """Whether a reading can be gone by; a meter that feeds in may show negative currents."""
    return amps is not None and all(-UNKNOWN_A < one < UNKNOWN_A for one in amps)


def measured(house: House, rules: HeadRules, at: float, amps: Phases | None, own: Phases) -> House:
    """The house after a reading, None for a meter that answers no more; `own` is what our outlets draw now.

    The base load is what remains of the reading without our draw. Meter and control look at different instants: of
    the draws of the last two seconds the largest counts, else a vehicle that just fell would pass for a load of the
    house and be lowered again for it.
    """
    if amps is None or not plausible(amps):
        return House()
    recent = [one.own for one in house.samples if at - one.at <= MATCH_S]
    largest = tuple(max(own[p], *(one[p] for one in recent)) if recent else own[p] for p in range(3))
    base = (max(0.0, amps[0] - largest[0]), max(0.0, amps[1] - largest[1]), max(0.0, amps[2] - largest[2]))
    samples = (*(one for one in house.samples if at - one.at <= TREND_S), Sample(at, own, base))
    over = max(amps) > rules.protection_a
    return House(samples, (house.over if house.over is not None else at) if over else None)


def room(house: House, rules: HeadRules, now: float, floors: Phases, three_phase: bool) -> Phases:
    """What all outlets together may draw on each phase now.

    Beside the base load a margin stays free, and for a load that has grown in the last seconds twice as much again,
    since a vehicle takes 5 s to follow. That care pauses nobody: the `floors` of those that charge are left wherever
    the margin alone leaves them. Silent: the degraded set point of one outlet for all. Overdue: nothing.
    """
    if house.silent(rules, now):
        amps = rules.degraded_three_a if three_phase else min(rules.degraded_single_a, rules.degraded_three_a)
        amps = min(amps, rules.protection_a)
        return amps, amps, amps
    if house.over is not None and now - house.over > OVERDUE_S:
        return NOTHING
    left = [_left(house, rules, floors[p], p) for p in range(3)]
    return left[0], left[1], left[2]


def _left(house: House, rules: HeadRules, floor: float, p: int) -> float:
    base = house.samples[-1].base[p]
    growth = min(TREND_A, TREND * (base - min(one.base[p] for one in house.samples)))
    free = rules.protection_a - MARGIN_A - base
    return max(0.0, free - growth, min(free, floor))
