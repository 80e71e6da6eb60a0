"""The Modbus server in words: whether it listens, who is there, what was written and refused last."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tui.clean import clean
from tui.words import say

_LONGEST = 200
Text = tuple[str, str]
"""A line and its tone."""


def modbus_texts(lang: str, document: Mapping[str, Any]) -> list[Text]:
    """The server's state, then what there is to tell of its clients; the last refusal stands until it is over."""
    station = document.get("station") or {}
    server, clock = station.get("modbus") or {}, station.get("clock")
    if not server.get("enabled"):
        return [(say(lang, "modbus.off"), "dim")]
    if server.get("port") is None:
        if why := _said(lang, server, "last_error"):
            return [(say(lang, "modbus.deaf", why=why), "bad")]
        return [(say(lang, "modbus.opening"), "wait")]
    clients = say(lang, "modbus.clients", n=int(server.get("clients") or 0))
    texts = [(say(lang, "modbus.listening", port=server["port"], clients=clients), "good")]
    if owner := clean(server.get("owner") or ""):
        texts.append((say(lang, "modbus.owner", who=owner), ""))
    for word, tone in (("written", ""), ("refused", "bad")):
        told = server.get("last_write" if word == "written" else "last_refusal") or {}
        if told:
            about = {"who": clean(told.get("peer") or "?"), "text": _said(lang, told, "said")}
            texts.append((say(lang, f"modbus.{word}", age=ago(lang, told.get("at"), clock), **about), tone))
    return texts


def _said(lang: str, told: Mapping[str, Any], key: str) -> str:
    return clean((told.get(f"{key}_fr") if lang == "fr" else "") or told.get(key) or "", _LONGEST)


def ago(lang: str, at: object, clock: object) -> str:
    """How long before the station's time of day something was; what is no time shows as it is."""
    try:
        seconds = (datetime.fromisoformat(str(clock)) - datetime.fromisoformat(str(at))).total_seconds()
    except (TypeError, ValueError):
        return clean(at or "?", 40)
    if seconds < 10:
        return say(lang, "ago.now")
    if seconds < 60:
        return say(lang, "ago.minute")  # a row that counted seconds would be sent anew with each
    for unit, length, most in (("minutes", 60, 7200), ("hours", 3600, 172_800)):
        if seconds < most:
            return say(lang, f"ago.{unit}", n=int(seconds // length))
    return say(lang, "ago.days", n=int(seconds // 86_400))
