"""The running station over the socket: its status, orders, and the simulator."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import msgspec

from evlink.domain.admission import can_start
from evlink.domain.events import RemoteStart, StopAsked
from evlink.domain.orders import kept_free
from evlink.domain.record import normal_uid
from evlink.runtime.bus import Bus
from evlink.runtime.loop import Loop
from evlink.runtime.rpc import ADMIN, BAD_VALUE, NOT_NOW, REFUSED, Failure, Method, NoParams, Session
from evlink.settings.model import Role
from evlink.storage.reset import Reset

ORDERS = ("restart", "factory_reset", "decommission", "start", "stop")
CONFIRMED = "DECOMMISSION"
FOR_USERS = ("restart",)
SIMULATED = ("plug", "ready", "pause", "unplug", "badge", "button", "draw", "input", "fault", "state")


class Subscribe(msgspec.Struct, forbid_unknown_fields=True):
    """Parameters of `subscribe`."""

    every: Annotated[float, msgspec.Meta(ge=0.1, le=60)] = 1.0


class Order(msgspec.Struct, forbid_unknown_fields=True):
    """Parameters of `order`."""

    name: str
    outlet: int | None = None
    badge: str = ""  # of a start: who was authorised
    confirm: str = ""  # of a decommissioning: what was typed


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


def order_table(
    loop: Loop, restart: Callable[[], None], reset: Callable[[Reset], Awaitable[None]]
) -> dict[str, Method]:
    """Orders: restart and the two resets of the station, start and end of an outlet's session."""

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
        elif params.name == "start":
            _start(loop, params.outlet, params.badge)
        elif params.name == "restart":
            restart()
        elif params.name == "factory_reset":
            await reset(Reset.OPERATIONAL)
        elif params.confirm != CONFIRMED:
            raise Failure(
                BAD_VALUE,
                f"confirm: {CONFIRMED} has to be typed",
                key="confirm",
                value=params.confirm,
                allowed=CONFIRMED,
                fr=f"confirm : il faut taper {CONFIRMED}",
            )
        else:
            await reset(Reset.DECOMMISSION)
        return {}

    return {"order": Method(Order, order)}


def _start(loop: Loop, outlet: int | None, badge: str) -> None:
    """Pass on the authorisation of an external system: where it is the one that authorises (R-072)."""
    number = _known(loop, outlet)
    if loop.state.config.authentication != "remote":
        raise Failure(
            NOT_NOW,
            "authentication is not performed by a remote system",
            fr="l'authentification n'est pas réalisée par un système distant",
            key="configuration.general.authentication_by",
        )
    try:
        uid = normal_uid(badge) if badge else loop.state.config.default_id_tag
    except ValueError as error:
        raise Failure(
            BAD_VALUE,
            str(error),
            key="badge",
            value=badge[:40],
            fr=f"badge {badge[:40]!r} : de 1 à 20 lettres ou chiffres sont autorisés",
        ) from None
    state = loop.state.outlet(number)
    if not can_start(state) or kept_free(loop.state, state, uid, ""):
        raise Failure(NOT_NOW, f"outlet {number} is not free", fr=f"la prise {number} n'est pas libre")
    loop.post(RemoteStart(loop.moment(), number, uid))


def _stop(loop: Loop, outlet: int | None) -> None:
    number = _known(loop, outlet)
    state = loop.state.outlet(number)
    if state.session is None and state.holder is None:
        raise Failure(NOT_NOW, f"outlet {number}: no charge runs", fr=f"prise {number} : aucune charge en cours")
    loop.post(StopAsked(loop.moment(), number, "Remote" if loop.state.config.authentication == "remote" else "Local"))


def _known(loop: Loop, outlet: int | None) -> int:
    """An outlet that the station has. Failure."""
    known = [o.outlet for o in loop.state.outlets]
    if outlet not in known:
        raise Failure(
            BAD_VALUE,
            f"outlet {outlet}: {' or '.join(map(str, known))} is allowed",
            key="outlet",
            value=str(outlet),
            allowed=" or ".join(map(str, known)),
            fr=f"prise {outlet} : {' ou '.join(map(str, known))} autorisé",
        )
    assert outlet is not None
    return outlet


def simulator_table(simulate: Simulate) -> dict[str, Method]:
    """The simulator's actions, passed on to its own socket."""

    def method(action: str) -> Method:
        async def call(session: Session, params: dict[str, Any]) -> Any:
            return await simulate(action, params)

        return Method(None, call, ADMIN)

    return {f"sim.{action}": method(action) for action in SIMULATED}
