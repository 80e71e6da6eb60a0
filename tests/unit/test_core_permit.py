"""The permit: a lease in samples, validated and clamped field by field."""

from __future__ import annotations

from typing import Any

import pytest

from evlink import _core
from evlink._core import Core, Limits, Permit
from tests.unit.core_bench import Bench

NONE, LIVE, DEGRADED, LAPSED = (
    _core.PERMIT_NONE,
    _core.PERMIT_LIVE,
    _core.PERMIT_DEGRADED,
    _core.PERMIT_LAPSED,
)


@pytest.mark.parametrize(
    ("amps", "limit_ma", "degraded_ma"),
    [
        ((20, 20, 20), 32_000, 14_000),
        ((20, 0, 0), 32_000, 8_000),
        ((10, 10, 10), 12_000, 12_000),  # never more than the last limit
        ((6, 0, 0), 6_000, 6_000),
    ],
)
def test_lapse_timeline(amps: tuple[float, float, float], limit_ma: int, degraded_ma: int) -> None:
    """5 s after the last permit the degraded set point of the phases in use, after 60 s stopped in order."""
    bench = Bench()
    bench.charging(amps, limit_ma=limit_ma)
    bench.grant(limit_ma=limit_ma)
    bench.block()
    begun = bench.now - 1000
    bench.silence()
    bench.run(4.95)
    assert (bench.frame.permit_state, bench.frame.limit_ma) == (LIVE, limit_ma)
    bench.amps = tuple(min(a, degraded_ma / 1000) for a in amps)  # type: ignore[assignment]
    bench.run(0.1)
    assert (bench.frame.permit_state, bench.frame.limit_ma) == (DEGRADED, degraded_ma)
    assert bench.outputs.duty == _core.duty_from_ma(degraded_ma)
    bench.run(54)
    assert bench.outputs.contactor
    bench.run(2)
    assert bench.frame.permit_state == LAPSED
    assert (bench.outputs.duty, bench.outputs.contactor) == (10000, False)
    assert bench.events(_core.EVENT_OPENED)[-1].a == _core.OPEN_LAPSED
    changes = [(e.samples - begun, e.a, e.b) for e in bench.events(_core.EVENT_PERMIT)][1:]
    assert [(a, b) for _, a, b in changes] == [(LIVE, DEGRADED), (DEGRADED, LAPSED)]
    assert changes[0][0] == pytest.approx(500_000, abs=2_000)
    assert changes[1][0] == pytest.approx(6_000_000, abs=2_000)


def test_a_vehicle_that_ignores_the_lapse() -> None:
    """60 s + 6 s after the last permit at the latest the contactor is open."""
    bench = Bench()
    bench.charging()
    bench.vehicle_obeys = False
    bench.silence()
    assert bench.until(False, 70) <= 66.2


def test_a_station_back_within_60_s_resumes() -> None:
    """A new permit within the lapse goes on with the same charge: the contactor never opens, energy goes on."""
    bench = Bench()
    bench.charging((10, 10, 10), limit_ma=32_000)
    bench.silence()
    bench.run(40)
    before = bench.frame.energy_mvas
    bench.grant(limit_ma=32_000)
    bench.run(6)
    assert (bench.frame.permit_state, bench.outputs.duty) == (LIVE, 5333)
    assert bench.frame.energy_mvas - before == pytest.approx(30_000 * 230 * 6, rel=0.02)
    assert not bench.events(_core.EVENT_OPENED)


def test_a_station_back_after_the_lapse_starts_again() -> None:
    """A permit after the lapse closes again only through the whole sequence."""
    bench = Bench()
    bench.charging()
    bench.silence()
    bench.run(70)
    assert not bench.outputs.contactor
    bench.grant()
    bench.run(8)
    assert bench.outputs.contactor


def test_no_new_close_without_a_station() -> None:
    """A degraded permit may close (a vehicle that paused), a lapsed one never."""
    bench = Bench()
    bench.charging()
    bench.silence()
    bench.run(10)
    bench.state = "B"
    bench.run(60)
    bench.state = "C"
    bench.run(5)
    assert not bench.outputs.contactor


def test_lock_is_freed_when_the_station_stays_away() -> None:
    """Once lapsed, opened and 5 s later, the user gets the cable back."""
    bench = Bench()
    bench.charging(lock=True)
    bench.silence()
    bench.run(59)
    assert bench.outputs.lock
    bench.run(10)
    assert not bench.outputs.lock


HUGE = 2**63
WRONG: list[tuple[str, dict[str, Any], int]] = [
    ("limit above the table", {"limit_ma": HUGE}, 1),
    ("limit below 0", {"limit_ma": -HUGE}, 1),
    ("light", {"light": 256}, 1),
    ("beep", {"beep": -1}, 1),
    ("tolerance", {"limits": Limits(high_tolerance=201)}, 1),
    ("delays", {"limits": Limits(low_delay_s=HUGE, medium_delay_s=-1, high_delay_s=61)}, 3),
    ("calibration", {"limits": Limits(slope=0, offset_ma=10**6, voltage_mv=1)}, 3),
    ("ratings", {"limits": Limits(rating_ma=10**9, degraded_single_ma=-5, degraded_three_ma=10**7)}, 3),
    ("grace", {"limits": Limits(grace_ms=-1, noise_floor_ma=10**6)}, 2),
    ("nothing", {}, 0),
]


@pytest.mark.parametrize(("what", "fields", "clamped"), WRONG, ids=[what for what, _, _ in WRONG])
def test_every_field_is_clamped_and_counted(what: str, fields: dict[str, Any], clamped: int) -> None:
    """Control trusts no field of a permit: each is forced into its range, and that is counted."""
    bench = Bench()
    bench.run(0.3)
    bench.plug("B")
    bench.core.permit(1, Permit(authorised=True, limit_ma=16_000)._replace(**fields))
    bench.run(1)
    frame = bench.frame
    assert frame.clamped == clamped
    assert 0 <= frame.limit_ma <= 32_000


def test_a_limit_above_everything_is_bounded_by_the_rating() -> None:
    """80 A asked for on a 32 A outlet: 53.33 %."""
    bench = Bench()
    bench.run(0.3)
    bench.plug("B", 100)
    bench.grant(limit_ma=HUGE)
    bench.run(1)
    assert bench.outputs.duty == 5333


def test_an_unknown_outlet_is_refused() -> None:
    """Outlets count from 1."""
    core = Core(2)
    for outlet in (0, 3):
        with pytest.raises(ValueError, match="allowed are 1 to 2"):
            core.permit(outlet, Permit())
    with pytest.raises(ValueError, match="allowed are 1 to 8"):
        Core(9)
