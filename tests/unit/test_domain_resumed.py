"""Sessions over a restart, and clocks that are set meanwhile."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from evlink.domain.effects import CloseSession, Enqueue, Grant, SaveSession
from evlink.domain.record import TransactionEnded
from evlink.domain.words import EvState
from evlink.domain.words import OutletStatus as S
from tests.unit.domain_bench import Bench
from tests.unit.test_domain_session import WH, charging


def test_a_stored_session_goes_on_after_a_restart() -> None:
    """SIGKILL in mid-charge: the same session, its energy and its duration, no second start."""
    first = charging(supervised=True).see(energy_mvas=10 * WH).tick(120)
    saved = first.of(SaveSession)[-1].session
    again = Bench({1: saved}, supervised=True)
    again.wall_shift = timedelta(seconds=saved.elapsed_s)
    again.readings[1] = first.readings[1]
    again.tick()
    assert again.outlet().status is S.LOOP_STARTED
    assert again.last_grant().authorised
    assert not again.of(Enqueue)
    again.see(energy_mvas=20 * WH).tick(60).badge("04A1").see(ev=EvState.B, contactor=False).tick()
    (closed,) = again.of(CloseSession)
    assert closed.record.session == saved.session
    assert closed.record.energy_wh == 20
    assert 175 <= closed.record.duration_s <= 185


@pytest.mark.parametrize(
    ("leased", "away", "seconds", "reason"),
    [
        (False, timedelta(seconds=50), 50, "Local"),
        (False, timedelta(seconds=110), 110, "Local"),  # a lease and a log period: it may have been there a minute ago
        (False, timedelta(minutes=10), 0, "PowerLoss"),  # what the car did since, nobody knows
        (False, timedelta(hours=-5), 0, "PowerLoss"),  # a clock that says nonsense: the less energy wins
        (True, timedelta(minutes=10), 600, "Local"),  # control was there all the time
        (True, timedelta(hours=-5), 0, "Local"),
    ],
)
def test_how_long_a_stored_session_may_have_been_alone(
    leased: bool, away: timedelta, seconds: int, reason: str
) -> None:
    saved = charging().of(SaveSession)[-1].session
    again = Bench({1: saved})
    again.readings[1] = replace(charging().readings[1], leased=leased)
    again.wall_shift = away
    again.tick(2)
    if reason == "PowerLoss":
        assert not any(g.authorised for g in again.of(Grant))
    else:
        again.badge("04A1").see(ev=EvState.B, contactor=False).tick()
    (closed,) = again.of(CloseSession)
    assert closed.record.reason == reason
    assert closed.record.duration_s == pytest.approx(seconds, abs=4)
    if away > timedelta():
        assert (closed.record.end - closed.record.start).total_seconds() == pytest.approx(seconds, abs=4)


def test_a_session_whose_lease_lapsed_ends() -> None:
    saved = charging(supervised=True).of(SaveSession)[-1].session
    again = Bench({1: saved}, supervised=True).see(ev=EvState.B, cable_a=32, lapsed=True).tick()
    (closed,) = again.of(CloseSession)
    assert closed.record.reason == "Reboot"
    assert [type(e.message) for e in again.of(Enqueue)] == [TransactionEnded]


def test_a_stored_session_whose_car_left_meanwhile_is_closed() -> None:
    saved = charging(supervised=True).tick(120).of(SaveSession)[-1].session
    again = Bench({1: saved}, supervised=True)
    again.wall_shift = timedelta(seconds=saved.elapsed_s)
    again.tick(1)
    (closed,) = again.of(CloseSession)
    assert closed.record.reason == "EVDisconnected"
    assert again.outlet().session is None


def test_a_wall_clock_set_during_a_charge_changes_no_duration() -> None:
    """N-56: it stays right, start stands before end by as much, and both clocks are kept."""
    for hours in (-3, 3, -100_000, 8760):
        bench = charging()
        began = bench.outlet().session
        assert began is not None
        bench.tick(60)
        bench.wall_shift = timedelta(hours=hours)
        bench.tick(60).badge("04A1").see(ev=EvState.B, contactor=False).tick()
        (closed,) = bench.of(CloseSession)
        record = closed.record
        assert 119 <= record.duration_s <= 122
        assert (record.end - record.start).total_seconds() == pytest.approx(record.duration_s, abs=1)
        assert record.clock_set_s == pytest.approx(hours * 3600, abs=1)
        told = record.start - timedelta(seconds=record.clock_set_s)  # by the clock at the beginning
        assert abs((told - began.start).total_seconds()) <= 1


@pytest.mark.parametrize("step", [-4.0, -0.5, 0.0, 2.0, 4.9])
def test_a_clock_that_is_drawn_on_leaves_the_start_as_it_was_told(step: float) -> None:
    """NTP moves the clock by fractions of a second: the record's start stays that of the supervision's message."""
    bench = charging(supervised=True)
    began = bench.outlet().session
    assert began is not None
    bench.tick(60)
    bench.wall_shift = timedelta(seconds=step)
    bench.tick(5).badge("04A1").see(ev=EvState.B, contactor=False).tick()
    (closed,) = bench.of(CloseSession)
    assert (closed.record.start, closed.record.clock_set_s) == (began.start, 0)
