"""OCPP 1.5's two services by their descriptions in tests/data: XML and JSON judged, and turned into each other."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import zeep
from lxml import etree

from tests.ocpp_central.book import literal

DATA = Path(__file__).parents[1] / "data"
XS = "http://www.w3.org/2001/XMLSchema"
SOAP = "http://www.w3.org/2003/05/soap-envelope"
CENTRAL, STATION = "urn://Ocpp/Cs/2012/06/", "urn://Ocpp/Cp/2012/06/"
_FILES = {CENTRAL: "central_system_1.5.wsdl", STATION: "charge_point_1.5.wsdl"}


class Part(NamedTuple):
    """An element of a sequence: its name, the name of its type (None: a value with attributes), and its occurrence."""

    name: str
    type: str | None
    many: bool


class Service:
    """One service: lxml's validator for its schema, zeep's reading of it, and its types."""

    def __init__(self, namespace: str) -> None:
        self.namespace = namespace
        self.path = DATA / _FILES[namespace]
        found = etree.parse(self.path).getroot().find(f".//{{{XS}}}schema")
        assert found is not None
        schema = etree.fromstring(etree.tostring(found))  # by itself, with the prefixes that stood around it
        self._validator = etree.XMLSchema(schema)
        self._types = {t.get("name"): t for t in schema.findall(f"{{{XS}}}complexType")}
        self.elements = {e.get("name"): e.get("type", "") for e in schema.findall(f"{{{XS}}}element")}
        self.client = zeep.Client(str(self.path))
        ((_, service),) = self.client.wsdl.services.items()
        ((_, port),) = service.ports.items()
        self.binding = port.binding

    def _parts(self, type_: str) -> list[Part] | None:
        """The sequence of a complex type; None for a simple one."""
        found = self._types.get(type_.removeprefix("ocpp:"))
        if found is None:
            return None
        return [
            Part(e.get("name", ""), e.get("type"), e.get("maxOccurs") == "unbounded")
            for e in found.findall(f"{{{XS}}}sequence/{{{XS}}}element")
        ]

    def fault(self, body: etree._Element) -> str:
        """What is wrong with a body's element by the schema: names, order, occurrence, words. Empty where nothing."""
        if self._validator.validate(body):
            return ""
        return str(self._validator.error_log.last_error)

    def zeep_fault(self, action: str, envelope: etree._Element, *, response: bool = False) -> str:
        """What zeep finds wrong with a whole message."""
        operation = self.binding.get(action)
        try:
            (operation.output if response else operation.input).deserialize(envelope)
        except Exception as error:
            return f"zeep: {type(error).__name__}: {error}"
        return ""

    def payload(self, element: etree._Element) -> dict[str, Any]:
        """An element of the schema as JSON has it."""
        found = self._read(element, self.elements[etree.QName(element).localname])
        assert isinstance(found, dict)
        return found

    def _read(self, element: etree._Element, type_: str | None) -> Any:
        if type_ is None:
            return {"value": element.text or "", **{str(k): str(v) for k, v in element.attrib.items()}}
        parts = self._parts(type_)
        if parts is None:
            text = element.text or ""
            return int(text) if type_ == "xs:int" else text == "true" if type_ == "xs:boolean" else text
        found: dict[str, Any] = {}
        for part in parts:
            values = [self._read(e, part.type) for e in element.findall(f"{{{self.namespace}}}{part.name}")]
            if part.many and values:
                found[part.name] = values
            elif values:
                found[part.name] = values[0]
        return found

    def element(self, name: str, payload: dict[str, Any]) -> etree._Element:
        """A JSON payload as an element; KeyError with the name of what the schema doesn't know."""
        root = etree.Element(f"{{{self.namespace}}}{name}", nsmap={"ocpp": self.namespace})
        self._write(root, self.elements[name], payload)
        return root

    def _write(self, element: etree._Element, type_: str | None, value: Any) -> None:
        parts = None if type_ is None else self._parts(type_)
        if type_ is None:
            element.text = value["value"]
            for name in value.keys() - {"value"}:
                element.set(name, value[name])
        elif parts is None:
            if type(value) is not {"xs:int": int, "xs:boolean": bool}.get(type_, str):
                raise KeyError(f"{element.tag!r} is {value!r}")
            element.text = str(value).lower() if isinstance(value, bool) else str(value)
        else:
            if unknown := value.keys() - {part.name for part in parts}:
                raise KeyError(f"{element.tag!r} has no {unknown}")
            for part in parts:
                found = value.get(part.name, [])
                if part.many and not isinstance(found, list):
                    raise KeyError(f"{part.name} is no list")
                for one in found if part.many or part.name not in value else [found]:
                    self._write(etree.SubElement(element, f"{{{self.namespace}}}{part.name}"), part.type, one)


@cache
def service(namespace: str) -> Service:
    """A service, read once."""
    return Service(namespace)


def json_fault(action: str, payload: Any, *, response: bool = False) -> str:
    """What is wrong with a payload of OCPP 1.5 as JSON has it, by the service descriptions."""
    name = action[0].lower() + action[1:] + ("Response" if response else "Request")
    found = [service(n) for n in (CENTRAL, STATION) if name in service(n).elements]
    if not found:
        return f"{action} is none of OCPP 1.5"
    try:
        return found[0].fault(found[0].element(name, literal(payload)))
    except (KeyError, TypeError, AttributeError) as error:
        return f"{action}: {error}"
