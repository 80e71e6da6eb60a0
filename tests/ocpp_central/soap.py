"""The central system's SOAP side: aiohttp and lxml to be asked, zeep to ask. Nothing of the station's own code."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections import deque
from typing import Any

import zeep
from aiohttp import web
from lxml import etree
from zeep.plugins import HistoryPlugin

from tests.ocpp_central.book import Book
from tests.ocpp_central.schemas import time_fault
from tests.ocpp_central.server import Rule
from tests.ocpp_central.services import CENTRAL, SOAP, STATION, service

WSA = "http://www.w3.org/2005/08/addressing"
_CALLABLE = re.compile(r"http://[0-9.]+:[0-9]+/.*")
_URN = re.compile(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class SoapCentral:
    """One listening central system; what `control.obey` needs of one."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.authorization: str | None = None
        self.rules: deque[Rule] = deque()
        self.refuse: int | None = None
        self.subprotocol = True
        self.connections: dict[int, str] = {}  # the station's address, by its number
        self._identity = ""
        self._busy = ""

    async def listen(self, port: int) -> web.AppRunner:
        """Listen on loopback."""
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", self._post)
        runner = web.AppRunner(application, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        return runner

    async def _post(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        if self.authorization not in (None, request.headers.get("Authorization", "")):
            self.book.write("handshake", 0, path=request.path, status=401)
            return web.Response(status=401, text="no\n")
        if self.refuse is not None:
            self.book.write("handshake", 0, path=request.path, status=self.refuse)
            return web.Response(status=self.refuse, text="no\n")
        envelope = etree.fromstring(raw)
        headers = {etree.QName(e).localname: e for e in envelope.iterfind(f"{{{SOAP}}}Header/*")}
        (body,) = envelope.iterfind(f"{{{SOAP}}}Body/*")
        name = etree.QName(body).localname
        action = name[0].upper() + name.removesuffix("Request")[1:]
        fault = service(CENTRAL).fault(body) or service(CENTRAL).zeep_fault(action, envelope)
        payload = {} if fault else service(CENTRAL).payload(body)
        id_ = headers["MessageID"].text or ""
        fault = fault or self._header_fault(request, action, headers) or time_fault(payload)
        fault = fault or self.book.judge(id_, action, payload)
        if self._busy:
            fault = fault or f"{action} while {self._busy} is unanswered"
        self._busy = action
        try:
            self._identity = headers["chargeBoxIdentity"].text or ""
            self.connections = {1: headers["From"].findtext(f"{{{WSA}}}Address") or ""}
            repeat = id_ in self.book.answered
            self.book.write("in", 1, message=[2, id_, action, payload], fault=fault, repeat=repeat, path=request.path,
                            sender=self.connections[1], identity=self._identity)  # fmt: skip
            return await self._answered(request, id_, action, payload, fault)
        finally:
            self._busy = ""

    @staticmethod
    def _header_fault(request: web.Request, action: str, headers: dict[str, etree._Element]) -> str:
        """What is wrong with the headers; an address that can't be called is (steve-community/steve#58)."""

        def text(name: str, inside: str = "") -> str:
            element = headers.get(name)
            if element is None:
                return ""
            return (element.findtext(f"{{{WSA}}}{inside}") if inside else element.text) or ""

        for name in ("Action", "MessageID", "To", "From", "ReplyTo"):
            if name not in headers or headers[name].tag != f"{{{WSA}}}{name}":
                return f"{action}: no header {name} of WS-Addressing"
        if headers["chargeBoxIdentity"].tag != f"{{{CENTRAL}}}chargeBoxIdentity":
            return f"{action}: the identity is not the central system's"
        if text("Action") != f"/{action}" or not _URN.fullmatch(text("MessageID")):
            return f"{action}: Action {text('Action')!r}, MessageID {text('MessageID')!r}"
        if not _CALLABLE.fullmatch(text("From", "Address")):
            return f"{action}: From {text('From', 'Address')!r} can't be called"
        if request.content_type != "application/soap+xml":
            return f"{action}: Content-Type {request.content_type!r}"
        return ""

    async def _answered(
        self, request: web.Request, id_: str, action: str, payload: dict[str, Any], fault: str
    ) -> web.StreamResponse:
        rule = self._rule(action)
        if fault:
            return self._fault(id_, "ProtocolError", fault)
        if rule.delay_s:
            await asyncio.sleep(rule.delay_s)
        if rule.error is not None:
            return self._fault(id_, *rule.error)
        if rule.raw is not None:
            return web.Response(text=rule.raw.replace("@ID", id_), content_type="application/soap+xml")
        answer = spoken(self.book.answer(id_, action, rule.reply or {}))
        self.book.take(id_, action, payload, answer)
        if rule.silent or rule.drop:
            self.book.write("lost", 1, message=[3, id_, answer])
            if rule.silent:
                await asyncio.sleep(60)
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        self.book.write("out", 1, message=[3, id_, answer])
        body = service(CENTRAL).element(action[0].lower() + action[1:] + "Response", answer)
        return web.Response(body=_envelope(body, f"/{action}Response", id_), content_type="application/soap+xml")

    def _fault(self, id_: str, code: str, text: str) -> web.Response:
        self.book.write("out", 1, message=[4, id_, code, text, {}])
        fault = etree.Element(f"{{{SOAP}}}Fault", nsmap={"s": SOAP, "cs": CENTRAL})
        outer = etree.SubElement(fault, f"{{{SOAP}}}Code")
        etree.SubElement(outer, f"{{{SOAP}}}Value").text = "s:Sender"
        etree.SubElement(etree.SubElement(outer, f"{{{SOAP}}}Subcode"), f"{{{SOAP}}}Value").text = f"cs:{code}"
        reason = etree.SubElement(etree.SubElement(fault, f"{{{SOAP}}}Reason"), f"{{{SOAP}}}Text")
        reason.set("{http://www.w3.org/XML/1998/namespace}lang", "en")
        reason.text = text
        return web.Response(body=_envelope(fault, f"{WSA}/fault", id_), status=500, content_type="application/soap+xml")

    def _rule(self, action: str) -> Rule:
        for rule in self.rules:
            if rule.action == action and rule.times > 0:
                rule.times -= 1
                return rule
        return Rule(action)

    async def call(self, id_: str | None, action: str, payload: Any, timeout_s: float) -> list[Any] | None:
        """Call the station at the address of its last request, by zeep; its answer, or None."""
        id_ = id_ or str(uuid.uuid4())
        self.book.write("out", 1, message=[2, id_, action, payload])
        answer = await asyncio.to_thread(self._zeep, id_, action, payload, timeout_s)
        if answer is not None:
            self.book.write("in", 1, message=answer, fault="")
        return answer

    def _zeep(self, id_: str, action: str, payload: dict[str, Any], timeout_s: float) -> list[Any] | None:
        history = HistoryPlugin()
        client = zeep.Client(
            str(service(STATION).path), plugins=[history],
            transport=zeep.Transport(timeout=timeout_s, operation_timeout=timeout_s),
        )  # fmt: skip
        caller = client.create_service(f"{{{STATION}}}ChargePointServiceSoap", self.connections[1])
        try:
            caller[action](**payload, _soapheaders={"ChargeBoxIdentity": self._identity})
        except zeep.exceptions.Fault as fault:
            subcode = fault.subcodes[0].localname if fault.subcodes else ""
            return [4, id_, subcode, fault.message, {}]
        except OSError:  # requests' errors are
            return None
        envelope = history.last_received["envelope"]
        (body,) = envelope.iterfind(f"{{{SOAP}}}Body/*")
        if wrong := service(STATION).fault(body):
            self.book.write("judged", 1, message=None, fault=wrong)
        return [3, id_, service(STATION).payload(body)]

    async def raw(self, text: str | bytes) -> None:
        """There is no connection to send anything over."""
        raise ValueError("SOAP has no connection")

    def drop(self) -> None:
        """There is no connection to tear down."""
        raise ValueError("SOAP has no connection")


def spoken(answer: dict[str, Any]) -> dict[str, Any]:
    """A usual answer in 1.5's words."""
    return {"heartbeatInterval" if name == "interval" else name: value for name, value in answer.items()}


def _envelope(body: etree._Element, action: str, relates_to: str) -> bytes:
    envelope = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"s": SOAP, "a": WSA})
    header = etree.SubElement(envelope, f"{{{SOAP}}}Header")
    etree.SubElement(header, f"{{{WSA}}}Action").text = action
    etree.SubElement(header, f"{{{WSA}}}RelatesTo").text = relates_to
    etree.SubElement(envelope, f"{{{SOAP}}}Body").append(body)
    return etree.tostring(envelope)
