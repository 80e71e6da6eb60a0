"""Texts that try to order a terminal about, and a station that says them everywhere it can (S27)."""

from __future__ import annotations

import itertools

from tests.tui.station_stub import Station

_STRINGS = {"OSC": ("\x1b]", "\x9d"), "DCS": ("\x1bP", "\x90"), "APC": ("\x1b_", "\x9f"), "PM": ("\x1b^", "\x9e"),
            "SOS": ("\x1bX", "\x98")}  # fmt: skip
_ENDS = ("\x07", "\x1b\\", "\x9c", "")
_BODIES = ("0;owned", "2;owned", "52;c;b3duZWQ=", "8;;http://x/", "4;1;?", "10;?", "777;notify;a;b", "+q544e", "$qm")
_CSI = ("2J", "7mOWNED", "8;1;1t", "21t", "6n", "c", ">c", "5n", "?1000h", "?1049l", "?25l", "4h", "20h",
        "!p", "?3h", "999;999H", "0\"q", "1;1r", "?2026h", ">4;2m", "38;2;1;2;3m", "5i", "?69h", "1$r",
        "1;1HOWNED")  # fmt: skip
_SINGLE = ("c", "7", "8", "D", "M", "E", "H", "N", "O", "Z", "=", ">", "#8", "(0", ")0", "%G", "l", "n", "o", "|")
_INVISIBLE = ("\u202a", "\u202b", "\u202d", "\u202e", "\u202c", "\u2066", "\u2067", "\u2068", "\u2069", "\u200e",
              "\u200f", "\u061c", "\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u2028", "\u2029", "\u00ad",
              "\u180e", "\U000e0041", "\U000e007f", "\ufff9", "\ufffb")  # fmt: skip
_MARKUP = ("[@click=app.quit]x[/]", "[bold]x[/bold]", "[link=http://x]x[/link]", "[/]", "[on red]x", "[reverse]x[/]",
           "\\[bold]", "[[bold]]", "$primary", "[b][i][u]", ":smile:", "[@click='app.bell']x[/]")  # fmt: skip
_HEAVY = ("e" + "\u0301" * 40, "Z" + "".join(map(chr, range(0x0300, 0x0330))), "\u0301alone", "x" * 5000,
          "\u65e5\u672c" * 200, "\U0001f469\u200d\U0001f4bb", "\U0001f1eb\U0001f1f7", "\ufdfa" * 50, "\u1100\u1161",
          "\t\t\t\t\tx", "a\r\nb\nc\rd", "\x08\x08\x08x", "\ud800x", "\U0010ffff", "\ue000", "\u0378")  # fmt: skip


def _generated() -> list[str]:
    strings = [
        f"A{start}{body}{_ENDS[(at + turn) % len(_ENDS)]}B"
        for turn in (0, 2)
        for at, (starts, body) in enumerate(itertools.product(_STRINGS.values(), _BODIES))
        for start in starts
    ]
    orders = [f"A{start}{order}B" for order in _CSI for start in ("\x1b[", "\x9b")]
    controls = [f"A{control}B" for control in map(chr, [*range(0x20), 0x7F, *range(0x80, 0xA0)])]
    singles = [f"A\x1b{one}B" for one in _SINGLE]
    invisible = [f"A{one}B" for one in _INVISIBLE]
    return [*controls, *strings, *singles, *invisible, *orders, *_MARKUP, *_HEAVY]


PAYLOADS = _generated()
"""Escape sequences with one- and two-byte introducers, every control, what is invisible or turns a line around,
markup, and texts too long, too wide or too high."""


def speakable(text: str) -> str:
    """A payload that a JSON document can carry: half a surrogate pair is none."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def spoil(station: Station, payloads: list[str] = PAYLOADS) -> None:
    """Put payloads into names, warnings, states, settings, badges and records of a station: each of them somewhere."""
    payloads = [speakable(one) for one in payloads]
    station.badges = [
        {"number": n, "uid": f"AA{n:02d}", "type": payload, "comment": payload} for n, payload in enumerate(payloads, 1)
    ][-50:]
    for record, payload in zip(station.records, reversed(payloads), strict=False):
        record["comment"] = record["uid"] = record["start"] = payload
    everything = "".join(one for one in payloads if len(one) < 100)
    station.put(
        {
            "configuration.date_time.ntp_server": everything,
            "configuration.date_time.clock_source": "ntp",
            "charge_history.publication.smtp_sender": everything,
        }
    )
    station.document["station"]["warnings"] = payloads[-20:]
    station.document["station"]["supervision"]["url"] = everything
    for outlet in station.document["outlets"]:
        for key in ("cable_state", "outlet_status", "last_error", "limit_reason", "light", "badge", "transaction_id"):
            outlet[key] = everything
        outlet["evse_status"] = payloads[:10]
        outlet["inputs"] = {everything: everything}
    station.document["station"]["name"] = everything
