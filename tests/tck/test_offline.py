"""TC 036 to 039: charges while the supervision is away."""

from __future__ import annotations

import pytest

from tests.tck.rig import TAG, Rig

pytestmark = [pytest.mark.slow, pytest.mark.tck, pytest.mark.timeout(180)]


def _order(rig: Rig) -> list[str]:
    return [one["action"] for one in rig.requests("StartTransaction", "StopTransaction")]


def _known(rig: Rig) -> None:
    """Let the cache know the tag."""
    rig.charge()
    rig.stop_by_badge()
    rig.until_status("Available")
    rig.mark = len(rig.central.entries())


def test_tc_036__link_lost_during_a_transaction(rig: Rig) -> None:
    """The charge goes on; its meter values of that time come in order, and no second start."""
    transaction = rig.charge()
    rig.told("MeterValues", transactionId=transaction)
    rig.offline()
    rig.wait(lambda: rig.status["station"]["supervision"]["queue"] >= 3, "a queue")
    assert rig.outlet()["contactor"]
    rig.online()
    rig.wait(lambda: rig.status["station"]["supervision"]["queue"] == 0, "an empty queue")
    values = rig.told("MeterValues", 4, transactionId=transaction)
    times = [one["meterValue"][0]["timestamp"] for one in values]
    assert times == sorted(times)
    assert _order(rig) == ["StartTransaction"]
    assert rig.requests("BootNotification") == []  # OCPP-J 1.6 section 5.4: no boot on a mere reconnect


def test_tc_037_1__offline_start_by_a_cached_tag(rig: Rig) -> None:
    _known(rig)
    rig.offline()
    rig.plug()
    rig.badge()
    rig.wait(lambda: rig.outlet()["contactor"], "a charge")
    rig.online()
    (start,) = rig.told("StartTransaction", idTag=TAG)
    rig.charging()
    assert rig.requests("Authorize") == []
    assert start["timestamp"]


def test_tc_037_1__offline_start_of_an_unknown_tag_refused(rig: Rig) -> None:
    """AllowOfflineTxForUnknownId off."""
    rig.offline()
    rig.plug()
    rig.badge(uid="DEADBEEF")
    rig.wait(lambda: rig.outlet()["last_error"] == "KO_BadgeUnknown", "a refusal")
    rig.online()
    rig.until_status("Preparing")
    assert rig.requests("StartTransaction") == []


def test_tc_037_1__offline_start_of_an_unknown_tag_allowed(rig: Rig) -> None:
    """AllowOfflineTxForUnknownId on."""
    rig.set("AllowOfflineTxForUnknownId", "true")
    rig.offline()
    rig.plug()
    rig.badge(uid="DEADBEEF")
    rig.wait(lambda: rig.outlet()["contactor"], "a charge")
    rig.online()
    rig.told("StartTransaction", idTag="DEADBEEF")
    rig.set("AllowOfflineTxForUnknownId", "false")


def test_tc_037_2__offline_start_found_invalid_ends(rig: Rig) -> None:
    _known(rig)
    rig.offline()
    rig.plug()
    rig.badge()
    rig.wait(lambda: rig.outlet()["contactor"], "a charge")
    rig.rule("StartTransaction", reply={"idTagInfo": {"status": "Invalid"}})
    rig.online()
    rig.told("StopTransaction")
    assert rig.reason() == "DeAuthorized"
    rig.until_status("Finishing")


def test_tc_037_3__offline_start_found_invalid_is_suspended(rig: Rig) -> None:
    """StopTransactionOnInvalidId off: no energy, and the transaction stays."""
    _known(rig)
    rig.set("StopTransactionOnInvalidId", "false")
    rig.offline()
    rig.plug()
    rig.badge()
    rig.wait(lambda: rig.outlet()["contactor"], "a charge")
    rig.rule("StartTransaction", reply={"idTagInfo": {"status": "Invalid"}})
    rig.online()
    rig.until_status("SuspendedEVSE")
    rig.wait(lambda: not rig.outlet()["contactor"], "an open contactor")
    assert rig.requests("StopTransaction") == []
    rig.set("StopTransactionOnInvalidId", "true")


def test_tc_038__offline_stop(rig: Rig) -> None:
    """The stop bears the id that the start was given (EVerest/libocpp#495)."""
    transaction = rig.charge()
    rig.offline()
    rig.stop_by_badge()
    rig.online()
    (stop,) = rig.told("StopTransaction")
    assert stop["transactionId"] == transaction


def test_tc_039__start_and_stop_offline(rig: Rig) -> None:
    """EVerest/libocpp#495: the stop waits for the id of its start; matth-x/MicroOcpp#454: the start is there."""
    _known(rig)
    rig.offline()
    for _ in range(2):
        rig.plug()
        rig.badge()
        rig.wait(lambda: rig.outlet()["contactor"], "a charge")
        rig.stop_by_badge()
    rig.online()
    stops = rig.told("StopTransaction", 2)
    assert _order(rig) == ["StartTransaction", "StopTransaction"] * 2
    assert len({one["transactionId"] for one in stops}) == 2
    assert all(one["transactionId"] > 0 for one in stops)


def test_a_charge_that_ended_offline_blocks_none_after_a_restart(rig: Rig) -> None:
    """matth-x/MicroOcpp#298: restarted while offline, the station takes the next car; both are told in order."""
    _known(rig)
    rig.offline()
    rig.plug()
    rig.badge()
    rig.wait(lambda: rig.outlet()["contactor"], "a charge")
    rig.stop_by_badge()
    rig.house.kill_station()
    rig.house.start()
    rig.plug()
    rig.badge()
    rig.wait(lambda: rig.outlet()["contactor"], "another charge")
    rig.online()
    rig.told("StartTransaction", 2)
    assert _order(rig) == ["StartTransaction", "StopTransaction", "StartTransaction"]
