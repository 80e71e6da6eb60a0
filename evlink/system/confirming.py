"""A change of address on trial: confirmed from the new address within two minutes, or taken back (R-101)."""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from time import monotonic

from evlink.system.network import Network
from evlink.system.plan import CONFIRM_S, Plan, plan_from
from evlink.system.programs import MachineError

log = logging.getLogger("evlink.network")


class Addresses:
    """Applies plans. The last confirmed one is on the disk, so that a power cut takes an unconfirmed one back too.

    `taken_back` is told when a change was taken back, to put the settings back as well.
    """

    def __init__(
        self,
        file: Path,
        network: Network,
        taken_back: Callable[[Plan], Awaitable[None]],
        clock: Callable[[], float] = monotonic,
        confirm_s: float = CONFIRM_S,
    ) -> None:
        self._file = file
        self._network = network
        self._taken_back = taken_back
        self._clock = clock
        self._confirm_s = confirm_s
        self._trial: Plan | None = None
        self._until = 0.0
        self._ended = asyncio.Event()

    @property
    def left_s(self) -> float | None:
        """Seconds in which the new address has to be confirmed; None where nothing waits for that."""
        return None if self._trial is None else max(0.0, self._until - self._clock())

    @property
    def awaited(self) -> str:
        """The address that a confirmation has to come from; "" where none is awaited, or any will do."""
        return self._trial.first if self._trial is not None else ""

    def confirmed(self) -> Plan | None:
        """The plan that was confirmed last; None before the first."""
        try:
            document = json.loads(self._file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return plan_from(document) if isinstance(document, dict) else None

    async def take(self, plan: Plan) -> None:
        """Apply a plan. One that moves the station is on trial from then on; the first ever is not."""
        before = self.confirmed()
        try:
            await self._network.apply(plan)
        except MachineError as error:
            log.error("the network could not be set: %s", error)
            if before is not None and before != plan:
                await self._back(before)
            return
        if before is None or (before.addresses == plan.addresses and before.dhcp == plan.dhcp):
            self._keep(plan)
            return
        self._trial, self._until = plan, self._clock() + self._confirm_s
        self._ended.clear()
        log.info("the new address has to be confirmed within %g s", self._confirm_s)

    def confirm(self, address: str) -> bool:
        """Confirm the change from an address of the station that was reached; whether that was the new one.

        An empty address is the machine itself: the serial console, or root.
        """
        if self._trial is None:
            return False
        if address and self._trial.first and address != self._trial.first:
            return False
        self._keep(self._trial)
        self._trial = None
        self._ended.set()
        return True

    async def watch(self, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        """Take back what nobody confirmed in time, for ever."""
        while True:
            await sleep(0.5)
            if self._trial is not None and self._clock() >= self._until:
                lost, self._trial = self._trial, None
                before = self.confirmed()
                log.warning("nobody confirmed the address %s: it is taken back", lost.first or "by DHCP")
                if before is not None:
                    await self._back(before)
                self._ended.set()

    async def _back(self, before: Plan) -> None:
        try:
            await self._network.apply(before)
        except MachineError as error:
            log.error("the network could not be taken back: %s", error)
        await self._taken_back(before)

    def _keep(self, plan: Plan) -> None:
        new = self._file.with_name(f".{self._file.name}.new")
        handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with open(handle, "w", encoding="utf-8") as file:
            json.dump(plan.document(), file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, self._file)
