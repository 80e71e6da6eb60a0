"""Publication in words: when the next letter goes, what came of the last one, what waits and why, how a test goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any

from tui.clean import clean
from tui.words import WORDS, say

_LONGEST = 400
_MOST_WAITING = 3

Document = Mapping[str, Any]
Text = tuple[str, str]
"""A sentence and its tone."""


def publication_texts(lang: str, document: Document, zone: tzinfo) -> list[Text]:
    """The next letter, the last one, and those that wait, each with why it was not taken."""
    if not document:
        return []
    unsent = say(lang, "publication.unsent", n=int(document.get("unsent") or 0))
    if ahead := document.get("next"):
        texts = [(say(lang, "publication.next", time=_minute(ahead, zone), unsent=unsent), "")]
    else:
        texts = [(say(lang, "publication.never", unsent=unsent), "dim")]
    if last := document.get("last"):
        word = f"publication.kind.{last.get('kind')}"
        kind = say(lang, word) if word in WORDS else clean(last.get("kind") or "")
        told = {"time": _minute(last.get("at"), zone), "kind": kind, "text": _own(lang, last, "text")}
        texts.append((say(lang, "publication.last", **told), "good" if last.get("ok") else "bad"))
    queue: Sequence[Document] = document.get("queue") or ()
    for one in queue[:_MOST_WAITING]:
        head = say(
            lang,
            "publication.waiting",
            name=clean(one.get("name") or ""),
            tries=one.get("tries", 0),
            most=one.get("most_tries", 0),
            time=_minute(one.get("next_try"), zone),
        )
        why = _own(lang, one, "problem")
        texts.append((say(lang, "labelled", label=head, text=why) if why else head, "bad" if why else "wait"))
    if len(queue) > _MOST_WAITING:
        texts.append((say(lang, "publication.more", n=len(queue) - _MOST_WAITING), "bad"))
    return texts


def trial_text(lang: str, report: Document) -> Text:
    """How far a test is, or what came of it."""
    if report.get("running"):
        far = {"done": report.get("done", 0), "total": report.get("total", 1), "step": _own(lang, report, "step")}
        return say(lang, "publication.testing", **far), "wait"
    word, tone = ("publication.passed", "good") if report.get("ok") else ("publication.failed", "bad")
    return say(lang, word, text=_own(lang, report, "text")), tone


def _own(lang: str, document: Document, name: str) -> str:
    """A sentence of the station's in the language of the screens."""
    return clean((document.get(f"{name}_fr") if lang == "fr" else "") or document.get(name) or "", _LONGEST)


def _minute(text: object, zone: tzinfo) -> str:
    """A time as `YYYY-MM-DD HH:MM` on the station's clock."""
    try:
        return f"{datetime.fromisoformat(str(text)).astimezone(zone):%Y-%m-%d %H:%M}"
    except ValueError:
        return clean(text or "?")
