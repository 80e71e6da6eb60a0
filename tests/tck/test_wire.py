"""J: refusals, wrong payloads and garbage on the wire (OCPP-J 1.6 section 4)."""

from __future__ import annotations

import pytest

from tests.tck.rig import Rig

pytestmark = [pytest.mark.slow, pytest.mark.tck, pytest.mark.timeout(180)]


def _set_retries(rig: Rig, attempts: int) -> None:
    rig.set("TransactionMessageRetryInterval", 1)
    rig.set("TransactionMessageAttempts", attempts)


def test_tc_j_01__a_refused_start_is_sent_again(rig: Rig) -> None:
    _set_retries(rig, 5)
    rig.rule("StartTransaction", times=2, error=["InternalError", "not now"])
    transaction = rig.charge()
    assert len(rig.requests("StartTransaction")) == 3
    rig.stop_by_badge()
    assert rig.told("StopTransaction")[0]["transactionId"] == transaction


def test_tc_j_02__a_message_refused_too_often_is_dropped_and_the_next_goes(rig: Rig) -> None:
    _set_retries(rig, 2)
    rig.rule("MeterValues", times=2, error=["InternalError", "never"])
    transaction = rig.charge()
    values = rig.told("MeterValues", 3, transactionId=transaction)
    assert values[0] == values[1] != values[2]


def test_tc_j_03__an_answer_that_never_comes(rig: Rig) -> None:
    """The message goes again with the same id over a new connection: once in the books."""
    rig.rule("StopTransaction", drop=True)
    transaction = rig.charge()
    rig.stop_by_badge()
    stops = rig.told("StopTransaction", 2, transactionId=transaction)
    assert stops[0] == stops[1]


def test_tc_j_04__an_answer_given_twice_and_one_to_nothing(rig: Rig) -> None:
    twice = '[3,"@ID",{"currentTime":"2026-01-01T00:00:00.000Z"}]'
    rig.rule("Heartbeat", raw=twice)
    assert rig.asked("TriggerMessage", requestedMessage="Heartbeat") == "Accepted"
    rig.told("Heartbeat")
    rig.do("raw", text='[3,"nobody",{}]')
    rig.do("raw", text='[4,"nobody","GenericError","",{}]')
    assert rig.asked("DataTransfer", vendorId="x") == "UnknownVendorId"


@pytest.mark.parametrize(
    ("payload", "codes"),
    [
        ({"connectorId": 1, "idTag": "A", "extra": 1}, ("FormationViolation",)),
        ({"connectorId": 1}, ("FormationViolation", "ProtocolError", "OccurenceConstraintViolation")),
        ({"connectorId": "one", "idTag": "A"}, ("TypeConstraintViolation",)),
        ({"idTag": "A" * 21}, ("TypeConstraintViolation", "PropertyConstraintViolation", "FormationViolation")),
        ({"idTag": None}, ("TypeConstraintViolation",)),
    ],
)
def test_tc_j_05__a_payload_against_its_schema(rig: Rig, payload: dict[str, object], codes: tuple[str, ...]) -> None:
    answer = rig.answer("RemoteStartTransaction", payload)
    assert answer is not None
    assert (answer[0], answer[2] in codes) == (4, True), answer
    assert rig.asked("DataTransfer", vendorId="x") == "UnknownVendorId"


def test_tc_j_06__unknown_actions(rig: Rig) -> None:
    answer = rig.answer("MakeCoffee", {})
    assert answer is not None
    assert answer[2] == "NotImplemented"


GARBAGE = (
    "", "{", "null", "[]", "[2]", '[2,"a"]', '[2,"a","Reset"]', '[2,1,"Reset",{}]', '[2,"a",{},{}]', '[9,"a","b",{}]',
    '"' + "x" * 1000 + '"', "[" * 5000, '[2,"a","Reset",' + '{"a":' * 400 + "1" + "}" * 400 + "]", "\\u0000", "NaN",
)  # fmt: skip


def test_tc_j_07__garbage_costs_no_link(rig: Rig) -> None:
    """lbbrhzn/ocpp#442: after each piece of garbage the next request is answered."""
    rig.allowed = {"an answer to nothing"}  # CALLERRORs to what never was a request
    for text in GARBAGE:
        rig.do("raw", text=text)
        answer = rig.call("GetConfiguration", key=["NumberOfConnectors"])
        assert answer["configurationKey"][0]["value"] == "2"
    assert rig.requests("BootNotification") == []
    opened = sum(one["dir"] == "open" for one in rig.central.entries()[rig.mark :])
    assert opened == 0


def test_tc_j_08__configuration_of_one_key_each(rig: Rig) -> None:
    """lbbrhzn/ocpp#442: every key is answered by itself, in any case of its letters."""
    for one in rig.call("GetConfiguration")["configurationKey"]:
        (answer,) = rig.call("GetConfiguration", key=[one["key"].upper()])["configurationKey"]
        assert answer["readonly"] is one["readonly"]


def test_tc_j_09__measurands_that_are_taken_are_sent(rig: Rig) -> None:
    """evcc-io/evcc#28539 and #4008: what was accepted is sent; a measurand of no meter is refused by name only."""
    rig.set("MeterValuesSampledData", "Energy.Active.Import.Register,Current.Import")
    transaction = rig.charge()
    sent = rig.told("MeterValues", transactionId=transaction)[0]["meterValue"][0]["sampledValue"]
    assert {one["measurand"] for one in sent} == {"Energy.Active.Import.Register", "Current.Import"}
    refused = rig.asked("ChangeConfiguration", key="MeterValuesSampledData", value="Nonsense")
    assert refused == "Rejected"


def test_tc_j_10__requests_while_a_connection_cycles(rig: Rig) -> None:
    """lbbrhzn/ocpp#1096, EVerest/EVerest#1808: after the supervision goes and comes, triggers are answered."""
    for _ in range(3):
        rig.offline()
        rig.online()
    assert rig.asked("TriggerMessage", requestedMessage="StatusNotification", connectorId=1) == "Accepted"
    rig.told("StatusNotification", connectorId=1)
    assert rig.requests("BootNotification") == []
