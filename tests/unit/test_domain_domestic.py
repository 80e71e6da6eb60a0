"""The domestic socket in the session machine: no pilot, no plug resistor; chosen, closed, ended (R-193, R-218)."""

from __future__ import annotations

from typing import Any

import pytest

from evlink.domain.effects import CloseSession
from evlink.domain.events import RemoteStart
from evlink.domain.state import OutletConfig, evse_flags
from evlink.domain.words import EvseStatus, EvState, OutletError
from evlink.domain.words import OutletStatus as S
from tests.unit.domain_bench import Bench

TE = OutletConfig(1, station_id="S1", socket_type="DOMESTIC", piloted=False, domestic=True)
T2_TE = OutletConfig(1, station_id="S1", domestic=True)


def station(outlet: OutletConfig, **config: Any) -> Bench:
    return Bench(outlets=(outlet,), **config).tick()


def press(bench: Bench, button: str = "start_button") -> Bench:
    return bench.see(**{button: True}).see(**{button: False})


def closed(bench: Bench, amps: float = 10.0) -> Bench:
    """The core's answer: shutter locked, contactor closed, a current on one phase."""
    return bench.see(locked=True).see(contactor=True, current_a=(amps, 0.0, 0.0), phases_used=1)


def flags(bench: Bench) -> set[EvseStatus]:
    return set(evse_flags(bench.state, bench.outlet()))


def test_a_domestic_socket_charges_on_authorisation() -> None:
    """Nothing is seen of plug and load: authorised and locked is enough; 14 A of maxTEValue; record of its type."""
    bench = station(TE).badge("04A1")
    assert bench.outlet().status is S.PLUG_STARTED
    assert (bench.last_grant().domestic, bench.last_grant().lock, bench.last_grant().authorised) == (True, True, False)
    closed(bench)
    assert bench.outlet().status is S.LOOP_STARTED
    grant = bench.last_grant()
    assert (grant.domestic, grant.authorised, grant.lock, grant.limit_a) == (True, True, True, 14.0)
    assert bench.outlet().limit.reason == "domestic"
    assert flags(bench) == {EvseStatus.DOMESTIC, EvseStatus.SINGLE_PHASE}
    bench.badge("04A1").see(contactor=False, current_a=(0.0, 0.0, 0.0))
    assert bench.outlet().status is S.AUTHORISATION_STARTED
    assert not bench.last_grant().lock
    (end,) = bench.of(CloseSession)
    assert (end.record.socket_type, end.record.charge_type) == ("DOMESTIC", "AC_SINGLE_PHASE")
    assert EvseStatus.DOMESTIC not in flags(bench)


def test_the_end_by_the_current() -> None:
    """schukoWithNoDetectionEndOfCharge: the core says that the current stayed low, and the session ends."""
    bench = closed(station(TE).badge("04A1")).see(ended=True, contactor=False)
    assert bench.of(CloseSession)
    assert bench.outlet().status is S.AUTHORISATION_STARTED


@pytest.mark.parametrize("button", ["stop_button", None])
def test_the_end_by_the_stop_button_or_the_badge(button: str | None) -> None:
    bench = closed(station(TE).badge("04A1"))
    if button:
        press(bench, button)
    else:
        bench.badge("04A1")
    assert not bench.last_grant().authorised


def test_free_access_needs_a_hand_on_the_button() -> None:
    """R-071: anybody may, but an empty socket is not energised because nobody is there: start says that somebody is."""
    bench = station(TE, authentication="disabled", default_id_tag="FREE").tick(10)
    assert bench.outlet().status is S.AUTHORISATION_STARTED
    closed(press(bench))
    assert bench.outlet().status is S.LOOP_STARTED
    assert bench.outlet().session is not None
    assert bench.outlet().session.id_tag == "FREE"  # type: ignore[union-attr]
    bench.see(ended=True, contactor=False).tick(10)
    assert bench.outlet().status is S.AUTHORISATION_STARTED


def test_a_remote_start() -> None:
    bench = station(TE, authentication="supervision")
    bench.post(RemoteStart(bench.moment(), 1, "APP"))
    assert closed(bench.tick()).outlet().status is S.LOOP_STARTED


def test_a_shutter_that_does_not_lock() -> None:
    bench = station(TE).badge("04A1").tick(61)
    assert bench.outlet().last_error is OutletError.PLUG_ERROR
    assert bench.outlet().session is None


def test_of_two_sockets_the_plug_chooses_or_the_button() -> None:
    """A cable in the T2 is the T2; start with nothing in it is the domestic one; neither is nobody."""
    bench = station(T2_TE).badge("04A1").plug()
    assert bench.outlet().status is S.LOOP_STARTED
    assert not bench.last_grant().domestic
    assert EvseStatus.NORMAL_MODE_3 in flags(bench)
    assert bench.outlet().session.socket_type == "TYPE2"  # type: ignore[union-attr]

    bench = press(station(T2_TE).badge("04A1"))
    assert bench.last_grant().domestic
    assert closed(bench).outlet().status is S.LOOP_STARTED
    assert bench.outlet().session.socket_type == "DOMESTIC"  # type: ignore[union-attr]
    bench.badge("04A1").see(contactor=False)
    assert bench.outlet().status is S.AUTHORISATION_STARTED
    assert not bench.last_grant().domestic

    bench = station(T2_TE).badge("04A1").tick(61)
    assert bench.outlet().last_error is OutletError.PLUG_NOT_DETECTED
    assert not bench.last_grant().domestic


def test_the_button_does_not_choose_beside_a_plug() -> None:
    bench = press(station(T2_TE).badge("04A1").see(cable_a=32))
    assert not bench.last_grant().domestic


def test_a_plug_in_the_other_socket_ends_it() -> None:
    """Both stand behind one contactor: no vehicle is plugged into a T2 that is live for the domestic socket."""
    bench = closed(press(station(T2_TE).badge("04A1")))
    bench.see(cable_a=32, ev=EvState.A)
    assert bench.outlet().status is S.LOOP_ENDED
    assert not bench.last_grant().authorised


def test_a_restart_keeps_the_socket() -> None:
    """A stored session of the domestic socket goes on there, not on the T2."""
    bench = closed(press(station(T2_TE).badge("04A1"))).tick(2)
    session = bench.outlet().session
    assert session is not None
    again = Bench({1: session}, outlets=(T2_TE,))
    again.see(contactor=True, locked=True, leased=True)
    assert again.outlet().status is S.LOOP_STARTED
    assert again.last_grant().domestic
