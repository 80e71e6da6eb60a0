"""The cases of every message that OCPP 1.5 has, by JSON and by SOAP, where the service descriptions judge each."""

from __future__ import annotations

import pytest

from tests.ocpp_central.book import samples
from tests.tck.rig import RESERVATION, TAG, Rig

pytestmark = [
    pytest.mark.slow,
    pytest.mark.tck,
    pytest.mark.timeout(240),
    pytest.mark.parametrize("shared", ["1.5", "soap"], indirect=True, scope="module"),
]


TRIGGER = """<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:c="urn://Ocpp/Cp/2012/06/"
 xmlns:a="http://www.w3.org/2005/08/addressing"><s:Header><c:chargeBoxIdentity>CP-1</c:chargeBoxIdentity>
<a:Action>/TriggerMessage</a:Action><a:MessageID>urn:uuid:6b1ad5a8-3a3b-4b61-9c55-7a3b9b0f2c11</a:MessageID></s:Header>
<s:Body><c:triggerMessageRequest/></s:Body></s:Envelope>"""


def test_tc_001__cold_boot(rig: Rig) -> None:
    rig.house.stop_station()
    rig.rule("BootNotification", reply={"interval": 1})
    rig.house.start()
    rig.told("StatusNotification", 3)
    (boot,) = rig.requests("BootNotification")
    assert {"chargePointVendor", "chargePointModel", "firmwareVersion"} <= boot.keys()
    rig.told("Heartbeat", 2)


def test_tc_002__rejected_boot_is_silence(rig: Rig) -> None:
    rig.house.stop_station()
    rig.rule("BootNotification", reply={"status": "Rejected", "interval": 3})
    rig.house.start()
    rig.told("BootNotification", 2)
    sent = rig.requests("BootNotification", "StatusNotification", "Heartbeat")
    assert [one["action"] for one in sent[:2]] == ["BootNotification"] * 2
    rig.told("StatusNotification", 3)


def test_tc_003__regular_charge_plugged_in_first(rig: Rig) -> None:
    transaction = rig.charge()
    rig.told("Authorize", idTag=TAG)
    rig.until_status("Occupied")
    values = rig.told("MeterValues", 2, transactionId=transaction)
    assert samples(values[0])[0]["measurand"] == "Energy.Active.Import.Register"
    rig.stop_by_badge()
    (stop,) = rig.told("StopTransaction", transactionId=transaction)
    assert stop["meterStop"] >= rig.told("StartTransaction")[0]["meterStart"]
    rig.until_status("Available")
    assert rig.statuses(1) == ["Occupied", "Available"]


def test_tc_010__remote_start_and_stop(rig: Rig) -> None:
    rig.plug()
    assert rig.asked("RemoteStartTransaction", idTag=TAG, connectorId=1) == "Accepted"
    transaction = rig.charging()
    assert rig.told("StartTransaction")[0]["idTag"] == TAG
    assert rig.asked("RemoteStopTransaction", transactionId=transaction) == "Accepted"
    rig.told("StopTransaction", transactionId=transaction)


def test_tc_026__remote_orders_refused(rig: Rig) -> None:
    assert rig.asked("RemoteStartTransaction", idTag=TAG, connectorId=9) == "Rejected"
    assert rig.asked("RemoteStopTransaction", transactionId=987654) == "Rejected"


def test_tc_016__soft_reset(rig: Rig) -> None:
    assert rig.asked("Reset", type="Soft") == "Accepted"
    rig.told("BootNotification")
    rig.told("StatusNotification", 3)


def test_tc_018__unlock_with_a_charge(rig: Rig) -> None:
    rig.charge()
    assert rig.asked("UnlockConnector", connectorId=1) == "Accepted"
    rig.told("StopTransaction")
    assert rig.asked("UnlockConnector", connectorId=9) == "Rejected"


def test_tc_021__configuration(rig: Rig) -> None:
    (key,) = rig.call("GetConfiguration", key=["HeartBeatInterval"])["configurationKey"]
    assert (key["key"], key["readonly"]) == ("HeartBeatInterval", False)
    assert rig.asked("ChangeConfiguration", key="ConnectionTimeOut", value="61") == "Accepted"
    (key,) = rig.call("GetConfiguration", key=["ConnectionTimeOut"])["configurationKey"]
    assert key["value"] == "61"
    assert rig.asked("ChangeConfiguration", key="SecurityProfile", value="1") == "NotSupported"


def test_tc_023__a_tag_that_is_not_accepted(rig: Rig) -> None:
    rig.rule("Authorize", reply={"idTagInfo": {"status": "Blocked"}})
    rig.plug()
    rig.badge(uid="0BADC0DE")
    rig.told("Authorize", idTag="0BADC0DE")
    rig.wait(lambda: rig.outlet()["outlet_status"] == "OK_ChargeAuthorisationStarted", "a refusal")
    assert rig.requests("StartTransaction") == []


def test_tc_034__availability(rig: Rig) -> None:
    assert rig.asked("ChangeAvailability", connectorId=2, type="Inoperative") == "Accepted"
    rig.until_status("Unavailable", 2)
    assert rig.asked("ChangeAvailability", connectorId=2, type="Operative") == "Accepted"
    rig.until_status("Available", 2)


def test_tc_041__fault_and_recovery(rig: Rig) -> None:
    rig.house.sim("fault", 1, name="cp_short", on=True)
    rig.wait(lambda: any(r["errorCode"] != "NoError" for r in rig.requests("StatusNotification")), "an error")
    rig.house.sim("fault", 1, name="cp_short", on=False)
    rig.wait(lambda: rig.requests("StatusNotification")[-1]["errorCode"] == "NoError", "no error")


def test_tc_043__local_list(rig: Rig) -> None:
    one = {"idTag": TAG, "idTagInfo": {"status": "Accepted"}}
    assert rig.asked("SendLocalList", updateType="Full", listVersion=7, localAuthorisationList=[one]) == "Accepted"
    assert rig.call("GetLocalListVersion")["listVersion"] == 7
    older = {"updateType": "Differential", "listVersion": 3, "localAuthorisationList": [one]}
    assert rig.asked("SendLocalList", **older) == "VersionMismatch"


def test_tc_044_2__firmware_update_download_fails(rig: Rig) -> None:
    with rig.shelf() as shelf:
        rig.call(
            "UpdateFirmware",
            location=f"http://127.0.0.1:{shelf.port}/nothing.epk",
            retrieveDate="2026-01-01T00:00:00Z",
            retries=1,
        )
        rig.told("FirmwareStatusNotification", status="DownloadFailed")


def test_tc_045_1__get_diagnostics(rig: Rig) -> None:
    with rig.shelf() as shelf:
        answer = rig.call("GetDiagnostics", location=f"http://127.0.0.1:{shelf.port}/d/")
        rig.told("DiagnosticsStatusNotification", status="Uploaded")
        assert f"/d/{answer['fileName']}" in shelf.files


def test_tc_046__reserved_and_cancelled(rig: Rig) -> None:
    order = {"connectorId": 1, "expiryDate": "2099-01-01T00:00:00Z", "idTag": TAG, "reservationId": RESERVATION}
    assert rig.asked("ReserveNow", **order) == "Accepted"
    rig.until_status("Reserved")
    assert rig.asked("CancelReservation", reservationId=RESERVATION) == "Accepted"
    rig.until_status("Available")
    assert rig.asked("CancelReservation", reservationId=RESERVATION) == "Rejected"


def test_tc_061__clear_the_cache(rig: Rig) -> None:
    assert rig.asked("ClearCache") == "Accepted"


def test_tc_064__data_transfer(rig: Rig) -> None:
    assert rig.asked("DataTransfer", vendorId="nobody", messageId="x") == "UnknownVendorId"


def test_tc_039__start_and_stop_offline(rig: Rig) -> None:
    rig.set("LocalAuthorizeOffline", "true")
    rig.charge()
    rig.stop_by_badge()  # the cache knows the badge now
    rig.told("StopTransaction")
    rig.do("refuse", status=503)
    if rig.speak == "1.5":
        rig.do("drop")
    rig.plug()
    rig.badge()
    rig.wait(lambda: rig.outlet()["contactor"], "a closed contactor")
    rig.stop_by_badge()
    assert len(rig.requests("StartTransaction")) == 1
    rig.do("refuse", status=None)
    starts, stops = rig.told("StartTransaction", 2), rig.told("StopTransaction", 2)
    assert starts[1]["idTag"] == stops[1]["idTag"] == TAG
    rig.outages += 1


def test_tc_j_01__a_refused_start_is_sent_again(rig: Rig) -> None:
    rig.set("TransactionMessageRetryInterval", 1)
    rig.rule("StartTransaction", times=2, error=["InternalError", "not now"])
    transaction = rig.charge()
    assert len(rig.requests("StartTransaction")) == 3
    rig.stop_by_badge()
    assert rig.told("StopTransaction")[0]["transactionId"] == transaction


def test_tc_j_06__an_action_of_a_later_version(rig: Rig) -> None:
    if rig.speak == "soap":
        code, text = rig.post(TRIGGER)
        assert code >= 400
        assert "NotSupported" in text
        return
    answer = rig.answer("TriggerMessage", {"requestedMessage": "Heartbeat"})
    assert answer is not None
    assert (answer[0], answer[2]) == (4, "NotImplemented")
