"""TC 056 to 060, 066, 067, 072: charging profiles, and what the outlets really offer."""

from __future__ import annotations

from typing import Any

import pytest

from tests.tck.rig import TAG, Rig

pytestmark = [pytest.mark.slow, pytest.mark.tck, pytest.mark.timeout(180)]

Payload = dict[str, Any]


def _profile(purpose: str, limit: float, level: int = 0, number: int = 1, **more: Any) -> Payload:
    return {
        "chargingProfileId": number,
        "stackLevel": level,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": "Relative" if purpose == "TxProfile" else "Absolute",
        "chargingSchedule": {
            "chargingRateUnit": "A",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit}],
        },
        **more,
    }


def _install(rig: Rig, connector: int, profile: Payload) -> str:
    return rig.asked("SetChargingProfile", connectorId=connector, csChargingProfiles=profile)


def _limit(rig: Rig, amps: float, outlet: int = 1) -> None:
    rig.wait(lambda: rig.outlet(outlet)["limit_a"] == amps, f"a limit of {amps} A")


def _composite(rig: Rig, connector: int = 1, duration: int = 300) -> list[tuple[int, float]]:
    answer = rig.call("GetCompositeSchedule", connectorId=connector, duration=duration)
    assert answer["status"] == "Accepted"
    periods = answer["chargingSchedule"]["chargingSchedulePeriod"]
    return [(period["startPeriod"], period["limit"]) for period in periods]


def test_tc_056__default_profile(rig: Rig) -> None:
    assert _install(rig, 1, _profile("TxDefaultProfile", 10.0)) == "Accepted"
    rig.charge()
    _limit(rig, 10.0)
    assert rig.outlet()["limit_reason"] == "supervision"
    assert _composite(rig) == [(0, 10.0)]
    rig.wait(lambda: 9 < max(rig.outlet()["current_a"]) <= 10.5, "10 A")


def test_tc_056__default_profile_of_all_connectors_by_level(rig: Rig) -> None:
    assert _install(rig, 0, _profile("TxDefaultProfile", 12.0, level=1, number=1)) == "Accepted"
    assert _install(rig, 1, _profile("TxDefaultProfile", 8.0, level=0, number=2)) == "Accepted"
    rig.charge()
    _limit(rig, 12.0)


def test_tc_057__profile_of_a_transaction(rig: Rig) -> None:
    transaction = rig.charge()
    assert _install(rig, 1, _profile("TxDefaultProfile", 20.0, number=5)) == "Accepted"
    _limit(rig, 20.0)
    assert _install(rig, 1, _profile("TxProfile", 8.0, number=6, transactionId=transaction)) == "Accepted"
    _limit(rig, 8.0)
    assert _composite(rig) == [(0, 8.0)]
    rig.stop_by_badge()
    rig.charge()
    _limit(rig, 20.0)  # the profile ended with its transaction


def test_tc_058_1__profile_without_a_transaction(rig: Rig) -> None:
    assert _install(rig, 1, _profile("TxProfile", 8.0)) == "Rejected"


def test_tc_058_2__profile_of_a_wrong_transaction(rig: Rig) -> None:
    transaction = rig.charge()
    assert _install(rig, 1, _profile("TxProfile", 8.0, transactionId=transaction + 1)) == "Rejected"
    assert rig.outlet()["limit_a"] == 32.0


def test_tc_059__remote_start_with_a_profile(rig: Rig) -> None:
    rig.plug()
    rig.until_status("Preparing")
    profile = _profile("TxProfile", 9.0)
    assert rig.asked("RemoteStartTransaction", idTag=TAG, connectorId=1, chargingProfile=profile) == "Accepted"
    rig.charging()
    _limit(rig, 9.0)


def test_tc_060__remote_start_with_a_profile_of_another_kind(rig: Rig) -> None:
    profile = _profile("TxDefaultProfile", 9.0)
    assert rig.asked("RemoteStartTransaction", idTag=TAG, connectorId=1, chargingProfile=profile) == "Rejected"


def test_tc_066__composite_schedule(rig: Rig) -> None:
    """EVerest/libocpp#1169, steve#44: it says what is applied, now and later, also for a duration of 0."""
    profile = _profile("TxDefaultProfile", 0)
    schedule = profile["chargingSchedule"]
    schedule["startSchedule"] = rig.later(0)
    schedule["chargingSchedulePeriod"] = [{"startPeriod": 0, "limit": 16.0}, {"startPeriod": 3600, "limit": 6.0}]
    assert _install(rig, 1, profile) == "Accepted"
    rig.charge()
    _limit(rig, 16.0)
    now, later = _composite(rig, duration=7200)
    assert now == (0, 16.0)
    assert later[1] == 6.0
    assert 3400 < later[0] <= 3600
    assert _composite(rig, duration=0) == [(0, 16.0)]
    answer = rig.call("GetCompositeSchedule", connectorId=1, duration=60, chargingRateUnit="W")
    (period,) = answer["chargingSchedule"]["chargingSchedulePeriod"]
    assert period["limit"] == 16.0 * 230 * 3
    assert rig.asked("GetCompositeSchedule", connectorId=9, duration=60) == "Rejected"


def test_tc_067__clear_profiles(rig: Rig) -> None:
    assert _install(rig, 1, _profile("TxDefaultProfile", 10.0, number=3)) == "Accepted"
    rig.charge()
    _limit(rig, 10.0)
    assert rig.asked("ClearChargingProfile", id=99) == "Unknown"
    assert rig.asked("ClearChargingProfile", id=3) == "Accepted"
    _limit(rig, 32.0)
    assert _install(rig, 1, _profile("TxDefaultProfile", 10.0, level=2)) == "Accepted"
    cleared = rig.asked("ClearChargingProfile", stackLevel=2, chargingProfilePurpose="TxDefaultProfile")
    assert cleared == "Accepted"
    _limit(rig, 32.0)


def test_tc_072__stacked_profiles(rig: Rig) -> None:
    """EVerest/libocpp PR 1051: the same level and purpose is replaced whatever the id; the higher level counts."""
    for level, limit, number in ((0, 20.0, 1), (1, 15.0, 2), (1, 14.0, 3)):
        assert _install(rig, 1, _profile("TxDefaultProfile", limit, level=level, number=number)) == "Accepted"
    rig.charge()
    _limit(rig, 14.0)
    assert rig.asked("ClearChargingProfile", id=2) == "Unknown"
    assert rig.asked("ClearChargingProfile", id=3) == "Accepted"
    _limit(rig, 20.0)


def test_charge_point_maximum_over_both_connectors(rig: Rig) -> None:
    """lbbrhzn/ocpp#2158; OCPP 1.6 section 3.13.1: it covers all connectors together."""
    assert _install(rig, 0, _profile("ChargePointMaxProfile", 20.0)) == "Accepted"
    rig.charge(1, TAG)
    rig.charge(2, "DEADBEEF")
    rig.wait(lambda: all(rig.outlet(one)["limit_a"] >= 6 for one in (1, 2)), "both charge")
    for _ in range(20):
        assert sum(one["limit_a"] for one in rig.status["outlets"]) <= 20.0
    assert _composite(rig, 0) == [(0, 20.0)]


def test_limit_0_suspends(rig: Rig) -> None:
    """evcc-io/evcc PR 33020: SuspendedEVSE, and the transaction stays; it goes on when the limit is lifted."""
    transaction = rig.charge()
    rig.until_status("Charging")
    assert _install(rig, 1, _profile("TxProfile", 0.0, transactionId=transaction)) == "Accepted"
    rig.until_status("SuspendedEVSE")
    rig.wait(lambda: not rig.outlet()["contactor"], "an open contactor")
    assert rig.outlet()["transaction_id"] == transaction
    assert rig.asked("ClearChargingProfile") == "Accepted"
    rig.until_status("Charging")
    assert rig.requests("StopTransaction") == []


def test_a_limit_below_the_least_suspends(rig: Rig) -> None:
    """evcc-io/evcc PR 33020; IEC 61851-1 table A.8: no less than 6 A can be offered."""
    transaction = rig.charge()
    assert _install(rig, 1, _profile("TxProfile", 4.0, transactionId=transaction)) == "Accepted"
    rig.until_status("SuspendedEVSE")
    assert rig.outlet()["transaction_id"] == transaction


def test_profiles_survive_a_restart_and_hold_without_a_link(rig: Rig) -> None:
    """OCPP 1.6 section 3.13: kept over restarts, obeyed offline."""
    assert _install(rig, 1, _profile("TxDefaultProfile", 11.0)) == "Accepted"
    assert rig.asked("Reset", type="Soft") == "Accepted"
    rig.told("BootNotification")
    rig.wait(lambda: rig.connected, "a link")
    assert _composite(rig) == [(0, 11.0)]
    rig.charge()
    _limit(rig, 11.0)
    rig.offline()
    assert rig.outlet()["limit_a"] == 11.0
    rig.online()
    _limit(rig, 11.0)
