"""The borders of supervision: what it needs of the station, in no dialect of OCPP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from evlink.domain.record import MeterReading, QueuedMessage
from evlink.ocpp.config import SupervisionState


@dataclass(frozen=True, slots=True)
class Answer:
    """A supervision's verdict on an idTag: OCPP's Accepted, Blocked, Expired, Invalid or ConcurrentTx."""

    status: str
    parent_id: str = ""
    expiry: datetime | None = None


@dataclass(frozen=True, slots=True)
class Running:
    """A charge that runs at a connector: its session, when it began, the phases it draws on (0: not known yet)."""

    session: str
    began: datetime
    phases: int = 0


@dataclass(frozen=True, slots=True)
class Installation:
    """The wiring, as charging profiles need it: volts phase to neutral, phases, amperes allowed by connector."""

    voltage_v: float
    phases: int
    ceilings_a: Mapping[int, float]


@dataclass(frozen=True, slots=True)
class Allowance:
    """What the supervision allows now, in amperes a phase: all connectors together, and each; None: no word of it."""

    station_a: float | None = None
    connectors: tuple[tuple[int, float | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Booking:
    """A reservation: only this idTag, or one of its group, may charge at the connector (0: at one of them)."""

    id: int
    connector: int
    id_tag: str
    parent_id: str = ""


class Installing(StrEnum):
    """What became of an installation."""

    INSTALLED = "installed"
    FAILED = "failed"
    RESTARTING = "restarting"  # the station restarts now; `Updater.finished` knows the end of it then


class Updater(Protocol):
    """The update mechanism of the station."""

    async def check(self, package: Path) -> str:
        """Why a package may not be installed, in one sentence; empty where it may."""
        ...

    async def install(self, package: Path) -> Installing:
        """Install a package that `check` let pass."""
        ...

    async def finished(self) -> Installing | None:
        """How the installation ended for which the station restarted; None where there was none."""
        ...


class Diagnostics(Protocol):
    """The collector of what helps to find out about a fault."""

    async def collect(self, into: Path, since: datetime | None, until: datetime | None, compress: bool) -> None:
        """Write the diagnostics into a file that is not there yet; nothing secret stands in them. OSError."""
        ...


@dataclass(frozen=True, slots=True)
class Machine:
    """What of the machine supervision uses: a directory of its own, the diagnostics, the update mechanism."""

    folder: Path  # 0700: installed certificates, keys, files on their way
    diagnostics: Diagnostics
    updater: Updater


class Memory(Protocol):
    """Small values that outlive the process, by key, as JSON knows them; under `secret.` they are sealed."""

    async def recall(self, key: str) -> Any:
        """The value of a key, None where there is none."""
        ...

    async def remember(self, key: str, value: Any) -> None:
        """Store a value; returns once it is on the disk."""
        ...


class Outbox(Protocol):
    """The durable queue of transaction messages; storage keeps it, in the order of their numbers."""

    async def head(self) -> QueuedMessage | None:
        """The oldest message, None where the queue is empty."""
        ...

    async def attempted(self, number: int) -> None:
        """Count a transmission that the supervision answered with a CALLERROR (OCPP 1.6 section 3.7)."""
        ...

    async def delivered(self, number: int, transaction_id: int | None = None) -> None:
        """Remove a message; for a start, keep the transaction id for the messages of its session after it."""
        ...

    async def session_of(self, transaction_id: int) -> str | None:
        """The session that was given a transaction id."""
        ...

    async def transaction_of(self, session: str) -> int | None:
        """The transaction id that a session was given, None before that."""
        ...

    async def count(self) -> int: ...

    async def wait(self) -> None:
        """Return once something was put into the queue since the last return."""
        ...


class Settings(Protocol):
    """The station's settings, as supervision reads and changes them."""

    def get(self, path: str) -> Any:
        """The stored value of a setting; KeyError where there is none."""
        ...

    async def change(self, changes: Mapping[str, Any]) -> str:
        """Change settings, all or none: Accepted, RebootRequired or Rejected."""
        ...


class Desk(Protocol):
    """The station as supervision sees it: its status document, and orders it may give."""

    @property
    def settings(self) -> Settings: ...

    @property
    def machine(self) -> Machine: ...

    def snapshot(self) -> dict[str, Any]:
        """The status document (docs/protocol.md)."""
        ...

    def changes(self) -> AsyncIterator[dict[str, Any]]:
        """Status documents as they change, the present one first."""
        ...

    async def remote_start(self, id_tag: str, outlet: int | None) -> int:
        """Ask for a charge; the outlet that takes it, 0 where none does (OCPP 1.6 section 5.11)."""
        ...

    async def change_availability(self, connector: int, operative: bool) -> str:
        """Put a connector (0: all) in or out of service, kept over restarts: Accepted, or Scheduled during a charge."""
        ...

    async def restart(self, hard: bool) -> None:
        """Restart the station; its charges end first, with HardReset or SoftReset as reason (OCPP 1.6 section 5.14)."""
        ...

    async def unlock(self, connector: int) -> str:
        """Unlock a cable, which ends a charge: Unlocked, UnlockFailed or NotSupported (OCPP 1.6 section 5.18)."""
        ...

    def meter(self, connector: int) -> MeterReading | None:
        """What the meter of a connector shows now; None where control says nothing."""
        ...

    def charges(self) -> Mapping[int, Running]:
        """The charges that run, by connector."""
        ...

    def installation(self) -> Installation:
        """The wiring and what it allows."""
        ...

    async def book(self, bookings: tuple[Booking, ...]) -> None:
        """Take the reservations that hold from now on (OCPP 1.6 section 5.13)."""
        ...

    def booked(self) -> frozenset[int]:
        """The reservations by which somebody charges now."""
        ...

    async def allow(self, allowance: Allowance) -> None:
        """Take what the supervision allows from now on (OCPP 1.6 section 3.13)."""
        ...

    async def remote_stop(self, session: str) -> bool:
        """Ask for a session's end; True where such a session runs (OCPP 1.6 section 5.12)."""
        ...

    async def deauthorised(self, session: str, answer: Answer) -> None:
        """Tell that the answer to a start was not Accepted (OCPP 1.6 section 4.8, StopTransactionOnInvalidId)."""
        ...

    async def transaction_known(self, session: str, transaction_id: int, answer: Answer) -> None:
        """Tell the transaction id that the supervision gave to a session."""
        ...

    async def supervision_changed(self, state: SupervisionState) -> None: ...

    async def clock_told(self, now: datetime) -> None:
        """Tell the supervision's time of day (BootNotification.conf, Heartbeat.conf)."""
        ...
