"""What waits for the supervision: the durable queue over the socket."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

import msgspec

from evlink.domain.record import QueuedMessage, TransactionEnded, TransactionStarted
from evlink.runtime.rpc import Method, Session
from evlink.storage.store import Store

# By the kind of message: what OCPP calls it.
START, SAMPLE, END = "StartTransaction", "MeterValues", "StopTransaction"


class Page(msgspec.Struct, forbid_unknown_fields=True):
    """Parameters of `supervision.queue`."""

    offset: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] = 0
    limit: Annotated[int, msgspec.Meta(ge=1, le=500)] = 100


def kind(message: QueuedMessage) -> str:
    """The OCPP name of a queued message."""
    match message.message:
        case TransactionStarted():
            return START
        case TransactionEnded():
            return END
        case _:
            return SAMPLE


def table(store: Store, wall: Callable[[], datetime], next_try_s: Callable[[int], float]) -> dict[str, Method]:
    """The methods. `next_try_s` tells for how many seconds a message, by its number, is still held back."""

    async def queue(session: Session, params: Page) -> dict[str, Any]:
        total = await store.count()
        messages = await store.run(lambda db: db.outbox.waiting(params.limit, params.offset))
        now = wall()
        return {"total": total, "messages": [_told(one, now, next_try_s(one.number)) for one in messages]}

    return {"supervision.queue": Method(Page, queue)}


def _told(one: QueuedMessage, now: datetime, next_try_s: float) -> dict[str, Any]:
    at = one.message.meter.at
    return {
        "number": one.number,
        "kind": kind(one),
        "outlet": one.message.outlet,
        "session": one.message.session,
        "transaction_id": one.transaction_id,
        "at": at.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "age_s": max(0, int((now - at).total_seconds())),
        "attempts": one.attempts,
        "next_try_s": round(next_try_s, 1),
    }
