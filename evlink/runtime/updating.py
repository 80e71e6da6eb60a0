"""Updates of a running station: brought, checked, shown, installed beside what runs, switched while nobody charges."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import platform
import shutil
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from evlink import __version__
from evlink.domain.state import OutletState
from evlink.ocpp.link import Installing
from evlink.runtime.rpc import BAD_VALUE, NOT_NOW, Failure
from evlink.storage.journal import Entry, Kind
from evlink.update.bringing import Brought, brought
from evlink.update.installing import install
from evlink.update.package import LARGEST, Manifest, PackageError, Station, Trust, check, read
from evlink.update.slots import HEALTH_S, Slots
from evlink.update.trust import TrustError

IDLE, RECEIVING, CHECKING, READY, INSTALLING, WAITING, RESTARTING = (
    "idle",
    "receiving",
    "checking",
    "ready",
    "installing",
    "waiting",
    "restarting",
)
_LOOK_S = 0.2
_FREE_S = 1.0
log = logging.getLogger("evlink.update")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What updates need of the station: keys, model, who writes the log, whether somebody charges, how to restart."""

    trust: Callable[[], Trust]
    model: str
    outlets: Sequence[int]
    write: Callable[[Sequence[Entry]], Awaitable[None]]
    wall: Callable[[], datetime]
    charging: Callable[[], bool]
    restart: Callable[[], None]
    health_s: float = HEALTH_S


@dataclass(frozen=True, slots=True)
class Offer:
    """A package that was found good, and may be installed."""

    manifest: Manifest
    brought: Brought


class Updates:
    """One update at a time; what went wrong with the last one is kept until the next begins."""

    def __init__(self, slots: Slots, around: Surroundings) -> None:
        self._slots = slots
        self._around = around
        self._phase = IDLE
        self._percent = 0
        self._problem = ("", "")
        self._incoming: BinaryIO | None = None
        self._name = ""
        self._size = 0
        self._got = 0
        self._offer: Offer | None = None
        self._finished: Installing | None = None
        self._lock = asyncio.Lock()

    async def begin_run(self) -> None:
        """Tell the update log how an installation ended that restarted the station."""
        outcome = await asyncio.to_thread(self._slots.outcome)
        if outcome is None or outcome.told:
            return
        self._finished = Installing.INSTALLED if outcome.ok else Installing.FAILED
        if not outcome.ok:
            self._problem = (outcome.text, outcome.text_fr)
            log.warning("update to %s: %s", outcome.version, outcome.text)
        await self._note(outcome.package, outcome.ok, f"{outcome.version} {outcome.text}", 0.0)
        await asyncio.to_thread(self._slots.tell, replace(outcome, told=True))

    def document(self) -> dict[str, Any]:
        """The result of `update.status`."""
        offer, trial = self._offer, None
        if offer is not None:
            m = offer.manifest
            trial = {
                "name": offer.brought.name,
                "version": m.version,
                "built": m.built,
                "size": sum(wheel.size for wheel in m.wheels),
                "note": m.note.en,
                "note_fr": m.note.fr,
                "beside": offer.brought.note,
            }
        last = self._slots.outcome()
        return {
            "phase": self._phase,
            "percent": self._percent,
            "running": __version__,
            "package": trial,
            "problem": self._problem[0],
            "problem_fr": self._problem[1],
            "charging": self._around.charging(),
            "last": None
            if last is None
            else {"version": last.version, "ok": last.ok, "at": last.at, "text": last.text, "text_fr": last.text_fr},
        }

    # Bringing a package

    def receive(self, name: str, size: int) -> None:
        """Begin to take a file in pieces. Failure where an update is under way or there is no room."""
        self._free()
        if not 0 < size <= LARGEST:
            raise Failure(
                BAD_VALUE, f"size {size}: 1 to {LARGEST} bytes are allowed", key="size", value=str(size),
                fr=f"taille {size} : de 1 à {LARGEST} octets autorisés",
            )  # fmt: skip
        try:
            self._slots.prepare()
            path = self._fresh()
            if shutil.disk_usage(self._slots.root).free < 4 * size + (32 << 20):
                raise Failure(NOT_NOW, "there is not enough room on the disk", fr="il n'y a pas assez de place disque")
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise _disk(error) from None
        self._incoming = os.fdopen(handle, "wb")
        self._name, self._size, self._got = name, size, 0
        self._phase, self._percent, self._problem = RECEIVING, 0, ("", "")

    def _fresh(self) -> Path:
        """Where a file is taken to; what an earlier one left is gone."""
        self._offer = None
        if self._incoming is not None:
            self._incoming.close()
            self._incoming = None
        for left in self._slots.staging.iterdir():
            self._slots.disk.clear(left)
        return self._slots.staging / "incoming"

    def piece(self, data: bytes) -> None:
        """Take the next piece of the file. Failure where none is expected, or more comes than was said."""
        if self._phase != RECEIVING or self._incoming is None:
            raise Failure(NOT_NOW, "no package is expected: begin anew", fr="aucun paquet attendu : recommencez")
        self._got += len(data)
        if self._got > self._size:
            self.drop()
            raise Failure(BAD_VALUE, "more came than was said", fr="plus de données que prévu")
        try:
            self._incoming.write(data)
        except OSError as error:
            self.drop()
            raise _disk(error) from None
        self._percent = 100 * self._got // self._size

    async def commit(self) -> dict[str, Any]:
        """Check the file that has come; the result of `update.status`. Failure where it may not be installed."""
        if self._phase != RECEIVING or self._incoming is None or self._got != self._size:
            raise Failure(NOT_NOW, "the package has not come whole", fr="le paquet n'est pas arrivé entier")
        self._incoming.close()
        self._incoming = None
        await self._examine(self._slots.staging / "incoming", self._name)
        return self.document()

    async def take(self, path: Path, name: str) -> str:
        """Check a file that lies on this machine already; why it may not be installed, empty where it may."""
        try:
            self._free()
            self._slots.prepare()
            own = self._fresh()
            await asyncio.to_thread(shutil.copyfile, path, own, follow_symlinks=False)
            await self._examine(own, name)
        except (Failure, OSError) as error:
            return str(error)
        return ""

    async def _examine(self, path: Path, name: str) -> None:
        self._phase, began = CHECKING, time.monotonic()
        try:
            self._offer = await asyncio.to_thread(self._checked, path, name)
            self._phase = READY
        except PackageError as error:
            await self._refused(error, name, began)
            raise Failure(BAD_VALUE, str(error), key="package", fr=error.french) from None
        except OSError as error:
            self.drop()
            raise _disk(error) from None

    def _checked(self, path: Path, name: str) -> Offer:
        found = brought(path, name, self._slots.staging)
        manifest = read(found.path, self._trust())
        check(manifest, self._station())
        return Offer(manifest, found)

    def _trust(self) -> Trust:
        try:
            trust = self._around.trust()
        except TrustError as error:
            raise PackageError(str(error), f"les clés de mise à jour sont inutilisables : {error}") from None
        if not trust.keys:
            english = "this station trusts no key yet: its owner puts one into /etc/evlink/update.keys"
            raise PackageError(
                english, "cette borne ne connaît aucune clé : en mettre une dans /etc/evlink/update.keys"
            )
        return trust

    def _station(self) -> Station:
        python = f"{sys.version_info.major}.{sys.version_info.minor}"
        return Station(__version__, self._slots.counter(), self._around.model, python, platform.machine().lower())

    async def _refused(self, error: PackageError, name: str, began: float) -> None:
        self.drop()
        self._problem = (str(error), error.french)
        log.warning("update: %s", error)
        await self._note(name, False, str(error), time.monotonic() - began)

    def drop(self) -> None:
        """Forget what was brought."""
        with contextlib.suppress(OSError):
            if self._slots.staging.exists():
                self._fresh()
        self._phase, self._percent, self._offer = IDLE, 0, None

    def cancel(self) -> None:
        """Forget what was brought, unless it is being installed."""
        self._free()
        self.drop()

    # Installing it

    def accept(self, version: str) -> None:
        """Failure unless the package that was found good has this version: who confirms has seen which."""
        if self._phase != READY or self._offer is None:
            raise Failure(NOT_NOW, "there is no package to install", fr="il n'y a aucun paquet à installer")
        if version != self._offer.manifest.version:
            offered = self._offer.manifest.version
            raise Failure(
                BAD_VALUE, f"version {version}: {offered} is allowed", key="version", value=version, allowed=offered
            )

    async def install(self) -> Installing:
        """Install what was found good, wait until nobody charges, and restart on trial."""
        offer = self._offer
        if offer is None or self._phase != READY:
            return Installing.FAILED
        self._phase, self._percent, began = INSTALLING, 0, time.monotonic()
        package, name = offer.brought.path, offer.brought.name
        try:
            trial = await asyncio.to_thread(
                install, self._slots, package, name, self._trust(), self._station(), self._progress
            )
            self._phase = WAITING
            await self._until_free()
            await asyncio.to_thread(self._slots.begin, replace(trial, health_s=self._around.health_s))
        except PackageError as error:
            await self._refused(error, name, began)
            return Installing.FAILED
        except OSError as error:
            failure = _disk(error)
            await self._refused(PackageError(str(failure), str(failure.data["fr"])), name, began)
            return Installing.FAILED
        self._phase = RESTARTING
        log.info("update to %s: on trial from the restart on", trial.version)
        self._around.restart()
        return Installing.RESTARTING

    async def _until_free(self) -> None:
        """Wait until no outlet has been at work for a moment."""
        free = 0.0
        while free < _FREE_S:
            free = 0.0 if self._around.charging() else free + _LOOK_S
            await asyncio.sleep(_LOOK_S)

    def _progress(self, percent: int) -> None:
        self._percent = percent

    async def finished(self) -> Installing | None:
        """How the installation ended for which the station restarted; None where there was none."""
        return self._finished

    def _free(self) -> None:
        if self._phase in (CHECKING, INSTALLING, WAITING, RESTARTING):
            raise Failure(NOT_NOW, "an update is under way", fr="une mise à jour est en cours")

    async def _note(self, name: str, ok: bool, text: str, seconds: float) -> None:
        """A line in the update log of each board (R-233): milliseconds, code, level and text as the manual has them."""
        line = f"{round(seconds * 1000)} {0 if ok else 1} [{'INFO ' if ok else 'ERROR'}] {text}"
        at = self._around.wall()
        status = "OK" if ok else "KO"
        await self._around.write(
            [Entry(Kind.UPDATE, at, name, line, status, outlet=outlet) for outlet in self._around.outlets]
        )


class SupervisedUpdates:
    """`ocpp.link.Updater`: the same updates, brought by the supervision."""

    def __init__(self, updates: Updates) -> None:
        self._updates = updates

    async def check(self, package: Path) -> str:
        """Why a package may not be installed, in one sentence; empty where it may."""
        with open(package, "rb") as file:
            head = file.read(43)
        zipped = head[:4] == b"PK\x03\x04" and head[30:] != b"manifest.json"
        return await self._updates.take(package, "supervision.zip" if zipped else "supervision.epk")

    async def install(self, package: Path) -> Installing:
        """Install the package that `check` let pass."""
        return await self._updates.install()

    async def finished(self) -> Installing | None:
        """How the installation ended for which the station restarted."""
        return await self._updates.finished()


def occupied(outlet: OutletState) -> bool:
    """Whether an outlet is at work: somebody charges, has shown a badge, or waits for the lock to let the cable go."""
    locked = outlet.reading is not None and outlet.reading.locked and not outlet.config.attached_cable
    return outlet.session is not None or outlet.holder is not None or locked


def _disk(error: OSError) -> Failure:
    why = error.strerror or str(error)
    return Failure(NOT_NOW, f"the update can't be written: {why}", fr=f"la mise à jour ne peut être écrite : {why}")
