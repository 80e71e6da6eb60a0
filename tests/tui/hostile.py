"""Texts that try to order a terminal about, and a station that says them everywhere it can (S27)."""

from __future__ import annotations

from tests.tui.station_stub import Station

PAYLOADS = [
    *(f"A{control}B" for control in map(chr, [*range(0x20), 0x7F, *range(0x80, 0xA0)])),
    "\x1b[2J", "\x1b[1;1HOWNED", "\x1b[7mOWNED",
    "\x1b]0;owned\x07", "\x1b]52;c;b3duZWQ=\x07", "\x1b[8;1;1t", "\x1bP+q\x1b\\",
    "\x1b[6n", "\x1b[?1000h", "\x9b2J", "\x9d0;owned\x9c", "\u202ereversed", "\u2066x\u2069", "\u200bzero",
    "[@click=app.quit]x[/]", "[bold]x[/bold]",
    "a\u0301\u0301\u0301\u0301\u0301\u0301", "\U000e0041", "\ufeffx", "\u2028x\u2029",
]  # fmt: skip


def spoil(station: Station) -> None:
    """Put payloads into names, warnings, states, settings, badges and records of a station."""
    station.badges = [
        {"number": n, "uid": f"AA{n:02d}", "type": payload, "comment": payload}
        for n, payload in enumerate(reversed(PAYLOADS), 1)
    ][:50]
    for record, payload in zip(station.records, reversed(PAYLOADS), strict=False):
        record["comment"] = record["uid"] = record["start"] = payload
    everything = "".join(PAYLOADS)
    station.put(
        {
            "configuration.date_time.ntp_server": everything,
            "configuration.date_time.clock_source": "ntp",
            "charge_history.publication.smtp_sender": everything,
        }
    )
    station.document["station"]["warnings"] = PAYLOADS[-20:]
    station.document["station"]["supervision"]["url"] = everything
    for outlet in station.document["outlets"]:
        for key in ("cable_state", "outlet_status", "last_error", "limit_reason", "light", "badge", "transaction_id"):
            outlet[key] = everything
        outlet["evse_status"] = PAYLOADS[:10]
        outlet["inputs"] = {everything: everything}
    station.document["station"]["name"] = everything
