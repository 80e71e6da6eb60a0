"""The domestic socket through simulator, core and session machine (maxTEValue, schukoWithNoDetectionEndOfCharge)."""

from __future__ import annotations

import pytest

from evlink._core import Limits
from evlink.domain.effects import CloseSession
from evlink.domain.words import ChargeStatus, Evt, OutletError
from evlink.domain.words import OutletStatus as S
from tests.core.stand import Stand

LIMITS = Limits(domestic_max_ma=14_000, domestic_end_s=60)


def drawing(sockets: int = 2, amps: float = 10) -> Stand:
    """A domestic charge under way."""
    stand = Stand(sockets, LIMITS)
    assert stand.board.plug_load(1, amps)
    stand.run(1)
    assert not stand.closed()
    stand.bench.badge("04A1")
    if sockets == 3:
        stand.run(1)
        stand.board.press(1, True)
    return stand.run(4)


@pytest.mark.parametrize("sockets", [2, 3])
def test_a_charge_and_its_end_by_the_current(sockets: int) -> None:
    """Closed on authorisation, 10 A on phase 1 and their energy; 60 s below 1 A end it, and no event came of it."""
    stand = drawing(sockets)
    assert stand.closed()
    assert stand.plant.frame.limit_ma == 14_000
    assert stand.plant.frame.current_ma == pytest.approx((10_000, 0, 0), abs=100)
    assert stand.plant.frame.lock_feedback
    assert stand.board.unplug(1) == 2
    stand.run(60)
    assert stand.closed()
    stand.board.ready(1, False)
    stand.run(55)
    assert stand.closed()
    stand.run(6)
    assert not stand.closed()
    (end,) = stand.bench.of(CloseSession)
    assert (end.record.socket_type, end.record.charge_type) == ("DOMESTIC", "AC_SINGLE_PHASE")
    assert end.record.energy_wh == pytest.approx(stand.board.state(1)["energy_wh"], abs=1.5)
    stand.run(2)
    assert stand.outlet.status is S.AUTHORISATION_STARTED
    assert stand.board.unplug(1) == 0
    assert stand.began == []


def test_an_empty_socket_is_dead_again_after_a_minute() -> None:
    """Nobody sees whether anything is in it: what nobody draws from is opened by the same time-out."""
    stand = Stand(2, LIMITS)
    stand.bench.badge("04A1")
    stand.run(4)
    assert stand.closed()
    stand.run(60)
    assert not stand.closed()
    assert stand.outlet.status is S.AUTHORISATION_STARTED


def test_too_much_for_the_socket() -> None:
    """20 A where 14 A are allowed: the medium tier in 5 s, Evt #21, and a new badge may try again."""
    stand = drawing(amps=20)
    stand.run(6)
    assert not stand.closed()
    assert stand.began == [Evt.OVERLOAD]
    assert stand.outlet.last_charge_status is ChargeStatus.OVERLOAD
    assert stand.outlet.last_error is OutletError.UNPLUG_ERROR
    stand.run(2)
    assert stand.ended == [Evt.OVERLOAD]


def test_the_badge_ends_it_and_the_shutter_opens() -> None:
    stand = drawing()
    stand.bench.badge("04A1")
    stand.run(1)
    assert not stand.closed()
    assert not stand.plant.frame.lock_feedback
    assert stand.board.unplug(1) == 0


def test_a_vehicle_beside_the_domestic_plug() -> None:
    """T2 - TE: a vehicle that is plugged in while the domestic socket is live ends that charge within 200 ms."""
    stand = drawing(3)
    assert stand.closed()
    assert stand.board.plug(1, 32, 220, 3, 16, False)
    stand.run(0.2)
    assert not stand.closed()
    assert stand.outlet.session is None or stand.outlet.stop_reason


def test_without_the_button_the_vehicle_has_its_socket() -> None:
    """T2 - TE: a badge and a cable in the T2 charge by Mode 3, with nothing in the domestic socket."""
    stand = Stand(3, LIMITS).charge()
    assert stand.closed()
    assert not stand.outlet.on_domestic
    assert stand.plant.frame.limit_ma > 14_000


@pytest.mark.parametrize("normally_open", [True, False])
def test_in1_as_the_state_of_the_protection_devices(normally_open: bool) -> None:
    """R-148, R-151, R-152: In1 active is Evt #11, opens at once and ends the charge; not where it has no such use."""
    bit = 4
    stand = Stand(limits=Limits(inputs_enabled=bit, inputs_expected=0 if normally_open else bit))
    unwired = stand.began  # a contact that rests closed and isn't there counts as tripped
    assert unwired == ([] if normally_open else [Evt.UPSTREAM_PROTECTION])
    stand.board.input(1, 1, not normally_open)
    stand.run(2).charge()
    assert stand.closed()
    assert stand.ended == unwired
    stand.board.input(1, 1, normally_open)
    stand.run(0.2)
    assert not stand.closed()
    assert stand.began == [*unwired, Evt.UPSTREAM_PROTECTION]
    stand.board.input(1, 1, not normally_open)
    stand.run(2)
    assert stand.ended == stand.began
    assert stand.outlet.last_charge_status is ChargeStatus.UPSTREAM

    other = Stand().charge()
    other.board.input(1, 1, True)
    other.run(1)
    assert other.closed()
    assert other.began == []
