"""The link to a central system in another process: registration, loss and return, and whatever may arrive."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import itertools
import json
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve

from evlink.domain.record import TransactionMessage
from evlink.ocpp.config import Timing
from evlink.ocpp.link import Answer
from evlink.ocpp.supervision import Supervision
from tests.ocpp_central.client import CentralProcess
from tests.ocpp_central.station import QUICK, ListOutbox, Notes, TestDesk, WallClock, charge, config, document, outlet


class Station:
    """A supervision with its desk and an outbox."""

    def __init__(self, url: str, messages: list[TransactionMessage], timing: Timing, settings: dict[str, Any]) -> None:
        self.desk = TestDesk()
        self.outbox = ListOutbox(*messages)
        self.supervision = Supervision(config(url, **settings), self.outbox, self.desk, Notes(), WallClock(), timing)
        self.desk.settings.changed = lambda values: self.supervision.reconfigure(
            replace(config(url, **settings), heartbeat_s=int(values.get("extension.ocpp.heartbeat_interval")))
        )
        self.task = asyncio.create_task(self.supervision.run())


@asynccontextmanager
async def linked(
    url: str, *messages: TransactionMessage, timing: Timing = QUICK, **settings: Any
) -> AsyncIterator[Station]:
    station = Station(url, list(messages), timing, settings)
    try:
        yield station
    finally:
        station.task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await station.task


@pytest.fixture
async def central(tmp_path: Path) -> AsyncIterator[CentralProcess]:
    async with CentralProcess(tmp_path / "log.jsonl") as process:
        yield process


def told(central: CentralProcess) -> bool:
    """All three connectors were told: the station is registered and at rest."""
    return len(central.requests("StatusNotification")) >= 3


async def test_the_handshake_and_the_first_words(central: CentralProcess) -> None:
    """OCPP-J 1.6 section 3: the identity percent-encoded in the path, ocpp1.6, no compression (S19)."""
    async with linked(central.url) as station:
        await central.until(lambda: told(central))
        (opened,) = (entry for entry in central.entries() if entry["dir"] == "open")
        assert opened["path"] == "/ocpp/CP%201%2F%C3%A9"
        assert opened["subprotocol"] == "ocpp1.6"
        assert opened["extensions"] == ""
        assert central.requests()[0]["message"][2] == "BootNotification"
        state = station.supervision.state
        assert (state.connected, state.registration, state.last_error) == (True, "Accepted", "")
        assert state.url == central.url
        assert len(station.desk.clock) == 1
        assert station.desk.states[-1] == state
        assert central.faults() == []


async def test_pending_then_accepted(central: CentralProcess) -> None:
    """OCPP 1.6 section 4.2: while Pending nothing is sent, configuration is answered, orders are refused."""
    await central.do("rule", action="BootNotification", reply={"status": "Pending", "interval": 1})
    async with linked(central.url, *charge()) as station:
        await central.until(lambda: station.supervision.state.registration == "Pending")
        answer = await central.call("GetConfiguration", {"key": ["NumberOfConnectors"]})
        assert answer is not None
        assert answer[2]["configurationKey"][0]["value"] == "2"
        answer = await central.call("RemoteStartTransaction", {"idTag": "a"})
        assert answer is not None
        assert answer[2] == {"status": "Rejected"}
        assert await station.supervision.authorise("04A1") is None
        await central.until(lambda: len(central.requests("StopTransaction")) == 1)
        first, second = central.requests("BootNotification")
        assert second["at"] - first["at"] >= 1.0
        assert [entry["message"][2] for entry in central.requests()[:2]] == ["BootNotification"] * 2
        assert central.faults() == []


async def test_rejected_is_silent(central: CentralProcess) -> None:
    """OCPP 1.6 section 4.2: for the interval nothing is sent and nothing answered, also after a reconnection."""
    await central.do("rule", action="BootNotification", reply={"status": "Rejected", "interval": 2})
    async with linked(central.url, *charge()) as station:
        await central.until(lambda: station.supervision.state.registration == "Rejected")
        assert await central.call("GetConfiguration", {}, timeout_s=0.3) is None
        await central.do("raw", text='[2,"1","Nonsense"]')
        await central.do("drop")
        await central.until(lambda: central.opened() == 2)
        assert await central.call("GetConfiguration", {}, timeout_s=0.3) is None
        assert len(central.requests()) == 1
        await central.until(lambda: station.supervision.state.registration == "Accepted")
        first, second = central.requests("BootNotification")
        assert 2.0 <= second["at"] - first["at"] < 3.0
        assert central.faults() == []


@pytest.mark.parametrize(
    "rule",
    [
        {"error": ["InternalError", "busy"]},
        {"silent": True},
        {"reply": {"status": "Rejected", "interval": 0}},
        {"raw": '[3,"@ID",{"status":"Perhaps"}]'},
        {"raw": '[3,"@ID"]'},
    ],
)
async def test_a_boot_that_brings_nothing_is_repeated_after_a_while(
    central: CentralProcess, rule: dict[str, Any]
) -> None:
    """CALLERROR, no answer, nonsense, or an interval of 0: the station's own wait, on the same connection."""
    await central.do("rule", action="BootNotification", times=2, **rule)
    async with linked(central.url, call_timeout_s=0.3):
        await central.until(lambda: told(central))
        at = [entry["at"] for entry in central.requests("BootNotification")]
        assert len(at) == 3
        assert all(later - earlier >= QUICK.boot_retry_s for earlier, later in itertools.pairwise(at))
        assert central.opened() == 1
        assert central.faults() == []


async def test_a_reconnection_repeats_neither_boot_nor_unchanged_states(central: CentralProcess) -> None:
    """OCPP-J 1.6 section 5.4."""
    async with linked(central.url) as station:
        await central.until(lambda: told(central))
        await central.do("refuse", status=503)
        await central.do("drop")
        await central.until(lambda: not station.supervision.state.connected)
        station.desk.show(document(outlet(1), outlet(2, ev_state="B_Present_9V")))
        await central.do("refuse", status=None)
        await central.until(lambda: len(central.requests("StatusNotification")) == 4)
        await asyncio.sleep(0.2)
        assert len(central.requests("BootNotification")) == 1
        states = [entry["message"][3] for entry in central.requests("StatusNotification")[3:]]
        assert [(state["connectorId"], state["status"]) for state in states] == [(2, "Preparing")]
        assert central.faults() == []


async def test_a_handshake_refused_with_404_is_tried_again(central: CentralProcess) -> None:
    """OCPP-J 1.6 errata 3.3; no redirect is followed."""
    await central.do("refuse", status=404)
    async with linked(central.url) as station:
        await central.until(lambda: station.supervision.state.last_error.endswith("HTTP 404"))
        await central.do("refuse", status=302)
        await central.until(lambda: station.supervision.state.last_error.endswith("HTTP 302"))
        await central.do("refuse", status=None)
        await central.until(lambda: told(central))
        assert {entry["path"] for entry in central.entries() if entry["dir"] == "handshake"} == {
            "/ocpp/CP%201%2F%C3%A9"
        }
        assert station.supervision.state.last_error == ""


async def test_a_server_that_speaks_no_ocpp_1_6_gets_no_word(central: CentralProcess) -> None:
    """OCPP-J 1.6 section 3.3."""
    await central.do("subprotocol", on=False)
    async with linked(central.url) as station:
        await central.until(lambda: "ocpp1.6" in station.supervision.state.last_error)
        assert not station.supervision.state.connected
        await central.do("subprotocol", on=True)
        await central.until(lambda: told(central))
    assert central.faults() == []


async def test_a_reconnect_storm_is_bounded(central: CentralProcess) -> None:
    """A server that accepts and hangs up at once: the waits grow all the same, and no tight loop comes of it."""
    await central.do("rule", action="BootNotification", drop=True, times=1000)
    timing = replace(QUICK, backoff_first_s=0.1, backoff_cap_s=0.8)
    async with linked(central.url, timing=timing):
        await asyncio.sleep(3.0)
        opened = [entry["at"] for entry in central.entries() if entry["dir"] == "open"]
        gaps = [later - earlier for earlier, later in itertools.pairwise(opened)]
        assert 3 <= len(opened) <= 10
        assert min(gaps) >= 0.1
        assert max(gaps) >= 0.4
        await central.do("clear")
        await central.until(lambda: told(central))


async def test_nobody_there_is_no_end(tmp_path: Path) -> None:
    """Refused connections are tried for ever; the state says why."""
    async with linked("ws://127.0.0.1:9/ocpp") as station:
        async with asyncio.timeout(5):
            while not station.supervision.state.last_error:
                await asyncio.sleep(0.02)
        assert station.supervision.state.last_error == "the supervision refused the connection"
        assert not station.task.done()


async def test_a_half_open_socket_is_noticed_by_its_pings() -> None:
    """dingo35/SmartEVSE 202: a peer that is gone without a word is found out, and the link is tried anew."""

    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(writer)
        request = await reader.readuntil(b"\r\n\r\n")
        writer.write(_accept(request))
        await writer.drain()
        while await reader.read(4096):  # reads, never answers: no pong
            pass

    connections: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(mute, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    timing = replace(QUICK, ping_timeout_s=0.3)
    async with linked(f"ws://127.0.0.1:{port}", timing=timing, ping_interval_s=1, call_timeout_s=60) as station:
        async with asyncio.timeout(10):
            while len(connections) < 2:
                await asyncio.sleep(0.02)
        assert any(state.last_error.startswith("the connection to the") for state in station.desk.states)
    for writer in connections:
        writer.close()
    server.close()
    await server.wait_closed()


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificate")
async def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    """S17: wss:// verifies; a self-signed certificate gets no word, and the state says so."""
    make = "openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=127.0.0.1"
    subprocess.run(make.split(), cwd=tmp_path, check=True, capture_output=True)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    reached = False

    async def talk(websocket: ServerConnection) -> None:
        nonlocal reached
        reached = True

    async with serve(talk, "127.0.0.1", 0, ssl=tls) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        async with linked(f"wss://127.0.0.1:{port}") as station, asyncio.timeout(5):
            while not station.supervision.state.last_error:
                await asyncio.sleep(0.02)
            assert station.supervision.state.last_error.startswith("the supervision's certificate is not trusted")
        assert not reached


def _accept(request: bytes) -> bytes:
    key = next(
        line.split(b":", 1)[1].strip()
        for line in request.split(b"\r\n")
        if line.lower().startswith(b"sec-websocket-key")
    )
    digest = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + digest + b"\r\nSec-WebSocket-Protocol: ocpp1.6\r\n\r\n"
    )


GARBAGE = [
    "",
    "{",
    "null",
    "[]",
    "[2]",
    '[9,"x",{}]',
    '[3,"nobody-asked",{}]',
    '[4,"nobody-asked","GenericError","",{}]',
    "[" * 30_000,
    f'[3,"x",{"9" * 5000}]',
    '{"a":1}',
    '"\ud83d\ude00"',
]


async def test_garbage_costs_nothing_and_the_same_connection_goes_on(central: CentralProcess) -> None:
    """S18: what is no OCPP gets no answer and does no harm (OCPP-J 1.6 section 4.1)."""
    async with linked(central.url) as station:
        await central.until(lambda: told(central))
        before = len(asyncio.all_tasks())
        for _ in range(20):
            for text in GARBAGE:
                await central.do("raw", text=text)
        await central.do("raw", hex="00ff80")
        answer = await central.call("GetConfiguration", {"key": ["NumberOfConnectors"]})
        assert answer is not None
        assert answer[0] == 3
        assert central.opened() == 1
        assert len(asyncio.all_tasks()) <= before
        assert station.supervision.state.connected
        assert central.faults() == []


def _refusals(central: CentralProcess) -> list[list[Any]]:
    """The CALLERRORs that the station gave."""
    return [entry["message"] for entry in central.entries() if entry["dir"] == "in" and entry["message"][0] == 4]


WRONG: list[tuple[list[Any], str]] = [
    ([2, "x", "Nonsense", {}], "NotImplemented"),
    ([2, "x", "\u202eNon\x1bsense", {}], "NotImplemented"),
    ([2, "x", "Heartbeat", {}], "NotSupported"),
    ([2, "x", "GetDiagnostics", {}], "ProtocolError"),
    ([2, "x", "BootNotification", {}], "NotSupported"),
    ([2, "x", "Reset"], "FormationViolation"),
    ([2, "x", "Reset", []], "FormationViolation"),
    ([2, "x", "Reset", {}], "ProtocolError"),
    ([2, "x", "Reset", {"type": 5}], "TypeConstraintViolation"),
    ([2, "x", "Reset", {"type": "Lukewarm"}], "FormationViolation"),
    ([2, "x", "Reset", {"type": "Hard", "more": 1}], "FormationViolation"),
    ([2, "x", "RemoteStartTransaction", {"idTag": "x" * 21}], "TypeConstraintViolation"),
    ([2, "x", "GetConfiguration", {"key": ["k"] * 51}], "OccurenceConstraintViolation"),
]


async def test_a_wrong_request_costs_one_callerror(central: CentralProcess) -> None:
    """S18; the wire's spellings; unknown actions NotImplemented, unsupported ones NotSupported (section 4.2.3)."""
    async with linked(central.url):
        await central.until(lambda: told(central))
        for number, (frame, _) in enumerate(WRONG):
            await central.do("raw", text=json.dumps([frame[0], f"wrong-{number}", *frame[2:]]))
            await central.until(lambda n=number: len(_refusals(central)) == n + 1)  # type: ignore[misc]
        errors = _refusals(central)
        assert [(error[1], error[2]) for error in errors] == [(f"wrong-{n}", code) for n, (_, code) in enumerate(WRONG)]
        assert all(error[4] == {} and len(json.dumps(error)) < 500 for error in errors)
        assert central.opened() == 1


async def test_a_frame_beyond_64_kib_ends_the_connection_not_the_supervision(central: CentralProcess) -> None:
    """S19: refused by its size, by one character as by many."""
    async with linked(central.url, *charge()):
        await central.until(lambda: len(central.requests("StopTransaction")) == 1)
        for count, size in enumerate((65_536 + 1, 1_000_000), 2):
            await central.do("raw", text="x" * size)
            await central.until(lambda count=count: central.opened() == count)  # type: ignore[misc]
        closed = [entry["code"] for entry in central.entries() if entry["dir"] == "close"]
        assert closed == [1009, 1009]
        await asyncio.sleep(0.5)
        assert central.opened() == 3
        assert len(central.requests("StopTransaction")) == 1
        assert central.faults() == []


async def test_a_request_is_answered_under_a_pending_call(central: CentralProcess) -> None:
    """While the station waits for an answer, it gives its own; the late answer still finds its request."""
    await central.do("rule", action="StartTransaction", delay_s=1.0)
    async with linked(central.url, *charge()):
        await central.until(lambda: len(central.requests("StartTransaction")) == 1)
        answer = await central.call("GetConfiguration", {"key": ["HeartbeatInterval"]}, timeout_s=0.8)
        assert answer is not None
        assert answer[2]["configurationKey"][0]["value"] == "300"
        assert not central.requests("MeterValues")
        await central.until(lambda: len(central.requests("StopTransaction")) == 1)
        assert central.faults() == []


async def test_a_handler_may_wait_for_what_the_supervision_must_answer_first(central: CentralProcess) -> None:
    """mobilityhouse/ocpp 130: a remote start that asks Authorize in between does not block itself."""
    async with linked(central.url) as station:
        await central.until(lambda: told(central))

        async def remote_start(id_tag: str, outlet: int | None) -> bool:
            answer = await station.supervision.authorise(id_tag, timeout_s=3)
            return answer is not None and answer.status == "Accepted"

        station.desk.remote_start = remote_start  # type: ignore[method-assign]
        answer = await central.call("RemoteStartTransaction", {"idTag": "abc"}, timeout_s=2)
        assert answer is not None
        assert answer[2] == {"status": "Accepted"}
        assert central.requests("Authorize")[0]["message"][3] == {"idTag": "ABC"}
        assert central.faults() == []


async def test_foreign_and_doubled_answers_are_no_answers(central: CentralProcess) -> None:
    """S17: only the id that is waited for counts, and only once."""
    await central.do("rule", action="Authorize", delay_s=0.5, reply={"idTagInfo": {"status": "Blocked"}})
    async with linked(central.url) as station:
        await central.until(lambda: told(central))
        asking = asyncio.create_task(station.supervision.authorise("04A1"))
        await central.until(lambda: len(central.requests("Authorize")) == 1)
        for number in range(200):
            accepted = {"idTagInfo": {"status": "Accepted"}}
            await central.do("raw", text=json.dumps([3, f"guess-{number}", accepted]))
        assert await asking == Answer("Blocked")
        again = json.dumps([3, central.requests("Authorize")[0]["message"][1], {"idTagInfo": {"status": "Accepted"}}])
        await central.do("raw", text=again)
        await central.do("rule", action="Authorize", reply={"idTagInfo": {"status": "Expired"}})
        assert await station.supervision.authorise("04A1") == Answer("Expired")
        assert central.faults() == []


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({}, Answer("Accepted")),
        ({"reply": {"idTagInfo": {"status": "Invalid"}}}, Answer("Invalid")),
        ({"reply": {"idTagInfo": {"status": "Accepted", "parentIdTag": "group"}}}, Answer("Accepted", "GROUP")),
        ({"error": ["InternalError", "no"]}, None),
        ({"error": ["Whatever", "no"]}, None),
        ({"raw": '[3,"@ID",{"idTagInfo":{"status":"Perhaps"}}]'}, None),
        ({"raw": '[3,"@ID",null]'}, None),
        ({"silent": True}, None),
        ({"drop": True}, None),
    ],
)
async def test_authorise(central: CentralProcess, rule: dict[str, Any], expected: Answer | None) -> None:
    """OCPP 1.6 section 4.1: a verdict, or None where there is none in time; the link goes on."""
    async with linked(central.url) as station:
        await central.until(lambda: told(central))
        await central.do("rule", action="Authorize", **rule)
        async with asyncio.timeout(3):
            assert await station.supervision.authorise("04a1", timeout_s=1.0) == expected
        assert central.requests("Authorize")[0]["message"][3] == {"idTag": "04A1"}
        await central.until(lambda: station.supervision.state.connected)
        async with asyncio.timeout(5):
            while await station.supervision.authorise("04a2", timeout_s=1.0) != Answer("Accepted"):
                await asyncio.sleep(0.05)
        assert central.faults() == []


@pytest.mark.parametrize("tag", ["", "x" * 21, "\x1b\x00"])
async def test_a_tag_that_ocpp_cannot_carry_is_invalid(tag: str) -> None:
    async with linked("ws://127.0.0.1:9/ocpp") as station:
        assert await station.supervision.authorise(tag) == Answer("Invalid")


async def test_authorise_without_a_link_is_none_at_once() -> None:
    async with linked("ws://127.0.0.1:9/ocpp") as station:
        async with asyncio.timeout(1):
            assert await station.supervision.authorise("04A1") is None


async def test_heartbeats_at_the_interval_that_was_told(tmp_path: Path) -> None:
    """OCPP 1.6 section 4.6; ChangeConfiguration of HeartbeatInterval takes effect at once."""
    async with CentralProcess(tmp_path / "log.jsonl", interval_s=1) as central, linked(central.url) as station:
        await central.until(lambda: len(central.requests("Heartbeat")) == 2)
        answer = await central.call("ChangeConfiguration", {"key": "HeartbeatInterval", "value": "600"})
        assert answer is not None
        assert answer[2] == {"status": "Accepted"}
        await asyncio.sleep(1.5)
        assert len(central.requests("Heartbeat")) <= 3
        assert len(station.desk.clock) == 1 + len(central.requests("Heartbeat"))
        assert central.faults() == []


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"url": ""}, "no supervision URL is set"),
        ({"url": "http://csms.example/"}, "supervision URL 'http://csms.example/': OCPP 1.6 needs ws:// or wss://"),
        ({"url": "ws://h", "identity": "UNDEFINED"}, "no charge box identity is set"),
    ],
)
async def test_settings_without_a_link_end_the_run_with_a_sentence(settings: dict[str, str], why: str) -> None:
    """R-117: nothing is tried, the state says why."""
    desk = TestDesk()
    supervision = Supervision(config(**settings), ListOutbox(), desk, Notes(), WallClock(), QUICK)
    await asyncio.wait_for(supervision.run(), 1)
    assert supervision.state.last_error == why
    assert desk.states[-1] == supervision.state
    assert await supervision.authorise("04A1") is None


async def test_a_desk_that_fails_ends_nothing(central: CentralProcess) -> None:
    """A handler's own fault costs one CALLERROR, a failing start costs the connection; the task lives."""
    async with linked(central.url) as station:
        await central.until(lambda: told(central))

        async def broken(*_: Any) -> bool:
            raise RuntimeError("no")

        station.desk.remote_start = broken  # type: ignore[assignment,method-assign]
        answer = await central.call("RemoteStartTransaction", {"idTag": "a"})
        assert answer is not None
        assert answer[0] == 4
        assert answer[2] == "InternalError"
        known, station.desk.transaction_known = station.desk.transaction_known, broken  # type: ignore[assignment,method-assign]
        for message in charge(samples=0):
            station.outbox.put(message)
        await central.until(lambda: central.opened() >= 2)
        station.desk.transaction_known = known  # type: ignore[method-assign]
        await central.until(lambda: len(central.requests("StopTransaction")) == 1)
        assert len({entry["message"][1] for entry in central.requests("StartTransaction")}) == 1
        assert central.faults() == []
