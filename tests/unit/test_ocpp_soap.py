"""SOAP on real sockets: the station's own server and client against what central systems and strangers do."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from ocpp.v16 import call, call_result  # type: ignore[import-untyped]

from evlink.ocpp.config import Callback, Modem
from evlink.ocpp.connection import Access, LostError, NoAnswerError
from evlink.ocpp.exchange import Exchange, Handler, MalformedError, RefusedError
from evlink.ocpp.modem import modem_answers
from evlink.ocpp.soap.client import SoapWire, session
from evlink.ocpp.soap.elements import Misformed
from evlink.ocpp.soap.envelope import ANONYMOUS, CENTRAL, SOAP, STATION, WSA, message_uri, opened
from evlink.ocpp.soap.reach import callback_url, external_address, own_address
from evlink.ocpp.soap.server import MOST_CONNECTIONS, REQUESTS_IN_HAND, SoapServer
from evlink.ocpp.v15.dialect import V15
from tests.ocpp_central.services import service
from tests.ocpp_central.station import QUICK, config

ENVELOPE = (
    f'<s:Envelope xmlns:s="{SOAP}" xmlns:a="{WSA}" xmlns:cp="{STATION}" xmlns:cs="{CENTRAL}">'
    "<s:Header>%s</s:Header><s:Body>%s</s:Body></s:Envelope>"
)
# What Apache CXF sends, and no more (shiv3/ocpp-cp-simulator#256).
CXF = (
    '<a:Action s:mustUnderstand="true">/Reset</a:Action><a:MessageID>urn:uuid:1</a:MessageID>'
    "<a:To>http://station/</a:To><cp:chargeBoxIdentity>CP1</cp:chargeBoxIdentity>"
)
RESET = "<cp:resetRequest><cp:type>Hard</cp:type></cp:resetRequest>"


def call_text(body: str = RESET, headers: str = CXF) -> bytes:
    return (ENVELOPE % (headers, body)).encode()


class Box:
    """A server with a handler of Reset, and what became of it."""

    def __init__(self, handlers: dict[str, Handler] | None = None, answers: bool = True) -> None:
        self.asked: list[str] = []
        self.handled = 0
        self.port = 0
        table: dict[str, Handler] = handlers or {"Reset": self._reset}
        self.server = SoapServer("CP1", Exchange(V15(), table), lambda: answers, self._count)

    def _reset(self, type: str) -> Any:  # noqa: A002 - the package's name for it
        self.asked.append(type)
        return call_result.Reset("Accepted")

    def _count(self) -> None:
        self.handled += 1

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/any/where"


@asynccontextmanager
async def serving(box: Box) -> AsyncIterator[Box]:
    ready = asyncio.Event()

    def listening(port: int) -> None:
        box.port = port
        ready.set()

    task = asyncio.create_task(box.server.serve("127.0.0.1", 0, listening))
    await asyncio.wait_for(ready.wait(), 5)
    try:
        yield box
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def post(box: Box, raw: bytes, **headers: str) -> tuple[int, bytes]:
    async with (
        aiohttp.ClientSession(skip_auto_headers=["Content-Type"]) as session,
        session.post(box.url, data=raw, headers=headers) as response,
    ):
        return response.status, await response.read()


def subcode(raw: bytes) -> tuple[str, str]:
    """Whose a fault is, and OCPP's subcode with its namespace resolved."""
    envelope = etree.fromstring(raw)
    outer, inner = (v for v in envelope.iter(f"{{{SOAP}}}Value"))
    prefix, _, local = (inner.text or "").partition(":")
    assert inner.nsmap[prefix] == STATION
    return (outer.text or "").partition(":")[2], local


async def test_a_call_with_cxfs_few_headers() -> None:
    """shiv3/ocpp-cp-simulator#256: without wsa:From and ReplyTo; the answer relates to the call."""
    async with serving(Box()) as box:
        status, raw = await post(box, call_text())
        assert status == 200
        assert box.asked == ["Hard"]
        assert box.handled == 1
        envelope = etree.fromstring(raw)
        (body,) = envelope.iterfind(f"{{{SOAP}}}Body/*")
        assert service(STATION).fault(body) == ""
        assert service(STATION).zeep_fault("Reset", envelope, response=True) == ""
        assert envelope.findtext(f".//{{{WSA}}}Action") == "/ResetResponse"
        assert envelope.findtext(f".//{{{WSA}}}RelatesTo") == "urn:uuid:1"


@pytest.mark.parametrize(
    ("body", "headers", "expected"),
    [
        (RESET, CXF.replace("CP1", "CP2"), ("Sender", "IdentityMismatch")),
        (RESET, "", ("Sender", "IdentityMismatch")),
        ("<cp:resetRequest/>", CXF, ("Sender", "ProtocolError")),
        ("<cp:resetRequest><cp:type>Warm</cp:type></cp:resetRequest>", CXF, ("Sender", "ProtocolError")),
        ("<cp:resetRequest><cp:kind>Hard</cp:kind></cp:resetRequest>", CXF, ("Sender", "ProtocolError")),
        ("<cp:resetRequest><cs:type>Hard</cs:type></cp:resetRequest>", CXF, ("Sender", "ProtocolError")),
        (RESET.replace("</cp:type>", "</cp:type><cp:type>Soft</cp:type>"), CXF, ("Sender", "ProtocolError")),
        ("<cp:clearCacheRequest/>", CXF, ("Receiver", "NotSupported")),
        ("<cp:triggerMessageRequest/>", CXF, ("Receiver", "NotSupported")),
        ("<cs:bootNotificationRequest/>", CXF, ("Receiver", "NotSupported")),
        ('<resetRequest xmlns="urn://Ocpp/Cp/2010/08/"/>', CXF, ("Receiver", "NotSupported")),
        ("", CXF, ("Sender", "ProtocolError")),
        (RESET * 2, CXF, ("Sender", "ProtocolError")),
    ],
)  # fmt: skip
async def test_what_is_refused_gets_a_fault_with_ocpps_subcode(
    body: str, headers: str, expected: tuple[str, str]
) -> None:
    """OCPP 1.5 SOAP: faults with a subcode; nothing is done."""
    async with serving(Box()) as box:
        status, raw = await post(box, call_text(body, headers))
        assert (status, subcode(raw)) == (500, expected)
        assert box.asked == []
        assert service(STATION).zeep_fault("Reset", etree.fromstring(raw), response=True).startswith("zeep:")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"no XML",
        b"<a/>",
        b'<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Body><x/></Body></Envelope>',
        b'<!DOCTYPE x [<!ENTITY e "boom">]>' + call_text(RESET.replace("Hard", "&e;")),
        b'<!DOCTYPE x SYSTEM "http://127.0.0.1:9/evil.dtd">' + call_text(),
        call_text().decode().encode("utf-16"),
        call_text("<a>" * 200 + "</a>" * 200),
        call_text('<cp:resetRequest xmlns:x="u"><cp:type><x:y/></cp:type></cp:resetRequest>'),
        call_text(RESET.replace("Hard", "&undeclared;")),
        b'<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE x+AD4-',
    ],
)
async def test_hostile_xml_costs_one_fault(raw: bytes) -> None:
    """No DTD, no entities, no depth: a ProtocolError each, and the next call is answered."""
    async with serving(Box()) as box:
        status, answer = await post(box, raw)
        assert (status, subcode(answer)) == (500, ("Sender", "ProtocolError"))
        assert box.asked == []
        assert (await post(box, call_text()))[0] == 200


async def test_a_payload_may_come_in_any_order_and_unqualified() -> None:
    """Toolkits differ; what is said is unmistakable."""
    seen: list[dict[str, Any]] = []

    def reserve(**order: Any) -> Any:
        seen.append(order)
        return call_result.ReserveNow("Accepted")

    async with serving(Box({"ReserveNow": reserve})) as box:
        body = (
            "<cp:reserveNowRequest><reservationId> 7 </reservationId><cp:connectorId>+2</cp:connectorId>"
            "<idTag>A</idTag><cp:expiryDate>2099-01-01T00:00:00Z</cp:expiryDate></cp:reserveNowRequest>"
        )
        assert (await post(box, call_text(body)))[0] == 200
    assert seen == [{"connector_id": 2, "expiry_date": "2099-01-01T00:00:00Z", "id_tag": "A", "reservation_id": 7}]


async def test_bounds_of_http() -> None:
    """64 KiB, no compression, POST alone; a rejected station says nothing of substance (OCPP 1.6 section 4.2)."""
    async with serving(Box()) as box:
        big = call_text(RESET.replace("Hard", " " * 70_000 + "Hard"))
        assert (await post(box, big))[0] == 413
        assert (await post(box, call_text(), **{"Content-Encoding": "gzip"}))[0] == 415
        async with aiohttp.ClientSession() as session, session.get(box.url) as response:
            assert response.status == 405
        assert box.asked == []
    async with serving(Box(answers=False)) as box:
        assert (await post(box, call_text()))[0] == 503
        assert box.asked == []


async def raw_call(port: int, headers: str, times: int = 1) -> tuple[bytes, bool]:
    """The same call several times over one connection; what came, and whether the server closed it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    body = call_text()
    found = b""
    try:
        for _ in range(times):
            writer.write(f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode() + body)
            head = await reader.readuntil(b"\r\n\r\n")
            found += head
            if length := re.search(rb"Content-Length: (\d+)", head):
                found += await reader.readexactly(int(length[1]))
        try:
            closed = await asyncio.wait_for(reader.read(1), 0.3) == b""
        except TimeoutError:
            closed = False
        return found, closed
    finally:
        writer.close()


async def test_what_is_no_http_and_who_leaves_early_leave_no_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """S18: whoever reaches the port could fill the log by it; the next call is answered as ever."""
    hostile = (
        b"\x16\x03\x01\x02\x00\x01",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 18446744073709551617\r\n\r\nx",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 500\r\n\r\nx",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n<soap",
    )
    async with serving(Box()) as box:
        for raw in hostile:
            _, writer = await asyncio.open_connection("127.0.0.1", box.port)
            writer.write(raw)
            await writer.drain()
            await asyncio.sleep(0.05)
            writer.transport.abort()
        await asyncio.sleep(0.1)
        assert (await post(box, call_text()))[0] == 200
    assert [record.getMessage() for record in caplog.records if record.levelname in ("ERROR", "CRITICAL")] == []


async def test_connection_close_is_honoured_and_else_the_socket_is_reused() -> None:
    """node-soap asks for the close and hangs without it; others send the next call over the same socket."""
    async with serving(Box()) as box:
        found, closed = await raw_call(box.port, "Connection: close\r\n")
        assert closed
        assert b"connection: close" in found.lower()
        found, closed = await raw_call(box.port, "", times=3)
        assert not closed
        assert found.count(b"HTTP/1.1 200") == 3


async def test_expect_100_continue_is_answered() -> None:
    """.NET sends the headers alone and waits for a word before the body."""
    async with serving(Box()) as box:
        reader, writer = await asyncio.open_connection("127.0.0.1", box.port)
        body = call_text()
        writer.write(
            f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n".encode()
        )
        assert b" 100 " in await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
        writer.write(body)
        assert b" 200 " in await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
        writer.close()


async def test_a_storm_of_calls_and_of_idle_connections() -> None:
    """Eight calls in hand, sixteen connections: more are refused or closed, the station goes on."""
    free = asyncio.Event()

    async def slow(**_: Any) -> Any:
        await free.wait()
        return call_result.Reset("Accepted")

    async with serving(Box({"Reset": slow})) as box:
        calls = [asyncio.create_task(post(box, call_text())) for _ in range(REQUESTS_IN_HAND + 4)]
        done, _ = await asyncio.wait(calls, timeout=1)
        assert [(await task)[0] for task in done] == [500] * 4
        free.set()
        assert sorted([(await task)[0] for task in calls]) == [200] * REQUESTS_IN_HAND + [500] * 4
        few = [await asyncio.open_connection("127.0.0.1", box.port) for _ in range(MOST_CONNECTIONS - 4)]
        assert (await post(box, call_text()))[0] == 200
        assert not any(reader.at_eof() for reader, _ in few)
        for _, writer in few:
            writer.close()
        idle = [await asyncio.open_connection("127.0.0.1", box.port) for _ in range(3 * MOST_CONNECTIONS)]
        assert (await post(box, call_text()))[0] == 200
        ended = await asyncio.gather(*(reader.read() for reader, _ in idle[:MOST_CONNECTIONS]), return_exceptions=True)
        assert ended == [b""] * MOST_CONNECTIONS
        for _, writer in idle:
            writer.close()


# The client


class Central:
    """A server that answers with what it is told to."""

    def __init__(self) -> None:
        self.seen: list[bytes] = []
        self.headers: list[Any] = []
        self.answer: Callable[[str], web.StreamResponse] = lambda _: web.Response(status=404, text="<html>")

    async def handle(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        self.seen.append(raw)
        self.headers.append(request.headers.copy())
        return self.answer(etree.fromstring(raw).findtext(f".//{{{WSA}}}MessageID") or "")


@asynccontextmanager
async def asking(central: Central, **changes: Any) -> AsyncIterator[tuple[SoapWire, list[str]]]:
    application = web.Application()
    application.router.add_post("/{path:.*}", central.handle)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    strangers: list[str] = []
    settings_ = config(
        f"http://user:secret@127.0.0.1:{runner.addresses[0][1]}/steve/services",
        version="1.5",
        **{"call_timeout_s": 20.0, **changes},
    )
    try:
        async with session(settings_, QUICK, Access()) as opened_session:
            exchange = Exchange(V15(), {})
            yield (
                SoapWire(opened_session, settings_, exchange, "http://192.0.2.7:81/", lambda: strangers.append("x")),
                strangers,
            )
    finally:
        await runner.cleanup()


def reply(body: str, headers: str = "", status: int = 200) -> Callable[[str], web.StreamResponse]:
    return lambda id_: web.Response(text=(ENVELOPE % (headers.replace("@ID", id_), body)), status=status)


HEARTBEAT = "<cs:heartbeatResponse><cs:currentTime>2026-03-01T12:00:00Z</cs:currentTime></cs:heartbeatResponse>"


async def test_every_request_says_where_the_station_can_be_called() -> None:
    """steve-community/steve#58: wsa:From in every request, not the first alone; and the message as zeep reads it."""
    central = Central()
    central.answer = reply(HEARTBEAT, "<a:RelatesTo>@ID</a:RelatesTo>")
    callback = Callback(81, "192.0.2.7", 81, "http://reply.example/")
    async with asking(central, callback=callback) as (wire, _):
        for _ in range(3):
            answer = await wire.ask(call.Heartbeat(), "6ec9cd0a-63c9-4c24-a2ae-f5b2a5f9c5a1")
        assert answer.current_time == "2026-03-01T12:00:00Z"
        assert wire.is_reached
    for raw, headers in zip(central.seen, central.headers, strict=True):
        envelope = etree.fromstring(raw)
        assert service(CENTRAL).zeep_fault("Heartbeat", envelope) == ""
        assert envelope.findtext(f".//{{{WSA}}}From/{{{WSA}}}Address") == "http://192.0.2.7:81/"
        assert envelope.findtext(f".//{{{WSA}}}ReplyTo/{{{WSA}}}Address") == "http://reply.example/"
        assert envelope.findtext(f".//{{{WSA}}}Action") == "/Heartbeat"
        assert envelope.findtext(f".//{{{WSA}}}MessageID") == "urn:uuid:6ec9cd0a-63c9-4c24-a2ae-f5b2a5f9c5a1"
        assert envelope.findtext(f".//{{{CENTRAL}}}chargeBoxIdentity") == "CP 1/é"
        assert "secret" not in raw.decode()
        assert headers["Authorization"] == "Basic dXNlcjpzZWNyZXQ="  # user:secret
        assert headers["Content-Type"] == 'application/soap+xml; charset=utf-8; action="/Heartbeat"'


FAULT = (
    "<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>cs:%s</s:Value></s:Subcode></s:Code>"
    '<s:Reason><s:Text xml:lang="en">unknown box</s:Text></s:Reason></s:Fault>'
)


@pytest.mark.parametrize("status", [200, 400, 500])
async def test_a_fault_is_a_refusal_and_a_sign_of_life(status: int) -> None:
    """SteVe refuses an unregistered box with SecurityError: the station is told that it is a stranger."""
    central = Central()
    async with asking(central) as (wire, strangers):
        central.answer = reply(FAULT % "InternalError", status=status)
        with pytest.raises(RefusedError, match=r"^Heartbeat: InternalError unknown box$"):
            await wire.ask(call.Heartbeat())
        assert strangers == []
        central.answer = reply(FAULT % "SecurityError", status=status)
        with pytest.raises(RefusedError, match=r"^Heartbeat: SecurityError unknown box$"):
            await wire.ask(call.Heartbeat())
        assert strangers == ["x"]
        assert wire.is_reached


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (reply("<cs:heartbeatResponse/>"), MalformedError),
        (reply("<cs:authorizeResponse/>"), MalformedError),
        (reply(HEARTBEAT, "<a:RelatesTo>urn:uuid:other</a:RelatesTo>"), MalformedError),
        (reply(HEARTBEAT.replace("cs:", "cp:")), MalformedError),
        (lambda _: web.Response(text="<html>login</html>"), MalformedError),
        (lambda _: web.Response(text="x" * 100_000), MalformedError),
        (lambda _: web.Response(status=404, text="no"), LostError),
        (lambda _: web.Response(status=302, headers={"Location": "http://127.0.0.1:9/"}), LostError),
        (lambda _: web.Response(status=502, text="<html>Bad Gateway</html>"), LostError),
    ],
)
async def test_answers_that_are_none(answer: Callable[[str], web.StreamResponse], error: type[Exception]) -> None:
    """Malformed is an answer of a central system; a gateway's page or a redirect is none."""
    central = Central()
    central.answer = answer
    async with asking(central) as (wire, _):
        with pytest.raises(error):
            await wire.ask(call.Heartbeat())
        assert wire.is_reached == (error is MalformedError)
        if error is LostError:
            with pytest.raises(LostError):
                await asyncio.wait_for(wire.start(), 20)


async def test_no_answer_in_time_ends_the_wire() -> None:
    """A timeout is off line, by SOAP."""
    central = Central()

    class Never(web.StreamResponse):
        async def prepare(self, request: web.BaseRequest) -> Any:
            await asyncio.sleep(30)

    central.answer = lambda _: Never()
    async with asking(central, call_timeout_s=0.5) as (wire, _):
        with pytest.raises(NoAnswerError):
            await wire.ask(call.Heartbeat())
        with pytest.raises(NoAnswerError):
            await asyncio.wait_for(wire.start(), 20)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: call_text(text)))
def test_no_bytes_raise_anything_but_misformed(raw: bytes) -> None:
    with contextlib.suppress(Misformed):
        opened(raw)


def test_message_ids_are_urns_for_ever() -> None:
    """The queue's id of a message is its MessageID over restarts, so that a repeat is known as one."""
    assert message_uri("6ec9cd0a-63c9-4c24-a2ae-f5b2a5f9c5a1") == "urn:uuid:6ec9cd0a-63c9-4c24-a2ae-f5b2a5f9c5a1"
    assert message_uri("message-1") == message_uri("message-1") != message_uri("message-2")
    assert Callback().reply_to == ANONYMOUS


# The way back


class Gateway(asyncio.DatagramProtocol):
    """A router that answers NAT-PMP (RFC 6886)."""

    def __init__(self, answer: bytes) -> None:
        self.answer = answer
        self.asked: list[bytes] = []

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.asked.append(data)
        if len(self.asked) > 1:  # the first is lost
            self.transport.sendto(self.answer, addr)


@pytest.mark.parametrize(
    ("answer", "address"),
    [
        (b"\x00\x80\x00\x00\x00\x00\x00\x07\xc0\x00\x02\x09", "192.0.2.9"),
        (b"\x00\x80\x00\x03\x00\x00\x00\x07\x00\x00\x00\x00", ""),
        (b"nonsense", ""),
    ],
)
async def test_a_modem_tells_its_public_address(answer: bytes, address: str) -> None:
    """R-122: found by itself with the modem fitted."""
    gateway = Gateway(answer)
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: gateway, local_addr=("127.0.0.1", 0))
    port = transport.get_extra_info("sockname")[1]
    assert await external_address("127.0.0.1", port) == address
    assert gateway.asked[0] == b"\x00\x00"
    transport.close()


async def test_the_address_that_the_supervision_is_given() -> None:
    """R-121, R-124: the public address and port as set; without one, and with a silent modem, the station's own."""
    usual = config("http://127.0.0.1:9/steve", version="1.5")
    told = replace(usual, callback=Callback(8080, "192.0.2.7", 81))
    assert await callback_url(told) == "http://192.0.2.7:81/"
    assert await callback_url(replace(usual, callback=Callback(8085, "", 81))) == "http://127.0.0.1:8085/"
    modem = replace(told, modem=Modem("127.0.0.1", 30))
    assert await callback_url(modem) == "http://127.0.0.1:8080/"  # nothing answers NAT-PMP there
    assert await own_address("nowhere.invalid", 80) == ""


async def test_whether_a_modem_is_there() -> None:
    """R-120: a refusal is a sign of life, silence is not."""
    async with serving(Box()) as box:
        assert await modem_answers("127.0.0.1", box.port)
    assert await modem_answers("127.0.0.1", box.port)
    with socket.socket() as silent, contextlib.ExitStack() as waiting:
        silent.bind(("127.0.0.1", 0))
        silent.listen(0)
        for _ in range(4):  # its backlog is full: who comes now hears nothing
            caller = waiting.enter_context(socket.socket())
            caller.setblocking(False)
            caller.connect_ex(silent.getsockname())
        assert not await modem_answers("127.0.0.1", silent.getsockname()[1], 0.3)
