"""The maintenance report over the socket, in pieces that fit a line (R-219)."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from weakref import WeakKeyDictionary

import msgspec

from evlink.runtime.reporting import Reporter
from evlink.runtime.rpc import BAD_VALUE, Failure, Method, Session

PIECE = 128 << 10  # characters; escaped they stay below a line of the socket
MOST = 16 << 20


class Ask(msgspec.Struct, forbid_unknown_fields=True):
    """Parameters of `report`."""

    format: Literal["html", "text"] = "html"
    lang: Literal["", "en", "fr"] = ""
    width: Annotated[int, msgspec.Meta(ge=40, le=400)] = 80
    offset: Annotated[int, msgspec.Meta(ge=0, le=MOST)] = 0


def table(reporter: Reporter) -> dict[str, Method]:
    """The method. A report is made at offset 0 and kept with its connection, so that its pieces belong together."""
    kept: WeakKeyDictionary[Session, str] = WeakKeyDictionary()

    async def report(session: Session, params: Ask) -> dict[str, Any]:
        if params.offset == 0:
            if params.format == "html":
                kept[session] = await reporter.html(params.lang)
            else:
                kept[session] = await reporter.text(params.lang, params.width)
        text = kept.get(session, "")
        if params.offset and params.offset >= len(text):
            raise Failure(
                BAD_VALUE,
                f"offset {params.offset}: the report has {len(text)} characters",
                key="offset",
                value=str(params.offset),
                fr=f"offset {params.offset} : le rapport a {len(text)} caractères",
            )
        end = params.offset + PIECE
        if end >= len(text):
            kept.pop(session, None)
        return {"text": text[params.offset : end], "next": end if end < len(text) else None}

    return {"report": Method(Ask, report)}
