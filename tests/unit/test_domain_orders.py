"""What those above the station order: limits, reservations, availability, invalid identities, unplugging."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from evlink.domain.effects import CloseSession, Enqueue
from evlink.domain.events import Allowed, AvailabilityAsked, Booked, Deauthorised, RemoteStart, StopAsked, Verdict
from evlink.domain.record import TransactionEnded, TransactionSampled, TransactionStarted
from evlink.domain.state import Booking
from evlink.domain.words import EvState, Evt, OutletError
from evlink.domain.words import OutletStatus as S
from tests.unit.domain_bench import Bench

ACCEPTED = Verdict("Accepted")
WH = 3_600_000


def supervised(**config: Any) -> Bench:
    return Bench(supervised=True, authentication="supervision", **config).tick()


def charging(outlet: int = 1, uid: str = "04A1", bench: Bench | None = None, **config: Any) -> Bench:
    bench = bench or supervised(**config)
    return bench.plug(outlet).badge(uid, outlet, ACCEPTED).charge(outlet)


def allow(bench: Bench, station_a: float | None = None, **outlets: float | None) -> Bench:
    limits = tuple((int(name[1:]), amps) for name, amps in outlets.items())
    bench.post(Allowed(bench.moment(), station_a, limits))
    return bench.tick()


def test_a_profile_limits_its_outlet_and_says_so() -> None:
    """R-144: the least of all limits, and which; a lower one reaches the permit with the same event."""
    bench = allow(charging(floors=False), _1=10.0)
    assert (bench.outlet().limit.amps, bench.outlet().limit.reason) == (10.0, "supervision")
    assert bench.last_grant().limit_a == 10.0
    assert allow(bench, _1=None).outlet().limit.reason == "rated"


def test_limit_0_suspends_and_does_not_end() -> None:
    """evcc-io/evcc PR 33020: a limit of 0 or below the minimum suspends the transaction."""
    bench = allow(charging(), _1=0.0).tick(120)
    assert bench.outlet().status is S.LOOP_STARTED
    assert bench.last_grant().limit_a == 0.0
    assert not bench.of(CloseSession)
    assert allow(bench, _1=16.0).last_grant().limit_a == 16.0


def test_the_stations_maximum_is_shared() -> None:
    """OCPP 1.6 section 3.13.1: ChargePointMaxProfile covers all connectors together."""
    bench = charging(2, "04B2", charging(floors=False))
    allow(bench, station_a=20.0)
    assert [bench.outlet(n).limit.amps for n in (1, 2)] == [10.0, 10.0]
    bench.badge("04B2", 2).see(2, ev=EvState.B, contactor=False).tick(20)
    assert bench.outlet(1).limit.amps == 20.0


def booked(bench: Bench, *bookings: Booking) -> Bench:
    bench.post(Booked(bench.moment(), bookings))
    return bench.tick()


@pytest.mark.parametrize(
    ("booking", "uid", "parent", "admitted"),
    [
        (Booking(7, 1, "04A1"), "04A1", "", True),
        (Booking(7, 1, "04a1"), "04A1", "", True),
        (Booking(7, 1, "04A1"), "04B2", "", False),
        (Booking(7, 1, "04A1", "GRP"), "04B2", "GRP", True),
        (Booking(7, 1, "04A1", "GRP"), "04B2", "OTHER", False),
        (Booking(7, 2, "04A1"), "04B2", "", True),
    ],
)
def test_a_reserved_outlet_takes_its_tag_or_group(booking: Booking, uid: str, parent: str, admitted: bool) -> None:
    """OCPP 1.6 section 5.13 (TC 046 to 053)."""
    bench = booked(supervised(), booking)
    bench.plug().badge(uid, 1, Verdict("Accepted", parent_id=parent)).charge()
    assert (bench.outlet().session is not None) is admitted
    if not admitted:
        assert bench.outlet().last_error is OutletError.BADGE_UNKNOWN
        return
    started = next(e.message for e in bench.of(Enqueue) if isinstance(e.message, TransactionStarted))
    assert started.reservation_id == (7 if booking.outlet == 1 else None)


def test_a_remote_start_by_another_is_kept_out() -> None:
    bench = booked(supervised(), Booking(7, 1, "04A1"))
    bench.post(RemoteStart(bench.moment(), 1, "OTHER"))
    assert bench.tick().outlet().holder is None
    bench.post(RemoteStart(bench.moment(), 1, "04A1"))
    holder = bench.tick().outlet().holder
    assert holder is not None
    assert holder.reservation_id == 7


def test_connector_0_keeps_one_outlet_free() -> None:
    """The first comer may take one of two; the last is for the one who reserved."""
    bench = booked(supervised(), Booking(9, 0, "04A1"))
    charging(1, "04B2", bench)
    assert bench.outlet(1).session is not None
    bench.plug(2).badge("04C3", 2, ACCEPTED).charge(2)
    assert bench.outlet(2).session is None
    bench.see(2, ev=EvState.B, contactor=False).badge("04A1", 2, ACCEPTED).charge(2)
    session = bench.outlet(2).session
    assert session is not None
    assert session.reservation_id == 9


def asked(bench: Bench, outlet: int, operative: bool) -> Bench:
    bench.post(AvailabilityAsked(bench.moment(), outlet, operative))
    return bench.tick(0.3)


def test_out_of_service_and_back() -> None:
    """OCPP 1.6 section 5.2; outlet 0 means all of them."""
    bench = asked(supervised(), 0, False)
    assert [bench.outlet(n).status for n in (1, 2)] == [S.UNAVAILABLE] * 2
    assert not bench.last_grant().available
    bench.plug().badge("04A1", 1, ACCEPTED)
    assert bench.outlet().holder is None
    assert asked(bench, 1, True).outlet().status is S.AUTHORISATION_STARTED
    assert bench.outlet(2).status is S.UNAVAILABLE


def test_a_charge_is_not_cut_off_by_it() -> None:
    """Section 5.2: Scheduled; the outlet goes out of service once the vehicle has gone."""
    bench = asked(charging(), 1, False).tick(30)
    assert bench.outlet().status is S.LOOP_STARTED
    assert bench.last_grant().available
    bench.badge("04A1").see(ev=EvState.A, contactor=False, cable_a=0, locked=False).tick(1)
    assert bench.outlet().status is S.UNAVAILABLE
    assert not bench.last_grant().available


@pytest.mark.parametrize(
    ("stops", "left_wh", "used_wh", "status", "amps"),
    [
        (True, 0, 0, S.LOOP_ENDED, 0.0),
        (True, 500, 499, S.LOOP_STARTED, 32.0),
        (True, 500, 500, S.LOOP_ENDED, 0.0),
        (False, 0, 0, S.LOOP_STARTED, 0.0),
        (False, 500, 499, S.LOOP_STARTED, 32.0),
        (False, 500, 500, S.LOOP_STARTED, 0.0),
    ],
)
def test_an_invalid_identity(stops: bool, left_wh: int, used_wh: int, status: S, amps: float) -> None:
    """OCPP 1.6 section 4.8: StopTransactionOnInvalidId, MaxEnergyOnInvalidId."""
    bench = charging(stop_on_invalid_id=stops, invalid_id_wh=left_wh)
    session = bench.outlet().session
    assert session is not None
    bench.post(Deauthorised(bench.moment(), session.session, "Invalid"))
    bench.see(energy_mvas=used_wh * WH).tick(0.2)
    assert bench.outlet().status is status
    assert bench.last_grant().limit_a == amps
    if status is S.LOOP_ENDED:
        assert bench.outlet().stop_reason == "DeAuthorized"


def test_the_vehicle_may_come_back() -> None:
    """StopTransactionOnEVSideDisconnect off: suspended without the vehicle, ended without the cable."""
    bench = charging(stop_on_ev_disconnect=False)
    bench.see(ev=EvState.A, contactor=False, faults=frozenset({Evt.EV_DISCONNECTED})).tick(1)  # it left under load
    bench.see(ev=EvState.A, contactor=False, faults=frozenset()).tick(4)
    assert bench.outlet().status is S.LOOP_STARTED
    bench.see(ev=EvState.C_M12V, contactor=True).tick(5)
    assert bench.outlet().session is not None
    bench.see(ev=EvState.A, contactor=False, cable_a=0).tick(1)
    (closed,) = bench.of(CloseSession)
    assert closed.record.reason == "EVDisconnected"


def test_the_cable_may_stay_locked() -> None:
    """UnlockConnectorOnEVSideDisconnect off: until its owner asks (OCPP 1.6 section 9.1.30)."""
    bench = charging(unlock_on_ev_disconnect=False)
    bench.see(ev=EvState.A, contactor=False).tick(2)
    assert bench.outlet().session is None
    assert bench.last_grant().lock
    bench.post(StopAsked(bench.moment(), 1, "UnlockCommand"))
    assert not bench.tick(1.5).last_grant().lock


def test_time_to_plug_in() -> None:
    """ConnectionTimeOut (TC 004_2)."""
    bench = supervised(plug_timeout_s=10.0).badge("04A1", 1, ACCEPTED)
    assert bench.tick(9).outlet().holder is not None
    assert bench.tick(3).outlet().holder is None
    assert bench.outlet().last_error is OutletError.PLUG_NOT_DETECTED


def sampled(bench: Bench, context: str) -> list[TransactionSampled]:
    messages = [e.message for e in bench.of(Enqueue)]
    return [m for m in messages if isinstance(m, TransactionSampled) and m.meter.context == context]


def test_meter_values_at_round_times_of_day() -> None:
    """ClockAlignedDataInterval (section 3.16.1): at each round time, one; none for a clock that was set back."""
    bench = charging(sample_interval_s=0, aligned_interval_s=900).tick(1800)
    assert [m.meter.at.minute % 15 for m in sampled(bench, "Sample.Clock")] == [0, 0]
    bench.wall_shift = timedelta(hours=-3)
    bench.tick(10)
    assert len(sampled(bench, "Sample.Clock")) == 2
    assert len(sampled(bench.tick(900), "Sample.Clock")) == 3


def test_a_stop_may_carry_the_readings_of_its_charge() -> None:
    """StopTxnSampledData (section 4.10): beginning and end always, of the middle what there is room for."""
    bench = charging(sample_interval_s=10, keep_readings=True).tick(3600)
    bench.badge("04A1").see(ev=EvState.B, contactor=False).tick()
    ended = bench.of(Enqueue)[-1].message
    assert isinstance(ended, TransactionEnded)
    assert 30 <= len(ended.readings) <= 62
    assert ended.readings[0].context == "Transaction.Begin"
    assert ended.readings[-1].context == "Transaction.End"
    assert [r.at for r in ended.readings] == sorted(r.at for r in ended.readings)
