"""Steps of the wall clock in every phase of a charge, beside the same charge without them (R10, R12; EVerest 1068)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from evlink.domain.effects import CloseSession, Effect, Enqueue, EventStarted, Grant
from evlink.domain.events import Event
from evlink.domain.record import ChargeRecord
from evlink.domain.words import EvState
from tests.faults.table import Tally
from tests.unit.domain_bench import EPOCH, Bench

ALIGNED = "Sample.Clock"
PHASES = ("idle", "badge", "plugged", "charging", "leaving")
STEPS = {
    "1 s on": timedelta(seconds=1),
    "1 s back": timedelta(seconds=-1),
    "1 h on": timedelta(hours=1),
    "1 h back": timedelta(hours=-1),
    "1 day back": timedelta(days=-1),
    "40 days on": timedelta(days=40),
    "to 2013": datetime(2013, 1, 1, tzinfo=UTC) - EPOCH,
    "to 2038": datetime(2038, 1, 19, 3, 14, 7, tzinfo=UTC) - EPOCH,
}
CASES = [(phase, step) for phase in PHASES for step in STEPS]


class Timed(Bench):
    """A bench that notes when each effect was asked for, by the monotonic clock."""

    def __init__(self) -> None:
        super().__init__(supervised=True, sample_interval_s=30, aligned_interval_s=60)
        self.noted: list[tuple[float, Effect]] = []

    def post(self, event: Event) -> list[Effect]:
        effects = super().post(event)
        self.noted += [(self.at, effect) for effect in effects]
        return effects


def charge(bench: Timed, phase: str, step: timedelta) -> ChargeRecord:
    """A whole charge with the clock stepping in one of its phases; its record."""

    def passes(now: str) -> None:
        if now == phase:
            bench.wall_shift += step

    bench.tick(3)
    passes("idle")
    bench.tick(3).badge("0401", verdict=None)
    passes("badge")
    bench.tick(2).plug()
    passes("plugged")
    bench.tick(5).charge()
    bench.tick(60)
    passes("charging")
    bench.tick(120)
    bench.see(energy_mvas=bench.readings[1].energy_mvas + 3_600_000 * 500)
    bench.tick(10).badge("0401")
    passes("leaving")
    bench.tick(2).see(ev=EvState.B, contactor=False, current_a=(0.0, 0.0, 0.0))
    bench.tick(2).see(ev=EvState.A, cable_a=0, locked=False)
    bench.tick(5)
    (closed,) = bench.of(CloseSession)
    record: ChargeRecord = closed.record
    return record


def grants(bench: Timed) -> list[tuple[float, Grant]]:
    """What control was permitted, and when."""
    return [(at, effect) for at, effect in bench.noted if isinstance(effect, Grant)]


def told(bench: Timed) -> list[tuple[float, str]]:
    """What the supervision was told, and when: without the samples that fall due by the time of day."""
    return [
        (at, type(effect.message).__name__)
        for at, effect in bench.noted
        if isinstance(effect, Enqueue) and getattr(getattr(effect.message, "meter", None), "context", "") != ALIGNED
    ]


@pytest.mark.parametrize("cases", [CASES[::5], pytest.param(CASES, marks=pytest.mark.faults)], ids=["some", "all"])
def test_a_step_of_the_clock_moves_no_permit_no_duration_and_no_message(
    cases: list[tuple[str, str]], tally: Tally
) -> None:
    """R10: permits to the tenth of a second, energy, duration and order are as without it."""
    plain = Timed()
    wanted = charge(plain, "never", timedelta())
    for phase, name in cases:
        bench = Timed()
        record = charge(bench, phase, STEPS[name])
        where = f"{name} while {phase}"
        assert grants(bench) == grants(plain), where
        assert told(bench) == told(plain), where
        assert [at for at, e in bench.noted if isinstance(e, EventStarted)] == [], where
        assert (record.energy_wh, record.duration_s) == (wanted.energy_wh, wanted.duration_s), where
        assert abs((record.end - record.start).total_seconds() - record.duration_s) <= 2.5, where
        assert record.start <= record.end, where
        aligned = [e for e in bench.of(Enqueue) if getattr(getattr(e.message, "meter", None), "context", "") == ALIGNED]
        assert len(aligned) <= 8, f"{where}: {len(aligned)} samples on the hour of a charge of minutes"
    tally("time", "step of the wall clock in a phase of a charge, beside the same charge without", len(cases))
