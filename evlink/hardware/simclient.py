"""The other end of the simulator's control socket: orders for a vehicle, one function that blocks and one that awaits.

`state` is the state directory. Both give the answer's `state` (empty save for the action `state`) and raise
`SimulatorError` in one sentence where the simulator refuses, or where none runs.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

SOCKET: Final = "simulator.sock"


class SimulatorError(Exception):
    """An order that was not carried out; `reason` is `bad_value`, `not_now` or `offline`."""

    def __init__(
        self, message: str, reason: str = "offline", key: str = "", value: object = None, allowed: str = ""
    ) -> None:
        super().__init__(message)
        self.reason, self.key, self.value, self.allowed = reason, key, value, allowed


def call(state: Path, action: str, outlet: int = 1, *, timeout_s: float = 5.0, **params: Any) -> dict[str, Any]:
    """Order the simulator and wait for its answer. SimulatorError as the module says."""
    try:
        with socket.socket(socket.AF_UNIX) as link:
            link.settimeout(timeout_s)
            link.connect(str(state / SOCKET))
            with link.makefile("rwb") as file:
                file.write(_request(action, outlet, params))
                file.flush()
                return _result(file.readline())
    except OSError as wrong:
        raise _offline(state, wrong) from wrong


async def acall(state: Path, action: str, outlet: int = 1, *, timeout_s: float = 5.0, **params: Any) -> dict[str, Any]:
    """Order the simulator and await its answer. SimulatorError as the module says."""
    try:
        async with asyncio.timeout(timeout_s):
            reader, writer = await asyncio.open_unix_connection(state / SOCKET)
            try:
                writer.write(_request(action, outlet, params))
                await writer.drain()
                return _result(await reader.readline())
            finally:
                writer.close()
    except OSError as wrong:
        raise _offline(state, wrong) from wrong


def _request(action: str, outlet: int, params: Mapping[str, Any]) -> bytes:
    return json.dumps({"id": 1, "action": action, "outlet": outlet, **params}).encode() + b"\n"


def _result(line: bytes) -> dict[str, Any]:
    if not line:
        raise SimulatorError("The simulator ended before it answered.")
    answer = json.loads(line)
    if answer["ok"]:
        state: dict[str, Any] = answer.get("state", {})
        return state
    raise SimulatorError(answer["error"], answer["reason"], answer["key"], answer["value"], answer["allowed"])


def _offline(state: Path, wrong: OSError) -> SimulatorError:
    return SimulatorError(f"No simulator answers in {state} ({wrong.strerror or 'timed out'}).")
