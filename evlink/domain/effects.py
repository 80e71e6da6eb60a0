"""What folding an event asks for: durable effects, stored together in one transaction, and immediate ones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from evlink.domain.record import BadgeType, ChargeRecord, TransactionMessage
from evlink.domain.session import OpenSession


@dataclass(frozen=True, slots=True)
class SaveSession:
    """Store an open session (one an outlet)."""

    session: OpenSession


@dataclass(frozen=True, slots=True)
class CloseSession:
    """Forget an outlet's open session and add its charge record; storage numbers the record."""

    record: ChargeRecord


@dataclass(frozen=True, slots=True)
class Enqueue:
    """Put a transaction message into the durable queue of the supervision."""

    message: TransactionMessage


@dataclass(frozen=True, slots=True)
class SaveEnergy:
    """Store the lifetime register of an outlet, in milli-volt-ampere-seconds."""

    outlet: int
    energy_mvas: int


@dataclass(frozen=True, slots=True)
class EventStarted:
    """An event became KO on an outlet (R-213)."""

    outlet: int
    event: int
    at: datetime
    detail: str = ""


@dataclass(frozen=True, slots=True)
class EventEnded:
    """An event is OK again on an outlet."""

    outlet: int
    event: int
    at: datetime


@dataclass(frozen=True, slots=True)
class AddBadge:
    """Add a badge of the local list at the station (R-178); nothing where it is there already."""

    uid: str
    type: BadgeType = BadgeType.USER


@dataclass(frozen=True, slots=True)
class RemoveBadge:
    """Remove a User badge at the station (R-178), or any badge where a capture deletes it (R-180)."""

    uid: str
    any_type: bool = False


Durable = SaveSession | CloseSession | Enqueue | SaveEnergy | EventStarted | EventEnded | AddBadge | RemoveBadge


@dataclass(frozen=True, slots=True)
class Grant:
    """Grant an outlet's permit: what control may do for the next 5 s. Currents in amperes."""

    outlet: int
    authorised: bool
    limit_a: float
    ventilation: bool
    available: bool
    lock: bool
    light: int
    beep: int
    domestic: bool = False  # it is for the domestic socket


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask who may charge; answered by an `Answered` event with the same `ticket`."""

    outlet: int
    ticket: int
    uid: str
    by: str  # "station" or "supervision"


Immediate = Grant | Ask
Effect = Durable | Immediate
