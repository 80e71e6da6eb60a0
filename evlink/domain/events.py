"""What happens to the station: each event carries its monotonic time and the wall time as a label."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from evlink.domain.record import BadgeType
from evlink.domain.remote_control import RemoteOrder
from evlink.domain.sharing import Phases
from evlink.domain.state import Booking, Config, Reading
from evlink.domain.words import Evt


@dataclass(frozen=True, slots=True)
class Moment:
    """When an event happened: `at` in monotonic seconds, `wall` aware UTC."""

    at: float
    wall: datetime


@dataclass(frozen=True, slots=True)
class Tick:
    """A tenth of a second went by; one reading an outlet, None where control says nothing."""

    moment: Moment
    readings: tuple[Reading | None, ...]


@dataclass(frozen=True, slots=True)
class BadgeRead:
    """A badge was presented at an outlet's reader."""

    moment: Moment
    outlet: int
    uid: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer to an `Ask`.

    `status` is Accepted, Blocked, Expired, Invalid, ConcurrentTx, Unknown (not in the local list) or NoAnswer.
    """

    status: str
    type: BadgeType = BadgeType.USER
    comment: str = ""
    parent_id: str = ""


@dataclass(frozen=True, slots=True)
class Answered:
    """A question was answered, or could not be."""

    moment: Moment
    outlet: int
    ticket: int
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class RemoteStart:
    """The supervision asks for a charge (OCPP 1.6 section 5.11)."""

    moment: Moment
    outlet: int
    id_tag: str


@dataclass(frozen=True, slots=True)
class StopAsked:
    """Somebody with the right to do so asks for a session's end; `reason` in OCPP's words."""

    moment: Moment
    outlet: int
    reason: str


@dataclass(frozen=True, slots=True)
class Deauthorised:
    """The supervision's answer to a start was not Accepted (StopTransactionOnInvalidId)."""

    moment: Moment
    session: str
    status: str


@dataclass(frozen=True, slots=True)
class TransactionKnown:
    """The supervision gave a session its transaction id."""

    moment: Moment
    session: str
    transaction_id: int


@dataclass(frozen=True, slots=True)
class SupervisionSeen:
    """The link to the supervision came or went."""

    moment: Moment
    connected: bool


@dataclass(frozen=True, slots=True)
class Allowed:
    """What the supervision allows from now on, in amperes a phase: all outlets together, and each; None: no word."""

    moment: Moment
    station_a: float | None
    outlets: tuple[tuple[int, float | None], ...]


@dataclass(frozen=True, slots=True)
class Booked:
    """The reservations that hold from now on."""

    moment: Moment
    bookings: tuple[Booking, ...]


@dataclass(frozen=True, slots=True)
class AvailabilityAsked:
    """An outlet (0: all) is put in or out of service; a charge that runs is not cut off."""

    moment: Moment
    outlet: int
    operative: bool


@dataclass(frozen=True, slots=True)
class RemoteWrite:
    """A building manager's orders of one request, all of them; `number` counts requests (R-134, R-217)."""

    moment: Moment
    number: int
    orders: tuple[RemoteOrder, ...]


@dataclass(frozen=True, slots=True)
class HouseSeen:
    """The head meter was read: amperes on L1, L2, L3 of the whole house, ours included; None where it is silent."""

    moment: Moment
    amps: Phases | None


@dataclass(frozen=True, slots=True)
class Condition:
    """An event that the core can't see became KO or OK on an outlet; outlet 0 = all."""

    moment: Moment
    outlet: int
    event: Evt
    ko: bool


@dataclass(frozen=True, slots=True)
class Configured:
    """Settings were applied."""

    moment: Moment
    config: Config


@dataclass(frozen=True, slots=True)
class CaptureAsked:
    """A capture of badges by reader is asked for; `mode` is add or delete, `key` names the capture (R-179, R-180)."""

    moment: Moment
    key: int
    mode: str
    owner: str


@dataclass(frozen=True, slots=True)
class CaptureStopped:
    """The capture `key` is to end: stopped by who began it, or gone with its connection."""

    moment: Moment
    key: int
    why: str


Event = (
    Tick
    | BadgeRead
    | Answered
    | RemoteStart
    | StopAsked
    | Deauthorised
    | TransactionKnown
    | SupervisionSeen
    | Allowed
    | Booked
    | AvailabilityAsked
    | RemoteWrite
    | HouseSeen
    | Condition
    | Configured
    | CaptureAsked
    | CaptureStopped
)
