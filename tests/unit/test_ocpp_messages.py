"""The payloads that the station sends, each held against its JSON schema."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evlink.domain.record import MeterReading, TransactionEnded, TransactionSampled, TransactionStarted
from evlink.ocpp.link import Answer
from evlink.ocpp.messages import (
    boot_notification,
    normal_id_tag,
    read_answer,
    read_time,
    status_notification,
    transaction_request,
)
from evlink.ocpp.samples import meter_value, timestamp
from evlink.ocpp.states import ConnectorState
from tests.ocpp_central.schemas import payload_fault
from tests.ocpp_central.station import START, config, reading, wire


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "2026-01-02T03:04:05.000Z"),
        (datetime(2026, 1, 2, 3, 4, 5, 999_999, UTC), "2026-01-02T03:04:05.999Z"),
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=2))), "2026-01-02T01:04:05.000Z"),
    ],
)
def test_times_are_utc_with_z_and_milliseconds(at: datetime, text: str) -> None:
    """OCPP 1.6 section 3.14."""
    assert timestamp(at) == text


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-01-02T03:04:05Z", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2026-01-02T03:04:05.123456789Z", datetime(2026, 1, 2, 3, 4, 5, 123456, UTC)),
        ("2026-01-02T03:04:05+02:00", datetime(2026, 1, 2, 1, 4, 5, tzinfo=UTC)),
        ("2026-01-02T03:04:05", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("yesterday", None),
        ("", None),
        ("1970-01-01T00:00:00Z", None),
        ("9999-12-31T23:59:59-12:00", None),
        ("0001-01-01T00:00:00+12:00", None),
    ],
)
def test_the_supervisions_time_is_read_or_refused(text: str, at: datetime | None) -> None:
    assert read_time(text) == at


@given(st.text())
def test_no_time_raises(text: str) -> None:
    read_time(text)


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("04a1b2c3", "04A1B2C3"),
        (" 04A1 ", "04A1"),
        ("tag-1_x", "TAG-1_X"),
        ("a\u202eb\x1b", "AB"),
        ("x" * 20, "X" * 20),
        ("x" * 21, None),
        ("", None),
        ("\x00", None),
    ],
)
def test_id_tags_have_one_spelling(text: str, tag: str | None) -> None:
    """idTags are case-insensitive and at most 20 characters (OCPP 1.6 section 7.28)."""
    assert normal_id_tag(text) == tag


def test_boot_notification_fits_the_schema_however_long_the_names() -> None:
    """Serial numbers are cut to 25, names to 20, firmware to 50 characters (OCPP 1.6 section 6.3)."""
    long = config(vendor="v" * 60, model="m" * 60, serial_number="3N170941686A2S1B7551700014", firmware="f" * 60)
    payload = wire(boot_notification(long))
    assert payload_fault("BootNotification", payload) == ""
    assert payload == {
        "chargePointVendor": "v" * 20,
        "chargePointModel": "m" * 20,
        "chargePointSerialNumber": "3N170941686A2S1B755170001",
        "firmwareVersion": "f" * 50,
    }


def test_boot_notification_leaves_out_what_is_not_known() -> None:
    payload = wire(boot_notification(config(serial_number="", firmware="")))
    assert payload_fault("BootNotification", payload) == ""
    assert set(payload) == {"chargePointVendor", "chargePointModel"}


def test_start_transaction() -> None:
    """OCPP 1.6 section 6.45."""
    request = transaction_request(TransactionStarted("s", 2, "04A1", reading(0, 1234)), None)
    payload = wire(request)
    assert payload_fault("StartTransaction", payload) == ""
    assert payload == {"connectorId": 2, "idTag": "04A1", "meterStart": 1234, "timestamp": "2026-03-01T12:00:00.000Z"}


def test_start_transaction_without_badge_bears_the_default_tag() -> None:
    """`defaultIdTag` is sent for each session when authentication is off."""
    request = transaction_request(TransactionStarted("s", 1, "", reading(0, 0)), None, "FREE")
    assert wire(request)["idTag"] == "FREE"


def test_meter_values_hold_energy_currents_voltages_power_and_offer() -> None:
    """OCPP 1.6 sections 6.31 and 7.32 to 7.43: values are strings, phases named, units given."""
    payload = wire(transaction_request(TransactionSampled("s", 1, reading(1, 1100)), 77))
    assert payload_fault("MeterValues", payload) == ""
    assert payload["transactionId"] == 77
    (value,) = payload["meterValue"]
    rows = [(s["measurand"], s.get("phase"), s["value"], s["unit"]) for s in value["sampledValue"]]
    assert rows == [
        ("Energy.Active.Import.Register", None, "1100", "Wh"),
        ("Current.Import", "L1", "16.00", "A"),
        ("Current.Import", "L2", "16.02", "A"),
        ("Current.Import", "L3", "15.98", "A"),
        ("Voltage", "L1-N", "230.1", "V"),
        ("Voltage", "L2-N", "229.9", "V"),
        ("Voltage", "L3-N", "230.4", "V"),
        ("Power.Active.Import", None, "11040", "W"),
        ("Current.Offered", None, "16.0", "A"),
        ("Power.Offered", None, "11046", "W"),
    ]
    assert {s["context"] for s in value["sampledValue"]} == {"Sample.Periodic"}


def test_a_reading_that_is_no_number_is_left_out() -> None:
    meter = MeterReading(START, 5, (float("nan"), 1.0, float("inf")), context="Whatever")
    value = meter_value(meter)
    assert value is not None
    values = value["sampled_value"]
    assert [v["phase"] for v in values if v["measurand"] == "Current.Import"] == ["L2"]
    assert {v["context"] for v in values} == {"Other"}


@pytest.mark.parametrize(("reason", "told"), [("EVDisconnected", "EVDisconnected"), ("Comet", "Other")])
def test_stop_transaction(reason: str, told: str) -> None:
    """OCPP 1.6 section 6.49."""
    payload = wire(transaction_request(TransactionEnded("s", 1, "04A1", reading(4, 1350), reason), 77))
    assert payload_fault("StopTransaction", payload) == ""
    assert payload == {
        "transactionId": 77,
        "idTag": "04A1",
        "meterStop": 1350,
        "timestamp": "2026-03-01T12:04:00.000Z",
        "reason": told,
    }


def test_stop_transaction_by_nobody_names_no_tag() -> None:
    payload = wire(transaction_request(TransactionEnded("s", 1, "", reading(4, 1350), "PowerLoss"), 77))
    assert payload_fault("StopTransaction", payload) == ""
    assert "idTag" not in payload


def test_regression_meter_stop_missing() -> None:
    """matth-x/MicroOcpp 174: a stop after a power loss has its meterStop, be it 0."""
    payload = wire(transaction_request(TransactionEnded("s", 1, "", reading(0, 0), "PowerLoss"), 77))
    assert payload["meterStop"] == 0
    assert payload_fault("StopTransaction", payload) == ""


@pytest.mark.parametrize(
    "message",
    [TransactionSampled("s", 1, reading(1, 1)), TransactionEnded("s", 1, "", reading(1, 1), "Local")],
)
def test_regression_transaction_id_minus_one(message: TransactionSampled | TransactionEnded) -> None:
    """EVerest/libocpp 495: what has no transaction id is not sent at all, never with a stand-in."""
    assert transaction_request(message, None) is None


def test_status_notification() -> None:
    """OCPP 1.6 section 6.47: vendor code and vendor only beside an error, info within 50 characters."""
    plain = wire(status_notification(1, ConnectorState("Available"), START, "evlink"))
    assert payload_fault("StatusNotification", plain) == ""
    assert plain == {
        "connectorId": 1,
        "errorCode": "NoError",
        "status": "Available",
        "timestamp": "2026-03-01T12:00:00.000Z",
    }
    bad = ConnectorState("Faulted", "PowerSwitchFailure", (5, 9, 15, 17, 18))
    payload = wire(status_notification(2, bad, START, "evlink"))
    assert payload_fault("StatusNotification", payload) == ""
    assert payload["info"].startswith("Contactor State, Software")
    assert payload["vendorErrorCode"] == "Evt #5, Evt #9, Evt #15, Evt #17, Evt #18"
    assert payload["vendorId"] == "evlink"


@pytest.mark.parametrize(
    ("info", "answer"),
    [
        ({"status": "Accepted"}, Answer("Accepted")),
        (
            {"status": "Expired", "parent_id_tag": "group-a", "expiry_date": "2026-01-01T00:00:00Z"},
            Answer("Expired", "GROUP-A", datetime(2026, 1, 1, tzinfo=UTC)),
        ),
        ({"status": "Accepted", "expiry_date": "soon"}, Answer("Accepted")),
    ],
)
def test_answers_are_read(info: dict[str, Any], answer: Answer) -> None:
    assert read_answer(info) == answer
