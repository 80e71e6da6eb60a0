"""Payloads as XML elements and back, by the table of OCPP 1.5's messages.

Written elements stand in the order of the table, qualified by the service's namespace. Read ones may stand in any
order, qualified or not, for not every toolkit keeps to the schema; names that the table doesn't have are refused.
"""

from __future__ import annotations

from typing import Any

from lxml import etree

from evlink.domain.text import clean
from evlink.ocpp.v15.shapes import Measured, Record, Shape, Text, Truth, Whole

LONGEST_NUMBER = 18
_TRUTHS = {"true": True, "1": True, "false": False, "0": False}


class Misformed(ValueError):  # noqa: N818  # what came is wrong, not we
    """An element that is none of OCPP 1.5."""


def write(parent: etree._Element, namespace: str, record: Record, payload: dict[str, Any]) -> None:
    """Append a payload's fields to an element. ValueError for text that XML can't carry."""
    for field in record.fields:
        if field.name not in payload:
            continue
        values = payload[field.name] if field.many else [payload[field.name]]
        for value in values:
            _write(etree.SubElement(parent, f"{{{namespace}}}{field.name}"), namespace, field.shape, value)


def _write(element: etree._Element, namespace: str, shape: Shape, value: Any) -> None:
    match shape:
        case Record():
            write(element, namespace, shape, value)
        case Measured():
            for name, _ in shape.attributes:
                if name in value:
                    element.set(name, value[name])
            element.text = value["value"]
        case Truth():
            element.text = "true" if value else "false"
        case _:
            element.text = str(value)


def read(element: etree._Element, namespace: str, record: Record) -> dict[str, Any]:
    """The payload of an element; a schema has still to see it. Raises Misformed."""
    fields = {field.name: field for field in record.fields}
    payload: dict[str, Any] = {}
    for child in element:
        name = etree.QName(child)
        field = fields.get(name.localname)
        if field is None or name.namespace not in (namespace, None):
            raise Misformed(f"{clean(name.localname, 50)} is no element of {_name(element)}")
        if field.optional and not isinstance(field.shape, Text | Record) and not len(child) and not _text(child):
            continue  # an empty element where nothing is meant
        value = _read(child, namespace, field.shape)
        if field.many:
            payload.setdefault(field.name, []).append(value)
        elif field.name in payload:
            raise Misformed(f"{field.name} stands twice in {_name(element)}")
        else:
            payload[field.name] = value
    return payload


def _read(element: etree._Element, namespace: str, shape: Shape) -> Any:
    if isinstance(shape, Record):
        return read(element, namespace, shape)
    if len(element):
        raise Misformed(f"{_name(element)} holds elements where a value is due")
    match shape:
        case Measured():
            told = {name: value for name, _ in shape.attributes if (value := element.get(name)) is not None}
            return {"value": element.text or "", **told}
        case Text():
            return element.text or ""
        case Whole():
            return _whole(element)
        case Truth():
            text = _text(element)
            if text not in _TRUTHS:
                raise Misformed(f"{_name(element)} is neither true nor false")
            return _TRUTHS[text]
        case _:
            return _text(element)


def _whole(element: etree._Element) -> int:
    text = _text(element)
    digits = text[1:] if text[:1] in ("+", "-") else text
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= LONGEST_NUMBER):
        raise Misformed(f"{_name(element)} is no whole number")
    return int(text)


def _text(element: etree._Element) -> str:
    return (element.text or "").strip()


def _name(element: etree._Element) -> str:
    return clean(etree.QName(element).localname, 50)
