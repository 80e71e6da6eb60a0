"""A quick first look at payloads: a JSON schema turned into functions that only say whether a payload fits.

A validator that explains what is wrong costs up to a millisecond a message, most of it for messages that nothing is
wrong with. So each is looked at here first; what does not fit, and what a schema says that isn't known here, is left
to the validator.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

Fits = Callable[[Any], bool]

_PASSED_OVER = frozenset({"$schema", "$id", "id", "title", "description", "javaType", "definitions", "format"})
_OF_TYPE = {  # keywords that say nothing beside another type
    "object": frozenset({"properties", "required", "additionalProperties"}),
    "array": frozenset({"items", "minItems", "additionalItems"}),
    "string": frozenset({"maxLength"}),
    "number": frozenset({"multipleOf"}),
}


class Unknown(Exception):  # noqa: N818  # the validator knows it
    """The schema says something that is not known here."""


def never(payload: Any) -> bool:
    """Fits nothing: the validator is asked every time."""
    return False


def fitting(schema: Mapping[str, Any]) -> Fits:
    """A function that is true only of payloads which the schema (draft 4) allows."""
    try:
        return _compiled(schema, schema)
    except Unknown:
        return never


def _compiled(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Fits:
    reference = schema.get("$ref")
    if reference is not None:  # draft 4 passes over what stands beside it
        return _compiled(_found(str(reference), root), root)
    type_ = schema.get("type")
    mute = _PASSED_OVER.union({"type"}, *(words for other, words in _OF_TYPE.items() if other != type_))
    known = {name: value for name, value in schema.items() if name not in mute}
    match type_:
        case "object":
            return _object(known, root)
        case "array":
            return _array(known, root)
        case "string":
            return _string(known)
        case "integer":
            return _plain(known, lambda value: type(value) is int)
        case "boolean":
            return _plain(known, lambda value: type(value) is bool)
        case "number":
            return _number(known)
        case _:
            raise Unknown


def _found(reference: str, root: Mapping[str, Any]) -> Mapping[str, Any]:
    place, _, name = reference.rpartition("/")
    if place != "#/definitions" or name not in root.get("definitions", {}):
        raise Unknown
    found: Mapping[str, Any] = root["definitions"][name]
    return found


def _plain(known: Mapping[str, Any], fits: Fits) -> Fits:
    if known:
        raise Unknown
    return fits


def _object(known: dict[str, Any], root: Mapping[str, Any]) -> Fits:
    parts = {name: _compiled(part, root) for name, part in known.pop("properties", {}).items()}
    required = tuple(known.pop("required", ()))
    open_ = known.pop("additionalProperties", True)
    if known or not isinstance(open_, bool):
        raise Unknown

    def fits(value: Any) -> bool:
        if type(value) is not dict:
            return False
        for name in required:
            if name not in value:
                return False
        for name, item in value.items():
            part = parts.get(name)
            if part is None:
                if not open_:
                    return False
            elif not part(item):
                return False
        return True

    return fits


def _array(known: dict[str, Any], root: Mapping[str, Any]) -> Fits:
    part = _compiled(known.pop("items", {}), root)
    least = int(known.pop("minItems", 0))
    known.pop("additionalItems", None)  # says nothing where all items have one schema
    if known:
        raise Unknown

    def fits(value: Any) -> bool:
        return type(value) is list and len(value) >= least and all(map(part, value))

    return fits


def _string(known: dict[str, Any]) -> Fits:
    longest = known.pop("maxLength", None)
    words = known.pop("enum", None)
    if known:
        raise Unknown
    if words is not None:
        allowed = frozenset(word for word in words if longest is None or len(word) <= longest)
        return lambda value: isinstance(value, str) and value in allowed
    if longest is None:
        return lambda value: isinstance(value, str)
    return lambda value: isinstance(value, str) and len(value) <= longest


def _number(known: dict[str, Any]) -> Fits:
    step = known.pop("multipleOf", None)
    if known:
        raise Unknown
    if step is None:
        return lambda value: type(value) is int or type(value) is float
    if float(step) != 0.1:
        raise Unknown

    def fits(value: Any) -> bool:
        # A float is a tenth where it is the one nearest to some number of one decimal.
        if type(value) is float:
            return math.isfinite(value) and value == round(value, 1)
        return type(value) is int

    return fits
