"""What is done beside the connection's own tasks: things announced by an answer, and questions of the station."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, TypeVar

from evlink.ocpp.connection import reason

T = TypeVar("T")
_log = logging.getLogger(__name__)


class Errands:
    """Tasks that end with the connection at the latest; what they fail of is told in the log, and ends nothing."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[Any]] = set()
        self._announced: list[Coroutine[Any, Any, None]] = []

    def announce(self, work: Coroutine[Any, Any, None]) -> None:
        """Keep something for when the answer that is under way is out."""
        self._announced.append(work)

    def carry_out(self) -> None:
        """Begin what was announced."""
        while self._announced:
            task = asyncio.create_task(self._announced.pop(0))
            self._running.add(task)
            task.add_done_callback(self._ended)

    async def ask(self, work: Coroutine[Any, Any, T], timeout_s: float) -> T | None:
        """The result of some work; None where it takes longer, or the connection ends first."""
        task = asyncio.create_task(work)
        self._running.add(task)
        try:
            await asyncio.wait({task}, timeout=timeout_s)
            return task.result() if task.done() and not task.cancelled() else None
        finally:
            self._running.discard(task)
            task.cancel()

    def end(self) -> None:
        """End what runs: there is no connection for it any more."""
        for task in self._running:
            task.cancel()

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("what the supervision asked for failed: %s", reason(error), exc_info=error)
