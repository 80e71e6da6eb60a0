"""A test's handle on the central system's process: start, command, read its log, kill, start again."""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).parents[2]


class CentralProcess:
    """The central system as a child process; an async context manager that leaves no process behind."""

    def __init__(
        self, log: Path, port: int = 0, interval_s: int = 300, speak: str = "1.6", tls: Path | None = None
    ) -> None:
        self.log = log
        self.port = port
        self.interval_s = interval_s
        self.speak = speak
        self.tls = tls
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._numbers = itertools.count(1)

    @property
    def url(self) -> str:
        """The supervision URL of a station."""
        if self.tls is not None:
            return f"wss://localhost:{self.port}/ocpp"
        return f"{'http' if self.speak == 'soap' else 'ws'}://127.0.0.1:{self.port}/ocpp"

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.kill()

    async def start(self) -> None:
        """Start the process, on the same port and log as before where it ran already."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.ocpp_central", "--control",
            "--port", str(self.port), "--log", str(self.log), "--interval", str(self.interval_s), "--speak", self.speak,
            *(("--tls", str(self.tls)) if self.tls is not None else ()),
            cwd=ROOT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert self._process.stdout is not None
        first = await asyncio.wait_for(self._process.stdout.readline(), 20)
        self.port = json.loads(first)["listening"]
        self._reading = asyncio.create_task(self._read(self._process.stdout))

    async def kill(self) -> None:
        """End it with SIGKILL and wait until it is gone."""
        if self._process is None:
            return
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()
        if self._reading is not None:
            await self._reading
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process = None

    async def do(self, do: str, **arguments: Any) -> dict[str, Any]:
        """Give a command (see `control.py`) and wait for its result."""
        assert self._process is not None
        assert self._process.stdin is not None
        number = next(self._numbers)
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        self._process.stdin.write(json.dumps({"n": number, "do": do, **arguments}).encode() + b"\n")
        await self._process.stdin.drain()
        result = await asyncio.wait_for(future, 20)
        assert "failed" not in result, result["failed"]
        return result

    async def call(self, action: str, payload: Any, timeout_s: float = 5.0) -> list[Any] | None:
        """Send a request to the station; its answer, None where none came."""
        result = await self.do("call", action=action, payload=payload, timeout_s=timeout_s)
        answer: list[Any] | None = result["answer"]
        return answer

    def entries(self) -> list[dict[str, Any]]:
        """The log so far, without a line that is being written."""
        text = self.log.read_text("utf-8")
        return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]

    def requests(self, *actions: str) -> list[dict[str, Any]]:
        """The station's requests of these actions (all where none is named), as log entries, in order."""
        return [
            entry
            for entry in self.entries()
            if entry["dir"] == "in"
            and isinstance(entry["message"], list)
            and entry["message"][0] == 2
            and (not actions or entry["message"][2] in actions)
        ]

    def faults(self) -> list[str]:
        """What the central system found wrong with anything."""
        return [entry["fault"] for entry in self.entries() if entry.get("fault")]

    def opened(self) -> int:
        """How many websockets were opened so far."""
        return sum(entry["dir"] == "open" for entry in self.entries())

    async def until(self, true: Callable[[], bool], timeout_s: float = 15.0) -> None:
        """Wait until something holds; AssertionError with the log where it never does."""
        try:
            async with asyncio.timeout(timeout_s):
                while not true():
                    await asyncio.sleep(0.02)
        except TimeoutError:
            tail = "\n".join(self.log.read_text("utf-8").splitlines()[-30:])
            raise AssertionError(f"it never came about; the log ends with\n{tail}") from None

    async def _read(self, stream: asyncio.StreamReader) -> None:
        while line := await stream.readline():
            result = json.loads(line)
            future = self._waiting.pop(result["n"], None)
            if future is not None and not future.done():
                future.set_result(result)
