"""The simulator's actions for `sim.*`: passed on to the simulator, its refusals turned into answers."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

from evlink.hardware.simclient import SimulatorError, acall
from evlink.runtime.rpc import BAD_VALUE, NOT_NOW, OFFLINE, Failure

STARTING_S = 5.0
CODES = {"bad_value": BAD_VALUE, "not_now": NOT_NOW, "offline": OFFLINE}


async def simulate(state: Path, board: str, action: str, params: dict[str, Any]) -> dict[str, Any]:
    """Carry out one action of `evlink sim`. Failure where the board is no simulator, or it refuses."""
    if board != "simulator":
        raise Failure(NOT_NOW, f"the board is {board}, not the simulator")
    if "action" in params or "state" in params or "timeout_s" in params or "id" in params:
        raise Failure(-32602, "params: action, state, timeout_s and id are not allowed")
    outlet = params.get("outlet", 1)
    rest = {key: value for key, value in params.items() if key != "outlet" and value is not None}
    until = time.monotonic() + STARTING_S
    try:
        while True:
            try:
                return await acall(state, action, outlet, **rest)
            except SimulatorError as error:
                # A station that has just started waits for its board; so does what is asked of the board.
                early = error.reason == "offline" or (action == "badge" and error.reason == "not_now")
                if not early or time.monotonic() > until:
                    raise
            await asyncio.sleep(0.1)
    except SimulatorError as error:
        data = {"key": error.key, "value": error.value, "allowed": error.allowed}
        raise Failure(CODES.get(error.reason, BAD_VALUE), str(error), **data) from None
