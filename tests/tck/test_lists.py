"""TC 042, 043 and 046 to 055: local list, reservations, triggered messages."""

from __future__ import annotations

import pytest

from tests.tck.rig import RESERVATION, TAG, Rig

pytestmark = [pytest.mark.slow, pytest.mark.tck, pytest.mark.timeout(180)]

OTHER = "DEADBEEF"


def _listed(tag: str, status: str = "Accepted", **more: object) -> dict[str, object]:
    return {"idTag": tag, "idTagInfo": {"status": status, **more}}


def test_tc_042_1__list_version_not_supported(rig: Rig) -> None:
    rig.set("LocalAuthListEnabled", "false")
    assert rig.call("GetLocalListVersion") == {"listVersion": -1}
    rig.set("LocalAuthListEnabled", "true")


def test_tc_042_2__list_version_of_an_empty_list(rig: Rig) -> None:
    assert rig.call("GetLocalListVersion") == {"listVersion": 0}


def test_tc_043_1__list_not_supported(rig: Rig) -> None:
    rig.set("LocalAuthListEnabled", "false")
    assert rig.asked("SendLocalList", listVersion=1, updateType="Full") == "NotSupported"
    rig.set("LocalAuthListEnabled", "true")


def test_tc_043_2__list_version_mismatch(rig: Rig) -> None:
    full = [_listed(TAG)]
    assert rig.asked("SendLocalList", listVersion=5, updateType="Full", localAuthorizationList=full) == "Accepted"
    late = [_listed(OTHER)]
    answer = rig.asked("SendLocalList", listVersion=4, updateType="Differential", localAuthorizationList=late)
    assert answer == "VersionMismatch"
    assert rig.call("GetLocalListVersion") == {"listVersion": 5}


def test_tc_043_3__list_failed(rig: Rig) -> None:
    """A tag that stands twice: nothing of the list is taken."""
    twice = [_listed(TAG), _listed(TAG.lower())]
    assert rig.asked("SendLocalList", listVersion=6, updateType="Full", localAuthorizationList=twice) == "Failed"
    assert rig.call("GetLocalListVersion") == {"listVersion": 0}


def test_tc_043_4__list_full_and_its_use(rig: Rig) -> None:
    rig.set("LocalPreAuthorize", "true")
    full = [_listed(TAG)]
    assert rig.asked("SendLocalList", listVersion=7, updateType="Full", localAuthorizationList=full) == "Accepted"
    assert rig.call("GetLocalListVersion") == {"listVersion": 7}
    rig.charge()
    assert rig.requests("Authorize") == []
    rig.set("LocalPreAuthorize", "false")


def test_tc_043_5__list_differential(rig: Rig) -> None:
    full = [_listed(TAG), _listed(OTHER)]
    assert rig.asked("SendLocalList", listVersion=8, updateType="Full", localAuthorizationList=full) == "Accepted"
    changes = [{"idTag": OTHER}, _listed("0102030405")]
    answer = rig.asked("SendLocalList", listVersion=9, updateType="Differential", localAuthorizationList=changes)
    assert answer == "Accepted"
    assert rig.call("GetLocalListVersion") == {"listVersion": 9}
    rig.offline()
    rig.plug()
    rig.badge(uid=OTHER)  # taken off the list
    rig.wait(lambda: rig.outlet()["last_error"] == "KO_BadgeUnknown", "a refusal")
    rig.badge(uid="0102030405")
    rig.wait(lambda: rig.outlet()["contactor"], "a charge")
    rig.online()
    rig.told("StartTransaction", idTag="0102030405")


# Reservations


def _reserve(rig: Rig, connector: int = 1, tag: str = TAG, seconds: float = 3600, **more: object) -> str:
    return rig.asked(
        "ReserveNow", connectorId=connector, expiryDate=rig.later(seconds), idTag=tag, reservationId=RESERVATION, **more
    )


def test_tc_046__reserved_and_used_at_the_station(rig: Rig) -> None:
    assert _reserve(rig) == "Accepted"
    rig.until_status("Reserved")
    rig.plug()
    rig.badge(uid=OTHER)
    rig.wait(lambda: rig.outlet()["last_error"] == "KO_BadgeUnknown", "a refusal")
    rig.badge()
    rig.charging()
    (start,) = rig.requests("StartTransaction")
    assert (start["idTag"], start["reservationId"]) == (TAG, 77)
    assert "Reserved" in rig.statuses(1)


def test_tc_047__reservation_that_expires(rig: Rig) -> None:
    assert _reserve(rig, seconds=12) == "Accepted"
    rig.until_status("Reserved")
    rig.until_status("Available")
    assert rig.asked("CancelReservation", reservationId=77) == "Rejected"


def test_tc_048_1__reserve_a_faulted_connector(rig: Rig) -> None:
    rig.house.sim("fault", 1, name="welded", on=True)
    rig.until_status("Faulted")
    assert _reserve(rig) == "Faulted"
    rig.house.sim("fault", 1, name="welded", on=False)
    rig.until_status("Available")


def test_tc_048_2__reserve_an_occupied_connector(rig: Rig) -> None:
    rig.charge()
    assert _reserve(rig) == "Occupied"


def test_tc_048_3__reserve_an_unavailable_connector(rig: Rig) -> None:
    assert rig.asked("ChangeAvailability", connectorId=1, type="Inoperative") == "Accepted"
    rig.until_status("Unavailable")
    assert _reserve(rig) == "Unavailable"


def test_tc_048_4__reserve_what_is_not_there(rig: Rig) -> None:
    assert _reserve(rig, connector=9) == "Rejected"
    assert _reserve(rig, seconds=-5) == "Rejected"


def test_tc_049__reserve_any_connector(rig: Rig) -> None:
    """One of the two stays free for others, the last one waits for the one who reserved."""
    assert _reserve(rig, connector=0) == "Accepted"
    rig.charge(2, OTHER)
    rig.plug(1)
    rig.badge(1, "CAFE0001")
    rig.wait(lambda: rig.outlet(1)["last_error"] == "KO_BadgeUnknown", "a refusal")
    rig.badge(1)
    rig.charging(1)
    assert rig.requests("StartTransaction")[-1]["reservationId"] == 77


def test_tc_050__reserved_and_started_from_afar(rig: Rig) -> None:
    assert _reserve(rig) == "Accepted"
    rig.until_status("Reserved")
    assert rig.asked("RemoteStartTransaction", idTag=OTHER, connectorId=1) == "Rejected"
    assert rig.asked("RemoteStartTransaction", idTag=TAG, connectorId=1) == "Accepted"
    rig.plug()
    rig.charging()
    (start,) = rig.requests("StartTransaction")
    assert start["reservationId"] == 77


def test_tc_051__cancel_a_reservation(rig: Rig) -> None:
    assert _reserve(rig) == "Accepted"
    rig.until_status("Reserved")
    assert rig.asked("CancelReservation", reservationId=77) == "Accepted"
    rig.until_status("Available")


def test_tc_052__cancel_an_unknown_reservation(rig: Rig) -> None:
    assert rig.asked("CancelReservation", reservationId=12345) == "Rejected"


def test_tc_053__reserved_for_a_group(rig: Rig) -> None:
    assert _reserve(rig, parentIdTag="FAMILY") == "Accepted"
    rig.until_status("Reserved")
    rig.rule("Authorize", reply={"idTagInfo": {"status": "Accepted", "parentIdTag": "FAMILY"}})
    rig.plug()
    rig.badge(uid=OTHER)
    rig.charging()
    (start,) = rig.requests("StartTransaction")
    assert (start["idTag"], start["reservationId"]) == (OTHER, 77)


# Triggered messages


@pytest.mark.parametrize("message", ["BootNotification", "Heartbeat", "StatusNotification", "MeterValues"])
def test_tc_054__triggered_messages(rig: Rig, message: str) -> None:
    one = {"connectorId": 1} if message in ("StatusNotification", "MeterValues") else {}
    assert rig.asked("TriggerMessage", requestedMessage=message, **one) == "Accepted"
    (sent,) = rig.told(message, **one)
    if message == "MeterValues":
        contexts = {value["context"] for value in sent["meterValue"][0]["sampledValue"]}
        assert contexts == {"Trigger"}


def test_tc_055__triggered_message_of_no_connector(rig: Rig) -> None:
    for message in ("MeterValues", "StatusNotification"):
        assert rig.asked("TriggerMessage", requestedMessage=message, connectorId=9) == "Rejected"
