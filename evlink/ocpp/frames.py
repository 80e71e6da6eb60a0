"""The reading of frames: what came over the wire, sorted before anything trusts it (OCPP-J 1.6 section 4.2)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from evlink.domain.text import clean

LARGEST_FRAME = 64 * 1024
LONGEST_ID = 255  # OCPP-J says 36; a longer one is still echoed, an endless one is not


@dataclass(frozen=True, slots=True)
class Request:
    """A CALL: the supervision asks for something."""

    id: str
    action: str
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reply:
    """A CALLRESULT; its payload may be anything until a schema has seen it."""

    id: str
    payload: Any


@dataclass(frozen=True, slots=True)
class Failure:
    """A CALLERROR."""

    id: str
    code: str
    description: str


@dataclass(frozen=True, slots=True)
class Broken:
    """A CALL that is none; its id is known, so it costs exactly one CALLERROR (OCPP-J 1.6 section 4.2.3)."""

    id: str
    code: str
    description: str


Frame = Request | Reply | Failure | Broken


def read_frame(raw: str | bytes) -> Frame | None:
    """Sort one frame; None for what can't be answered: no JSON, no array, no message id (OCPP-J 1.6 section 4.1).

    Never raises, whatever the bytes. Binary frames are no OCPP.
    """
    if not isinstance(raw, str) or len(raw) > LARGEST_FRAME:
        return None
    try:
        message = json.loads(raw)
    except (ValueError, RecursionError):  # ValueError also covers integers of more than 4300 digits
        return None
    if not isinstance(message, list) or len(message) < 2:
        return None
    kind, id_ = message[0], message[1]
    if type(kind) is not int or not isinstance(id_, str) or not 1 <= len(id_) <= LONGEST_ID:
        return None
    rest = message[2:]
    match kind:
        case 2:
            return _request(id_, rest)
        case 3:
            return Reply(id_, rest[0] if rest else None)
        case 4:
            code = rest[0] if rest and isinstance(rest[0], str) else "GenericError"
            description = rest[1] if len(rest) > 1 and isinstance(rest[1], str) else ""
            return Failure(id_, clean(code, 50), clean(description, 255))
        case _:
            return None


def _request(id_: str, rest: list[Any]) -> Request | Broken:
    # "FormationViolation" is the wire's spelling; the errata keep the slip (OCPP-J 1.6 errata 5.2).
    if len(rest) != 2:
        return Broken(id_, "FormationViolation", f"a CALL has 4 elements, this one {len(rest) + 2}")
    action, payload = rest
    if not isinstance(action, str):
        return Broken(id_, "FormationViolation", "the action of a CALL is a string")
    if not isinstance(payload, dict):
        return Broken(id_, "FormationViolation", "the payload of a CALL is an object")
    return Request(id_, action, payload)


def error_frame(id_: str, code: str, description: str) -> str:
    """A CALLERROR as text; the description is cleaned and cut to 255 characters, details stay empty."""
    return json.dumps([4, id_, code, clean(description, 255), {}], separators=(",", ":"))
