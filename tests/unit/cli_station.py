"""A small station for tests of the client and the command line: real sockets, answers from a table."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from evlink.client import CallError

Method = Callable[[dict[str, Any]], Any]


class SmallStation:
    """What it answers by method, and the calls it got. A method may raise CallError, or return a `Raw` line."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.methods: dict[str, Method] = {"hello": lambda params: {"running": True, "role": "admin"}}

    def params(self, method: str) -> dict[str, Any]:
        """Parameters of the only call of a method."""
        (found,) = [params for name, params in self.calls if name == method]
        return found


END = b"END"


class Raw(bytes):
    """Bytes sent as they are in place of an answer, but for ID, the call's number; `END` ends the connection."""


@contextmanager
def serving(path: Path) -> Iterator[SmallStation]:
    """A small station listening at `path`."""
    station = SmallStation(path)

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            for line in self.rfile:
                request = json.loads(line)
                station.calls.append((request["method"], request["params"]))
                answer: dict[str, Any] = {"jsonrpc": "2.0", "id": request["id"]}
                try:
                    result = station.methods[request["method"]](request["params"])
                    if isinstance(result, Raw):
                        self.wfile.write(result.removesuffix(END).replace(b"ID", str(request["id"]).encode()))
                        if result.endswith(END):
                            return
                        continue
                    answer["result"] = result
                except KeyError:
                    answer["error"] = {"code": -32601, "message": f"no method {request['method']}"}
                except CallError as error:
                    answer["error"] = {"code": error.code, "message": error.message, "data": error.data}
                self.wfile.write(json.dumps(answer).encode() + b"\n")

    class Server(socketserver.ThreadingUnixStreamServer):
        daemon_threads = True

    with Server(str(path), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield station
        finally:
            server.shutdown()
            thread.join()


def bad_value(key: str, value: object, allowed: str) -> CallError:
    """The error of a value that is not allowed."""
    message = f"{key}: {value} is not allowed; allowed: {allowed}"
    return CallError(2, message, {"reason": "bad_value", "key": key, "value": value, "allowed": allowed})
