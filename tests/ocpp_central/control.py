"""The central system's control channel: a JSON object a line in, one line out for each.

`{"do": "rule", ...}` adds a `server.Rule`; `{"do": "clear"}` forgets the rules; `{"do": "call", "action", "payload",
"id"?, "timeout_s"?}` sends a request and gives `answer`; `{"do": "raw", "text"}` or `{"do": "raw", "hex"}` sends a
frame; `{"do": "drop"}` tears the connections down; `{"do": "refuse", "status"}` answers handshakes with that status,
null opens again; `{"do": "auth", "header"}` wants that HTTP header, null none; `{"do": "subprotocol",
"on"}`; `{"do": "connections"}` counts them.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import TYPE_CHECKING, Any

from tests.ocpp_central.server import Central, Rule

if TYPE_CHECKING:
    from tests.ocpp_central.soap import SoapCentral  # zeep takes half a second to import


async def obey(central: Central | SoapCentral) -> None:
    """Take commands from standard input until it ends."""
    reader = asyncio.StreamReader(limit=2**22)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    pending: set[asyncio.Task[None]] = set()
    while line := await reader.readline():
        command = json.loads(line)
        task = asyncio.create_task(_answer(central, command))  # a call may wait; commands after it needn't
        pending.add(task)
        task.add_done_callback(pending.discard)


async def _answer(central: Central | SoapCentral, command: dict[str, Any]) -> None:
    number = command.pop("n")
    try:
        result = await _do(central, **command)
    except Exception as error:
        result = {"failed": f"{type(error).__name__}: {error}"}
    print(json.dumps({"n": number, **result}), flush=True)


async def _do(central: Central | SoapCentral, do: str, **arguments: Any) -> dict[str, Any]:
    match do:
        case "rule":
            central.rules.append(Rule(**arguments))
        case "clear":
            central.rules.clear()
        case "call":
            answer = await central.call(
                arguments.get("id"), arguments["action"], arguments.get("payload", {}), arguments.get("timeout_s", 5.0)
            )
            return {"answer": answer}
        case "raw":
            await central.raw(bytes.fromhex(arguments["hex"]) if "hex" in arguments else arguments["text"])
        case "drop":
            central.drop()
        case "refuse":
            central.refuse = arguments["status"]
        case "auth":
            central.authorization = arguments["header"]
        case "subprotocol":
            central.subprotocol = arguments["on"]
        case "connections":
            return {"count": len(central.connections)}
        case _:
            raise ValueError(f"unknown command {do!r}")
    return {}
