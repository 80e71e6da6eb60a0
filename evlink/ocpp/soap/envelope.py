"""SOAP 1.2 envelopes of OCPP 1.5: document/literal, with WS-Addressing 2005/08 and the charge box's identity."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from lxml import etree

from evlink.domain.text import clean
from evlink.ocpp.frames import LARGEST_FRAME
from evlink.ocpp.soap.elements import Misformed, read, write
from evlink.ocpp.v15.shapes import Exchange, Record

SOAP = "http://www.w3.org/2003/05/soap-envelope"
WSA = "http://www.w3.org/2005/08/addressing"
ANONYMOUS = f"{WSA}/anonymous"
CENTRAL = "urn://Ocpp/Cs/2012/06/"  # the central system's service
STATION = "urn://Ocpp/Cp/2012/06/"  # the charge point's service
DEEPEST = 32
CONTENT_TYPE = "application/soap+xml"

# How OCPP-J's codes are told in a fault: whose it is, and OCPP's subcode. What isn't here is Receiver, InternalError.
FAULTS: dict[str, tuple[str, str]] = {
    "NotImplemented": ("Receiver", "NotSupported"),
    "NotSupported": ("Receiver", "NotSupported"),
    "ProtocolError": ("Sender", "ProtocolError"),
    "FormationViolation": ("Sender", "ProtocolError"),
    "PropertyConstraintViolation": ("Sender", "ProtocolError"),
    "OccurenceConstraintViolation": ("Sender", "ProtocolError"),
    "TypeConstraintViolation": ("Sender", "ProtocolError"),
    "SecurityError": ("Sender", "SecurityError"),
    "IdentityMismatch": ("Sender", "IdentityMismatch"),
}


@dataclass(frozen=True, slots=True)
class Addressing:
    """The headers of a message. `sender` is where the station can be called; empty headers aren't written."""

    action: str
    message_id: str
    identity: str = ""
    to: str = ""
    sender: str = ""
    reply_to: str = ""
    relates_to: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """An envelope that came: its headers, empty where they are missing, and what its body holds."""

    addressing: Addressing
    body: etree._Element

    @property
    def name(self) -> str:
        """The local name of the body's element."""
        return etree.QName(self.body).localname


@dataclass(frozen=True, slots=True)
class Fault:
    """A SOAP fault: OCPP's subcode (or SOAP's code where there is none), and the reason."""

    code: str
    reason: str


def message_uri(id_: str) -> str:
    """A message id as WS-Addressing wants it: a URN of a UUID, the same for the same id."""
    try:
        return uuid.UUID(id_).urn
    except ValueError:
        return uuid.uuid5(uuid.NAMESPACE_URL, id_).urn


def element_name(action: str, kind: str) -> str:
    """The name of a body's element: `bootNotification` and Request or Response."""
    return action[0].lower() + action[1:] + kind


def written(namespace: str, name: str, record: Record, payload: dict[str, Any], addressing: Addressing) -> bytes:
    """A whole message. ValueError for text that XML can't carry."""
    envelope, body = _envelope(namespace, addressing)
    write(etree.SubElement(body, f"{{{namespace}}}{name}"), namespace, record, payload)
    return _bytes(envelope)


def fault(namespace: str, code: str, reason: str, addressing: Addressing) -> bytes:
    """A fault in answer to a message; `code` is one of OCPP-J's, or IdentityMismatch."""
    whose, subcode = FAULTS.get(code, ("Receiver", "InternalError"))
    envelope, body = _envelope(namespace, addressing)
    told = etree.SubElement(body, f"{{{SOAP}}}Fault")
    outer = etree.SubElement(told, f"{{{SOAP}}}Code")
    etree.SubElement(outer, f"{{{SOAP}}}Value").text = f"soap:{whose}"
    inner = etree.SubElement(outer, f"{{{SOAP}}}Subcode")
    etree.SubElement(inner, f"{{{SOAP}}}Value").text = f"ocpp:{subcode}"
    text = etree.SubElement(etree.SubElement(told, f"{{{SOAP}}}Reason"), f"{{{SOAP}}}Text")
    text.set("{http://www.w3.org/XML/1998/namespace}lang", "en")
    text.text = clean(reason, 255)
    return _bytes(envelope)


def _envelope(namespace: str, addressing: Addressing) -> tuple[etree._Element, etree._Element]:
    envelope = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"soap": SOAP, "wsa": WSA, "ocpp": namespace})
    header = etree.SubElement(envelope, f"{{{SOAP}}}Header")
    if addressing.identity:
        etree.SubElement(header, f"{{{namespace}}}chargeBoxIdentity").text = addressing.identity
    for name, text, inside in (
        ("Action", addressing.action, ""),
        ("MessageID", addressing.message_id, ""),
        ("RelatesTo", addressing.relates_to, ""),
        ("To", addressing.to, ""),
        ("From", addressing.sender, "Address"),
        ("ReplyTo", addressing.reply_to, "Address"),
    ):
        if text:
            element = etree.SubElement(header, f"{{{WSA}}}{name}")
            if name == "Action":
                element.set(f"{{{SOAP}}}mustUnderstand", "true")
            (etree.SubElement(element, f"{{{WSA}}}{inside}") if inside else element).text = text
    return envelope, etree.SubElement(envelope, f"{{{SOAP}}}Body")


def _bytes(envelope: etree._Element) -> bytes:
    return etree.tostring(envelope, xml_declaration=True, encoding="UTF-8")


def opened(raw: bytes) -> Told:
    """Read an envelope; raises Misformed. No DTD, no entities, 64 KiB and 32 levels at most, whatever comes."""
    if len(raw) > LARGEST_FRAME:
        raise Misformed(f"a message has at most {LARGEST_FRAME} bytes")
    if b"\x00" in raw or b"<!DOCTYPE" in raw:
        raise Misformed("a message has no document type, and is UTF-8")
    parser = etree.XMLParser(
        resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        envelope = etree.fromstring(raw, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Misformed(f"the message is no XML: {clean(str(error), 150)}") from None
    if envelope.getroottree().docinfo.internalDTD is not None:
        raise Misformed("a message has no document type")
    _bounded(envelope)
    if envelope.tag != f"{{{SOAP}}}Envelope":
        raise Misformed("the message is no SOAP 1.2 envelope")
    body = envelope.find(f"{{{SOAP}}}Body")
    if body is None or len(body) != 1:
        raise Misformed("the body of an envelope holds one element")
    return Told(_addressing(envelope), body[0])


def _bounded(root: etree._Element) -> None:
    level, depth = [root], 0
    while level:
        depth += 1
        if depth > DEEPEST:
            raise Misformed(f"a message is nested at most {DEEPEST} deep")
        level = [child for element in level for child in element]


def _addressing(envelope: etree._Element) -> Addressing:
    """The headers by their local names: toolkits differ in namespaces and in what they leave out."""
    header = envelope.find(f"{{{SOAP}}}Header")
    found: dict[str, str] = {}
    for element in header if header is not None else ():
        text = element.text or ""
        if len(element) and etree.QName(element).localname in ("From", "ReplyTo"):
            text = element[0].text or ""
        found.setdefault(etree.QName(element).localname, clean(text, 512).strip())
    return Addressing(
        action=found.get("Action", ""),
        message_id=found.get("MessageID", ""),
        identity=found.get("chargeBoxIdentity", ""),
        to=found.get("To", ""),
        sender=found.get("From", ""),
        reply_to=found.get("ReplyTo", ""),
        relates_to=found.get("RelatesTo", ""),
    )


def payload_of(told: Told, namespace: str, record: Record) -> dict[str, Any]:
    """What the body's element says; raises Misformed."""
    return read(told.body, namespace, record)


def action_of(told: Told, namespace: str, exchanges: dict[str, Exchange]) -> str:
    """The action that the body asks for: empty where it is none of OCPP 1.5."""
    if etree.QName(told.body).namespace != namespace:
        return ""
    return next((action for action in exchanges if element_name(action, "Request") == told.name), "")


def fault_of(told: Told) -> Fault | None:
    """The fault in a body; None where it holds none."""
    if told.body.tag != f"{{{SOAP}}}Fault":
        return None
    codes = [_local(value.text) for value in told.body.iterfind(f".//{{{SOAP}}}Code//{{{SOAP}}}Value")]
    reasons = told.body.findtext(f"{{{SOAP}}}Reason/{{{SOAP}}}Text") or ""
    return Fault(clean(codes[-1] if codes else "GenericError", 50), clean(reasons, 255))


def _local(name: str | None) -> str:
    return (name or "").strip().rpartition(":")[2]
