"""What the supervision may ask: each answer against its schema (OCPP 1.6 section 5)."""

from __future__ import annotations

import asyncio
import inspect
from datetime import datetime
from typing import Any

import pytest
from ocpp.charge_point import camel_to_snake_case  # type: ignore[import-untyped]
from ocpp.exceptions import OccurenceConstraintViolationError  # type: ignore[import-untyped]

from evlink.ocpp.config import Present, Timing
from evlink.ocpp.configuring import Configuring
from evlink.ocpp.keys import KEYS, MOST_KEYS, Configuration, Key
from evlink.ocpp.link import Answer
from evlink.ocpp.messages import boot_notification
from evlink.ocpp.orders import orders
from evlink.ocpp.pulse import Pulse
from evlink.ocpp.queue import TransactionQueue
from evlink.ocpp.registration import Boot, Registrar, Registration
from evlink.ocpp.remote import Remote
from evlink.ocpp.smart import Smart
from evlink.settings.registry import find
from evlink.settings.values import Values
from tests.ocpp_central.schemas import payload_fault
from tests.ocpp_central.station import START, ListOutbox, Notes, TestDesk, config, wire


class Office:
    """The handlers with all they need around them."""

    def __init__(self, registration: Registration = Registration.ACCEPTED, **settings: Any) -> None:
        self.config = config(**settings)
        self.outbox = ListOutbox()
        self.desk = TestDesk()
        self.registrar = Registrar(boot_notification(self.config), Timing(), self._booted)
        self.registrar.registration = registration
        self.queue = TransactionQueue(Present(self.config), self.outbox, self.desk, self._moved, self._learned)
        self.pulse = Pulse(Timing(), self._told)
        self.pulse.set_interval(300)
        self.desk.settings.changed = lambda values: self.pulse.override(
            int(values.get("extension.ocpp.heartbeat_interval"))
        )
        computed = {"NumberOfConnectors": "2", "GetConfigurationMaxKeys": "50"}
        configuration = Configuration(
            self.desk.settings, lambda: {**computed, "HeartbeatInterval": str(self.pulse.interval_s)}
        )
        self.notes = Notes()
        self.smart = Smart(Present(self.config), self.desk, self.outbox, self.notes, lambda: START)
        self.table = orders(
            (
                Configuring(configuration),
                Remote(Present(self.config), self.outbox, self.desk, self.registrar, self.queue, self.smart),
                self.smart,
            )
        )

    def _changed(self, values: Values) -> None:
        self.pulse.override(int(values.get("extension.ocpp.heartbeat_interval")))

    async def _booted(self, boot: Boot) -> None: ...

    async def _moved(self) -> None: ...

    async def _learned(self, tag: str, answer: Answer) -> None: ...

    async def _told(self, now: datetime) -> None: ...

    async def ask(self, action: str, payload: dict[str, Any]) -> Any:
        assert payload_fault(action, payload) == ""
        answer = self.table[action](**camel_to_snake_case(payload))
        if inspect.isawaitable(answer):
            answer = await answer
        told = wire(answer)
        assert payload_fault(action, told, response=True) == ""
        return told


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
    assert keys["TransactionMessageAttempts"] == {
        "key": "TransactionMessageAttempts",
        "readonly": False,
        "value": "500",
    }
    assert [key for key, entry in keys.items() if entry["readonly"]] == [
        "GetConfigurationMaxKeys",
        "NumberOfConnectors",
    ]
    assert "AuthorizationKey" not in keys
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
        ("HeartbeatInterval", "0", "Accepted", 300),
        ("HeartbeatInterval", "86401", "Rejected", 300),
        ("HeartbeatInterval", "-5", "Rejected", 300),
        ("HeartbeatInterval", "1e2", "Rejected", 300),
        ("HeartbeatInterval", "٦٠", "Rejected", 300),
        ("HeartbeatInterval", "", "Rejected", 300),
        ("MeterValueSampleInterval", "60", "RebootRequired", 300),
        ("NumberOfConnectors", "9", "Rejected", 300),
        ("AuthorizationKey", "0123456789abcdef", "Accepted", 300),
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


@pytest.mark.parametrize(
    ("key", "text", "status", "path", "value"),
    [
        ("AllowOfflineTxForUnknownId", "false", "Accepted", "configuration.general.comms_loss_strategy", "reject_all"),
        ("AllowOfflineTxForUnknownId", "True", "Accepted", "configuration.general.comms_loss_strategy", "allow_all"),
        ("AllowOfflineTxForUnknownId", "1", "Rejected", "configuration.general.comms_loss_strategy", "allow_all"),
        ("ClockAlignedDataInterval", "900", "RebootRequired", "configuration.supervision.clock_aligned_interval", 900),
        ("ConnectionTimeOut", "30", "Accepted", "extension.ocpp.connection_timeout", 30),
        ("ConnectionTimeOut", "4", "Rejected", "extension.ocpp.connection_timeout", 60),
        ("LocalPreAuthorize", "true", "Accepted", "extension.ocpp.local_pre_authorize", True),
        ("MinimumStatusDuration", "5", "Accepted", "internal.ocpp.minimum_status_duration", 5),
        ("SecurityProfile", "2", "Accepted", "extension.ocpp.security_profile", "2"),
        (
            "MeterValuesSampledData",
            "energy.active.import.register, SoC,Current.Import.L1",
            "Accepted",
            "internal.ocpp.meter_values_sampled_data",
            "Energy.Active.Import.Register,Current.Import.L1",
        ),
        (
            "MeterValuesSampledData",
            "Energy.Active.Import.Register,Wattage",
            "Rejected",
            "internal.ocpp.meter_values_sampled_data",
            "Energy.Active.Import.Register",
        ),
        (
            "MeterValuesSampledData",
            "SoC",
            "Rejected",
            "internal.ocpp.meter_values_sampled_data",
            "Energy.Active.Import.Register",
        ),
    ],
)
async def test_a_key_and_its_setting_are_one(key: str, text: str, status: str, path: str, value: object) -> None:
    """OCPP 1.6 section 9; what can't be measured is left out of a list, not refused (evcc-io/evcc#4008)."""
    office = Office()
    assert await office.ask("ChangeConfiguration", {"key": key, "value": text}) == {"status": status}
    assert office.desk.settings.get(path) == value


async def test_a_security_profile_only_rises() -> None:
    """Security whitepaper."""
    office = Office()
    for text, status in (("2", "Accepted"), ("1", "Rejected"), ("3", "Accepted"), ("4", "Rejected")):
        assert await office.ask("ChangeConfiguration", {"key": "SecurityProfile", "value": text}) == {"status": status}


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.name)
async def test_every_key_tells_its_setting_and_takes_it_back(key: Key) -> None:
    """What GetConfiguration says can be written as it stands."""
    office = Office()
    found = find(key.path)
    assert found is not None
    text = key.form.write(office.desk.settings.get(key.path))
    if not key.hidden:
        assert await office.ask("ChangeConfiguration", {"key": key.name, "value": text}) in (
            {"status": "Accepted"},
            {"status": "RebootRequired"},
        )
        assert key.form.write(office.desk.settings.get(key.path)) == text
