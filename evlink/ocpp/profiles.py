"""Charging profiles: what the supervision may install, what replaces what, and what is cleared (OCPP 1.6 section 3.13).

Times are aware UTC, currents amperes, powers watts, durations whole seconds. No clock, no I/O.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from evlink.ocpp.messages import read_time

MOST_PROFILES = 64
MOST_PERIODS = 100
HIGHEST_STACK_LEVEL = 99

MAX, DEFAULT, TX = "ChargePointMaxProfile", "TxDefaultProfile", "TxProfile"
ABSOLUTE, RECURRING, RELATIVE = "Absolute", "Recurring", "Relative"
CYCLES = {"Daily": 86_400, "Weekly": 604_800}


class Unfit(ValueError):  # noqa: N818  # a refusal, not a fault
    """A profile that can't be installed; the text is the reason."""


@dataclass(frozen=True, slots=True)
class Period:
    """A limit from `start` seconds on; `phases` 0 where the supervision names none."""

    start: int
    limit: float
    phases: int = 0


@dataclass(frozen=True, slots=True)
class Profile:
    """One installed profile. `since` is when it came, which is where a schedule without a start begins.

    `session` ties a TxProfile to its charge; `cycle` is the seconds of a recurrence, 0 for none.
    """

    id: int
    connector: int
    level: int
    purpose: str
    kind: str
    unit: str  # "A" or "W"
    periods: tuple[Period, ...]
    since: datetime
    cycle: int = 0
    start: datetime | None = None
    duration: int | None = None
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    session: str = ""


def read_profile(document: Mapping[str, Any], connector: int, since: datetime, session: str = "") -> Profile:
    """A profile from `csChargingProfiles`, schema-checked and in snake case. Unfit with the reason."""
    schedule = document["charging_schedule"]
    purpose, kind = str(document["charging_profile_purpose"]), str(document["charging_profile_kind"])
    level = int(document["stack_level"])
    if not 0 <= level <= HIGHEST_STACK_LEVEL:
        raise Unfit(f"stackLevel {level}: 0 to {HIGHEST_STACK_LEVEL} are allowed")
    periods = tuple(
        Period(int(p["start_period"]), float(p["limit"]), int(p.get("number_phases") or 0))
        for p in schedule["charging_schedule_period"]
    )
    _check_periods(periods)
    recurrency = str(document.get("recurrency_kind") or "")
    if kind == RECURRING and recurrency not in CYCLES:
        raise Unfit("a Recurring profile needs its recurrencyKind, Daily or Weekly")
    if kind == RELATIVE and purpose == MAX:
        raise Unfit("a ChargePointMaxProfile can't be Relative: it belongs to no transaction")
    if purpose == MAX and connector != 0:
        raise Unfit("a ChargePointMaxProfile is for connector 0")
    if purpose == TX and connector == 0:
        raise Unfit("a TxProfile is for one connector")
    duration = schedule.get("duration")
    return Profile(
        id=int(document["charging_profile_id"]),
        connector=connector,
        level=level,
        purpose=purpose,
        kind=kind,
        unit=str(schedule["charging_rate_unit"]),
        periods=periods,
        since=since,
        cycle=CYCLES[recurrency] if kind == RECURRING else 0,
        start=_time(schedule.get("start_schedule"), "startSchedule"),
        duration=None if duration is None else int(duration),
        valid_from=_time(document.get("valid_from"), "validFrom"),
        valid_to=_time(document.get("valid_to"), "validTo"),
        session=session,
    )


def _check_periods(periods: Sequence[Period]) -> None:
    if not 1 <= len(periods) <= MOST_PERIODS:
        raise Unfit(f"{len(periods)} periods: 1 to {MOST_PERIODS} are allowed")
    if periods[0].start != 0:
        raise Unfit("the first period must start at 0")
    if any(later.start <= earlier.start for earlier, later in itertools.pairwise(periods)):
        raise Unfit("the periods must be in the order of their start")
    for period in periods:
        if not 0 <= period.limit < 1e9:
            raise Unfit(f"limit {period.limit:g}: 0 or more is allowed")
        if not 0 <= period.phases <= 3:
            raise Unfit(f"numberPhases {period.phases}: 1 to 3 are allowed")


def _time(text: Any, name: str) -> datetime | None:
    if text is None:
        return None
    at = read_time(str(text))
    if at is None:
        raise Unfit(f"{name} is no time between 2000 and 2100")
    return at


def install(profiles: Sequence[Profile], new: Profile) -> tuple[Profile, ...]:
    """The profiles with a new one in its place. Unfit where there are too many.

    It replaces the one of the same id, and the one of the same purpose, stack level and connector (and of the same
    charge, for a TxProfile), whatever that one's id (OCPP 1.6 section 5.16; EVerest/libocpp PR 1051).
    """
    kept = tuple(old for old in profiles if old.id != new.id and _place(old) != _place(new))
    if len(kept) >= MOST_PROFILES:
        raise Unfit(f"{MOST_PROFILES} profiles are installed; clear some first")
    return (*kept, new)


def _place(profile: Profile) -> tuple[str, int, int, str]:
    return profile.purpose, profile.level, profile.connector, profile.session


def clear(
    profiles: Sequence[Profile],
    id_: int | None = None,
    connector: int | None = None,
    purpose: str | None = None,
    level: int | None = None,
) -> tuple[Profile, ...]:
    """The profiles without those that meet all criteria given; an id alone decides where it is given (section 5.5)."""

    def meets(profile: Profile) -> bool:
        if id_ is not None:
            return profile.id == id_
        return (
            (connector is None or profile.connector == connector)
            and (purpose is None or profile.purpose == purpose)
            and (level is None or profile.level == level)
        )

    return tuple(profile for profile in profiles if not meets(profile))


def outdated(profile: Profile, now: datetime, running: frozenset[str]) -> bool:
    """Whether a profile can never count again: its charge has ended, or its validity has."""
    if profile.purpose == TX and profile.session not in running:
        return True
    return profile.valid_to is not None and profile.valid_to <= now
