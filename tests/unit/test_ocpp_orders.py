"""What the supervision may ask: each answer against its schema (OCPP 1.6 section 5)."""

from __future__ import annotations

import asyncio
import inspect
from datetime import datetime
from typing import Any

import pytest
from ocpp.charge_point import camel_to_snake_case  # type: ignore[import-untyped]
from ocpp.exceptions import OccurenceConstraintViolationError  # type: ignore[import-untyped]

from evlink.ocpp.link import Timing
from evlink.ocpp.messages import boot_notification
from evlink.ocpp.orders import MOST_KEYS, Orders
from evlink.ocpp.pulse import Pulse
from evlink.ocpp.queue import TransactionQueue
from evlink.ocpp.registration import Boot, Registrar, Registration
from tests.ocpp_central.schemas import payload_fault
from tests.ocpp_central.station import ListOutbox, TestDesk, config, wire


class Office:
    """The handlers with all they need around them."""

    def __init__(self, registration: Registration = Registration.ACCEPTED, **settings: Any) -> None:
        self.config = config(**settings)
        self.outbox = ListOutbox()
        self.desk = TestDesk()
        self.registrar = Registrar(boot_notification(self.config), Timing(), self._booted)
        self.registrar.registration = registration
        self.queue = TransactionQueue(self.config, self.outbox, self.desk, self._moved)
        self.pulse = Pulse(Timing(), self._told)
        self.pulse.set_interval(300)
        self.orders = Orders(self.config, self.outbox, self.desk, self.registrar, self.queue, self.pulse)

    async def _booted(self, boot: Boot) -> None: ...

    async def _moved(self) -> None: ...

    async def _told(self, now: datetime) -> None: ...

    async def ask(self, action: str, payload: dict[str, Any]) -> Any:
        assert payload_fault(action, payload) == ""
        answer = self.orders.table()[action](**camel_to_snake_case(payload))
        if inspect.isawaitable(answer):
            answer = await answer
        told = wire(answer)
        assert payload_fault(action, told, response=True) == ""
        return told


@pytest.mark.parametrize(
    ("action", "payload", "answer"),
    [
        ("CancelReservation", {"reservationId": 1}, "Rejected"),
        ("ClearChargingProfile", {}, "Unknown"),
        ("GetCompositeSchedule", {"connectorId": 1, "duration": 60}, "Rejected"),
        (
            "ReserveNow",
            {"connectorId": 1, "expiryDate": "2026-03-01T12:00:00Z", "idTag": "a", "reservationId": 1},
            "Rejected",
        ),
        ("ChangeAvailability", {"connectorId": 1, "type": "Inoperative"}, "Rejected"),
        ("ClearCache", {}, "Rejected"),
        ("DataTransfer", {"vendorId": "x", "data": "y"}, "UnknownVendorId"),
        ("ExtendedTriggerMessage", {"requestedMessage": "Heartbeat"}, "NotImplemented"),
        ("Reset", {"type": "Hard"}, "Rejected"),
        ("SendLocalList", {"listVersion": 1, "updateType": "Full"}, "NotSupported"),
        ("TriggerMessage", {"requestedMessage": "Heartbeat"}, "NotImplemented"),
        ("UnlockConnector", {"connectorId": 1}, "NotSupported"),
    ],
)
async def test_what_is_not_done_is_said_honestly(action: str, payload: dict[str, Any], answer: str) -> None:
    assert await Office().ask(action, payload) == {"status": answer}


async def test_there_is_no_local_list() -> None:
    """A version of -1 says that there is none (OCPP 1.6 section 5.10)."""
    assert await Office().ask("GetLocalListVersion", {}) == {"listVersion": -1}


@pytest.mark.parametrize(
    ("payload", "asked"),
    [
        ({"idTag": "04a1b2c3"}, ("04A1B2C3", None)),
        ({"idTag": "04A1B2C3", "connectorId": 2}, ("04A1B2C3", 2)),
        ({"idTag": "x\u202ey", "connectorId": 1}, ("XY", 1)),
        ({"idTag": "a", "connectorId": 0}, None),
        ({"idTag": "a", "connectorId": 3}, None),
        ({"idTag": "a", "connectorId": -1}, None),
        ({"idTag": ""}, None),
        ({"idTag": "\x1b\x00"}, None),
    ],
)
async def test_remote_start(payload: dict[str, Any], asked: tuple[str, int | None] | None) -> None:
    """OCPP 1.6 section 5.11: connector 0 and outlets that aren't there are refused without asking anybody."""
    office = Office()
    answer = await office.ask("RemoteStartTransaction", payload)
    assert answer == {"status": "Accepted" if asked else "Rejected"}
    assert office.desk.started == ([asked] if asked else [])


async def test_remote_start_that_the_station_refuses() -> None:
    office = Office()
    office.desk.accepts = False
    assert await office.ask("RemoteStartTransaction", {"idTag": "a"}) == {"status": "Rejected"}


@pytest.mark.parametrize("registration", [Registration.NONE, Registration.PENDING])
async def test_no_orders_before_acceptance(registration: Registration) -> None:
    """OCPP 1.6 section 4.2: while Pending, RemoteStart and RemoteStop are refused, GetConfiguration answered."""
    office = Office(registration)
    await office.outbox.delivered(0)
    office.outbox.transactions = {"s-1": 5}
    assert await office.ask("RemoteStartTransaction", {"idTag": "a"}) == {"status": "Rejected"}
    assert await office.ask("RemoteStopTransaction", {"transactionId": 5}) == {"status": "Rejected"}
    assert office.desk.started == []
    assert office.desk.stopped == []
    assert "configurationKey" in await office.ask("GetConfiguration", {})


@pytest.mark.parametrize(
    ("number", "status", "stopped"),
    [(5, "Accepted", ["s-1"]), (6, "Rejected", []), (-1, "Rejected", []), (10**30, "Rejected", [])],
)
async def test_remote_stop(number: int, status: str, stopped: list[str]) -> None:
    """OCPP 1.6 section 5.12: by transaction id; unknown ones are Rejected."""
    office = Office()
    office.outbox.transactions = {"s-1": 5}
    assert await office.ask("RemoteStopTransaction", {"transactionId": number}) == {"status": status}
    assert office.desk.stopped == stopped


async def test_get_configuration_tells_every_key_within_the_schema() -> None:
    answer = await Office().ask("GetConfiguration", {})
    keys = {key["key"]: key for key in answer["configurationKey"]}
    assert len(keys) == len(answer["configurationKey"])
    assert keys["NumberOfConnectors"] == {"key": "NumberOfConnectors", "readonly": True, "value": "2"}
    assert keys["HeartbeatInterval"] == {"key": "HeartbeatInterval", "readonly": False, "value": "300"}
    assert keys["TransactionMessageAttempts"]["value"] == "3"
    assert [key for key, entry in keys.items() if not entry["readonly"]] == ["HeartbeatInterval"]
    assert "unknownKey" not in answer


async def test_get_configuration_of_some_keys() -> None:
    """Names are case-insensitive; unknown ones are said to be (OCPP 1.6 section 5.8)."""
    answer = await Office().ask("GetConfiguration", {"key": ["heartbeatinterval", "Nonsense\x1b", "HeartbeatInterval"]})
    assert answer == {
        "configurationKey": [{"key": "HeartbeatInterval", "readonly": False, "value": "300"}],
        "unknownKey": ["Nonsense"],
    }
    assert await Office().ask("GetConfiguration", {"key": ["No"]}) == {"unknownKey": ["No"]}
    assert len((await Office().ask("GetConfiguration", {"key": []}))["configurationKey"]) > 10


async def test_get_configuration_of_too_many_keys() -> None:
    with pytest.raises(OccurenceConstraintViolationError):
        await Office().ask("GetConfiguration", {"key": [f"k{n}" for n in range(MOST_KEYS + 1)]})


@pytest.mark.parametrize(
    ("key", "value", "status", "interval"),
    [
        ("HeartbeatInterval", "60", "Accepted", 60),
        ("heartbeatinterval", " 86400 ", "Accepted", 86_400),
        ("HeartbeatInterval", "0", "Rejected", 300),
        ("HeartbeatInterval", "86401", "Rejected", 300),
        ("HeartbeatInterval", "-5", "Rejected", 300),
        ("HeartbeatInterval", "1e2", "Rejected", 300),
        ("HeartbeatInterval", "٦٠", "Rejected", 300),
        ("HeartbeatInterval", "", "Rejected", 300),
        ("MeterValueSampleInterval", "60", "Rejected", 300),
        ("NumberOfConnectors", "9", "Rejected", 300),
        ("AuthorizationKey", "0123456789abcdef", "NotSupported", 300),
        ("Nonsense", "1", "NotSupported", 300),
    ],
)
async def test_change_configuration(key: str, value: str, status: str, interval: int) -> None:
    """OCPP 1.6 section 5.3: Accepted is only what has taken effect."""
    office = Office()
    assert await office.ask("ChangeConfiguration", {"key": key, "value": value}) == {"status": status}
    assert office.pulse.interval_s == interval
    told = await office.ask("GetConfiguration", {"key": ["HeartbeatInterval"]})
    assert told["configurationKey"][0]["value"] == str(interval)


async def test_remote_stop_right_after_the_id_was_given() -> None:
    """The order may overtake the storing of the id: it waits for that, within bounds."""
    office = Office()
    office.queue._settled.clear()

    async def store() -> None:
        await asyncio.sleep(0.05)
        office.outbox.transactions = {"s-1": 5}
        office.queue._settled.set()

    async with asyncio.TaskGroup() as group:
        group.create_task(store())
        answer = await office.ask("RemoteStopTransaction", {"transactionId": 5})
    assert answer == {"status": "Accepted"}
