"""The JSON schemas of OCPP 1.5, made from the table of its messages: nobody publishes any, and JSON needs them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jsonschema import Draft4Validator

from evlink.ocpp.fitting import fitting
from evlink.ocpp.v15.shapes import Exchange, Measured, Record, Shape, Text, Time, Truth, Whole, Word


def schema(shape: Shape) -> dict[str, Any]:
    """The JSON schema (draft 4) of a shape. Records take no fields that they don't know."""
    match shape:
        case Text(longest=None) | Time():
            return {"type": "string"}
        case Text(longest=longest):
            return {"type": "string", "maxLength": longest}
        case Word(words=words):
            return {"type": "string", "enum": list(words)}
        case Whole():
            return {"type": "integer"}
        case Truth():
            return {"type": "boolean"}
        case Measured(attributes=attributes):
            parts = {"value": {"type": "string"}, **{name: schema(word) for name, word in attributes}}
            return _object(parts, ["value"])
        case Record(fields=fields):
            return _object(
                {
                    field.name: {"type": "array", "items": schema(field.shape)} if field.many else schema(field.shape)
                    for field in fields
                },
                [field.name for field in fields if not field.optional],
            )


def _object(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    found = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**found, "required": required} if required else found  # draft 4 allows no empty list


class Judge:
    """The validators of some exchanges, each made when it is first needed."""

    def __init__(self, exchanges: Mapping[str, Exchange]) -> None:
        self._exchanges = exchanges
        self._requests: dict[str, Validator] = {}
        self._answers: dict[str, Validator] = {}

    def request(self, action: str, payload: Any) -> None:
        """Check a request; raises jsonschema's ValidationError, KeyError for an action that isn't there."""
        if action not in self._requests:
            self._requests[action] = Validator(schema(self._exchanges[action].request))
        self._requests[action].validate(payload)

    def answer(self, action: str, payload: Any) -> None:
        """Check an answer, as `request`."""
        if action not in self._answers:
            self._answers[action] = Validator(schema(self._exchanges[action].answer))
        self._answers[action].validate(payload)


class Validator:
    """One schema's judgement: a quick look, and where that finds fault, the words for it."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._fits = fitting(schema)
        self._thorough = Draft4Validator(schema)

    def validate(self, payload: Any) -> None:
        """Raises jsonschema's ValidationError for what the schema does not allow."""
        if not self._fits(payload):
            self._thorough.validate(payload)
