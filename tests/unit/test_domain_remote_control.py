"""Remote control by a building manager: sign of life, set points, commands, and their loss (R-134, R-217)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from evlink.domain.effects import EventEnded, EventStarted, Grant
from evlink.domain.events import AvailabilityAsked, Configured, RemoteWrite
from evlink.domain.remote_control import (
    FAILED,
    Command,
    Hold,
    LifeSeen,
    RemoteCommand,
    RemoteLeft,
    RemoteOrder,
    RemoteRules,
    RemoteSetpoint,
    RemoteTuned,
    Tuned,
)
from evlink.domain.state import OutletConfig, evse_flags
from evlink.domain.words import EvseStatus, Evt, OutletError
from evlink.domain.words import OutletStatus as S
from tests.unit.domain_bench import Bench

RULES = RemoteRules(enabled=True)
CODE = 4


class Managed(Bench):
    """A station under remote control; `order` is one request of its manager."""

    def __init__(self, **config: Any) -> None:
        config = {"authentication": "disabled", "remote": RULES, **config}
        super().__init__(**config)
        self.number = 0

    def order(self, *orders: RemoteOrder) -> list[Any]:
        """Fold one request's orders."""
        self.number += 1
        return self.post(RemoteWrite(self.moment(), self.number, orders))

    def command(self, command: Command | None, code: int = CODE, outlet: int = 1) -> int:
        """Give a command; what its status register shows then."""
        self.order(RemoteCommand(outlet, 0, code, command))
        return self.outlet(outlet).remote.answers[0].status

    def alive(self, seconds: float, *orders: RemoteOrder) -> Managed:
        """Let time go by with a sign of life each second, and these orders each time."""
        for _ in range(int(seconds)):
            self.order(LifeSeen(), *orders)
            self.tick(1.0)
        return self

    def limit(self, outlet: int = 1) -> tuple[float, str]:
        """The working current and what sets it."""
        found = self.outlet(outlet).limit
        return found.amps, found.reason


def charging(**config: Any) -> Managed:
    """A managed station whose outlet 1 charges, three phases at 32 A."""
    bench = Managed(**config)
    bench.order(LifeSeen(), RemoteSetpoint(1, 32))
    bench.tick(16.0 if bench.state.config.remote.timeout_s > 16 else 1.0)
    bench.plug()
    bench.charge()
    assert bench.outlet().status is S.LOOP_STARTED
    return bench


def test_without_external_control_nothing_is_limited_and_no_order_is_obeyed() -> None:
    """Map, behaviour 2: with "controlled by an external system" off, remote control is nothing."""
    bench = Managed(remote=RemoteRules())
    bench.tick(60)
    bench.order(RemoteSetpoint(1, 6), RemoteCommand(1, 0, CODE, Command.SUSPEND))
    assert bench.limit() == (32, "rated")
    assert not bench.outlet().remote.suspended
    assert Evt.REMOTE_ENERGY not in bench.outlet().faults
    assert bench.state.remote.folded == bench.number


def test_it_starts_in_degraded_mode_until_the_first_sign_of_life() -> None:
    """Map, behaviour 3; Evt #29 is told once a manager has been missing for the time-out."""
    bench = Managed()
    bench.tick(10)
    assert bench.limit() == (14, "degraded")
    assert bench.state.remote.hold is Hold.WAITING
    assert bench.of(EventStarted) == []
    bench.tick(10)
    assert {(e.outlet, e.event) for e in bench.of(EventStarted)} == {(1, 29), (2, 29)}
    bench.order(LifeSeen(), RemoteSetpoint(1, 20))
    bench.tick(1)
    assert bench.limit() == (20, "modbus")
    assert {(e.outlet, e.event) for e in bench.of(EventEnded)} == {(1, 29), (2, 29)}


def test_the_degraded_set_point_is_that_of_the_charge() -> None:
    """degradedModeSetPointMono 8, degradedModeSetPointTri 14: by what the vehicle uses (R-140, R-141)."""
    bench = Managed()
    bench.plug()
    bench.charge().see(phases_used=1)
    assert bench.limit() == (8, "degraded")
    bench.see(phases_used=3)
    bench.tick(20)
    assert bench.limit() == (14, "degraded")


def test_a_lower_set_point_is_granted_in_the_very_fold_that_wrote_it() -> None:
    """Map, behaviour 3: decreases at once."""
    bench = charging()
    grants = [e for e in bench.order(LifeSeen(), RemoteSetpoint(1, 16)) if isinstance(e, Grant)]
    assert [(g.outlet, g.limit_a) for g in grants] == [(1, 16)]
    assert bench.limit() == (16, "modbus")


def test_increases_at_most_each_period() -> None:
    """Map, behaviour 3: updateSetPointPeriodInSec, 15 s; the last one written is what comes."""
    bench = charging()
    bench.alive(20, RemoteSetpoint(1, 16))
    bench.order(RemoteSetpoint(1, 20))
    assert bench.limit() == (20, "modbus")
    bench.alive(5, RemoteSetpoint(1, 24))
    assert bench.limit() == (20, "modbus")
    bench.alive(9, RemoteSetpoint(1, 28))
    assert bench.limit() == (20, "modbus")
    bench.alive(2, RemoteSetpoint(1, 28))
    assert bench.limit() == (28, "modbus")


def test_the_installers_limits_stay_the_ceiling() -> None:
    """R-144: the least of all; remote control only lowers."""
    bench = charging(outlets=(OutletConfig(1, derated_a=16), OutletConfig(2)))
    bench.alive(40, RemoteSetpoint(1, 32))
    assert bench.limit() == (16, "derated")


@pytest.mark.parametrize("amps", [1, 13])
def test_below_the_floor_is_zero_and_reads_back_as_written(amps: int) -> None:
    """R-137: 0 to 13 A three-phase work as 0 A; the register still reads what was written."""
    bench = charging()
    bench.order(RemoteSetpoint(1, amps))
    assert bench.limit() == (0, "floor")
    assert bench.outlet().remote.setpoint_a == amps
    assert bench.outlet().session is not None


def test_a_tuned_floor_lets_six_amperes_through_until_the_manager_leaves() -> None:
    """Map, 5006/5007: a manager that regulates from 6 A lowers the floor for as long as it holds the control."""
    bench = charging()
    bench.alive(20, RemoteTuned(Tuned.FLOOR_THREE, 6), RemoteSetpoint(1, 6))
    assert bench.limit() == (6, "modbus")
    assert bench.state.config.floor_three_a == 6
    bench.post(Configured(bench.moment(), replace(bench.state.config, floor_three_a=10, station_max_a=40)))
    assert bench.state.config.floor_three_a == 6
    bench.order(RemoteLeft())
    assert bench.state.config.floor_three_a == 10


def test_silence_ends_in_degraded_mode_and_what_was_set_before_is_gone() -> None:
    """Map, behaviour 4: the time-out, Evt #29, the cap; an old set point holds again only if written after the loss."""
    bench = charging()
    bench.alive(20, RemoteSetpoint(1, 28))
    assert bench.limit() == (28, "modbus")
    bench.tick(13)
    assert bench.limit() == (28, "modbus")
    bench.tick(4)
    assert bench.limit() == (14, "degraded")
    assert bench.state.remote.hold is Hold.LOST
    assert Evt.REMOTE_ENERGY in bench.outlet().faults
    assert bench.outlet().session is not None
    assert bench.outlet().remote.setpoint_a == 28  # reads back
    bench.alive(30)
    assert Evt.REMOTE_ENERGY not in bench.outlet().faults
    assert bench.limit() == (14, "degraded")
    bench.alive(2, RemoteSetpoint(1, 28))
    assert bench.limit() == (28, "modbus")


def test_off_is_obeyed_even_without_a_sign_of_life() -> None:
    """The lower of two rules wins: 0 A written in degraded mode is 0 A."""
    bench = Managed()
    bench.plug()
    bench.charge()
    bench.order(RemoteSetpoint(1, 0))
    assert bench.limit() == (0, "modbus")


def test_the_orderly_end_leaves_the_installers_limits() -> None:
    """Map, behaviour 5: life bit 2; quietly, without Evt #29."""
    bench = charging()
    bench.alive(20, RemoteSetpoint(1, 16))
    bench.order(RemoteLeft())
    bench.tick(60)
    assert bench.limit() == (32, "rated")
    assert bench.of(EventStarted) == []


def test_a_set_point_after_the_end_takes_the_control_up_again() -> None:
    bench = charging()
    bench.order(RemoteLeft())
    bench.order(RemoteSetpoint(1, 16))
    assert bench.limit() == (16, "modbus")
    bench.tick(17)
    assert bench.state.remote.hold is Hold.LOST


def test_switched_off_it_forgets_everything() -> None:
    bench = charging()
    bench.command(Command.MAINTENANCE)
    bench.command(Command.SUSPEND)
    bench.order(RemoteTuned(Tuned.FLOOR_SINGLE, 6))
    bench.post(Configured(bench.moment(), replace(bench.state.config, floor_single_a=8, remote=RemoteRules())))
    assert bench.limit() == (32, "rated")
    assert not bench.outlet().remote.out_of_service
    assert bench.state.config.floor_single_a == 8
    bench.post(Configured(bench.moment(), replace(bench.state.config, remote=RULES)))
    assert bench.limit() == (14, "degraded")


def test_all_outlets_together_share_a_cap() -> None:
    """Register 310: the static maximum of the cluster, divided as the station's own is (R-131)."""
    bench = charging(balancing=True)
    bench.plug(2)
    bench.charge(2)
    bench.alive(60, RemoteSetpoint(0, 40), RemoteSetpoint(1, 32), RemoteSetpoint(2, 32))
    assert bench.limit(1)[0] + bench.limit(2)[0] <= 40
    assert bench.limit(1) == (20, "modbus")


def flags(bench: Bench, outlet: int = 1) -> set[EvseStatus]:
    return set(evse_flags(bench.state, bench.outlet(outlet)))


def test_suspend_and_restart() -> None:
    """R-217: the session stays, the current is 0 until it is restarted."""
    bench = charging()
    assert bench.command(Command.SUSPEND, 4) == 4
    assert bench.limit() == (0, "modbus")
    assert bench.outlet().session is not None
    assert EvseStatus.SUSPENDED_PLC in flags(bench)
    bench.alive(20)
    assert bench.command(Command.RESTART, 5) == 5
    bench.order(RemoteSetpoint(1, 32))
    assert bench.limit() == (32, "rated")
    assert EvseStatus.SUSPENDED_PLC not in flags(bench)


def test_stop_ends_the_session_and_restart_takes_it_up_where_access_is_free() -> None:
    bench = charging()
    first = bench.outlet().session
    assert bench.command(Command.STOP, 3) == 3
    bench.see(contactor=False)
    assert bench.outlet().status is S.UNPLUG_STARTED
    assert bench.outlet().remote.stopped == "Remote"
    assert bench.command(Command.RESTART, 5) == 5
    bench.alive(3)
    assert bench.outlet().status is S.LOOP_STARTED
    assert bench.outlet().session != first


def test_restart_fails_where_somebody_else_admits() -> None:
    """0x8000 in the status register: the order could not be carried out."""
    bench = Managed(authentication="station")
    bench.plug()
    assert bench.command(Command.RESTART, 5) == FAILED
    assert bench.outlet().status is S.AUTHORISATION_STARTED


def test_the_acknowledgement_clears_the_status() -> None:
    bench = charging()
    bench.command(Command.SUSPEND, 4)
    assert bench.command(None, 0) == 0
    assert bench.outlet().remote.suspended


def test_unavailable_waits_for_the_end_of_the_charge_as_ocpps_does() -> None:
    """OCPP 1.6 section 5.2 applied to R-217; and its undo."""
    bench = charging()
    bench.command(Command.UNAVAILABLE, 6)
    bench.alive(3)
    assert bench.outlet().session is not None
    assert EvseStatus.UNAVAILABLE_PLC not in flags(bench)
    bench.command(Command.STOP, 3)
    bench.see(contactor=False)
    bench.see(ev=bench.readings[2].ev, cable_a=0, locked=False, current_a=(0.0, 0.0, 0.0))
    bench.alive(2)
    assert bench.outlet().status is S.UNAVAILABLE
    assert EvseStatus.UNAVAILABLE_PLC in flags(bench)
    assert EvseStatus.UNAVAILABLE_OCPP not in flags(bench)
    bench.post(AvailabilityAsked(bench.moment(), 1, operative=False))
    bench.command(Command.AVAILABLE, 34)
    bench.alive(2)
    assert bench.outlet().status is S.UNAVAILABLE  # the supervision still wants it so
    bench.post(AvailabilityAsked(bench.moment(), 1, operative=True))
    bench.alive(2)
    assert bench.outlet().status is S.AUTHORISATION_STARTED


def test_maintenance_ends_the_charge_and_keeps_the_outlet_out_of_service() -> None:
    bench = charging()
    bench.command(Command.MAINTENANCE, 7)
    bench.see(contactor=False)
    assert bench.outlet().session is None
    assert EvseStatus.MAINTENANCE_PLC in flags(bench)
    bench.see(ev=bench.readings[2].ev, cable_a=0, locked=False)
    bench.alive(2)
    assert bench.outlet().status is S.UNAVAILABLE
    bench.command(Command.MAINTENANCE_OFF, 35)
    bench.alive(2)
    assert bench.outlet().status is S.AUTHORISATION_STARTED


def test_booked_admits_nobody_until_it_is_undone() -> None:
    """KO_BadgeIsNotTheBooker: badge not allowed under the running booking (status 2.9)."""
    bench = Managed(authentication="station")
    bench.command(Command.BOOK, 8)
    bench.plug()
    bench.badge("04A1")
    assert bench.outlet().status is S.AUTHORISATION_STARTED
    assert bench.outlet().last_error is OutletError.BADGE_NOT_BOOKER
    assert EvseStatus.BOOKED_PLC in flags(bench)
    bench.command(Command.UNBOOK, 36)
    bench.badge("04A1")
    assert bench.outlet().status is S.LOOP_STARTED


def test_booked_keeps_free_access_closed() -> None:
    bench = Managed()
    bench.command(Command.BOOK, 8)
    bench.plug()
    bench.alive(3)
    assert bench.outlet().status is S.AUTHORISATION_STARTED


def test_postponed_holds_a_charge_that_has_not_begun_and_no_other() -> None:
    """Charge_Postpone: session put off by a Modbus command (status 2.7)."""
    bench = charging()
    bench.command(Command.POSTPONE, 9)
    assert bench.limit() == (32, "rated")
    bench.command(Command.POSTPONE, 9, outlet=2)
    bench.plug(2)
    bench.alive(20, RemoteSetpoint(2, 32))
    assert bench.outlet(2).status is S.LOOP_STARTED
    assert bench.limit(2) == (0, "modbus")
    assert EvseStatus.POSTPONED in flags(bench, 2)
    bench.command(Command.UNPOSTPONE, 37, outlet=2)
    assert bench.limit(2) == (32, "rated")


def test_times_and_causes_that_the_registers_show() -> None:
    bench = charging()
    bench.alive(10)
    assert bench.outlet().remote.closed_s == pytest.approx(10, abs=1.2)
    bench.see(contactor=False)
    bench.alive(5)
    assert bench.outlet().remote.closed_s == pytest.approx(10, abs=1.5)
    bench.see(faults=frozenset({Evt.OVERLOAD}))
    assert bench.outlet().remote.stopped == "Other"


@pytest.mark.parametrize("amps", [0, 10])
def test_who_was_held_back_by_its_manager_needs_no_room_for_a_minute_to_go_on(amps: int) -> None:
    """The division's wait is for those that it shed itself (R-131); 15 s after the order is all."""
    bench = charging(balancing=True)
    bench.alive(30, RemoteSetpoint(1, amps))
    assert bench.limit()[0] == 0
    bench.alive(3, RemoteSetpoint(1, 20))
    assert bench.limit() == (20, "modbus")
