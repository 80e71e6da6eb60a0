"""What may arrive on the wire is sorted, never believed and never fatal (OCPP-J 1.6 section 4.2)."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evlink.ocpp.frames import LARGEST_FRAME, Broken, Failure, Reply, Request, error_frame, read_frame


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ('[2,"1","Reset",{"type":"Hard"}]', Request("1", "Reset", {"type": "Hard"})),
        ('[3,"1",{}]', Reply("1", {})),
        ('[3,"1"]', Reply("1", None)),
        ('[3,"1",[1]]', Reply("1", [1])),
        ('[4,"1","GenericError","no",{}]', Failure("1", "GenericError", "no")),
        ('[4,"1"]', Failure("1", "GenericError", "")),
        ('[4,"1",7,{}]', Failure("1", "GenericError", "")),
        ('[4,"1","In\\u001b[2Jternal","a\\u202eb",{}]', Failure("1", "In[2Jternal", "ab")),
        ('[2,"1","Reset"]', Broken("1", "FormationViolation", "a CALL has 4 elements, this one 3")),
        ('[2,"1",5,{}]', Broken("1", "FormationViolation", "the action of a CALL is a string")),
        ('[2,"1",{},{}]', Broken("1", "FormationViolation", "the action of a CALL is a string")),
        ('[2,"1","Reset",[]]', Broken("1", "FormationViolation", "the payload of a CALL is an object")),
    ],
)
def test_frames_are_sorted(raw: str, expected: object) -> None:
    assert read_frame(raw) == expected


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "{",
        "{}",
        "[]",
        "null",
        "[2]",
        '[true,"1","Reset",{}]',
        '[2.0,"1","Reset",{}]',
        '["2","1","Reset",{}]',
        '[9,"1",{}]',
        '[2,7,"Reset",{}]',
        '[2,"","Reset",{}]',
        f'[2,"{"x" * 256}","Reset",{{}}]',
        "[" * 20_000,
        f'[3,"1",{"9" * 5000}]',
        f'[3,"1","{"x" * LARGEST_FRAME}"]',
        b'[2,"1","Reset",{}]',
    ],
)
def test_what_names_no_message_gets_no_answer(raw: str | bytes) -> None:
    """Invalid JSON, wrong arrays, unknown types and binary frames cost nothing (OCPP-J 1.6 section 4.1)."""
    assert read_frame(raw) is None


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=20,
)


@given(st.text() | st.binary() | _json.map(json.dumps))
def test_no_text_raises(raw: str | bytes) -> None:
    read_frame(raw)


@given(st.sampled_from([2, 3, 4]), st.lists(_json, max_size=5))
def test_no_array_raises_and_ids_survive(kind: int, rest: list[object]) -> None:
    frame = read_frame(json.dumps([kind, "the-id", *rest]))
    assert frame is not None
    assert frame.id == "the-id"


@given(st.text(min_size=1), st.text(), st.text())
def test_an_error_frame_is_a_callerror_of_bounded_length(id_: str, code: str, description: str) -> None:
    frame = json.loads(error_frame(id_, code, description))
    assert frame[:2] == [4, id_]
    assert len(frame[3]) <= 255
    assert frame[4] == {}
