"""What installed profiles allow: the limit at a moment, and the composite schedule (OCPP 1.6 sections 3.13.2, 5.7).

Within a purpose the valid profile of the highest stack level counts; a TxProfile stands in for the defaults while it
says something; the charge point's maximum covers all connectors together. What is left is the least of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from evlink.ocpp.profiles import DEFAULT, MAX, RELATIVE, TX, Period, Profile

LONGEST_SCHEDULE_S = 7 * 86_400


@dataclass(frozen=True, slots=True)
class Supply:
    """The wiring that turns watts into amperes: voltage phase to neutral, phases of the station."""

    voltage_v: float
    phases: int


@dataclass(frozen=True, slots=True)
class Charge:
    """A running charge, or none: its session and when it began; `phases` is what it draws on, 0 for not known."""

    session: str = ""
    began: datetime | None = None
    phases: int = 0


IDLE = Charge()


def first_run(profile: Profile, charge: Charge, now: datetime) -> datetime:
    """When the schedule begins: at its start, else with the charge; before a charge as if that began now."""
    if profile.kind == RELATIVE:
        return charge.began or now
    return profile.start or charge.began or profile.since


def begun(profile: Profile, charge: Charge, at: datetime) -> datetime | None:
    """When the schedule's present run began, None while it says nothing at `at`."""
    if profile.valid_from is not None and at < profile.valid_from:
        return None
    if profile.valid_to is not None and at >= profile.valid_to:
        return None
    start = first_run(profile, charge, at)
    if at < start:
        return None
    if profile.cycle:
        start += timedelta(seconds=(at - start) // timedelta(seconds=profile.cycle) * profile.cycle)
    if profile.duration is not None and at >= start + timedelta(seconds=profile.duration):
        return None
    return start


def period_at(profile: Profile, charge: Charge, at: datetime) -> Period | None:
    """The period that counts at a moment, None while the profile says nothing."""
    start = begun(profile, charge, at)
    if start is None:
        return None
    elapsed = (at - start).total_seconds()
    return [period for period in profile.periods if period.start <= elapsed][-1]


def amperes(period: Period, unit: str, supply: Supply, drawn_on: int) -> float:
    """A period's limit in amperes a phase.

    Watts are shared by the phases that the period names (3 by default, section 7.14) or by those that the vehicle may
    draw on, whichever are more: a vehicle can't be told to use fewer.
    """
    if unit == "A":
        return period.limit
    possible = drawn_on or supply.phases
    return period.limit / (supply.voltage_v * max(min(period.phases or 3, supply.phases), possible))


def leading(profiles: Iterable[Profile], purpose: str, charge: Charge, at: datetime) -> Profile | None:
    """The profile of a purpose that counts: the highest stack level, the connector's own before all connectors'."""
    valid = [p for p in profiles if p.purpose == purpose and begun(p, charge, at) is not None]
    return max(valid, key=lambda p: (p.level, p.connector, p.since, p.id)) if valid else None


def connector_limit(
    profiles: Sequence[Profile], connector: int, charge: Charge, at: datetime, supply: Supply
) -> float | None:
    """What the profiles of transactions allow a connector, in amperes a phase; None where they say nothing."""
    own = [p for p in profiles if p.connector in (0, connector) and (p.purpose != TX or p.session == charge.session)]
    lead = leading(own, TX, charge, at) or leading(own, DEFAULT, charge, at)
    return None if lead is None else _limit(lead, charge, at, supply)


def station_limit(profiles: Sequence[Profile], at: datetime, supply: Supply) -> float | None:
    """What the charge point's maximum allows all connectors together, in amperes a phase; None for no maximum."""
    lead = leading(profiles, MAX, IDLE, at)
    return None if lead is None else _limit(lead, IDLE, at, supply)


def _limit(profile: Profile, charge: Charge, at: datetime, supply: Supply) -> float | None:
    period = period_at(profile, charge, at)
    return None if period is None else amperes(period, profile.unit, supply, charge.phases)


def changes(profile: Profile, charge: Charge, begin: datetime, end: datetime) -> Iterable[datetime]:
    """The moments within begin..end at which a profile may begin to say something else."""
    marks = [profile.valid_from, profile.valid_to]
    start = first_run(profile, charge, begin)
    offsets = [period.start for period in profile.periods]
    if profile.duration is not None:
        offsets.append(profile.duration)
    runs = [start]
    if profile.cycle:
        cycle = timedelta(seconds=profile.cycle)
        first = max(0, (begin - start) // cycle)
        runs = [start + cycle * n for n in range(first, first + (end - begin) // cycle + 2)]
    marks += [run + timedelta(seconds=offset) for run in runs for offset in offsets]
    return (mark for mark in marks if mark is not None and begin < mark < end)


@dataclass(frozen=True, slots=True)
class Step:
    """A stretch of a composite schedule: from `start` seconds on, at most `amps` a phase."""

    start: int
    amps: float


def composite(
    profiles: Sequence[Profile],
    charges: dict[int, Charge],
    connector: int,
    begin: datetime,
    duration: int,
    supply: Supply,
    ceilings: dict[int, float],
) -> tuple[Step, ...]:
    """What a connector (0: all together) may draw over the coming `duration` seconds, by profiles and wiring.

    `charges` and `ceilings` (what the installation allows, in amperes) are by connector; the limit is told where
    it changes, in whole seconds rounded so that a lower one is never told late.
    """
    end = begin + timedelta(seconds=duration)
    charges = {one: charges.get(one) or Charge(began=begin) for one in ceilings}
    marks = {begin}
    for profile in profiles:
        for charge in (*charges.values(), IDLE):
            marks.update(changes(profile, charge, begin, end))
    steps: list[Step] = []
    for mark in sorted(marks):
        amps = allowed(profiles, charges, connector, mark, supply, ceilings)
        if not steps or steps[-1].amps != amps:
            exact = (mark - begin).total_seconds()
            start = int(exact) if not steps or amps < steps[-1].amps else -int(-exact // 1)
            if steps and steps[-1].start >= start:
                steps[-1] = Step(steps[-1].start, min(amps, steps[-1].amps))
            else:
                steps.append(Step(start, amps))
    return tuple(steps)


def allowed(
    profiles: Sequence[Profile],
    charges: dict[int, Charge],
    connector: int,
    at: datetime,
    supply: Supply,
    ceilings: dict[int, float],
) -> float:
    """What a connector (0: all together) may draw at a moment, in amperes a phase."""
    maximum = station_limit(profiles, at, supply)
    wanted = (connector,) if connector else tuple(ceilings)
    total = 0.0
    for one in wanted:
        limit = connector_limit(profiles, one, charges.get(one, IDLE), at, supply)
        total += ceilings[one] if limit is None else min(limit, ceilings[one])
    return total if maximum is None else min(total, maximum)
