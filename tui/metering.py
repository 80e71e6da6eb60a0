"""Meters in words: how each one is, how the head meter is, how far a probe is and who answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tui import terms
from tui.clean import clean
from tui.words import WORDS, say

MOST_FOUND = 6
_TONES = {"ok": "good", "starting": "wait"}

Document = Mapping[str, Any]
Text = tuple[str, str]
"""A sentence and its tone."""


def why(lang: str, document: Document) -> str:
    """What is wrong, in the language of the session; then what is odd."""
    parts = [(document.get(f"{key}_fr") if lang == "fr" else "") or document.get(key) for key in ("problem", "remark")]
    return (" ; " if lang == "fr" else "; ").join(clean(part) for part in parts if part)


def meter_texts(lang: str, document: Document) -> list[Text]:
    """Each outlet's meter, where one is fitted: who it is, how it is, and in one sentence why; then the head meter."""
    texts: list[Text] = []
    for outlet in document.get("outlets") or ():
        meter = outlet.get("meter") or {}
        health = str(meter.get("health") or "internal")
        if health == "internal":
            continue  # nothing to tell of the transformers, and rows of the form are dear
        word = f"meters.{health}"
        state = say(lang, word) if word in WORDS else clean(health)
        if meter.get("model"):
            name = {"model": clean(meter["model"]), "serial": clean(meter.get("serial") or "-")}
            state = f"{say(lang, 'meters.serial', **name)}, {state}"
        if said := why(lang, meter):
            state = say(lang, "labelled", label=state, text=said)
        texts.append((say(lang, "meters.outlet", outlet=outlet.get("id"), text=state), _TONES.get(health, "bad")))
    head = head_text(lang, (document.get("station") or {}).get("head_meter") or {})
    return [*texts, head] if head is not None else texts


def head_text(lang: str, head: Document) -> Text | None:
    """The head meter; None where none is fitted."""
    if head.get("type") in (None, "none"):
        return None
    health = str(head.get("health") or "")
    if health == "ok":
        amps = "/".join(terms.number(lang, float(one), 1) for one in head.get("current_a") or ())
        state = say(lang, "meters.head.ok", amps=amps)
    elif health == "starting":
        state = say(lang, "meters.head.starting")
    else:
        state = say(lang, "meters.head.lost")
    if said := why(lang, head):
        state = say(lang, "labelled", label=state, text=said)
    return say(lang, "meters.head", text=state), _TONES.get(health, "bad")


def probe_texts(lang: str, report: Document) -> list[Text]:
    """How far a probe is, and who answered; nothing before the first."""
    if not report.get("line"):
        return []
    line = clean(report["line"])
    found: Sequence[Document] = report.get("found") or ()
    if report.get("running"):
        head = say(lang, "meters.probing", line=line, done=report.get("done", 0), total=report.get("total", 0))
        tone = "wait"
    elif said := why(lang, report):
        head, tone = said, "bad"
    elif report.get("stopped") and not found:
        head, tone = say(lang, "meters.stopped"), ""
    else:
        answers = say(lang, "meters.probed", n=len(found)) if found else say(lang, "meters.nobody")
        head = say(lang, "labelled", label=line, text=answers)
        tone = "good" if found else "bad"
    units = [say(lang, "meters.unit", unit=one.get("unit"), text=_found(lang, one)) for one in found[:MOST_FOUND]]
    return [(head, tone), *((text, "") for text in units)]


def _found(lang: str, one: Document) -> str:
    text = say(lang, "meters.stranger")
    if one.get("model"):
        text = say(lang, "meters.serial", model=clean(one["model"]), serial=clean(one.get("serial") or "-"))
    reading = one.get("reading")
    if said := why(lang, one):
        return say(lang, "labelled", label=text, text=said)
    if not reading:
        return text
    volts = "/".join(terms.number(lang, float(v), 0) for v in reading.get("voltage_v") or ())
    amps = "/".join(terms.number(lang, float(a), 1) for a in reading.get("current_a") or ())
    figures = [f"{volts} V" if volts else "", f"{amps} A" if amps else "", f"{reading.get('energy_wh', 0)} Wh"]
    return ", ".join([text, *(part for part in figures if part)])
