"""The telling of connector states: what changed, once it has lasted, never from a queue (OCPP 1.6 section 4.9)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from evlink.ocpp.chargepoint import Ask, MalformedError, RefusedError
from evlink.ocpp.config import Present
from evlink.ocpp.messages import status_notification
from evlink.ocpp.states import ConnectorState, connector_states

PASSING_S = 3.0  # vehicle and contactor take no longer, IEC 61851-1 table A.6
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Held:
    """A connector's present state: since when, by the event loop's clock and by the wall's."""

    state: ConnectorState
    since_s: float
    at: datetime


class StatusBoard:
    """The connectors' states, seen and told; it outlives connections.

    A new connection hears only of what differs from what was last told (OCPP-J 1.6 section 5.4). A state that
    did not last `minimum_status_duration_s` is never told; the very first ones are told at once. `spoken` puts a
    state into the words of the version that is spoken: what is one word there is no change. Of a passing state
    nothing is told for PASSING_S, so that Preparing becomes Charging in one step; the end of Charging is never late.
    """

    def __init__(
        self,
        present: Present,
        wall: Callable[[], datetime],
        spoken: Callable[[ConnectorState], ConnectorState] = lambda state: state,
    ) -> None:
        self._present = present
        self._wall = wall
        self._spoken = spoken
        self._seen: dict[int, _Held] = {}
        self._told: dict[int, ConnectorState] = {}
        self._changed = asyncio.Event()

    def see(self, document: dict[str, Any]) -> None:
        """Take in a status document of the station; while it starts it knows nothing worth telling."""
        if document.get("station", {}).get("state") == "starting":
            return
        now = asyncio.get_running_loop().time()
        for connector, seen in connector_states(document).items():
            state = self._spoken(seen)
            held = self._seen.get(connector)
            if held is None or held.state != state:
                self._seen[connector] = _Held(state, now, self._wall())
                self._changed.set()
            elif held.state.passing != state.passing:
                self._seen[connector] = replace(held, state=state)
                self._changed.set()

    def status(self, connector: int) -> str:
        """A connector's present status in OCPP's word; Unavailable before anything was seen of it."""
        held = self._seen.get(connector)
        return "Unavailable" if held is None else held.state.status

    async def run(self, ask: Ask) -> None:
        """Tell what differs and what changes, until cancelled; raises NoAnswerError."""
        now = asyncio.get_running_loop().time
        while True:
            self._changed.clear()
            ready_s, connector = self._next()
            wait_s = None if ready_s is None else ready_s - now()
            if wait_s is None or wait_s > 0:
                try:
                    async with asyncio.timeout(wait_s):
                        await self._changed.wait()
                except TimeoutError:
                    pass
                continue
            await self.tell(connector, ask)

    def _next(self) -> tuple[float | None, int]:
        """When, and of which connector, the next telling is due; None where all is told."""
        due: list[tuple[float, int]] = []
        for connector, held in self._seen.items():
            told = self._told.get(connector)
            if told is None:
                due.append((0.0, connector))
            elif told != held.state:
                due.append((held.since_s + self._least_s(held.state, told), connector))
        return min(due) if due else (None, -1)

    def _least_s(self, state: ConnectorState, told: ConnectorState) -> float:
        """How long a state must have lasted to be told."""
        passing = state.passing and told.status != "Charging"
        return max(self._present.config.minimum_status_duration_s, PASSING_S if passing else 0.0)

    async def tell(self, connector: int, ask: Ask) -> None:
        """Tell a connector's present state, changed or not."""
        held = self._seen.get(connector)
        if held is None:
            return  # the station is still starting
        request = status_notification(connector, held.state, held.at, self._present.config.vendor)
        try:
            await ask(request)
        except (RefusedError, MalformedError) as error:  # it was heard; to repeat it would change nothing
            _log.warning("connector %d: %s", connector, error)
        self._told[connector] = held.state
