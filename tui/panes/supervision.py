"""Configuration > Supervision: the form, under the state of the link and why it is so (R-116 to R-129)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, tzinfo
from typing import Any

from textual.app import ComposeResult

from evlink.settings.places import is_set
from tui import terms
from tui.clean import clean
from tui.panes.form import FormPane
from tui.session import zone_of
from tui.widgets.lines import Line, Lines, Span
from tui.words import say
from tui.wrapping import wrap

URL = "configuration.supervision.supervision_url"


class SupervisionPane(FormPane):
    """The form with two lines on the link above it; they follow the status document."""

    def compose(self) -> ComposeResult:
        """The link, then the form."""
        yield Lines(name="link")
        yield from super().compose()

    async def on_mount(self) -> None:
        """Show the link as last heard."""
        self._link(self.terminal.session.snapshot)

    def follow(self, document: Mapping[str, Any]) -> None:
        """The link may have changed."""
        super().follow(document)
        self._link(document)

    def lost(self) -> None:
        """Without the station nothing is known of its link."""
        self.query_one("#link", Lines).show([(Span(f"  {self.say('link.unknown')}", "dim"),)])

    def _link(self, document: Mapping[str, Any]) -> None:
        session = self.terminal.session
        url = str(session.draft.base.get(URL))
        lines = link_lines(session.lang, document, url, self._room(), zone_of(session.draft.base))
        block = self.query_one("#link", Lines)
        if block.styles.height is None or block.styles.height.value != len(lines):
            block.styles.height = len(lines)
        block.show(lines)


def link_lines(lang: str, document: Mapping[str, Any], stored_url: str, width: int, zone: tzinfo = UTC) -> list[Line]:
    """State and reason, then protocol, queue, last heartbeat and URL; each on as many lines as it needs."""
    station = document.get("station") or {}
    link = station.get("supervision") or {}
    connected = bool(link.get("connected"))
    state = say(lang, "link.connected" if connected else "link.not_connected")
    glyph, tone = ("●", "good") if connected else ("○", "bad")
    why = reason(lang, link, stored_url, bool(station.get("restart_needed")))
    text = say(lang, "labelled", label=state, text=why) if why else state
    lines: list[Line] = [
        (Span(f"  {glyph if at == 0 else ' '} {row}", tone if at == 0 else ""),)
        for at, row in enumerate(wrap(text, max(20, width - 5)))
    ]
    url = str(link.get("url") or "")
    parts = [clean(link["protocol"])] if link.get("protocol") else []
    parts.append(say(lang, "link.queue", n=int(link.get("queue") or 0)))
    if link.get("queue") and (age := int(link.get("queue_age_s") or 0)):
        parts[-1] += f" ({say(lang, 'link.queue_age', time=terms.duration(age))})"
    if heartbeat := link.get("last_heartbeat"):
        parts.append(say(lang, "link.heartbeat", time=terms.time_of_day(heartbeat, zone) or clean(heartbeat)))
    if url:
        parts.append(clean(url))
        if url.startswith(("ws:", "http:")):
            parts.append(say(lang, "link.overheard"))
    rest = wrap(", ".join(parts), max(20, width - 5)) or [""]
    return [*lines, *((Span(f"    {row}", "dim"),) for row in rest)]


def reason(lang: str, link: Mapping[str, Any], stored_url: str, restart_needed: bool) -> str:
    """Why the link is as it is, in the language of the screens as far as the station's words are known there."""
    registration = str(link.get("registration") or "")
    if registration in ("Pending", "Rejected"):
        return say(lang, "link.waiting" if registration == "Pending" else "link.refused")
    if link.get("connected"):
        return ""
    if not is_set(stored_url):
        return say(lang, "link.unset")
    if error := clean((link.get("last_error_fr") if lang == "fr" else "") or link.get("last_error") or ""):
        return error
    if not is_set(str(link.get("url") or "")) or restart_needed:
        return say(lang, "link.after_restart")
    return say(lang, "link.trying")
