"""Firmware: fetched, checked, and handed to the update mechanism (OCPP 1.6 section 5.19, security whitepaper).

What the supervision asks for outlives a restart until it is done: an order for next night, and the word of an
installation that restarted the station.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from ocpp.exceptions import GenericError, PropertyConstraintViolationError  # type: ignore[import-untyped]
from ocpp.v16 import call, call_result  # type: ignore[import-untyped]

from evlink.domain.text import clean
from evlink.ocpp.certificates import CertificateError
from evlink.ocpp.exchange import Handler
from evlink.ocpp.link import Installing, Memory, Updater
from evlink.ocpp.messages import read_time
from evlink.ocpp.transfer import TransferError, Tries, persist, read_place
from evlink.ocpp.transfer_carrier import Carrier
from evlink.ocpp.transfer_work import Errand, Words

KEY = "ocpp.firmware"
_LOOK_S = 60.0  # how long a wait for a time of day goes without looking at the clock
# What a plain FirmwareStatusNotification has no word for.
_SIGNED_ONLY = frozenset(
    {"DownloadScheduled", "SignatureVerified", "InvalidSignature", "InstallScheduled", "InstallRebooting"}
)
_INSTALLING = ("Installing", "InstallRebooting")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Order:
    """What was asked for; `request`, `certificate` and `signature` in SignedUpdateFirmware alone."""

    location: str
    retrieve: str
    retries: int | None = None
    interval: int | None = None
    request: int | None = None
    install: str = ""
    certificate: str = ""
    signature: str = ""
    installing: bool = False


class Firmware:
    """The handlers of UpdateFirmware and SignedUpdateFirmware, and the one update that they lead to.

    `trusted` gives the manufacturer's roots as PEM; `event` notes a security event by its type and a detail.
    """

    def __init__(
        self,
        updater: Updater,
        carrier: Carrier,
        folder: Path,
        words: Words,
        memory: Memory,
        wall: Callable[[], datetime],
        trusted: Callable[[], list[str]],
        event: Callable[[str, str], Awaitable[None]],
    ) -> None:
        self._updater = updater
        self._carrier = carrier
        self._package = folder / "firmware"
        self._words = words
        self._memory = memory
        self._wall = wall
        self._trusted = trusted
        self._event = event
        self._errand = Errand()
        self._order: Order | None = None
        self._status = "Idle"

    def table(self) -> Mapping[str, Handler]:
        """Handlers by action."""
        return {"UpdateFirmware": self.update_firmware, "SignedUpdateFirmware": self.signed_update_firmware}

    async def run(self) -> None:
        """Follow orders until cancelled, first what an earlier run left."""
        await self._resume()
        await self._errand.run()

    def status(self, signed: bool) -> Any:
        """The word of how the update goes, Idle where none runs (OCPP 1.6 section 5.17, security whitepaper)."""
        order = self._order if self._errand.busy else None
        if signed:
            told = self._status if order is not None else "Idle"
            return call.SignedFirmwareStatusNotification(status=told, request_id=order.request if order else None)
        known = order is not None and self._status not in _SIGNED_ONLY
        return call.FirmwareStatusNotification(self._status if known else "Idle")

    async def update_firmware(
        self, location: str, retrieve_date: str, retries: int | None = None, retry_interval: int | None = None
    ) -> Any:
        """Fetch and install firmware (section 5.19); an installation that runs isn't interrupted."""
        if read_time(retrieve_date) is None:
            raise PropertyConstraintViolationError("retrieveDate is no time")
        if self._status in _INSTALLING:
            raise GenericError("an installation is under way")
        await self._give(Order(location, retrieve_date, retries, retry_interval))
        return call_result.UpdateFirmware()

    async def signed_update_firmware(
        self,
        request_id: int,
        firmware: Mapping[str, str],
        retries: int | None = None,
        retry_interval: int | None = None,
    ) -> Any:
        """The same for firmware whose maker's signature comes with it (security whitepaper)."""
        order = Order(
            firmware["location"],
            firmware["retrieve_date_time"],
            retries,
            retry_interval,
            request_id,
            firmware.get("install_date_time", ""),
            firmware["signing_certificate"],
            firmware["signature"],
        )
        if read_time(order.retrieve) is None or (order.install and read_time(order.install) is None):
            raise PropertyConstraintViolationError("a time of the firmware is none")
        from evlink.ocpp.firmware_signature import read_signer  # 8 MiB of libraries, for this alone

        try:
            read_signer(order.certificate, self._trusted(), self._wall())
        except CertificateError as error:
            await self._event("InvalidFirmwareSigningCertificate", str(error))
            return call_result.SignedUpdateFirmware("InvalidCertificate")
        if self._status in _INSTALLING:
            return call_result.SignedUpdateFirmware("Rejected")
        busy = self._errand.busy
        await self._give(order)
        return call_result.SignedUpdateFirmware("AcceptedCanceled" if busy else "Accepted")

    async def _give(self, order: Order) -> None:
        await self._memory.remember(KEY, asdict(order))
        self._errand.give(partial(self._follow, order))

    async def _resume(self) -> None:
        """Take up what an earlier run was asked for, or tell how its installation ended."""
        kept = await self._memory.recall(KEY)
        if not kept:
            return
        order = Order(**kept)
        if not order.installing:
            self._errand.give(partial(self._follow, order))
            return
        self._order = order
        outcome = await self._updater.finished()
        await self._ended("Installed" if outcome is Installing.INSTALLED else "InstallationFailed")

    async def _follow(self, order: Order) -> None:
        self._order = order
        try:
            await self._fetch(order)
            await self._verify(order)
            await self._install(order)
        except _Failed as failed:
            _log.warning("firmware: %s", failed)
            await self._ended(failed.status)

    async def _fetch(self, order: Order) -> None:
        if order.request is not None and self._ahead_s(order.retrieve) > 0:
            self._tell("DownloadScheduled")
        await self._until(order.retrieve)
        self._tell("Downloading")
        try:
            place = read_place(order.location)
            await persist(
                Tries.asked(order.retries, order.interval),
                f"download of firmware from {place.shown}",
                lambda: self._carrier.fetch(place, self._package),
            )
        except (TransferError, OSError) as error:
            raise _Failed("DownloadFailed", str(error)) from None
        self._tell("Downloaded")

    async def _verify(self, order: Order) -> None:
        if order.request is None:
            return
        from evlink.ocpp.firmware_signature import verify

        try:
            valid = await asyncio.to_thread(
                verify, order.certificate, self._trusted(), self._wall(), order.signature, self._package
            )
        except (CertificateError, OSError) as error:
            raise _Failed("InvalidSignature", str(error)) from None
        if not valid:
            await self._event("InvalidFirmwareSignature", "the signature is not of this firmware")
            raise _Failed("InvalidSignature", "the signature is not of this firmware")
        self._tell("SignatureVerified")
        if order.install and self._ahead_s(order.install) > 0:
            self._tell("InstallScheduled")
            await self._until(order.install)

    async def _install(self, order: Order) -> None:
        self._tell("Installing")
        why = await self._updater.check(self._package)
        if why:
            raise _Failed("InstallationFailed", clean(why, 200))
        await self._memory.remember(KEY, asdict(order) | {"installing": True})
        try:
            outcome = await self._updater.install(self._package)
        except Exception as error:
            _log.exception("the update mechanism failed")
            raise _Failed("InstallationFailed", str(error)) from error
        match outcome:
            case Installing.RESTARTING:
                self._tell("InstallRebooting")
            case Installing.INSTALLED:
                await self._ended("Installed")
            case Installing.FAILED:
                raise _Failed("InstallationFailed", "the update mechanism could not install it")

    async def _ended(self, status: str) -> None:
        self._package.unlink(missing_ok=True)
        await self._memory.remember(KEY, None)
        self._tell(status)
        if status == "Installed":
            await self._event("FirmwareUpdated", "")
        self._status = "Idle"

    def _tell(self, status: str) -> None:
        self._status = status
        order = self._order
        if order is not None and order.request is not None:
            self._words.say(call.SignedFirmwareStatusNotification(status=status, request_id=order.request))
        elif status not in _SIGNED_ONLY:
            self._words.say(call.FirmwareStatusNotification(status))

    def _ahead_s(self, at: str) -> float:
        return ((read_time(at) or datetime.min.replace(tzinfo=UTC)) - self._wall()).total_seconds()

    async def _until(self, at: str) -> None:
        """Wait for a time of day, whatever becomes of the clock meanwhile."""
        while (ahead_s := self._ahead_s(at)) > 0:
            await asyncio.sleep(min(ahead_s, _LOOK_S))


class _Failed(Exception):  # noqa: N818 - an outcome
    """An update came to an end; `status` is OCPP's word for it."""

    def __init__(self, status: str, why: str) -> None:
        super().__init__(clean(why, 200))
        self.status = status
