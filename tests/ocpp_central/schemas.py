"""The judging of frames by OCPP 1.6's JSON schemas, and of times by their form."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from jsonschema import Draft4Validator
from jsonschema.exceptions import ValidationError

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@cache
def _validator(name: str) -> Draft4Validator | None:
    found = find_spec("ocpp")
    assert found is not None
    assert found.submodule_search_locations
    path = Path(found.submodule_search_locations[0]) / "v16" / "schemas" / f"{name}.json"
    if not name.isalnum() or not path.exists():
        return None
    return Draft4Validator(json.loads(path.read_text("utf-8-sig")))


def payload_fault(action: str, payload: Any, *, response: bool = False) -> str:
    """What is wrong with a payload, empty where nothing is."""
    validator = _validator(action + ("Response" if response else ""))
    if validator is None:
        return f"no schema for {action}"
    try:
        validator.validate(payload)
    except ValidationError as error:
        return f"{action}: {error.message}"
    return time_fault(payload)


def time_fault(value: Any, key: str = "") -> str:
    """Times are UTC with Z and milliseconds (OCPP 1.6 section 3.14)."""
    match value:
        case dict():
            return next((fault for k, v in value.items() if (fault := time_fault(v, k))), "")
        case list():
            return next((fault for v in value if (fault := time_fault(v, key))), "")
        case str() if key == "timestamp" and not _TIME.fullmatch(value):
            return f"timestamp {value!r} is not UTC with Z and milliseconds"
        case _:
            return ""
