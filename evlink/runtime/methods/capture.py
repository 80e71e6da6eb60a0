"""Badges by reader over the socket: start, stop, and what was captured so far (R-179 to R-181)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import count
from typing import Any, Literal

import msgspec

from evlink.domain.capture import GONE, SPAN_S, STOPPED
from evlink.domain.events import CaptureAsked, CaptureStopped
from evlink.domain.state import Capture
from evlink.runtime.desk import Tasks
from evlink.runtime.loop import Loop
from evlink.runtime.rpc import NOT_NOW, Failure, Method, Session
from evlink.settings.facts import Facts
from evlink.settings.model import Role
from evlink.storage.badges import MOST
from evlink.storage.store import Store

LOOK_S = 0.1  # how soon a capture ends whose connection has gone
FOLDED_S = 0.01


class Order(msgspec.Struct, forbid_unknown_fields=True):
    """Parameters of `badges.capture`."""

    action: Literal["start", "stop", "status"] = "status"
    mode: Literal["add", "delete"] = "add"


def table(loop: Loop, store: Store, facts: Callable[[], Facts], tasks: Tasks) -> dict[str, Method]:
    """The method. A capture belongs to the connection that began it, and ends with it or with its role."""
    keys = count(1)
    owners: dict[int, Session] = {}

    async def capture(session: Session, params: Order) -> dict[str, Any]:
        if not facts().has_rfid_reader:
            raise Failure(NOT_NOW, "this station has no badge reader", fr="cette borne n'a pas de lecteur de badges")
        if params.action == "start":
            await start(session, params.mode)
        elif params.action == "stop":
            await stop(session)
        now = loop.state.capture
        return document(now, now is not None and owners.get(now.key) is session, loop.moment().at)

    async def start(session: Session, mode: str) -> None:
        if mode == "add" and await store.run(lambda db: db.badges.count()) >= MOST:
            raise Failure(NOT_NOW, f"the list is full ({MOST} badges)", fr=f"la liste est pleine ({MOST} badges)")
        key = next(keys)
        owners[key] = session
        loop.post(CaptureAsked(loop.moment(), key, mode, session.account))
        found = await folded(lambda now: now is not None and (now.running or now.key >= key))
        if found is None or found.key != key:
            del owners[key]
            raise busy(found)
        tasks.start(watch(session, session.account, key))

    async def stop(session: Session) -> None:
        now = loop.state.capture
        if now is None or not now.running:
            return
        if owners.get(now.key) is not session:
            raise busy(now)
        loop.post(CaptureStopped(loop.moment(), now.key, STOPPED))
        await folded(lambda now: now is None or not now.running)

    async def folded(true: Callable[[Capture | None], bool]) -> Capture | None:
        while not true(loop.state.capture):
            await asyncio.sleep(FOLDED_S)
        return loop.state.capture

    async def watch(session: Session, account: str, key: int) -> None:
        try:
            while (now := loop.state.capture) is not None and now.key == key and now.running:
                if session.ended or session.role is Role.NONE or session.account != account:
                    loop.post(CaptureStopped(loop.moment(), key, GONE))
                    return
                await asyncio.sleep(LOOK_S)
        finally:
            for old in [one for one in owners if one < key]:  # the last one's results stay its owner's
                del owners[old]

    return {"badges.capture": Method(Order, capture)}


def busy(capture: Capture | None) -> Failure:
    """The refusal of a second capture, which names who runs the first."""
    owner = capture.owner if capture is not None else ""
    return Failure(
        NOT_NOW,
        f"badges are being captured already, by {owner or 'the command line'}",
        fr=f"une capture de badges est déjà en cours, par {owner or 'la ligne de commande'}",
        by=owner,
    )


def document(capture: Capture | None, own: bool, now: float) -> dict[str, Any]:
    """A capture as the socket shows it; `badges` newest first."""
    if capture is None:
        return {"running": False}
    return {
        "running": capture.running,
        "mode": capture.mode,
        "by": capture.owner,
        "own": own,
        "left_s": round(max(0.0, SPAN_S - (now - capture.heard)), 1) if capture.running else 0.0,
        "ended": capture.ended or None,
        "done": capture.done,
        "other": capture.other,
        "badges": [
            {"number": one.number, "uid": one.uid, "outlet": one.outlet, "outcome": one.outcome}
            for one in capture.shown
        ],
    }
