"""The running station over the socket: its status, orders, and the simulator."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import msgspec

from evlink.domain.events import StopAsked
from evlink.runtime.bus import Bus
from evlink.runtime.loop import Loop
from evlink.runtime.rpc import ADMIN, BAD_VALUE, NOT_NOW, REFUSED, Failure, Method, NoParams, Session
from evlink.settings.model import Role

ORDERS = ("restart", "factory_reset", "stop")
FOR_USERS = ("restart",)
SIMULATED = ("plug", "ready", "pause", "unplug", "badge", "button", "draw", "input", "fault", "state")


class Subscribe(msgspec.Struct, forbid_unknown_fields=True):
    """Parameters of `subscribe`."""

    every: Annotated[float, msgspec.Meta(ge=0.1, le=60)] = 1.0


class Order(msgspec.Struct, forbid_unknown_fields=True):
    """Parameters of `order`."""

    name: str
    outlet: int | None = None


Simulate = Callable[[str, dict[str, Any]], Awaitable[Any]]


def status_table(bus: Bus) -> dict[str, Method]:
    """The status document, once and by subscription."""

    async def snapshot(session: Session, params: NoParams) -> dict[str, Any]:
        return bus.document

    async def subscribe(session: Session, params: Subscribe) -> dict[str, Any]:
        session.unsubscribe()
        session.subscription = asyncio.create_task(_follow(bus, session, params.every))
        return {}

    return {
        "snapshot": Method(NoParams, snapshot),
        "subscribe": Method(Subscribe, subscribe),
    }


async def _follow(bus: Bus, session: Session, every: float) -> None:
    """Send documents as they change, at most one each `every` seconds."""
    async for document in bus.changes():
        await session.send({"jsonrpc": "2.0", "method": "snapshot", "params": document})
        if session.ended:
            return
        await asyncio.sleep(every)


def order_table(loop: Loop, restart: Callable[[], None], reset: Callable[[], Awaitable[None]]) -> dict[str, Method]:
    """Orders: restart and factory reset of the station, the end of an outlet's session."""

    async def order(session: Session, params: Order) -> dict[str, Any]:
        if params.name not in ORDERS:
            raise Failure(
                BAD_VALUE,
                f"order: {params.name!r} is none; {', '.join(ORDERS)} are allowed",
                key="order",
                value=params.name,
                allowed=", ".join(ORDERS),
            )
        if session.role is not Role.ADMIN and params.name not in FOR_USERS:
            raise Failure(REFUSED, f"{params.name} is open to the admin account only")
        if params.name == "stop":
            _stop(loop, params.outlet)
        elif params.name == "restart":
            restart()
        else:
            await reset()
        return {}

    return {"order": Method(Order, order)}


def _stop(loop: Loop, outlet: int | None) -> None:
    known = [o.outlet for o in loop.state.outlets]
    if outlet not in known:
        raise Failure(
            BAD_VALUE,
            f"outlet {outlet}: {' or '.join(map(str, known))} is allowed",
            key="outlet",
            value=str(outlet),
            allowed=" or ".join(map(str, known)),
        )
    if loop.state.outlet(outlet).session is None:
        raise Failure(NOT_NOW, f"outlet {outlet}: no charge runs")
    loop.post(StopAsked(loop.moment(), outlet, "Local"))


def simulator_table(simulate: Simulate) -> dict[str, Method]:
    """The simulator's actions, passed on to its own socket."""

    def method(action: str) -> Method:
        async def call(session: Session, params: dict[str, Any]) -> Any:
            return await simulate(action, params)

        return Method(None, call, ADMIN)

    return {f"sim.{action}": method(action) for action in SIMULATED}
