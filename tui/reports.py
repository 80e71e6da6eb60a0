"""The maintenance report as the station gives it, piece by piece."""

from __future__ import annotations

from tui.session import Session


async def report_text(session: Session, lang: str, width: int) -> str:
    """The report as lines of at most `width` columns (40 to 400); CallError, Disconnected."""
    return await _fetch(session, format="text", lang=lang, width=max(40, min(400, width)))


async def report_html(session: Session) -> str:
    """The report as one HTML file, in the report's own language (N-63)."""
    return await _fetch(session, format="html")


async def _fetch(session: Session, **params: object) -> str:
    pieces: list[str] = []
    offset: int | None = 0
    while offset is not None:
        answer = await session.call("report", offset=offset, **params)
        pieces.append(str(answer["text"]))
        offset = answer["next"]
    return "".join(pieces)
