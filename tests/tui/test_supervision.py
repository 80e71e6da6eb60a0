"""Supervision: connected, or why not; what waits; and the form below (R-116 to R-129)."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from tests.tui.bench import desk
from tests.tui.hostile import PAYLOADS
from tui.panes.supervision import link_lines

URL = "wss://csms.example/ocpp"


def _lines(lang: str, stored: Any = URL, restart: Any = False, **link: Any) -> list[str]:
    document = {"station": {"supervision": link, "restart_needed": restart}}
    return ["".join(span.text for span in line).rstrip() for line in link_lines(lang, document, stored, 100, UTC)]


@pytest.mark.parametrize(
    ("link", "more", "sentence"),
    [
        ({}, {"stored": "http://"}, "not connected: no supervision URL is set"),
        ({}, {"restart": True}, "not connected: it begins after a restart"),
        ({"url": URL}, {}, "not connected: trying"),
        ({"url": URL, "last_error": "connection refused"}, {}, "not connected: connection refused"),
        ({"url": URL, "connected": True, "registration": "Accepted"}, {}, "connected"),
        ({"url": URL, "connected": True, "registration": "Pending"}, {}, "connected: waiting for the supervision"),
        ({"url": URL, "connected": False, "registration": "Rejected"}, {}, "does not accept this identity"),
    ],
)
def test_the_link_says_why_it_is_as_it_is(link: dict[str, Any], more: dict[str, Any], sentence: str) -> None:
    assert sentence in _lines("en", **more, **link)[0]


def test_the_second_line_has_protocol_queue_and_heartbeat() -> None:
    link = {"url": "ws://a/x", "protocol": "ocpp1.6", "queue": 3, "last_heartbeat": "2026-04-05T12:05:10+00:00"}
    assert _lines("fr", **link)[1].strip() == (
        "ocpp1.6, 3 messages en attente, dernier heartbeat 12:05:10, ws://a/x, non chiffrée"
    )
    assert _lines("en", url=URL)[1].strip() == f"0 messages waiting, {URL}"


def test_what_the_supervision_says_is_cleaned() -> None:
    """Issue, 4: OCPP strings carry anything."""
    for payload in PAYLOADS:
        text = "".join(_lines("en", url=URL, last_error=payload, protocol=payload))
        assert not [char for char in text if ord(char) < 32 or 0x7F <= ord(char) < 0xA0 or char in "\u202e\u2066"]


async def test_the_pane_follows_the_link(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        one.station.put(
            {"configuration.general.station_type": "supervision", "configuration.supervision.supervision_url": URL}
        )
        await one.app.session.reload()
        await one.open("configuration.supervision")
        assert "○ Supervision not connected" in one.text
        link = {"connected": True, "url": URL, "protocol": "ocpp1.6", "queue": 2, "registration": "Accepted"}
        one.station.document["station"] = {**one.station.document["station"], "supervision": link}
        await one.until(lambda: "● Supervision connected" in one.text)
        assert "ocpp1.6, 2 messages waiting" in one.text
        assert "OCPP version" in one.text
