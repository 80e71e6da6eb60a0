"""The supervision's address, and the pace of coming back to it (R-116 to R-118; OCPP-J 1.6 sections 3.1, 5.3)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evlink.ocpp.connection import Backoff, address, problem, public_url
from tests.ocpp_central.station import config


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"url": "ws://csms.example/ocpp"}, ""),
        ({"url": "wss://u:p@csms.example:8443"}, ""),
        ({"url": ""}, "no supervision URL is set"),
        ({"url": "http://"}, "no supervision URL is set"),
        ({"url": "http://csms.example/"}, "supervision URL 'http://csms.example/': OCPP 1.6 needs ws:// or wss://"),
        ({"url": "csms.example"}, "supervision URL 'csms.example': OCPP 1.6 needs ws:// or wss://"),
        ({"url": "ws://"}, "supervision URL 'ws://' names no host"),
        ({"url": "ws://host/a#b"}, "supervision URL 'ws://host/a#b': a fragment (#) is not allowed"),
        ({"url": "ws://host:99999/"}, "supervision URL 'ws://host:99999/' is no URL: ws:// or wss:// and a host are"),
        ({"url": "ws://[::1/"}, "supervision URL 'ws://[::1/' is no URL"),
        ({"url": "http://u:secret@h/"}, "supervision URL 'http://h/': OCPP 1.6 needs ws:// or wss://"),
        ({"identity": ""}, "no charge box identity is set"),
        ({"identity": "UNDEFINED"}, "no charge box identity is set"),
        ({"version": "1.7"}, "OCPP version '1.7': only '1.5' and '1.6' are supported"),
        ({"version": "1.5", "url": "ws://h"}, ""),
        ({"version": "1.5", "url": "wss://h"}, ""),
        ({"version": "1.5", "url": "http://h/steve"}, ""),
        ({"version": "1.5", "url": "https://u:p@h/steve"}, ""),
        ({"version": "1.5", "url": "http://"}, "no supervision URL is set"),
        ({"version": "1.5", "url": "ftp://h"}, "supervision URL 'ftp://h': OCPP 1.5 needs http://, https://, ws:// or"),
        ({"version": "1.5", "url": "http://h", "identity": ""}, "no charge box identity is set"),
        ({"url": "https://h"}, "supervision URL 'https://h': OCPP 1.6 needs ws:// or wss://"),
    ],
)
def test_settings_that_allow_no_link_are_named(changes: dict[str, str], why: str) -> None:
    """R-117: http is refused with 1.6; each refusal is one sentence without a password."""
    told = problem(config(**changes))
    assert told.startswith(why)
    assert bool(told) == bool(why)


@pytest.mark.parametrize(
    ("url", "identity", "expected"),
    [
        ("ws://h:1/ocpp", "CP1", "ws://h:1/ocpp/CP1"),
        ("ws://h:1/ocpp/", "CP1", "ws://h:1/ocpp/CP1"),
        ("wss://h", "RDAM|123", "wss://h/RDAM%7C123"),
        ("ws://h", "CP 1/é", "ws://h/CP%201%2F%C3%A9"),
        ("ws://h", "../x?y#z", "ws://h/..%2Fx%3Fy%23z"),
    ],
)
def test_the_identity_is_percent_encoded(url: str, identity: str, expected: str) -> None:
    assert address(config(url, identity=identity)) == expected


def test_no_password_is_shown() -> None:
    assert public_url("wss://user:secret@host:1/p@th") == "wss://host:1/p@th"
    assert public_url("ws://host/") == "ws://host/"


@given(st.integers(1, 200))
def test_the_waits_double_with_jitter_between_floor_and_cap(tries: int) -> None:
    """Never below the first second, never above the cap, half of the doubled wait at least."""
    backoff = Backoff(1.0, 120.0)
    for n in range(1, tries + 1):
        high = min(120.0, 2.0**n)
        assert max(1.0, high / 2) <= backoff.next() <= high


def test_the_waits_are_not_in_step_and_begin_anew() -> None:
    waits = []
    for _ in range(20):
        backoff = Backoff(1.0, 120.0)
        waits.append([backoff.next() for _ in range(8)])
    assert len({wait[0] for wait in waits}) > 15
    backoff.reset()
    assert backoff.next() <= 2.0
