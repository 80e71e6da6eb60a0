"""Updates over the socket: brought in pieces, looked at, confirmed (R-230 to R-233)."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any

import msgspec

from evlink.runtime.desk import Tasks
from evlink.runtime.rpc import ADMIN, BAD_VALUE, Failure, Method, NoParams, Session
from evlink.runtime.updating import Updates

LARGEST_PIECE = 512 << 10


class Begin(msgspec.Struct, forbid_unknown_fields=True):
    """Parameters of `update.begin`."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=300)]
    size: int


class Piece(msgspec.Struct, forbid_unknown_fields=True):
    """Parameters of `update.piece`."""

    data: str


class Install(msgspec.Struct, forbid_unknown_fields=True):
    """Parameters of `update.install`."""

    version: str


def table(updates: Updates, tasks: Tasks) -> dict[str, Method]:
    """The methods."""

    async def begin(session: Session, params: Begin) -> dict[str, Any]:
        updates.receive(params.name, params.size)
        return {}

    async def piece(session: Session, params: Piece) -> dict[str, Any]:
        try:
            data = base64.b64decode(params.data, validate=True)
        except (binascii.Error, ValueError):
            data = b""
        if not 0 < len(data) <= LARGEST_PIECE:
            raise Failure(
                BAD_VALUE, f"data: up to {LARGEST_PIECE} bytes in base64 are allowed", key="data",
                fr=f"data : {LARGEST_PIECE} octets au plus, en base64",
            )  # fmt: skip
        updates.piece(data)
        return {}

    async def commit(session: Session, params: NoParams) -> dict[str, Any]:
        return await updates.commit()

    async def status(session: Session, params: NoParams) -> dict[str, Any]:
        return updates.document()

    async def install(session: Session, params: Install) -> dict[str, Any]:
        updates.accept(params.version)

        async def work() -> None:
            await updates.install()

        tasks.start(work())
        return {}

    async def cancel(session: Session, params: NoParams) -> dict[str, Any]:
        updates.cancel()
        return {}

    return {
        "update.begin": Method(Begin, begin, ADMIN),
        "update.piece": Method(Piece, piece, ADMIN),
        "update.commit": Method(NoParams, commit, ADMIN),
        "update.status": Method(NoParams, status, ADMIN),
        "update.install": Method(Install, install, ADMIN),
        "update.cancel": Method(NoParams, cancel, ADMIN),
    }
