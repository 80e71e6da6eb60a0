"""OCPP 1.5's words: what the station says in 1.6 translated, and judged by the service descriptions in tests/data."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema.exceptions import ValidationError
from ocpp.exceptions import OCPPError  # type: ignore[import-untyped]
from ocpp.v16 import call, call_result, enums  # type: ignore[import-untyped]

from evlink.ocpp.exchange import Exchange, MalformedError, UnsendableError, Unserved
from evlink.ocpp.messages import boot_notification, transaction_request
from evlink.ocpp.soap.envelope import CENTRAL, STATION, Addressing, element_name, opened, payload_of, written
from evlink.ocpp.states import ConnectorState
from evlink.ocpp.v15.dialect import V15
from evlink.ocpp.v15.schemas import Judge
from evlink.ocpp.v15.shapes import FROM_STATION, TO_STATION, Measured, Record, Shape, Text, Time, Truth, Whole, Word
from evlink.ocpp.v15.words import formed, sampled_value
from tests.ocpp_central.book import literal
from tests.ocpp_central.services import json_fault, service
from tests.ocpp_central.station import charge, config, wire

_TEXT = st.text(st.characters(min_codepoint=32, exclude_categories=("Cs", "Cc", "Cn", "Co")), max_size=20)


def payloads(shape: Shape) -> st.SearchStrategy[Any]:
    """Anything that a shape allows."""
    match shape:
        case Text():
            return _TEXT
        case Time():
            return st.just("2026-03-01T12:00:00.000Z")
        case Word(words=words):
            return st.sampled_from(words)
        case Whole():
            return st.integers(-(2**31), 2**31 - 1)
        case Truth():
            return st.booleans()
        case Measured(attributes=attributes):
            optional = {name: payloads(word) for name, word in attributes}
            return st.fixed_dictionaries({"value": _TEXT}, optional=optional)
        case Record(fields=fields):
            uri = {"location": st.just("ftp://host/path")}  # an xs:anyURI there
            parts = {
                field.name: uri[field.name]
                if field.name in uri
                else st.lists(payloads(field.shape), min_size=1, max_size=3)
                if field.many
                else payloads(field.shape)
                for field in fields
            }
            needed = {field.name: parts.pop(field.name) for field in fields if not field.optional}
            return st.fixed_dictionaries(needed, optional=parts)


MESSAGES = [
    (namespace, element_name(action, kind), record)
    for namespace, exchanges in ((CENTRAL, FROM_STATION), (STATION, TO_STATION))
    for action, exchange in exchanges.items()
    for kind, record in (("Request", exchange.request), ("Response", exchange.answer))
]


@pytest.mark.parametrize(
    ("namespace", "name", "record"), MESSAGES, ids=lambda value: value if isinstance(value, str) else ""
)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_every_message_goes_through_xml_and_back(
    namespace: str, name: str, record: Record, data: st.DataObject
) -> None:
    """OCPP 1.5's service descriptions, element order and all, in both directions."""
    payload = data.draw(payloads(record))
    raw = written(namespace, name, record, payload, Addressing("/X", "urn:uuid:0"))
    told = opened(raw)
    assert service(namespace).fault(told.body) == ""
    assert payload_of(told, namespace, record) == payload


def test_the_tables_are_the_whole_of_the_services() -> None:
    """24 actions, DataTransfer in both directions; no element more or less than the descriptions have."""
    assert len(FROM_STATION.keys() | TO_STATION.keys()) == 24
    for namespace in (CENTRAL, STATION):
        ours = {name for where, name, _ in MESSAGES if where == namespace}
        assert ours == service(namespace).elements.keys() - {"chargeBoxIdentity"}


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_our_schemas_and_the_descriptions_agree(data: st.DataObject) -> None:
    """A payload with something added, taken away or changed is refused by both, or by neither."""
    namespace, name, record = data.draw(st.sampled_from(MESSAGES))
    payload = data.draw(payloads(record))
    key = data.draw(st.sampled_from([*payload, "foreign"]) if payload else st.just("foreign"))
    if key in payload and data.draw(st.booleans()):
        del payload[key]
    else:
        payload[key] = data.draw(st.sampled_from(["Nonsense", 5, True, {}, "x" * 21]))
    action = next(a for a in (FROM_STATION | TO_STATION) if name.startswith(element_name(a, "Re")))
    judge = Judge(FROM_STATION if namespace == CENTRAL else TO_STATION)
    try:
        (judge.request if name.endswith("Request") else judge.answer)(action, payload)
    except ValidationError:
        refused = True
    else:
        refused = False
    stricter = {"location", "timestamp", "startTime", "stopTime", "expiryDate", "retrieveDate", "currentTime"}
    looser = {"info", "vendorId", "vendorErrorCode", "key", "value", "messageId", "unknownKey", "fileName"}
    if key not in stricter | looser:
        assert refused == bool(json_fault(action, payload, response=name.endswith("Response")))


OUT = Exchange(V15(), {})


def said(request: Any) -> dict[str, Any] | None:
    """A request as the wire has it, judged by the descriptions."""
    payload = OUT.written(request)
    assert payload is None or json_fault(type(request).__name__, payload) == ""
    return payload


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("Available", "Available"),
        ("Preparing", "Occupied"),
        ("Charging", "Occupied"),
        ("SuspendedEV", "Occupied"),
        ("SuspendedEVSE", "Occupied"),
        ("Finishing", "Occupied"),
        ("Reserved", "Reserved"),
        ("Unavailable", "Unavailable"),
        ("Faulted", "Faulted"),
    ],
)
def test_connector_statuses(status: str, expected: str) -> None:
    told = said(call.StatusNotification(1, "NoError", status, timestamp="2026-03-01T12:00:00.000Z"))
    assert told is not None
    assert told["status"] == expected
    assert V15().state(ConnectorState(status)).status == expected


@pytest.mark.parametrize("code", [code.value for code in enums.ChargePointErrorCode])
def test_every_error_code_has_a_word(code: str) -> None:
    told = said(call.StatusNotification(1, code, "Faulted"))
    assert told is not None
    changed = {
        "EVCommunicationError": "Mode3Error",
        "InternalError": "OtherError",
        "LocalListConflict": "OtherError",
        "OverVoltage": "OtherError",
    }
    assert told["errorCode"] == changed.get(code, code)
    state = V15().state(ConnectorState("Faulted", code, (5,)))
    assert (state.error_code, state.events) == (told["errorCode"], (5,))


@pytest.mark.parametrize(
    ("request_", "sent"),
    [
        (call.FirmwareStatusNotification("Downloading"), None),
        (call.FirmwareStatusNotification("Idle"), None),
        (call.FirmwareStatusNotification("Installing"), None),
        (call.FirmwareStatusNotification("Downloaded"), {"status": "Downloaded"}),
        (call.FirmwareStatusNotification("InstallationFailed"), {"status": "InstallationFailed"}),
        (call.DiagnosticsStatusNotification("Uploading"), None),
        (call.DiagnosticsStatusNotification("Idle"), None),
        (call.DiagnosticsStatusNotification("UploadFailed"), {"status": "UploadFailed"}),
        (call.SecurityEventNotification("StartupOfTheDevice", "2026-03-01T12:00:00.000Z", None), None),
        (call.SignCertificate("csr"), None),
        (call.Heartbeat(), {}),
    ],
)
def test_what_has_no_word_is_not_sent(request_: Any, sent: dict[str, Any] | None) -> None:
    """1.5 has no steps on the way, and nothing of the security extensions."""
    assert said(request_) == sent
    if sent is None and not isinstance(request_, call.SignCertificate):
        assert OUT.unspoken(request_) == getattr(call_result, type(request_).__name__)()


def test_what_needs_an_answer_and_has_no_word_is_refused() -> None:
    with pytest.raises(UnsendableError, match=r"^SignCertificate: there is no such message in ocpp1\.5$"):
        OUT.unspoken(call.SignCertificate("csr"))


def test_a_whole_charge_in_words() -> None:
    start, sample, end = (transaction_request(message, 7) for message in charge(samples=1))
    assert said(boot_notification(config())) == wire(boot_notification(config()))
    assert said(start) == wire(start)
    told = said(sample)
    assert told is not None
    assert told["transactionId"] == 7
    assert [(v["measurand"], v["value"], v["unit"]) for v in told["values"][0]["value"]] == [
        ("Energy.Active.Import.Register", "1100", "Wh"),
        ("Current.Import", "16.00", "Amp"),
        ("Current.Import", "16.02", "Amp"),
        ("Current.Import", "15.98", "Amp"),
        ("Voltage", "230.1", "Volt"),
        ("Voltage", "229.9", "Volt"),
        ("Voltage", "230.4", "Volt"),
        ("Power.Active.Import", "11040", "W"),
    ]  # no phase, and nothing of what is offered
    told = said(end)
    assert told is not None
    assert told.keys() == {"transactionId", "idTag", "timestamp", "meterStop"}


def test_the_data_of_a_stop() -> None:
    """`transactionData[].values[]`, in place of 1.6's `transactionData[].sampledValue[]`."""
    value = {"timestamp": "2026-03-01T12:00:00.000Z", "sampled_value": [{"value": "1", "unit": "A", "phase": "L1"}]}
    empty = {"timestamp": "2026-03-01T12:00:00.000Z", "sampled_value": [{"value": "1", "measurand": "SoC"}]}
    stop = call.StopTransaction(1, "2026-03-01T12:00:00.000Z", 7, "Local", transaction_data=[value, empty, value])
    told = said(stop)
    assert told is not None
    one = {"timestamp": value["timestamp"], "value": [{"value": "1", "unit": "Amp"}]}
    assert told["transactionData"] == [{"values": [one, one]}]
    told = said(call.StopTransaction(1, "2026-03-01T12:00:00.000Z", 7, transaction_data=[empty]))
    assert told is not None
    assert "transactionData" not in told
    assert said(call.MeterValues(1, [empty])) is None


@given(
    st.fixed_dictionaries(
        {"value": st.just("1")},
        optional={
            "context": st.sampled_from([e.value for e in enums.ReadingContext]),
            "format": st.sampled_from([e.value for e in enums.ValueFormat]),
            "measurand": st.sampled_from([e.value for e in enums.Measurand]),
            "phase": st.sampled_from([e.value for e in enums.Phase]),
            "location": st.sampled_from([e.value for e in enums.Location]),
            "unit": st.sampled_from([e.value for e in enums.UnitOfMeasure]),
        },
    )
)
def test_every_sample_of_16_is_valid_or_left_out(sample: dict[str, Any]) -> None:
    told = sampled_value(sample)
    known = {"Frequency", "SoC", "RPM", "Power.Factor", "Power.Offered", "Current.Offered"}
    units = {"K", "Fahrenheit", "Percent", "VA", "kVA"}
    assert (told is None) == (sample.get("measurand") in known or sample.get("unit") in units)
    if told is not None:
        values = [{"timestamp": "2026-03-01T12:00:00.000Z", "value": [told]}]
        assert json_fault("MeterValues", {"connectorId": 1, "values": values}) == ""


@settings(max_examples=100, deadline=None)
@given(payloads(FROM_STATION["MeterValues"].request), st.sampled_from(["xsd", "draft", "attributes"]))
def test_each_form_of_meter_values_says_the_same(payload: dict[str, Any], form: str) -> None:
    """Read back, each of the three forms is the payload it was made of."""
    assert literal(formed("MeterValues", payload | {"values": payload.get("values", [])}, form)) == payload | {
        "values": payload.get("values", [])
    }


def test_a_boot_without_pending() -> None:
    """1.5 knows Accepted and Rejected, and calls the field heartbeatInterval."""
    told = OUT.read(
        "BootNotification",
        {"status": "Accepted", "currentTime": "2026-03-01T12:00:00Z", "heartbeatInterval": 300},
    )
    assert (told.status, told.interval) == ("Accepted", 300)
    wrongs: tuple[Any, ...] = (
        {"status": "Pending", "currentTime": "2026-03-01T12:00:00Z", "heartbeatInterval": 300},
        {"status": "Accepted", "currentTime": "2026-03-01T12:00:00Z", "interval": 300},
        [],
        None,
    )
    for wrong in wrongs:
        with pytest.raises(MalformedError, match=r"^BootNotification: "):
            OUT.read("BootNotification", wrong)


@pytest.mark.parametrize(
    ("action", "answer", "expected"),
    [
        ("UnlockConnector", {"status": "Unlocked"}, {"status": "Accepted"}),
        ("UnlockConnector", {"status": "UnlockFailed"}, {"status": "Rejected"}),
        ("UnlockConnector", {"status": "NotSupported"}, {"status": "Rejected"}),
        ("ChangeConfiguration", {"status": "RebootRequired"}, {"status": "Accepted"}),
        ("SendLocalList", {"status": "VersionMismatch"}, {"status": "VersionMismatch"}),
        ("GetConfiguration", {}, {"configurationKey": []}),
    ],
)
def test_answers_in_15s_words(action: str, answer: dict[str, Any], expected: dict[str, Any]) -> None:
    assert V15().report(action, answer, {}) == expected


def test_the_spelling_of_heart_beat_interval() -> None:
    """1.5 writes HeartBeatInterval; keys of what it hasn't got are not listed."""
    keys = [{"key": name, "readonly": True} for name in ("HeartbeatInterval", "SupportedFeatureProfiles", "X")]
    told = V15().report("GetConfiguration", {"configurationKey": keys}, {})
    assert [key["key"] for key in told["configurationKey"]] == ["HeartBeatInterval", "X"]
    assert "unknownKey" not in told


async def test_orders_of_16_are_none_of_15() -> None:
    served = Exchange(V15(), {"SetChargingProfile": lambda **_: None, "Reset": lambda **_: None})
    for action, code in (
        ("SetChargingProfile", "NotImplemented"),
        ("TriggerMessage", "NotImplemented"),
        ("Authorize", "NotSupported"),
        ("UpdateFirmware", "NotSupported"),
    ):
        with pytest.raises(Unserved) as refused:
            await served.serve(action, {})
        assert refused.value.code == code
    for payload, code in (
        ({}, "ProtocolError"),
        ({"type": 5}, "TypeConstraintViolation"),
        ({"type": "Warm"}, "FormationViolation"),
        ({"type": "Hard", "more": 1}, "FormationViolation"),
    ):
        with pytest.raises(Unserved) as refused:
            await served.serve("Reset", payload)
        assert refused.value.code == code


def test_what_is_against_the_schema_is_not_sent() -> None:
    with pytest.raises(UnsendableError, match=r"^Authorize: "):
        OUT.written(call.Authorize(id_tag="x" * 21))
    with pytest.raises(OCPPError):
        V15().order("Reset", json.loads("[]"))
