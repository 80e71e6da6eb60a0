"""The head meter: what a house or building leaves its outlets under the upstream protection.

Pure: readings of the head meter give a base load (what everybody else draws) and that a budget for each phase. The
budget falls with the reading that shows less room; it is `domain.sharing` that lowers at once and raises only what has
been possible long enough, so that nothing oscillates. Currents are amperes a phase, times monotonic seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MARGIN_A = 0.5  # kept free at all times
MATCH_S = 2.0  # how old the draw may be that a meter's reading shows: it refreshes once a second, as control does
DOUBT_S = 1.5  # how old the reading before may be that keeps a floor: one poll, not two
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
    """One reading: when, what the outlets drew then, and the base load beside them.

    `least` is the base load if they drew all that they may by then, though nobody has measured it yet.
    """

    at: float
    own: Phases
    base: Phases
    least: Phases


@dataclass(frozen=True, slots=True)
class House:
    """What is remembered of the head meter: the readings of the last seconds, newest last."""

    samples: tuple[Sample, ...] = ()
    over: float | None = None  # since when the protection's rating is exceeded
    lost: bool = False  # it was asked and does not answer

    def silent(self, rules: HeadRules, now: float) -> bool:
        """Whether the newest reading is too old to go by, or there was none."""
        return not self.samples or now - self.samples[-1].at > rules.silent_s

    def gone(self, rules: HeadRules, now: float) -> bool:
        """Whether a head meter is fitted and lost (Evt #12); one that was not asked yet is not."""
        return rules.enabled and (self.lost or (bool(self.samples) and self.silent(rules, now)))


def plausible(amps: Phases | None) -> bool:
    """Whether a reading can be gone by; a meter that feeds in may show negative currents."""
    return amps is not None and all(-UNKNOWN_A < one < UNKNOWN_A for one in amps)


def measured(
    house: House, rules: HeadRules, at: float, amps: Phases | None, own: Phases, may: Phases = NOTHING
) -> House:
    """The house after a reading, None for a meter that answers no more; `own` is what our outlets draw now.

    `may` is what they may draw, which they do not always do.

    The base load is what remains of the reading without our draw. Meter and control look at different instants: of
    the draws of the last two seconds the largest counts, else a vehicle that just fell would pass for a load of the
    house and be lowered again for it.
    """
    if amps is None or not plausible(amps):
        return House(lost=True)
    recent = [one.own for one in house.samples if at - one.at <= MATCH_S]
    largest = _largest([own, *recent])
    sample = Sample(at, own, _less(amps, largest), _less(amps, _largest([largest, may])))
    samples = (*(one for one in house.samples if at - one.at <= TREND_S), sample)
    over = max(amps) > rules.protection_a
    return House(samples, (house.over if house.over is not None else at) if over else None)


def _largest(amps: Sequence[Phases]) -> Phases:
    return max(one[0] for one in amps), max(one[1] for one in amps), max(one[2] for one in amps)


def _less(amps: Phases, own: Phases) -> Phases:
    return max(0.0, amps[0] - own[0]), max(0.0, amps[1] - own[1]), max(0.0, amps[2] - own[2])


def room(house: House, rules: HeadRules, now: float, floors: Phases, three_phase: bool) -> Phases:
    """What all outlets together may draw on each phase now.

    Beside the base load a margin stays free, and for a load that has grown in the last seconds twice as much again,
    since a vehicle takes 5 s to follow. That care pauses nobody: the `floors` of those that charge are left wherever
    the margin alone leaves them. Nor does a reading that a vehicle's own rise explains, which the meter may see before
    we do: where the reading before it left the floors, the next one tells. Silent: the degraded set point of one
    outlet for all. Overdue: nothing.
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
    newest = house.samples[-1]
    growth = min(TREND_A, TREND * (newest.base[p] - min(one.base[p] for one in house.samples)))
    free = rules.protection_a - MARGIN_A - newest.base[p]
    before = min(one.base[p] for one in house.samples if newest.at - one.at <= DOUBT_S)
    doubted = rules.protection_a - MARGIN_A - max(before, newest.least[p])
    return max(0.0, free - growth, min(doubted, floor))
