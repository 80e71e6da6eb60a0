"""TC 003 to 031 and 061 to 064: charging, remote starts and stops, resets, unlocking, configuration."""

from __future__ import annotations

import pytest

from tests.tck.rig import TAG, Rig

pytestmark = [pytest.mark.slow, pytest.mark.tck, pytest.mark.timeout(180)]


def test_tc_003__regular_charge_plugged_in_first(rig: Rig) -> None:
    rig.plug()
    rig.until_status("Preparing")
    rig.badge()
    transaction = rig.charging()
    rig.until_status("Charging")
    (start,) = rig.requests("StartTransaction")
    assert (start["connectorId"], start["idTag"]) == (1, TAG)
    rig.told("MeterValues", transactionId=transaction)
    rig.badge()
    rig.told("StopTransaction", transactionId=transaction, idTag=TAG)
    assert rig.reason() == "Local"
    rig.until_status("Finishing")
    rig.unplug()
    rig.until_status("Available")
    assert rig.statuses(1) == ["Preparing", "Charging", "Finishing", "Available"]


def test_tc_004_1__regular_charge_identified_first(rig: Rig) -> None:
    rig.badge()
    rig.told("Authorize", idTag=TAG)
    rig.until_status("Preparing")
    rig.plug()
    rig.charging()
    rig.until_status("Charging")


def test_tc_004_2__identified_first_and_no_car_in_time(rig: Rig) -> None:
    assert rig.asked("ChangeConfiguration", key="ConnectionTimeOut", value="5") == "Accepted"
    rig.badge()
    rig.until_status("Preparing")
    rig.until_status("Available")
    assert rig.requests("StartTransaction") == []
    assert rig.asked("ChangeConfiguration", key="ConnectionTimeOut", value="60") == "Accepted"


def test_tc_005_1__unplugged_at_the_vehicle_ends_the_charge(rig: Rig) -> None:
    rig.charge()
    rig.house.sim("unplug", 1, side="vehicle")
    rig.told("StopTransaction")
    assert rig.reason() == "EVDisconnected"
    rig.unplug()
    rig.until_status("Available")
    assert "Finishing" in rig.statuses(1)  # matth-x/MicroOcpp#326: before Available


def test_tc_005_2__unplugged_at_the_vehicle_and_the_cable_stays_locked(rig: Rig) -> None:
    rig.set("UnlockConnectorOnEVSideDisconnect", "false")
    rig.charge()
    rig.house.sim("unplug", 1, side="vehicle")
    rig.told("StopTransaction")
    assert rig.reason() == "EVDisconnected"
    rig.until_status("Finishing")
    rig.wait(lambda: rig.house.board()["lock_feedback"], "a locked cable")
    assert rig.asked("UnlockConnector", connectorId=1) == "Unlocked"
    rig.unplug()
    rig.until_status("Available")
    rig.set("UnlockConnectorOnEVSideDisconnect", "true")


def test_tc_005_3__unplugged_at_the_vehicle_and_the_charge_goes_on(rig: Rig) -> None:
    rig.set("StopTransactionOnEVSideDisconnect", "false")
    transaction = rig.charge()
    rig.until_status("Charging")
    rig.house.sim("unplug", 1, side="vehicle")
    rig.until_status("SuspendedEV")
    assert rig.requests("StopTransaction") == []
    rig.wait(lambda: rig.status["events"]["19"][0] == "OK", "the end of Evt #19: the vehicle has been away for a while")
    rig.plug()
    rig.until_status("Charging")
    assert rig.outlet()["transaction_id"] == transaction
    rig.stop_by_badge()
    assert rig.told("StopTransaction")[0]["transactionId"] == transaction
    rig.set("StopTransactionOnEVSideDisconnect", "true")


def test_tc_007__a_cached_tag_starts_without_asking(rig: Rig) -> None:
    assert rig.asked("ChangeConfiguration", key="LocalPreAuthorize", value="true") == "Accepted"
    rig.charge()
    rig.badge()
    rig.unplug()
    rig.until_status("Available")
    asked = len(rig.requests("Authorize"))
    rig.charge()
    assert len(rig.requests("Authorize")) == asked
    assert rig.asked("ChangeConfiguration", key="LocalPreAuthorize", value="false") == "Accepted"


def test_tc_061__clear_the_cache(rig: Rig) -> None:
    assert rig.asked("ChangeConfiguration", key="LocalPreAuthorize", value="true") == "Accepted"
    rig.charge()
    rig.badge()
    rig.unplug()
    rig.until_status("Available")
    asked = len(rig.requests("Authorize"))
    assert rig.asked("ClearCache") == "Accepted"
    rig.charge()
    assert len(rig.requests("Authorize")) == asked + 1
    assert rig.asked("ChangeConfiguration", key="LocalPreAuthorize", value="false") == "Accepted"


def test_tc_010__remote_start_with_the_car_plugged_in(rig: Rig) -> None:
    rig.plug()
    rig.until_status("Preparing")
    assert rig.asked("RemoteStartTransaction", idTag="APP1", connectorId=1) == "Accepted"
    rig.charging()
    (start,) = rig.requests("StartTransaction")
    assert start["idTag"] == "APP1"
    assert rig.requests("Authorize") == []


def test_tc_011_1__remote_start_before_the_car(rig: Rig) -> None:
    assert rig.asked("RemoteStartTransaction", idTag="APP1", connectorId=1) == "Accepted"
    rig.until_status("Preparing")
    rig.plug()
    rig.charging()


def test_tc_011_2__remote_start_and_no_car_in_time(rig: Rig) -> None:
    assert rig.asked("ChangeConfiguration", key="ConnectionTimeOut", value="5") == "Accepted"
    assert rig.asked("RemoteStartTransaction", idTag="APP1", connectorId=1) == "Accepted"
    rig.until_status("Preparing")
    rig.until_status("Available")
    assert rig.requests("StartTransaction") == []
    assert rig.asked("ChangeConfiguration", key="ConnectionTimeOut", value="60") == "Accepted"


def test_tc_012__remote_stop_and_a_start_again(rig: Rig) -> None:
    """EVerest/libocpp#813: Finishing with the car still there, and it can be started again."""
    transaction = rig.charge()
    assert rig.asked("RemoteStopTransaction", transactionId=transaction) == "Accepted"
    rig.told("StopTransaction")
    assert rig.reason() == "Remote"
    rig.until_status("Finishing")
    assert rig.asked("RemoteStartTransaction", idTag="APP2", connectorId=1) == "Accepted"
    rig.told("StartTransaction", idTag="APP2")


def _reset(rig: Rig, kind: str) -> None:
    assert rig.asked("Reset", type=kind) == "Accepted"
    rig.told("BootNotification")
    rig.wait(lambda: rig.connected, "a link")


@pytest.mark.parametrize("kind", ["Hard", "Soft"])
def test_tc_013_014__reset_without_a_charge(rig: Rig, kind: str) -> None:
    _reset(rig, kind)
    rig.told("StatusNotification", 3)
    assert rig.requests("StopTransaction") == []


@pytest.mark.parametrize("kind", ["Hard", "Soft"])
def test_tc_015_016__reset_with_a_charge(rig: Rig, kind: str) -> None:
    transaction = rig.charge()
    _reset(rig, kind)
    rig.told("StopTransaction", transactionId=transaction)
    assert rig.reason() == f"{kind}Reset"


def test_tc_017__unlock_without_a_charge(rig: Rig) -> None:
    assert rig.asked("UnlockConnector", connectorId=1) == "Unlocked"


def test_tc_018__unlock_with_a_charge(rig: Rig) -> None:
    rig.charge()
    assert rig.asked("UnlockConnector", connectorId=1) == "Unlocked"
    rig.told("StopTransaction")
    assert rig.reason() == "UnlockCommand"


def test_tc_030__unlock_that_fails(rig: Rig) -> None:
    rig.charge()
    rig.house.sim("fault", 1, name="lock", on=True)
    try:
        assert rig.asked("UnlockConnector", connectorId=1) == "UnlockFailed"
    finally:
        rig.house.sim("fault", 1, name="lock", on=False)


def test_tc_031__unlock_of_an_unknown_connector(rig: Rig) -> None:
    assert rig.asked("UnlockConnector", connectorId=9) == "NotSupported"


def test_tc_019__get_configuration(rig: Rig) -> None:
    keys = {one["key"]: one for one in rig.call("GetConfiguration")["configurationKey"]}
    assert keys["NumberOfConnectors"]["value"] == "2"
    answer = rig.call("GetConfiguration", key=["SupportedFeatureProfiles", "Nonsense"])
    assert answer["unknownKey"] == ["Nonsense"]
    profiles = answer["configurationKey"][0]["value"].split(",")
    assert {"Core", "LocalAuthListManagement", "Reservation", "SmartCharging", "RemoteTrigger"} <= set(profiles)


def test_tc_021__set_configuration_is_the_stations_own_setting(rig: Rig) -> None:
    assert rig.asked("ChangeConfiguration", key="MinimumStatusDuration", value="2") == "Accepted"
    values = rig.house.call("settings.get", keys=["internal.ocpp.minimum_status_duration"])
    assert values["values"] == {"internal.ocpp.minimum_status_duration": 2}
    rig.house.evlink("set", "internal.ocpp.minimum_status_duration=0")
    answer = rig.call("GetConfiguration", key=["MinimumStatusDuration"])
    assert answer["configurationKey"][0]["value"] == "0"


@pytest.mark.parametrize(
    ("key", "value", "status"),
    [
        ("Nonsense", "1", "NotSupported"),
        ("NumberOfConnectors", "3", "Rejected"),
        ("MeterValueSampleInterval", "-1", "Rejected"),
    ],
)
def test_tc_040__configuration_refused(rig: Rig, key: str, value: str, status: str) -> None:
    assert rig.asked("ChangeConfiguration", key=key, value=value) == status


@pytest.mark.parametrize("status", ["Invalid", "Expired", "Blocked"])
def test_tc_023__a_tag_that_is_not_accepted(rig: Rig, status: str) -> None:
    rig.rule("Authorize", reply={"idTagInfo": {"status": status}})
    rig.plug()
    rig.until_status("Preparing")
    rig.badge()
    rig.house.until(1, last_error="KO_BadgeUnknown")
    assert rig.requests("StartTransaction") == []


def test_tc_024__a_lock_that_fails(rig: Rig) -> None:
    rig.house.sim("fault", 1, name="lock", on=True)
    try:
        rig.plug(ready=False)
        rig.badge()
        rig.told("StatusNotification", connectorId=1, errorCode="ConnectorLockFailure")
        assert rig.requests("StartTransaction") == []
    finally:
        rig.house.sim("fault", 1, name="lock", on=False)
    rig.wait(lambda: rig.requests("StatusNotification")[-1]["errorCode"] == "NoError", "no error")


def test_tc_026__remote_start_refused(rig: Rig) -> None:
    rig.charge()
    assert rig.asked("RemoteStartTransaction", idTag="APP1", connectorId=1) == "Rejected"


def test_tc_027__remote_start_at_connector_0(rig: Rig) -> None:
    assert rig.asked("RemoteStartTransaction", idTag="APP1", connectorId=0) == "Rejected"


def test_tc_028__remote_stop_refused(rig: Rig) -> None:
    assert rig.asked("RemoteStopTransaction", transactionId=99) == "Rejected"


def test_tc_064__data_transfer(rig: Rig) -> None:
    assert rig.asked("DataTransfer", vendorId="org.example", data="x") == "UnknownVendorId"


def test_tc_041__fault_and_recovery(rig: Rig) -> None:
    rig.house.sim("input", 1, number=1, on=True)
    rig.house.sim("fault", 1, name="cp_short", on=True)
    rig.wait(lambda: any(r["errorCode"] != "NoError" for r in rig.requests("StatusNotification")), "an error")
    rig.house.sim("fault", 1, name="cp_short", on=False)
    rig.house.sim("input", 1, number=1, on=False)
    rig.wait(lambda: rig.requests("StatusNotification")[-1]["errorCode"] == "NoError", "no error")


def test_change_availability(rig: Rig) -> None:
    """OCPP 1.6 section 5.2."""
    assert rig.asked("ChangeAvailability", connectorId=2, type="Inoperative") == "Accepted"
    rig.until_status("Unavailable", 2)
    assert rig.asked("ChangeAvailability", connectorId=2, type="Operative") == "Accepted"
    rig.until_status("Available", 2)
    rig.charge()
    assert rig.asked("ChangeAvailability", connectorId=1, type="Inoperative") == "Scheduled"
    rig.until_status("Charging")
    rig.badge()
    rig.unplug()
    rig.until_status("Unavailable")


def test_tc_034__unavailable_survives_a_restart(rig: Rig) -> None:
    assert rig.asked("ChangeAvailability", connectorId=2, type="Inoperative") == "Accepted"
    rig.until_status("Unavailable", 2)
    _reset(rig, "Soft")
    rig.told("StatusNotification", connectorId=1, status="Available")
    rig.until_status("Unavailable", 2)
