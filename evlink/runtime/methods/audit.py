"""The audit trail over the socket: who changed what, the newest first."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from evlink.runtime.rpc import ADMIN, Method, Session
from evlink.storage.journal import Kind
from evlink.storage.store import Store


class Ask(msgspec.Struct, forbid_unknown_fields=True):
    """Parameters of `audit.list`."""

    offset: Annotated[int, msgspec.Meta(ge=0)] = 0
    limit: Annotated[int, msgspec.Meta(ge=1, le=500)] = 100


def table(store: Store) -> dict[str, Method]:
    """The method."""

    async def listing(session: Session, params: Ask) -> dict[str, Any]:
        found = await store.run(lambda db: db.journal.latest(Kind.DEED, params.limit, params.offset))
        total = await store.run(lambda db: db.journal.count(Kind.DEED))
        rows = [
            {
                "number": one.number,
                "at": one.at.isoformat(timespec="seconds"),
                "who": one.who,
                "way": one.way,
                "what": one.what,
                "detail": one.detail,
            }
            for one in found
        ]
        return {"total": total, "entries": rows}

    return {"audit.list": Method(Ask, listing, ADMIN)}
