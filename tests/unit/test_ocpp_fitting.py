"""The quick look at payloads: it lets pass what the validator lets pass, for every schema, and nothing else."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import ocpp  # type: ignore[import-untyped]
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft4Validator
from ocpp.charge_point import (  # type: ignore[import-untyped]
    camel_to_snake_case,
    remove_nones,
    serialize_as_dict,
    snake_to_camel_case,
)
from ocpp.v16 import call, call_result, datatypes, enums  # type: ignore[import-untyped]

from evlink.ocpp.fitting import fitting, never
from evlink.ocpp.spelling import camel, snake
from evlink.ocpp.v15.schemas import schema as shaped
from evlink.ocpp.v15.shapes import FROM_STATION, TO_STATION

FOLDER = Path(ocpp.__file__).parent / "v16" / "schemas"
SCHEMAS = {path.stem: json.loads(path.read_text("utf-8-sig"), parse_float=Decimal) for path in FOLDER.glob("*.json")}
SCHEMAS |= {
    f"1.5 {name}": shaped(part)
    for table in (FROM_STATION, TO_STATION)
    for action, exchange in table.items()
    for name, part in ((action, exchange.request), (f"{action}Response", exchange.answer))
}
FITS = {name: fitting(schema) for name, schema in SCHEMAS.items()}
ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.sampled_from((1.0, 0.1, 16.15, 0.30000000000000004, float("nan"), float("inf"), 1e30, -0.0)),
    st.text(max_size=3),
    st.sampled_from(("x" * 20, "x" * 21, "x" * 501)),
    st.just([]),
    st.just({}),
    st.just({"extra": 1}),
)


def near(schema: dict[str, Any], root: dict[str, Any]) -> st.SearchStrategy[Any]:
    """What a schema allows, or nearly."""
    if "$ref" in schema:
        return near(root["definitions"][schema["$ref"].rpartition("/")[2]], root)
    match schema.get("type"):
        case "object":
            parts = {name: near(part, root) | ANYTHING for name, part in schema.get("properties", {}).items()}
            needed = {name: near(schema["properties"][name], root) for name in schema.get("required", ())}
            usual = st.fixed_dictionaries(
                needed, optional={name: part for name, part in parts.items() if name not in needed}
            )
            return usual | st.fixed_dictionaries({}, optional={**parts, "unknown": ANYTHING})
        case "array":
            return st.lists(near(schema["items"], root), max_size=2)
        case "string" if "enum" in schema:
            return st.sampled_from([*schema["enum"], "Else"])
        case "string":
            longest = schema.get("maxLength", 40)
            return st.sampled_from(("", "x", "x" * longest, "x" * (longest + 1)))
        case "number":
            return st.integers(-1, 40) | st.integers(-400, 400).map(lambda tenths: tenths / 10) | st.floats(0, 40)
        case "integer":
            return st.integers(-5, 5)
        case _:
            return st.booleans()


def allowed(schema: dict[str, Any], payload: Any) -> bool:
    """What jsonschema says, with decimal numbers as they are written, as the `ocpp` package has it."""
    text = json.dumps(payload)
    if "NaN" in text or "Infinity" in text:
        return bool(Draft4Validator(schema).is_valid(json.loads(text)))
    return bool(Draft4Validator(schema).is_valid(json.loads(text, parse_float=Decimal)))


def has_tenths(schema: dict[str, Any]) -> bool:
    return "multipleOf" in json.dumps(schema, default=str)


def test_every_schema_is_known() -> None:
    """OCPP 1.6 and 1.5: no message is left to the slow way."""
    assert len(SCHEMAS) > 100
    assert [name for name, fits in FITS.items() if fits is never] == []


@pytest.mark.parametrize("name", sorted(SCHEMAS))
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_it_is_as_strict_as_the_validator(name: str, data: st.DataObject) -> None:
    """OCPP-J 1.6 section 4.2.3: what the schema forbids is not taken, what it allows is not refused."""
    payload = data.draw(near(SCHEMAS[name], SCHEMAS[name]) | ANYTHING)
    text = json.dumps(payload)
    if has_tenths(SCHEMAS[name]) and ("NaN" in text or "Infinity" in text or "1e+30" in text):
        return  # the validator itself fails on those
    assert FITS[name](payload) is allowed(SCHEMAS[name], payload)


@pytest.mark.parametrize("limit", [float("nan"), float("inf"), -float("inf"), 16.15, "16", None, True])
def test_no_odd_limit_passes(limit: object) -> None:
    """OCPP 1.6 section 7.14: a limit is a number of one decimal at most."""
    period = {"startPeriod": 0, "limit": limit}
    schedule = {"chargingRateUnit": "A", "chargingSchedulePeriod": [period]}
    answer = {"status": "Accepted", "chargingSchedule": schedule}
    assert not FITS["GetCompositeScheduleResponse"](answer)
    period["limit"] = 16.1
    assert FITS["GetCompositeScheduleResponse"](answer)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "pattern": "^a"},
        {"type": "array", "items": {"type": "string"}, "maxItems": 1},
        {"anyOf": [{"type": "string"}]},
        {"type": "number", "multipleOf": 0.25},
        {"$ref": "elsewhere.json#/definitions/x"},
    ],
)
def test_what_is_not_known_is_left_to_the_validator(schema: dict[str, Any]) -> None:
    """A schema of another release that says more is still obeyed (OCPP-J 1.6 section 4.2.3)."""
    assert fitting({"type": "object", "properties": {"part": schema}}) is never


@given(
    st.recursive(
        ANYTHING,
        lambda inner: (
            st.dictionaries(
                st.sampled_from(("idTag", "csChargingProfiles", "SoC", "responderURL", "key_", "aBC", "ocppCSMSURL")),
                inner,
            )
            | st.lists(inner)
        ),
    )
)
def test_names_are_spelled_as_the_package_spells_them(payload: Any) -> None:
    """What the package's own conversion gives, of any depth."""
    assert repr(snake(payload)) == repr(camel_to_snake_case(payload))
    known = camel_to_snake_case(payload)
    if isinstance(known, dict | list):
        assert repr(camel(known)) == repr(remove_nones(snake_to_camel_case(known)))


@pytest.mark.parametrize(
    "message",
    [
        call.StatusNotification(1, "NoError", enums.ChargePointStatus.available, info=None),
        call_result.GetConfiguration([{"key": "a", "readonly": True, "value": None}], None),
        call.RemoteStartTransaction(
            "TAG",
            charging_profile=datatypes.ChargingProfile(
                1,
                0,
                enums.ChargingProfilePurposeType.tx_profile,
                enums.ChargingProfileKindType.relative,
                datatypes.ChargingSchedule("A", [datatypes.ChargingSchedulePeriod(0, 16.0)]),
            ),
        ),
    ],
)
def test_messages_are_written_as_the_package_writes_them(message: Any) -> None:
    """Nested objects and enumerations included."""
    usual = remove_nones(snake_to_camel_case(serialize_as_dict(message)))
    assert json.dumps(camel(message)) == json.dumps(usual)
