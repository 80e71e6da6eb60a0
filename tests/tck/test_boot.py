"""TC 001, 002, 032: starting, a Pending and a Rejected registration, power failures."""

from __future__ import annotations

import pytest

from tests.tck.rig import TAG, Rig

pytestmark = [pytest.mark.slow, pytest.mark.tck, pytest.mark.timeout(180)]


def _restarted(rig: Rig, *boots: dict[str, object]) -> None:
    """Start the station anew, with these answers to its first BootNotifications."""
    rig.house.stop_station()
    for reply in boots:
        rig.rule("BootNotification", reply=reply)
    rig.mark = len(rig.central.entries())
    rig.house.start()


def test_tc_001__cold_boot(rig: Rig) -> None:
    _restarted(rig, {"interval": 1})
    rig.told("StatusNotification", 3)
    (boot,) = rig.requests("BootNotification")
    assert {"chargePointVendor", "chargePointModel", "firmwareVersion"} <= boot.keys()
    for connector in (0, 1, 2):
        rig.until_status("Available", connector)
    rig.told("Heartbeat", 2)  # at the interval of the answer


def test_tc_002__pending_boot(rig: Rig) -> None:
    _restarted(rig, {"status": "Pending", "interval": 3})
    rig.told("BootNotification")
    rig.wait(lambda: rig.status["station"]["supervision"]["registration"] == "Pending", "Pending")
    assert rig.call("GetConfiguration", key=["NumberOfConnectors"])["configurationKey"]
    assert rig.asked("ChangeConfiguration", key="ResetRetries", value="2") == "Accepted"
    assert rig.asked("RemoteStartTransaction", idTag=TAG, connectorId=1) == "Rejected"
    assert rig.asked("RemoteStopTransaction", transactionId=1) == "Rejected"
    rig.wait(lambda: rig.connected, "Accepted")
    sent = rig.requests("BootNotification", "StatusNotification", "Heartbeat", "StartTransaction", "Authorize")
    assert [one["action"] for one in sent[:2]] == ["BootNotification"] * 2


def test_tc_002__pending_boot_that_is_triggered(rig: Rig) -> None:
    _restarted(rig, {"status": "Pending", "interval": 3600})
    rig.wait(lambda: rig.status["station"]["supervision"]["registration"] == "Pending", "Pending")
    assert rig.asked("TriggerMessage", requestedMessage="BootNotification") == "Accepted"
    rig.told("StatusNotification", 3)  # at once, not when the interval is over
    assert len(rig.requests("BootNotification")) == 2


def test_tc_002__rejected_boot_is_silence(rig: Rig) -> None:
    """OCPP 1.6 section 4.2: neither requests nor answers until the interval is over."""
    _restarted(rig, {"status": "Rejected", "interval": 4})
    rig.wait(lambda: rig.status["station"]["supervision"]["registration"] == "Rejected", "Rejected")
    assert rig.answer("GetConfiguration", {}, 1.0) is None
    rig.wait(lambda: rig.connected, "Accepted")
    rig.told("StatusNotification", 3)
    sent = rig.requests("BootNotification", "StatusNotification", "Heartbeat")
    assert [one["action"] for one in sent[:2]] == ["BootNotification"] * 2


def test_tc_002__a_boot_that_is_refused_or_of_interval_0_does_not_flood(rig: Rig) -> None:
    """OCPP 1.6 section 4.2: an interval of 0 leaves the wait to the station."""
    _restarted(rig, {"status": "Pending", "interval": 0})
    rig.wait(lambda: rig.status["station"]["supervision"]["registration"] == "Pending", "Pending")
    assert rig.answer("GetConfiguration", {}, 2.0) is not None
    assert len(rig.requests("BootNotification")) == 1
    assert rig.asked("TriggerMessage", requestedMessage="BootNotification") == "Accepted"
    rig.told("StatusNotification", 3)


def test_tc_032_1__power_failure_ends_the_charge(rig: Rig) -> None:
    transaction = rig.charge()
    rig.told("MeterValues", transactionId=transaction)
    rig.power_cut()
    rig.mark = len(rig.central.entries())
    rig.house.start()
    (stop,) = rig.told("StopTransaction", transactionId=transaction)
    assert stop["reason"] in ("PowerLoss", "EVDisconnected", "Reboot")
    assert stop["meterStop"] >= 0


def test_tc_032_2__power_failure_while_offline(rig: Rig) -> None:
    """MicroOcpp 174: meterStop is there, and no less than what was told before."""
    transaction = rig.charge()
    rig.told("MeterValues", 2, transactionId=transaction)
    rig.offline()
    rig.power_cut()
    rig.house.start()
    rig.online()
    (stop,) = rig.told("StopTransaction", transactionId=transaction)
    last = rig.requests("MeterValues")[-1]["meterValue"][-1]["sampledValue"]
    register = next(one["value"] for one in last if one["measurand"] == "Energy.Active.Import.Register")
    assert stop["meterStop"] >= int(register)
    assert [r["action"] for r in rig.requests("StartTransaction", "StopTransaction")] == [
        "StartTransaction",
        "StopTransaction",
    ]
