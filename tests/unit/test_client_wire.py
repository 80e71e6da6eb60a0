"""The protocol without a connection: any split of the bytes gives the same messages, and nonsense ends it."""

from __future__ import annotations

import contextlib
import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evlink.client import LINE_LIMIT, CallError, Disconnected, Notification, Reply, Wire

_json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None)
@given(results=st.lists(_json, min_size=1, max_size=5), cuts=st.lists(st.integers(0, 400), max_size=6))
def test_any_split_gives_the_same_replies(results: list[Any], cuts: list[int]) -> None:
    """docs/protocol.md: one document a line, however the stream is cut."""
    stream = b"".join(
        json.dumps({"jsonrpc": "2.0", "id": i, "result": result}).encode() + b"\n" for i, result in enumerate(results)
    )
    wire = Wire()
    replies: list[Reply | Notification] = []
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    for start, end in pairwise(edges):
        replies += wire.feed(stream[start:end])
    assert [(r.id, r.result) for r in replies if isinstance(r, Reply)] == list(enumerate(results))


@settings(deadline=None)
@given(st.dictionaries(st.text(), _json, max_size=4))
def test_a_request_is_one_json_line_with_a_number_of_its_own(params: dict[str, Any]) -> None:
    wire = Wire()
    first, line = wire.request("snapshot", params)
    second, _ = wire.request("snapshot", params)
    assert first != second
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    document = json.loads(line)
    assert document == {"jsonrpc": "2.0", "id": first, "method": "snapshot", "params": params}


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_but_disconnected(data: bytes) -> None:
    with contextlib.suppress(Disconnected):
        Wire().feed(data + b"\n")


@pytest.mark.parametrize(
    "line",
    [
        b"nonsense\n",
        b"[]\n",
        b"{}\n",
        b'{"id": 1}\n',
        b'{"id": "1", "result": 1}\n',
        b'{"id": 1, "error": "no"}\n',
        b'{"id": 1, "method": "reverse.call"}\n',
        b"[" * 100_000 + b"\n",
    ],
)
def test_what_is_no_jsonrpc_ends_the_connection(line: bytes) -> None:
    with pytest.raises(Disconnected):
        Wire().feed(line)


def test_errors_keep_their_data() -> None:
    (reply,) = Wire().feed(
        b'{"id":1,"error":{"code":2,"message":"no","data":{"reason":"bad_value","key":"a","allowed":"1"}}}\n'
    )
    assert isinstance(reply, Reply)
    assert isinstance(reply.error, CallError)
    assert (reply.error.code, reply.error.reason, reply.error.data["key"]) == (2, "bad_value", "a")


def test_a_line_may_be_a_mebibyte_and_no_longer() -> None:
    """docs/protocol.md: at most 1 MiB a line."""
    frame = len(b'{"id":1,"result":""}\n')
    fits = b'{"id":1,"result":"' + b"x" * (LINE_LIMIT - frame) + b'"}\n'
    assert len(fits) == LINE_LIMIT
    assert len(Wire().feed(fits)) == 1
    with pytest.raises(Disconnected):
        Wire().feed(fits.replace(b'""', b'"x"').replace(b'"}', b'x"}'))
    with pytest.raises(Disconnected):  # and it is not waited for the end of a line that has none
        Wire().feed(b"x" * LINE_LIMIT)
    with pytest.raises(ValueError, match="longer than"):
        Wire().request("badges.replace", {"badges": "x" * LINE_LIMIT})


def test_notifications_have_no_number() -> None:
    assert Wire().feed(b'{"jsonrpc":"2.0","method":"snapshot","params":{"a":1}}\n') == [
        Notification("snapshot", {"a": 1})
    ]
