"""A charge told in OCPP 1.5, by JSON and by SOAP, to a central system in another process, from the disk's queue."""

from __future__ import annotations

import asyncio
import shutil
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from evlink.ocpp.config import Callback, Modem
from tests.ocpp_central.book import literal, samples
from tests.ocpp_central.client import CentralProcess
from tests.ocpp_central.station import CHARGING, charge, document, outlet
from tests.scenario.test_ocpp_charge import TRANSACTION, Station, opened, told, until_empty


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def settings(**more: Any) -> dict[str, Any]:
    """A station of OCPP 1.5 with a port of its own for the supervision's calls."""
    port = free_port()
    return {"version": "1.5", "callback": Callback(port, "127.0.0.1", port), "call_timeout_s": 5.0, **more}


@pytest.fixture(params=["1.5", "soap"])
async def central(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[CentralProcess]:
    async with CentralProcess(tmp_path / "log.jsonl", speak=request.param) as process:
        yield process


def rows(central: CentralProcess) -> list[tuple[str, int]]:
    """Action and energy of each transaction message that was taken for the first time."""
    found = []
    for entry in told(central):
        _, _, action, payload = entry["message"]
        energy = payload.get("meterStart", payload.get("meterStop"))
        found.append((action, int(samples(payload)[0]["value"]) if energy is None else energy))
    return found


async def test_a_whole_charge_in_15(central: CentralProcess, tmp_path: Path) -> None:
    """R-116: boot, states, start, meter values, stop; the service description finds nothing wrong with any of it."""
    async with opened(tmp_path) as store:
        station = Station(store, central.url, **settings())
        await central.until(lambda: len(central.requests("StatusNotification")) == 3)
        station.desk.show(document(outlet(1, outlet_status="OK_PlugProcedureStarted"), outlet(2)))
        await central.until(lambda: len(central.requests("StatusNotification")) == 4)
        station.desk.show(document(outlet(1, **CHARGING), outlet(2)))
        await station.put(charge())
        await central.until(lambda: len(told(central)) == 5)
        station.desk.show(document(outlet(1, outlet_status="OK_ChargeLoopEnded"), outlet(2)))
        await until_empty(station)
        station.desk.show(document())
        await central.until(lambda: len(central.requests("StatusNotification")) == 5)
        assert rows(central) == [
            ("StartTransaction", 1000),
            ("MeterValues", 1100),
            ("MeterValues", 1200),
            ("MeterValues", 1300),
            ("StopTransaction", 1350),
        ]
        states = [entry["message"][3] for entry in central.requests("StatusNotification")]
        # Preparing, Charging and Finishing are one word in 1.5: they are told once.
        assert [s["status"] for s in states if s["connectorId"] == 1] == ["Available", "Occupied", "Available"]
        (stop,) = central.requests("StopTransaction")
        assert "reason" not in stop["message"][3]
        assert {entry["message"][3].get("transactionId", 1001) for entry in told(central)} == {1001}
        (values, *_) = central.requests("MeterValues")
        units = {sample["measurand"]: sample["unit"] for sample in samples(values["message"][3])}
        assert units == {
            "Energy.Active.Import.Register": "Wh",
            "Current.Import": "Amp",
            "Voltage": "Volt",
            "Power.Active.Import": "W",
        }
        assert central.faults() == []
        await station.end()


async def test_the_central_system_killed_and_back_hears_everything_once(
    central: CentralProcess, tmp_path: Path
) -> None:
    """A failed POST is what off line means by SOAP; each message once, in order, under its own id."""
    async with opened(tmp_path) as store:
        station = Station(store, central.url, **settings())
        messages = charge(samples=12)
        await station.put(messages[:3])
        await central.until(lambda: len(told(central)) == 3)
        await central.until(lambda: station.supervision.state.connected)
        await central.kill()
        await station.put(messages[3:8])
        await central.until(lambda: not station.supervision.state.connected)
        assert await store.count() == 5
        assert station.supervision.state.last_error
        await central.start()
        await central.until(lambda: len(told(central)) == 8)
        await central.until(lambda: station.supervision.state.connected)
        assert station.supervision.state.last_error == ""
        await central.kill()
        await central.start()
        await station.put(messages[8:])
        await central.until(lambda: len(told(central)) == len(messages))
        await until_empty(station)
        assert [energy for _, energy in rows(central)] == [*range(1000, 2201, 100), 2250]
        ids = [entry["message"][1] for entry in told(central)]
        assert len(set(ids)) == len(ids) == len(messages)
        assert len(central.requests("BootNotification")) == 1
        assert central.faults() == []
        await station.end()


@pytest.mark.parametrize("action", TRANSACTION)
async def test_an_answer_lost_on_its_way(central: CentralProcess, tmp_path: Path, action: str) -> None:
    """The same message again, same id and payload; no attempt is counted."""
    async with opened(tmp_path) as store:
        await central.do("rule", action=action, drop=True, times=2)
        station = Station(store, central.url, **settings(retry_attempts=1))
        await station.put(charge(samples=1))
        await central.until(lambda: len(told(central)) == 3)
        await until_empty(station)
        repeated = [entry["message"] for entry in central.requests(action)]
        assert repeated == [repeated[0]] * 3
        assert [name for name, _ in rows(central)] == list(TRANSACTION)
        assert central.faults() == []
        await station.end()


async def test_a_refused_message_is_retried_then_dropped(central: CentralProcess, tmp_path: Path) -> None:
    """Section 3.7 of 1.6, which the queue follows in 1.5 too: a CALLERROR or a fault is an attempt."""
    async with opened(tmp_path) as store:
        await central.do("rule", action="MeterValues", error=["InternalError", "no"], times=2)
        station = Station(store, central.url, **settings(retry_interval_s=0, retry_attempts=2))
        await station.put(charge(samples=2))
        await central.until(lambda: len(central.requests("StopTransaction")) == 1)
        energies = [int(samples(e["message"][3])[0]["value"]) for e in central.requests("MeterValues")]
        assert energies == [1100, 1100, 1200]
        await until_empty(station)
        await station.end()


async def test_a_start_that_is_denied_reaches_the_station(central: CentralProcess, tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        await central.do("rule", action="StartTransaction", reply={"idTagInfo": {"status": "Blocked"}})
        station = Station(store, central.url, **settings())
        await station.put(charge(samples=0))
        await central.until(lambda: len(told(central)) == 2)
        await until_empty(station)
        assert [(session, answer.status) for session, answer in station.desk.denied] == [("s-1", "Blocked")]
        await station.end()


ORDERS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("CancelReservation", {"reservationId": 7}, {"status": "Rejected"}),
    ("ChangeAvailability", {"connectorId": 1, "type": "Inoperative"}, {"status": "Accepted"}),
    ("ChangeConfiguration", {"key": "HeartBeatInterval", "value": "900"}, {"status": "Accepted"}),
    ("ChangeConfiguration", {"key": "MeterValueSampleInterval", "value": "60"}, {"status": "Accepted"}),
    ("ChangeConfiguration", {"key": "Nonsense", "value": "60"}, {"status": "NotSupported"}),
    ("ChangeConfiguration", {"key": "securityprofile", "value": "1"}, {"status": "NotSupported"}),
    ("ClearCache", {}, {"status": "Rejected"}),
    ("DataTransfer", {"vendorId": "v", "messageId": "m", "data": "d"}, {"status": "UnknownVendorId"}),
    (
        "GetConfiguration",
        {"key": ["HeartBeatInterval", "NumberOfConnectors", "Nonsense", "SupportedFeatureProfiles"]},
        {
            "configurationKey": [
                {"key": "HeartBeatInterval", "readonly": False, "value": "300"},
                {"key": "NumberOfConnectors", "readonly": True, "value": "2"},
            ],
            "unknownKey": ["Nonsense", "SupportedFeatureProfiles"],
        },
    ),
    ("GetLocalListVersion", {}, {"listVersion": 0}),
    ("RemoteStartTransaction", {"idTag": "abc", "connectorId": 1}, {"status": "Accepted"}),
    ("RemoteStopTransaction", {"transactionId": 7}, {"status": "Rejected"}),
    (
        "ReserveNow",
        {"connectorId": 2, "expiryDate": "2099-01-01T00:00:00Z", "idTag": "A", "reservationId": 7},
        {"status": "Accepted"},
    ),
    ("Reset", {"type": "Soft"}, {"status": "Accepted"}),
    (
        "SendLocalList",
        {
            "updateType": "Full",
            "listVersion": 3,
            "localAuthorisationList": [
                {"idTag": "A", "idTagInfo": {"status": "Accepted"}},
                {"idTag": "B", "idTagInfo": {"status": "Blocked"}},
            ],
            "hash": "0123",
        },
        {"status": "Accepted"},
    ),
    ("UnlockConnector", {"connectorId": 1}, {"status": "Accepted"}),
    ("UnlockConnector", {"connectorId": 9}, {"status": "Rejected"}),
]


async def test_what_the_supervision_may_ask(central: CentralProcess, tmp_path: Path) -> None:
    """Every order that the station has, in 1.5's words; by SOAP zeep asks, and judges the answers."""
    async with opened(tmp_path) as store:
        station = Station(store, central.url, **settings())
        await central.until(lambda: len(central.requests("StatusNotification")) == 3)
        for action, payload, expected in ORDERS:
            answer = await central.call(action, payload)
            assert answer is not None, action
            assert answer[0] == 3, answer
            assert answer[2] == expected
        assert station.desk.started == [("ABC", 1)]
        assert station.desk.availability == [(1, False)]
        await central.until(lambda: station.desk.restarts == [False])
        answer = await central.call("GetLocalListVersion", {})
        assert answer is not None
        assert answer[2] == {"listVersion": 3}
        assert central.faults() == []
        await station.end()


async def test_an_order_that_15_does_not_know(tmp_path: Path) -> None:
    """Smart charging and TriggerMessage are 1.6's: NotImplemented; the words of 1.6 are against the schema."""
    async with CentralProcess(tmp_path / "log.jsonl", speak="1.5") as central, opened(tmp_path) as store:
        station = Station(store, central.url, **settings())
        await central.until(lambda: len(central.requests("StatusNotification")) == 3)
        answer = await central.call("TriggerMessage", {"requestedMessage": "Heartbeat"})
        assert answer is not None
        assert answer[0:1] + answer[2:3] == [4, "NotImplemented"]
        answer = await central.call(
            "SendLocalList", {"updateType": "Full", "listVersion": 1, "localAuthorizationList": []}
        )
        assert answer is not None
        assert answer[0:1] + answer[2:3] == [4, "FormationViolation"]
        await station.end()


@pytest.mark.parametrize("form", ["xsd", "draft", "attributes"])
async def test_the_three_forms_of_meter_values(tmp_path: Path, form: str) -> None:
    """One of them is what a supervision reads; the same values in each."""
    async with CentralProcess(tmp_path / "log.jsonl", speak="1.5") as central, opened(tmp_path) as store:
        station = Station(store, central.url, **settings(meter_form=form))
        await station.put(charge(samples=1))
        await central.until(lambda: len(told(central)) == 3)
        value = central.requests("MeterValues")[0]["message"][3]["values"][0]
        assert set(value) == {"timestamp", "values" if form == "draft" else "value"}
        first = value.get("value", value.get("values"))[0]
        assert set(first) == (
            {"$value", "attributes"} if form == "attributes" else {"value", "context", "measurand", "unit"}
        )
        assert literal(value)["value"][0]["value"] == "1100"
        assert central.faults() == []
        await station.end()


async def test_a_supervision_that_forgot_the_station_is_told_again(tmp_path: Path) -> None:
    """A SecurityError from one that had accepted: BootNotification again, once, and then all goes on."""
    async with CentralProcess(tmp_path / "log.jsonl", speak="soap") as central, opened(tmp_path) as store:
        await central.do("rule", action="MeterValues", error=["SecurityError", "unknown station"], times=2)
        station = Station(store, central.url, **settings(retry_interval_s=0))
        await station.put(charge(samples=1))
        await central.until(lambda: len(central.requests("BootNotification")) == 2)
        await central.until(lambda: len(central.requests("StopTransaction")) == 1)
        await until_empty(station)
        assert central.faults() == []
        await station.end()


async def test_a_port_that_is_taken_is_told_and_tried_again(tmp_path: Path) -> None:
    """R-125: messages go out meanwhile; once the port is free the supervision's calls come in and the word is gone."""
    async with CentralProcess(tmp_path / "log.jsonl", speak="soap") as central, opened(tmp_path) as store:
        with socket.socket() as taken:
            taken.bind(("0.0.0.0", 0))
            taken.listen()
            port = taken.getsockname()[1]
            station = Station(store, central.url, version="1.5", callback=Callback(port, "127.0.0.1", port))
            await central.until(lambda: len(central.requests("StatusNotification")) == 3)
            state = station.supervision.state
            assert state.connected
            assert state.last_error == (
                f"the supervision's calls can't be taken: local port {port}: Address already in use"
            )
        await central.until(lambda: station.supervision.state.last_error == "")
        answer = await central.call("ClearCache", {})
        assert answer is not None
        assert answer[2] == {"status": "Rejected"}
        await station.end()


async def test_a_modem_that_is_missing_is_named(tmp_path: Path) -> None:
    """R-120, R-129: the reason why nothing is reached, tried again after the modem's own interval."""
    async with CentralProcess(tmp_path / "log.jsonl", speak="soap") as central, opened(tmp_path) as store:
        await central.kill()
        # No host can have this address, so a connection to it fails at once.
        station = Station(store, central.url, **settings(modem=Modem("255.255.255.255", 1)))
        await central.until(lambda: station.supervision.state.modem_lost)
        assert station.supervision.state.last_error == "the modem at 255.255.255.255 does not answer"
        await central.start()
        await central.until(lambda: station.supervision.state.connected)
        assert (station.supervision.state.modem_lost, station.supervision.state.last_error) == (False, "")
        await station.end()


async def test_a_present_modem_leaves_the_blame_where_it_is(tmp_path: Path) -> None:
    """A supervision that is down behind a modem that answers is told as what it is."""
    async with opened(tmp_path) as store:
        dead = f"http://127.0.0.1:{free_port()}/"
        station = Station(store, dead, **settings(modem=Modem("127.0.0.1", 1)))
        async with asyncio.timeout(10):
            while not station.supervision.state.last_error:
                await asyncio.sleep(0.02)
        assert station.supervision.state.last_error == "the supervision refused the connection"
        assert not station.supervision.state.modem_lost
        await station.end()


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificate")
async def test_a_certificate_that_nobody_vouches_for_gets_no_message(tmp_path: Path) -> None:
    """R-128: https verifies; the state says why nothing is sent."""
    make = "openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=127.0.0.1"
    subprocess.run(make.split(), cwd=tmp_path, check=True, capture_output=True)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    reached: list[str] = []

    async def take(request: web.Request) -> web.Response:
        reached.append(await request.text())
        return web.Response()

    application = web.Application()
    application.router.add_post("/{path:.*}", take)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    async with opened(tmp_path) as store:
        station = Station(store, f"https://127.0.0.1:{runner.addresses[0][1]}/", **settings())
        async with asyncio.timeout(10):
            while not station.supervision.state.last_error:
                await asyncio.sleep(0.02)
        assert station.supervision.state.last_error.startswith("the supervision's certificate is not trusted")
        assert reached == []
        await station.end()
    await runner.cleanup()


async def test_the_wrong_subprotocol_is_told_in_words(tmp_path: Path) -> None:
    """A central system of 1.6 only."""
    async with CentralProcess(tmp_path / "log.jsonl") as central, opened(tmp_path) as store:
        station = Station(store, central.url, **settings())
        await central.until(lambda: station.supervision.state.last_error != "")
        assert station.supervision.state.last_error == "the supervision does not speak ocpp1.5"
        assert central.requests() == []
        await station.end()
