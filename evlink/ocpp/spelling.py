"""The two spellings of names: the wire's (`idTag`) and the `ocpp` package's (`id_tag`), each name worked out once."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from enum import Enum
from functools import lru_cache
from typing import Any

from ocpp.charge_point import camel_to_snake_case, snake_to_camel_case  # type: ignore[import-untyped]

NAMES = 1024  # more than all messages have; what a peer makes up can't fill the memory


def snake(payload: Any) -> Any:
    """A payload of the wire with the names that the package's messages have. RecursionError where it is too deep."""
    if type(payload) is dict:
        return {_snake(name): snake(value) for name, value in payload.items()}
    if type(payload) is list:
        return [snake(value) for value in payload]
    return payload


def camel(message: Any) -> Any:
    """A message of the package, or a part of one, as the wire has it; what is None is left out."""
    if isinstance(message, dict):
        return {_camel(name): camel(value) for name, value in message.items() if value is not None}
    if isinstance(message, list):
        return [camel(value) for value in message if value is not None]
    if is_dataclass(message) and not isinstance(message, type):
        pairs = ((field.name, getattr(message, field.name)) for field in fields(message))
        return {_camel(name): camel(value) for name, value in pairs if value is not None}
    return message.value if isinstance(message, Enum) else message


@lru_cache(NAMES)
def _snake(name: str) -> str:
    return str(next(iter(camel_to_snake_case({name: None}))))


@lru_cache(NAMES)
def _camel(name: str) -> str:
    return str(next(iter(snake_to_camel_case({name: None}))))
