"""Badges, charge records and the messages of a transaction: what the station keeps of a charge."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class BadgeType(StrEnum):
    """What a badge may do (R-176 to R-178)."""

    USER = "user"
    VIP = "vip"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Badge:
    """One badge of the local list; `uid` as `normal_uid` writes it, `comment` up to 50 characters (R-174)."""

    number: int
    uid: str
    type: BadgeType = BadgeType.USER
    comment: str = ""


@dataclass(frozen=True, slots=True)
class ChargeRecord:
    """One charge record (CDR): the columns of R-192. Times are aware UTC; energy is in watt-hours.

    `number` is 0 until storage has given one. `duration_s` comes from the monotonic clock, so it stays right when the
    wall clock was set during the charge (N-56). `start` and `end` are then both of the clock as it was at the end;
    `clock_set_s` says by how many seconds it was set: by the clock at the beginning the charge began at
    `start - clock_set_s`. `estimated_wh` is the share of the energy that the built-in transformers counted while the
    outlet's meter could not be reached (R-163). `published` says that it was sent to the office (R-197).
    """

    number: int
    session: str
    station: str
    outlet: int
    transaction_id: str
    uid: str
    charge_type: str
    start: datetime
    end: datetime
    energy_wh: int
    socket_type: str
    duration_s: int
    comment: str = ""
    reason: str = ""
    estimated_wh: int = 0
    published: bool = False
    clock_set_s: int = 0


@dataclass(frozen=True, slots=True)
class MeterReading:
    """What a meter shows at an instant: energy register in watt-hours, and the phases' currents and voltages."""

    at: datetime
    energy_wh: int
    current_a: tuple[float, float, float] = (0.0, 0.0, 0.0)
    voltage_v: tuple[float, float, float] = (0.0, 0.0, 0.0)
    power_w: int = 0
    limit_a: float = 0.0
    context: str = "Sample.Periodic"


@dataclass(frozen=True, slots=True)
class TransactionStarted:
    """A transaction began; to be told to the supervision exactly once (OCPP 1.6 section 4.8)."""

    session: str
    outlet: int
    id_tag: str
    meter: MeterReading
    reservation_id: int | None = None


@dataclass(frozen=True, slots=True)
class TransactionSampled:
    """A meter value inside a transaction (OCPP 1.6 section 4.7)."""

    session: str
    outlet: int
    meter: MeterReading


@dataclass(frozen=True, slots=True)
class TransactionEnded:
    """A transaction ended (OCPP 1.6 section 4.10); `id_tag` names who stopped it, empty where nobody did.

    `reason` is one of OCPP 1.6's: Local, Remote, EVDisconnected, DeAuthorized, HardReset, SoftReset, Reboot,
    PowerLoss, EmergencyStop, UnlockCommand, Other.
    """

    session: str
    outlet: int
    id_tag: str
    meter: MeterReading
    reason: str
    readings: tuple[MeterReading, ...] = ()  # of the whole charge, for StopTransaction's own data


TransactionMessage = TransactionStarted | TransactionSampled | TransactionEnded


@dataclass(frozen=True, slots=True)
class QueuedMessage:
    """A transaction message in the durable queue: `number` orders the queue, `message_id` is its OCPP id for ever.

    `transaction_id` is what the supervision answered to this session's start, None until it has.
    """

    number: int
    message_id: str
    message: TransactionMessage
    attempts: int
    transaction_id: int | None


def normal_uid(text: str) -> str:
    """A badge's identifier in its one spelling: upper case, separators and spaces gone.

    ValueError unless 1 to 20 letters or digits remain (idTag, OCPP 1.6 section 7.27).
    """
    uid = "".join(c for c in text.upper() if c not in " :-._\t")
    if not 1 <= len(uid) <= 20 or not uid.isascii() or not uid.isalnum():
        given = repr(text if len(text) <= 40 else text[:40] + "...")
        raise ValueError(f"badge uid {given}: 1 to 20 letters or digits are allowed")
    return uid
