"""What the supervision does beyond charging: diagnostics, firmware, certificates, and the door that it comes in by."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from evlink.ocpp.certificates import MANUFACTURER, Certificates, private_folder
from evlink.ocpp.config import Present, SupervisionConfig
from evlink.ocpp.connection import Access
from evlink.ocpp.diagnostics import DiagnosticsUpload
from evlink.ocpp.exchange import Ask, Handler
from evlink.ocpp.firmware import Firmware
from evlink.ocpp.link import Desk, Machine, Memory
from evlink.ocpp.security import Security
from evlink.ocpp.security_door import Door, WayBack
from evlink.ocpp.security_events import SecurityEvents
from evlink.ocpp.transfer import PROTOCOLS
from evlink.ocpp.transfer_carrier import Carrier
from evlink.ocpp.transfer_work import Words
from evlink.ocpp.triggers import Sender


class Upkeep:
    """The areas that need a `machine`, wired. `renew` is called when the connection is to be made anew."""

    def __init__(
        self,
        present: Present,
        desk: Desk,
        memory: Memory,
        machine: Machine,
        wall: Callable[[], datetime],
        renew: Callable[[], None],
    ) -> None:
        self._present = present
        self._speaks = False
        self._words = Words()
        certificates = Certificates(machine.folder / "certificates", wall)
        self.door = Door(certificates, wall)
        self._events = SecurityEvents(memory, wall, self._listened)
        self._way_back = WayBack(desk, memory, self._events.note)
        carrier = Carrier(present, certificates.context)
        folder = machine.folder / "transfers"
        private_folder(folder)
        self._diagnostics = DiagnosticsUpload(
            present, machine.diagnostics, carrier, folder, self._words, wall, self._events.text
        )
        self._firmware = Firmware(
            machine.updater,
            carrier,
            folder,
            self._words,
            memory,
            wall,
            lambda: certificates.roots(MANUFACTURER),
            self._events.note,
        )
        self._security = Security(present, certificates, wall, self._events.note, renew, self._spoken)

    def table(self) -> Mapping[str, Handler]:
        """Handlers by action."""
        return {**self._diagnostics.table(), **self._firmware.table(), **self._security.table()}

    def keys(self) -> dict[str, str]:
        """The configuration keys that no setting holds (OCPP 1.6 section 9.1, security whitepaper)."""
        return {"SupportedFileTransferProtocols": PROTOCOLS, **self._security.keys()}

    def senders(self, ask: Ask) -> dict[str, Sender]:
        """What TriggerMessage may ask for."""
        return {
            "DiagnosticsStatusNotification": _sender(ask, self._diagnostics.diagnostics_status),
            "FirmwareStatusNotification": _sender(ask, lambda: self._firmware.status(signed=False)),
        }

    def extended(self, ask: Ask) -> dict[str, Sender]:
        """What ExtendedTriggerMessage may ask for besides, or otherwise (security whitepaper)."""
        return {
            "LogStatusNotification": _sender(ask, self._diagnostics.log_status),
            "FirmwareStatusNotification": _sender(ask, lambda: self._firmware.status(signed=True)),
            "SignChargePointCertificate": lambda _: self._security.sign(ask),
        }

    def problem(self, profile: int | None = None) -> str:
        """Why the door can't be opened with the present profile, or another one; empty where it can."""
        return self.door.problem(self._present.config, profile)

    def access(self) -> Awaitable[Access]:
        """What the next connection is opened with."""
        return self.door.access(self._present.config)

    async def at_the_door(self) -> str:
        """Why no connection can be tried, in one sentence; without a certificate profile 3 has a way back."""
        why = self.problem()
        if why and not self.problem(2) and await self._way_back.lower(self._present.config, why):
            why = self.problem()
        return why

    def reconfigured(self, config: SupervisionConfig) -> tuple[SupervisionConfig, bool, str]:
        """The configuration that holds from now on, whether the door is opened otherwise than before, or why not.

        A connection that works isn't given up for a profile that can't be used, such as one that waits for the
        URL of the next run.
        """
        kept = self._present.config
        if (config.security_profile, config.password) == (kept.security_profile, kept.password):
            return config, False, ""
        why = self.door.problem(config)
        if why and not self.door.problem(kept):
            return replace(config, security_profile=kept.security_profile, password=kept.password), False, why
        return config, True, ""

    async def connected(self) -> None:
        """Take in that a connection came about."""
        await self._way_back.connected(self._present.config)

    async def failed(self, error: BaseException) -> None:
        """Take in that one did not, or ended."""
        await self._way_back.failed(self._present.config, error)

    async def load(self) -> None:
        """Take up what earlier runs left, and note that the station starts."""
        await self._events.load()
        await self._events.note("StartupOfTheDevice", "")

    async def changed(self) -> None:
        """Note that what opens the door was changed."""
        profile = self._present.config.security_profile
        await self._events.note("ReconfigurationOfSecurityParameters", f"password or profile changed: {profile}")

    async def run(self) -> None:
        """Do what is asked for, connected or not, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._diagnostics.run())
            group.create_task(self._firmware.run())

    async def speak(self, ask: Ask) -> None:
        """Tell the supervision how things go, until cancelled; raises NoAnswerError."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._words.run(ask))
            if self._present.config.version == "1.6":
                group.create_task(self._events.run(ask))
                group.create_task(self._security.run(ask))

    def _listened(self) -> bool:
        return self._speaks or self._present.config.security_profile > 0

    def _spoken(self) -> None:
        if not self._speaks:
            self._speaks = True
            self._events.look_again()


def _sender(ask: Ask, request: Callable[[], Any]) -> Sender:
    async def send(_: int) -> None:
        await ask(request())

    return send
