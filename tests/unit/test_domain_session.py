"""The session machine: every OK_ step, the KO_ values of badge, plug and unplug (R-216, status 2.8 and 2.9)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evlink.domain.effects import CloseSession, Enqueue, Grant, SaveSession
from evlink.domain.events import (
    Condition,
    Configured,
    Deauthorised,
    RemoteStart,
    StopAsked,
    SupervisionSeen,
    TransactionKnown,
    Verdict,
)
from evlink.domain.record import BadgeType, TransactionEnded, TransactionSampled, TransactionStarted
from evlink.domain.state import OutletConfig
from evlink.domain.steps import TRANSITIONS, Step, advance
from evlink.domain.words import ChargeStatus, EvState, Evt, OutletError
from evlink.domain.words import OutletStatus as S
from tests.unit.domain_bench import Bench

ACCEPTED = Verdict("Accepted")
WH = 3_600_000


def charging(**config: Any) -> Bench:
    return Bench(**config).tick().plug().badge("04A1").charge()


def test_a_charge_from_badge_to_unplugging() -> None:
    """The whole way of a charge, and its record: times, energy, UID, type (R-192, R-193)."""
    bench = Bench().tick()
    assert bench.outlet().status is S.AUTHORISATION_STARTED
    bench.badge("04A1B2", verdict=Verdict("Accepted", comment="Ana"))
    assert bench.outlet().status is S.PLUG_STARTED
    bench.plug()
    assert bench.outlet().status is S.LOOP_STARTED
    assert bench.last_grant().authorised
    bench.charge().see(energy_mvas=1500 * WH)
    bench.tick(60).badge("04A1B2")
    assert bench.outlet().status is S.LOOP_ENDED
    assert not bench.last_grant().authorised
    assert bench.last_grant().lock
    bench.see(ev=EvState.B, contactor=False, current_a=(0.0, 0.0, 0.0))
    assert bench.outlet().status is S.UNPLUG_STARTED
    assert not bench.last_grant().lock
    bench.see(ev=EvState.A, cable_a=0, locked=False).tick()
    assert bench.outlet().status is S.AUTHORISATION_STARTED
    (closed,) = bench.of(CloseSession)
    record = closed.record
    assert (record.uid, record.comment, record.energy_wh, record.outlet) == ("04A1B2", "Ana", 1500, 1)
    assert (record.charge_type, record.socket_type, record.station) == ("AC_THREE_PHASE", "TYPE2", "S1")
    assert record.duration_s == round((record.end - record.start).total_seconds())
    assert record.reason == "Local"
    assert not bench.of(Enqueue)  # stand-alone: nobody to tell


def test_plugged_first_then_badge() -> None:
    bench = Bench().tick().plug()
    assert bench.outlet().status is S.AUTHORISATION_STARTED
    assert not bench.last_grant().authorised
    bench.badge("04A1")
    assert bench.outlet().status is S.LOOP_STARTED


def test_authentication_disabled_charges_at_once() -> None:
    """R-071: free access; R-083: the default tag is the session's."""
    bench = Bench(authentication="disabled", default_id_tag="FREE").tick().plug().tick()
    assert bench.outlet().status is S.LOOP_STARTED
    session = bench.outlet().session
    assert session is not None
    assert (session.uid, session.id_tag) == ("", "FREE")


@pytest.mark.parametrize(
    ("config", "verdict", "admitted"),
    [
        # strategies without OCPP
        ({"accept_unknown": True}, Verdict("Unknown"), True),
        ({"accept_unknown": False}, Verdict("Unknown"), False),
        ({"accept_unknown": False}, Verdict("Accepted"), True),
        ({"accept_unknown": False}, Verdict("Accepted", type=BadgeType.VIP), True),
        # an Admin badge can't be used to charge
        ({"accept_unknown": True}, Verdict("Accepted", type=BadgeType.ADMIN), False),
        # with OCPP
        ({"authentication": "supervision"}, Verdict("Accepted"), True),
        ({"authentication": "supervision"}, Verdict("Invalid"), False),
        ({"authentication": "supervision"}, Verdict("Blocked"), False),
        ({"authentication": "supervision"}, Verdict("Expired"), False),
        ({"authentication": "supervision", "comms_loss": "allow_all"}, Verdict("NoAnswer"), True),
        ({"authentication": "supervision", "comms_loss": "reject_all"}, Verdict("NoAnswer"), False),
        # an unknown badge is the supervision's affair, never the local strategy's
        ({"authentication": "supervision", "accept_unknown": True}, Verdict("Unknown"), False),
    ],
)
def test_who_is_admitted(config: dict[str, Any], verdict: Verdict, admitted: bool) -> None:
    bench = Bench(**config).tick()
    bench.post(SupervisionSeen(bench.moment(), True))
    bench.plug().badge("04A1", verdict=verdict)
    outlet = bench.outlet()
    assert (outlet.status is S.LOOP_STARTED) is admitted
    assert outlet.last_error is (OutletError.NONE if admitted else OutletError.BADGE_UNKNOWN)
    assert outlet.beeps == (1 if admitted else 2)


def test_reader_off_when_the_link_is_lost_and_the_strategy_is_disabled() -> None:
    """R-079: free access without the reader; back to questions once the link is there."""
    bench = Bench(authentication="supervision", comms_loss="disabled", supervised=True).tick()
    bench.plug().tick()
    assert bench.outlet().status is S.LOOP_STARTED
    assert not bench.badge("04A1", outlet=2).outlet(2).beeps
    bench.post(SupervisionSeen(bench.moment(), True))
    bench.badge("04A1", outlet=2, verdict=ACCEPTED)
    assert bench.outlet(2).status is S.PLUG_STARTED


@pytest.mark.parametrize(
    ("uid", "verdict", "stops", "error"),
    [
        ("04A1", None, True, OutletError.NONE),  # its own
        ("04FF", Verdict("Unknown"), False, OutletError.BADGE_NOT_CURRENT),
        ("04FF", Verdict("Accepted"), False, OutletError.BADGE_NOT_CURRENT),
        ("04AD", Verdict("Accepted", type=BadgeType.ADMIN), True, OutletError.NONE),
    ],
)
def test_which_badge_ends_a_charge(uid: str, verdict: Verdict | None, stops: bool, error: OutletError) -> None:
    bench = charging().badge(uid, verdict=verdict)
    assert (bench.outlet().status is S.LOOP_ENDED) is stops
    assert bench.outlet().last_error is error


def test_a_badge_of_the_same_group_ends_a_charge() -> None:
    bench = Bench(authentication="supervision").tick()
    bench.post(SupervisionSeen(bench.moment(), True))
    bench.plug().badge("04A1", verdict=Verdict("Accepted", parent_id="FLEET")).charge()
    bench.badge("04A2", verdict=Verdict("Accepted", parent_id="OTHER"))
    assert bench.outlet().status is S.LOOP_STARTED
    bench.badge("04A3", verdict=Verdict("Accepted", parent_id="FLEET"))
    assert bench.outlet().status is S.LOOP_ENDED


@pytest.mark.parametrize(
    ("seen", "error"),
    [
        ({}, OutletError.PLUG_NOT_DETECTED),
        ({"cable_a": 32, "locked": True}, OutletError.EV_NOT_DETECTED),
        ({"cable_a": 32, "ev": EvState.B}, OutletError.PLUG_ERROR),
    ],
)
def test_nobody_plugs_in_time(seen: dict[str, Any], error: OutletError) -> None:
    bench = Bench().tick().badge("04A1").see(**seen)
    bench.tick(59)
    assert bench.outlet().status is S.PLUG_STARTED
    bench.tick(2)
    assert bench.outlet().last_error is error
    assert bench.outlet().session is None
    assert not bench.of(SaveSession)


def test_a_lock_that_does_not_close() -> None:
    bench = Bench().tick().badge("04A1")
    bench.see(ev=EvState.B, cable_a=32, faults=frozenset({Evt.OUTLET_LOCK})).tick(4)
    assert bench.outlet().last_error is OutletError.NOT_LOCKED
    assert bench.outlet().status is S.UNPLUG_STARTED


@pytest.mark.parametrize(
    ("left", "seen", "error", "event"),
    [
        (False, {"ev": EvState.A, "cable_a": 32}, OutletError.PLUG_STILL_DETECTED, True),
        (False, {"ev": EvState.B, "cable_a": 32}, OutletError.EV_STILL_DETECTED, False),
        (True, {"ev": EvState.A, "cable_a": 32}, OutletError.NONE, False),
    ],
)
def test_what_stays_after_the_charge(left: bool, seen: dict[str, Any], error: OutletError, event: bool) -> None:
    bench = charging(allow_cable_left=left).badge("04A1")
    bench.see(contactor=False, current_a=(0.0, 0.0, 0.0), **seen).tick(61)
    assert bench.outlet().last_error is error
    assert (Evt.PLUG_PROCESS in bench.outlet().faults) is event
    bench.see(ev=EvState.A, cable_a=0).tick()
    assert Evt.PLUG_PROCESS not in bench.outlet().faults
    assert bench.outlet().status is S.AUTHORISATION_STARTED


@pytest.mark.parametrize(
    ("event", "error", "word"),
    [
        (Evt.EV_DISCONNECTED, OutletError.UNLOCKED_IN_CHARGE, ChargeStatus.EV_DISCONNECTED),
        (Evt.OVERLOAD, OutletError.UNPLUG_ERROR, ChargeStatus.OVERLOAD),
        (Evt.SHORT_CIRCUIT, OutletError.UNPLUG_ERROR, ChargeStatus.SHORT_CIRCUIT),
        (Evt.VENTILATION, OutletError.UNPLUG_ERROR, ChargeStatus.VENTILATION),
        (Evt.CONTACTOR_STATE, OutletError.UNPLUG_ERROR, ChargeStatus.CONTACTOR),
        (Evt.UPSTREAM_PROTECTION, OutletError.UNPLUG_ERROR, ChargeStatus.UPSTREAM),
    ],
)
def test_events_that_end_a_charge(event: Evt, error: OutletError, word: ChargeStatus) -> None:
    bench = charging().see(faults=frozenset({event}))
    assert bench.outlet().status is S.LOOP_ENDED
    assert not bench.last_grant().authorised
    assert bench.outlet().last_error is error
    assert bench.outlet().last_charge_status is word
    bench.see(contactor=False)
    assert bench.of(CloseSession)


@pytest.mark.parametrize(
    ("event", "error", "word"),
    [
        (Evt.OUTLET_LOCK, OutletError.UNLOCKED_IN_CHARGE, ChargeStatus.LOCK),
        (Evt.PLUG_PRESENCE, OutletError.UNPLUG_ERROR, ChargeStatus.PLUG_PRESENCE),
        (Evt.PILOT, OutletError.UNPLUG_ERROR, ChargeStatus.PILOT),
        (Evt.INTERNAL_COMMUNICATION, OutletError.UNPLUG_ERROR, ChargeStatus.INTERNAL),
    ],
)
def test_events_that_interrupt_a_charge(event: Evt, error: OutletError, word: ChargeStatus) -> None:
    """A fault that may pass keeps the session for a minute, then ends it with its own words (status 2.6, 2.9)."""
    bench = charging().see(faults=frozenset({event}), contactor=False).tick(58)
    assert bench.outlet().status is S.LOOP_STARTED
    assert bench.see(faults=frozenset()).tick(58).outlet().status is S.LOOP_STARTED
    assert bench.badge("04A1").outlet().last_charge_status is ChargeStatus.DONE
    bench = charging().see(faults=frozenset({event}), contactor=False).tick(61)
    assert bench.of(CloseSession)
    assert (bench.outlet().last_error, bench.outlet().last_charge_status) == (error, word)


def test_a_charge_that_is_stopped_while_it_is_interrupted_tells_by_what() -> None:
    """The driver's badge, or the vehicle's leaving by which the fault passes, doesn't make a good end of it."""
    for leaves in (False, True):
        bench = charging().see(faults=frozenset({Evt.PILOT}), contactor=False).tick(5)
        if leaves:
            bench.see(ev=EvState.A, cable_a=0, faults=frozenset())
        else:
            bench.badge("04A1")
        assert bench.outlet().last_charge_status is ChargeStatus.PILOT
        (closed,) = bench.of(CloseSession)
        assert closed.record.reason == ("EVDisconnected" if leaves else "Local")


def test_a_welded_contactor_shows_at_the_end() -> None:
    """It shows once it should have opened: the end was asked for in order and didn't come about."""
    bench = charging().badge("04A1").tick(0.5)
    assert bench.outlet().last_charge_status is ChargeStatus.DONE
    bench.see(faults=frozenset({Evt.CONTACTOR_STATE}))
    assert bench.outlet().last_charge_status is ChargeStatus.CONTACTOR
    assert bench.outlet().last_error is OutletError.UNPLUG_ERROR


@pytest.mark.parametrize("event", [Evt.PLUG_PRESENCE, Evt.PILOT, Evt.SHORT_CIRCUIT])
def test_a_fault_that_keeps_the_plug_from_being_read(event: Evt) -> None:
    """It is the fault, not a missing cable or vehicle, that the plug procedure failed by (status 2.9)."""
    bench = Bench().tick().badge("04A1").see(faults=frozenset({event})).tick(61)
    assert bench.outlet().last_error is OutletError.PLUG_ERROR


def test_a_lock_that_does_not_let_go() -> None:
    """After the charge the lock stays shut: KO_PlugOrShutterAbnormallyLocked (status 2.9)."""
    bench = charging().badge("04A1").see(contactor=False, ev=EvState.B)
    assert bench.outlet().status is S.UNPLUG_STARTED
    bench.tick(4).see(faults=frozenset({Evt.OUTLET_LOCK}))
    assert bench.outlet().last_error is OutletError.LOCKED


@pytest.mark.parametrize("street", [True, False])
def test_the_shutter_of_a_city(street: bool) -> None:
    """Opened in the charge, and still open at its end: City only, and the charge goes on (status 2.9)."""
    bench = charging(street=street).see(faults=frozenset({Evt.FLAP_SENSOR}))
    assert bench.outlet().status is S.LOOP_STARTED
    assert bench.outlet().last_error is (OutletError.SHUTTER_IN_CHARGE if street else OutletError.NONE)
    bench.badge("04A1").see(ev=EvState.A, cable_a=0, contactor=False)
    assert bench.outlet().status is S.AUTHORISATION_STARTED
    assert bench.outlet().last_error is (OutletError.SHUTTER_NOT_CLOSED if street else OutletError.NONE)


def test_a_contactor_that_never_opens_does_not_keep_the_record() -> None:
    bench = charging().see(faults=frozenset({Evt.CONTACTOR_STATE}))
    bench.tick(9)
    assert not bench.of(CloseSession)
    bench.tick(2)
    assert bench.of(CloseSession)


@pytest.mark.parametrize("event", [Evt.PILOT, Evt.PLUG_PRESENCE, Evt.INTERNAL_COMMUNICATION, Evt.OVERLOAD])
def test_events_that_bar_a_start(event: Evt) -> None:
    bench = Bench().tick()
    bench.see(ev=EvState.B, cable_a=32, locked=True, faults=frozenset({event})).badge("04A1").tick(1)
    assert bench.outlet().status is S.PLUG_STARTED
    bench.see(faults=frozenset()).tick()
    assert bench.outlet().status is S.LOOP_STARTED


@pytest.mark.parametrize(
    ("seen", "error"),
    [({"refused": True}, OutletError.PLUG_ERROR), ({"ended": True}, OutletError.NONE)],
)
def test_what_the_core_says_ends_a_charge_too(seen: dict[str, Any], error: OutletError) -> None:
    """Simplified Mode 3 refused by the settings; a charge whose current stayed low (SM3StopDelay)."""
    bench = charging().see(**seen)
    assert bench.outlet().status is S.LOOP_ENDED
    assert bench.outlet().last_error is error


def test_the_vehicle_leaves() -> None:
    bench = charging().see(ev=EvState.A, contactor=False, cable_a=0, current_a=(0.0, 0.0, 0.0)).tick()
    (closed,) = bench.of(CloseSession)
    assert closed.record.reason == "EVDisconnected"
    assert bench.outlet().status is S.AUTHORISATION_STARTED


def test_a_pause_of_the_vehicle_keeps_the_session() -> None:
    bench = charging().see(ev=EvState.B_M12V, contactor=False).tick(3600)
    assert bench.outlet().status is S.LOOP_STARTED
    assert bench.last_grant().authorised


def test_another_badge_after_the_end_with_the_cable_still_in() -> None:
    """A driver takes up a stopped charge again without unplugging: two records."""
    bench = charging().badge("04A1").see(ev=EvState.B, contactor=False).tick()
    assert bench.outlet().status is S.UNPLUG_STARTED
    bench.badge("04B2").tick()
    assert bench.outlet().status is S.LOOP_STARTED
    bench.charge().badge("04B2").see(ev=EvState.B, contactor=False).tick()
    assert [c.record.uid for c in bench.of(CloseSession)] == ["04A1", "04B2"]


def test_a_late_answer_to_an_earlier_badge_is_dropped() -> None:
    from evlink.domain.effects import Ask
    from evlink.domain.events import Answered, BadgeRead

    bench = Bench().tick()
    bench.post(BadgeRead(bench.moment(), 1, "0001"))
    bench.post(BadgeRead(bench.moment(), 1, "0002"))
    first, second = bench.of(Ask)
    bench.post(Answered(bench.moment(), 1, first.ticket, ACCEPTED))
    assert bench.outlet().status is S.AUTHORISATION_STARTED
    bench.post(Answered(bench.moment(), 1, second.ticket, ACCEPTED))
    holder = bench.outlet().holder
    assert holder is not None
    assert holder.uid == "0002"


def test_supervised_charge_tells_start_samples_and_end_with_its_storing() -> None:
    """Message and state change leave in the same fold; values each interval (R-126); record = StopTransaction."""
    bench = Bench(supervised=True, authentication="supervision", sample_interval_s=60).tick()
    bench.post(SupervisionSeen(bench.moment(), True))
    bench.see(energy_mvas=5 * WH + 123).plug()
    bench.badge("04A1", verdict=ACCEPTED).charge()
    started = bench.of(Enqueue)[0].message
    assert isinstance(started, TransactionStarted)
    assert (started.id_tag, started.meter.energy_wh) == ("04A1", 5)
    for minute in range(1, 4):
        bench.see(energy_mvas=(5 + 100 * minute) * WH).tick(60)
    sampled = [e.message for e in bench.of(Enqueue) if isinstance(e.message, TransactionSampled)]
    assert [s.meter.energy_wh for s in sampled] == [105, 205, 305]
    bench.post(TransactionKnown(bench.moment(), started.session, 77))
    bench.post(StopAsked(bench.moment(), 1, "Remote"))
    bench.tick().see(ev=EvState.B, contactor=False, energy_mvas=400 * WH).tick()
    ended = bench.of(Enqueue)[-1].message
    assert isinstance(ended, TransactionEnded)
    (closed,) = bench.of(CloseSession)
    assert (ended.reason, ended.meter.energy_wh, closed.record.energy_wh) == ("Remote", 400, 395)
    assert closed.record.transaction_id == "77"


def test_a_meter_value_each_second_falls_on_its_second() -> None:
    """OCPP 1.6 MeterValueSampleInterval: the books are kept on whole seconds of the session, where samples fall due."""
    bench = Bench(supervised=True, sample_interval_s=1).tick().plug().badge("04A1").charge()
    session = bench.outlet().session
    assert session is not None
    for tenth in range(52):
        bench.see(energy_mvas=tenth * WH)
    sampled = [e.message.meter for e in bench.of(Enqueue) if isinstance(e.message, TransactionSampled)]
    assert [int((m.at - session.start).total_seconds()) for m in sampled] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("tenths", range(1, 12))
def test_a_record_has_the_last_energy_whenever_the_charge_ends(tenths: int) -> None:
    """R-192: what flowed since the books were last kept is in the record and in its duration."""
    bench = charging()
    for tenth in range(tenths):
        bench.see(energy_mvas=(tenth + 1) * WH)
    bench.see(energy_mvas=(tenths + 1) * WH, ev=EvState.A, contactor=False)
    (closed,) = bench.of(CloseSession)
    assert closed.record.energy_wh == tenths + 1
    assert closed.record.duration_s == round((closed.record.end - closed.record.start).total_seconds())


def test_a_tick_that_tells_nothing_new_replaces_nothing_but_the_reading() -> None:
    """The state of a station at rest stays as it is, but for what control reads and for the time."""
    bench = Bench().tick(2)
    before = bench.outlet()
    bench.see(current_a=(0.01, 0.0, 0.0))
    assert replace(bench.outlet(), reading=before.reading) == before
    assert bench.outlet().limit is before.limit
    assert bench.outlet().granted is before.granted


def test_remote_start_and_deauthorisation() -> None:
    bench = Bench(supervised=True, authentication="supervision").tick()
    bench.post(RemoteStart(bench.moment(), 1, "APP-1"))
    bench.plug().charge()
    session = bench.outlet().session
    assert session is not None
    assert (session.id_tag, session.uid, session.remote) == ("APP-1", "APP1", True)
    bench.post(Deauthorised(bench.moment(), session.session, "Invalid"))
    bench.tick()
    assert bench.outlet().stop_reason == "DeAuthorized"
    assert bench.outlet().status is S.LOOP_ENDED


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
    """N-56: the record may end before it starts; its duration stays right."""
    bench = charging()
    bench.tick(60)
    bench.wall_shift = timedelta(hours=-3)
    bench.tick(60).badge("04A1").see(ev=EvState.B, contactor=False).tick()
    (closed,) = bench.of(CloseSession)
    assert closed.record.end < closed.record.start
    assert 119 <= closed.record.duration_s <= 122


def test_permits_are_granted_each_second_and_at_once_when_they_change() -> None:
    bench = charging()
    bench.effects.clear()
    bench.tick(5)
    assert len([g for g in bench.of(Grant) if g.outlet == 1]) == 5
    bench.effects.clear()
    bench.post(StopAsked(bench.moment(), 1, "Local"))
    assert bench.last_grant().authorised is False


def test_conditions_from_outside_are_stored_once_with_start_and_end() -> None:
    from evlink.domain.effects import EventEnded, EventStarted

    bench = Bench().tick()
    for ko in (True, True, False, False):
        bench.post(Condition(bench.moment(), 2, Evt.RFID_READER, ko))
    assert [(e.outlet, e.event) for e in bench.of(EventStarted)] == [(2, 1)]
    assert [(e.outlet, e.event) for e in bench.of(EventEnded)] == [(2, 1)]


def test_new_settings_count_at_once() -> None:
    bench = charging()
    assert bench.last_grant().limit_a == 32
    config = bench.state.config
    outlets = tuple(OutletConfig(o.outlet, derated_a=20) for o in config.outlets)
    bench.post(Configured(bench.moment(), replace(config, outlets=outlets)))
    assert bench.last_grant().limit_a == 20


def test_every_step_of_the_table_is_reachable_and_closed() -> None:
    """The table alone: from the first status every status but City maintenance can be reached."""
    reached = {S.NOT_INITIALIZED}
    for _ in S:
        reached |= {target for status in reached for target in TRANSITIONS.get(status, {}).values()}
    assert set(S) - reached == {S.MAINTENANCE_CITY}


def test_an_unknown_step_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="no step CHARGE from OK_ChargeAuthorisationStarted"):
        advance(Bench().tick().outlet(), Step.CHARGE, 0.0)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("badge"), st.sampled_from(["01", "02"]), st.sampled_from(["Accepted", "Unknown"])),
            st.tuples(
                st.just("see"),
                st.sampled_from(list(EvState)),
                st.sampled_from([0, 13, 32]),
                st.booleans(),
                st.sampled_from([frozenset(), frozenset({Evt.PILOT}), frozenset({Evt.OVERLOAD})]),
            ),
            st.tuples(st.just("stop")),
            st.tuples(st.just("wait"), st.sampled_from([0.1, 2.0, 70.0])),
        ),
        max_size=25,
    )
)
def test_whatever_happens_energy_is_only_offered_inside_a_stored_session(moves: list[tuple[object, ...]]) -> None:
    """Safety of the machine: no permit without a session that is stored, and each session ends in one record."""
    bench = Bench(accept_unknown=False).tick()
    energy = 0
    for move in moves:
        match move:
            case ("badge", str(uid), str(status)):
                bench.badge(uid, verdict=Verdict(status))
            case ("see", ev, int(cable), bool(contactor), faults):
                energy += 1000
                bench.see(
                    ev=ev, cable_a=cable, locked=cable > 0, contactor=contactor, faults=faults, energy_mvas=energy
                )
            case ("stop",):
                bench.post(StopAsked(bench.moment(), 1, "Remote"))
            case ("wait", float(seconds)):
                bench.tick(seconds)
        outlet = bench.outlet()
        if bench.last_grant().authorised:
            assert outlet.session is not None
            assert outlet.session.session in {s.session.session for s in bench.of(SaveSession)}
    opened = {s.session.session for s in bench.of(SaveSession)}
    closed = [c.record.session for c in bench.of(CloseSession)]
    running = bench.outlet().session
    assert len(closed) == len(set(closed))
    assert opened - set(closed) == ({running.session} if running else set())
