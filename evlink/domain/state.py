"""The station's state: facts and settings as the domain needs them, readings from control, sessions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from evlink.domain.effects import Grant
from evlink.domain.head import HeadRules, House
from evlink.domain.remote_control import Remote, RemoteOutlet, RemoteRules
from evlink.domain.session import OpenSession
from evlink.domain.sharing import ROTATE_S, Phases, Shares
from evlink.domain.words import DOMESTIC, ChargeStatus, EvseStatus, EvState, Evt, OutletError, OutletStatus


@dataclass(frozen=True, slots=True)
class OutletConfig:
    """Settings and facts of one outlet; currents in amperes, voltage phase to neutral in volts."""

    outlet: int
    rated_a: int = 32
    derated_a: int = 32
    attached_cable: bool = False
    socket_type: str = "TYPE2"
    piloted: bool = True  # has a Mode 3 socket or cable
    domestic: bool = False  # has a domestic socket, without pilot and plug resistor
    domestic_a: int = 14  # the most on it (maxTEValue)
    station_id: str = ""
    has_reader: bool = True
    limit_input: int = 1  # the input that limits the current; the other one allows the start
    load_shedding_a: int | None = None  # None: the input has no such use
    load_shedding_open: bool = True  # normally open contact
    start_condition: bool = False
    start_condition_open: bool = True


@dataclass(frozen=True, slots=True)
class Config:
    """What the settings say, for the fold; built anew at each change (`domain.config`)."""

    outlets: tuple[OutletConfig, ...]
    name: str = ""
    street: bool = False  # a City, whose shutter is a matter of the session
    phases: int = 3
    voltage_v: int = 230
    supervised: bool = False
    authentication: str = "station"  # station, disabled, supervision, remote
    accept_unknown: bool = True
    comms_loss: str = "allow_all"  # reject_all, allow_all, disabled
    default_id_tag: str = ""
    answer_timeout_s: float = 0.0  # how long the supervision's answer is awaited, and its link counts as there
    external_control: bool = True  # without a reader: the supervision's remote starts are obeyed
    ventilated: bool = False
    allow_cable_left: bool = False
    button_stops: bool = True
    floors: bool = True
    floor_single_a: int = 8
    floor_three_a: int = 14
    balancing: bool = False
    station_max_a: int = 64
    cluster_max_a: int | None = None  # fixed limit of the group of stations; None outside of one
    shed_by_energy: bool = False  # else by the beginning of the charge
    rotate_s: float = ROTATE_S  # how long one waits for another's turn
    head: HeadRules = field(default_factory=HeadRules)
    sample_interval_s: int = 900
    aligned_interval_s: int = 0
    keep_readings: bool = False  # for the data of StopTransaction
    plug_timeout_s: float = 60.0  # cable and vehicle after the authorisation (OCPP's ConnectionTimeOut)
    stop_on_invalid_id: bool = True
    invalid_id_wh: int = 0  # what a charge by an invalid idTag is left
    stop_on_ev_disconnect: bool = True
    unlock_on_ev_disconnect: bool = True
    log_period_s: int = 60
    remote: RemoteRules = field(default_factory=RemoteRules)


@dataclass(frozen=True, slots=True)
class Pilot:
    """Pilot statistics for people."""

    high_mv: int = 0
    low_mv: int = 0
    high_range_mv: tuple[int, int] = (0, 0)  # least and most of the last 100 ms
    low_range_mv: tuple[int, int] = (0, 0)
    frequency_hz: int = 0
    duty_percent: float = 0.0
    glitches: int = 0


@dataclass(frozen=True, slots=True)
class Metered:
    """What an outlet's meter measures besides current and energy: volts phase to neutral of L1 to L3, and watts."""

    voltage_v: tuple[float, float, float]
    power_w: int


@dataclass(frozen=True, slots=True)
class Reading:
    """What control says of an outlet at a tick; currents in amperes, energy the lifetime register in mVAs."""

    ev: EvState
    cable_a: int = 0
    current_a: tuple[float, float, float] = (0.0, 0.0, 0.0)
    energy_mvas: int = 0
    contactor: bool = False
    locked: bool = False
    duty_percent: float = 100.0
    limit_a: float = 0.0
    phases_used: int = 0
    degraded: bool = False
    leased: bool = False  # control holds a permit that has not lapsed
    lapsed: bool = False  # no permit came for so long that the charge was ended
    simplified: bool = False
    refused: bool = False  # simplified Mode 3 where the settings refuse it
    ended: bool = False  # the current stayed so low for so long that the charge has ended
    faults: frozenset[Evt] = frozenset()
    start_button: bool = False
    stop_button: bool = False
    in1: bool = False
    in2: bool = False
    pilot: Pilot = field(default_factory=Pilot)
    metered: Metered | None = None  # None: the built-in transformers and the voltage entered
    estimated: bool = False  # a meter is fitted, but the transformers count in its place
    unread: bool = False  # the meter was not read again since the contactor opened
    drawn_a: tuple[float, float, float] | None = None  # by the transformers, where a meter's current stands above

    @property
    def vehicle(self) -> bool:
        """True where a vehicle is seen (states B, C, D)."""
        return self.ev.value[0] in "BCD"

    @property
    def ready(self) -> bool:
        """True where the vehicle asks for energy (states C, D)."""
        return self.ev.value[0] in "CD"


@dataclass(frozen=True, slots=True)
class Booking:
    """A reservation of an outlet (0: of any): only this idTag, or its group, may charge there."""

    id: int
    outlet: int
    id_tag: str
    parent_id: str = ""


@dataclass(frozen=True, slots=True)
class Limit:
    """A working current and what sets it (docs/protocol.md, `limit_reason`).

    `cut` is the limit that lies below the floor, where that is why the current is 0.
    """

    amps: float = 0.0
    reason: str = "none"
    cut: Limit | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Pending:
    """A question on its way: who may charge."""

    ticket: int
    uid: str
    at: float
    by: str = "station"
    provisional: bool = False  # admitted before the answer, which may still end it (R-080, N-42)


@dataclass(frozen=True, slots=True)
class Question:
    """What a capture asks of the list: whether it has a badge; `carried` once the list was changed."""

    ticket: int
    outlet: int
    uid: str
    carried: bool = False


@dataclass(frozen=True, slots=True)
class Presented:
    """A badge shown to a capture, and what became of it: added, known, removed, unknown or failed."""

    number: int  # counts from 1 in its capture
    uid: str
    outlet: int
    outcome: str


@dataclass(frozen=True, slots=True)
class Capture:
    """Badges being added or deleted by reader (R-179, R-180), or the last that were; `heard` is monotonic time.

    One that an Admin badge began at an outlet is that outlet's alone, and touches User badges only (R-178).
    """

    key: int
    mode: str  # add, delete
    owner: str  # account that began it; empty: a command
    heard: float
    asked: tuple[Question, ...] = ()
    shown: tuple[Presented, ...] = ()  # the last ones, newest first
    done: int = 0  # badges added or removed
    other: int = 0
    ended: str = ""  # stopped, time, gone
    outlet: int = 0  # where an Admin badge began it; 0: the tool did, and every reader is its own

    @property
    def running(self) -> bool:
        """Whether a badge that is read now goes to the capture."""
        return not self.ended


@dataclass(frozen=True, slots=True)
class Holder:
    """Who was admitted to an outlet: the badge or idTag a session will carry."""

    uid: str
    id_tag: str
    comment: str = ""
    vip: bool = False
    parent_id: str = ""
    remote: bool = False
    reservation_id: int | None = None
    domestic: bool = False  # chose the domestic socket


@dataclass(frozen=True, slots=True)
class OutletState:
    """One outlet: its step, its session, its faults. `since` is the monotonic time at which the step began."""

    config: OutletConfig
    status: OutletStatus = OutletStatus.NOT_INITIALIZED
    since: float = 0.0
    reading: Reading | None = None
    pending: Pending | None = None
    holder: Holder | None = None
    session: OpenSession | None = None
    resumed_elapsed_s: float = 0.0
    session_began: float = 0.0
    energy_saved_at: float = 0.0
    stop_reason: str = ""
    stopped_by: str = ""
    last_error: OutletError = OutletError.NONE
    last_charge_status: ChargeStatus = ChargeStatus.NONE
    interrupted: tuple[Evt, float] | None = None  # what keeps the charge from going on, and since when
    transaction_id: int | None = None
    limit: Limit = field(default_factory=Limit)
    outside: frozenset[Evt] = frozenset()  # KO events from elsewhere than the core
    told: frozenset[Evt] = frozenset()  # KO events as last stored
    available: bool = True
    withdrawn: bool = False  # asked out of service; `available` follows once nobody charges
    invalid_from_mvas: int | None = None  # register at which the supervision refused the idTag of the charge
    keep_locked: bool = False  # the vehicle went; the cable stays until its owner comes
    allowed_a: float | None = None  # by the supervision's charging profiles; None: they say nothing
    beeps: int = 0
    granted: Grant | None = None  # the permit in force
    remote: RemoteOutlet = field(default_factory=RemoteOutlet)
    houseless: bool = False  # the head meter that its share hangs on is silent

    @property
    def outlet(self) -> int:
        """Number of the outlet, from 1."""
        return self.config.outlet

    @property
    def on_domestic(self) -> bool:
        """Whether it is the domestic socket that the session uses, or that its holder chose, or that alone is there."""
        if self.session is not None:
            return self.session.socket_type == DOMESTIC
        return not self.config.piloted or (self.holder is not None and self.holder.domestic)

    @property
    def remote_wish(self) -> Limit | None:
        """What remote control asks for, though it may have to wait: the division's own holds begin with it."""
        return None if self.remote.wanted_a is None else Limit(self.remote.wanted_a, self.remote.reason)

    @property
    def remote_limit(self) -> Limit | None:
        """What a building manager's remote control leaves the outlet; None where it says nothing."""
        return None if self.remote.cap_a is None else Limit(self.remote.cap_a, self.remote.reason)

    @property
    def faults(self) -> frozenset[Evt]:
        """All events that are KO now; the meter's (Evt #12) is of its own meter, or of the head meter."""
        found = self.outside | (self.reading.faults if self.reading else frozenset())
        return found | {Evt.POWER_METER} if self.houseless else found


@dataclass(frozen=True, slots=True)
class Draw:
    """What a charge really drew, in amperes on its busiest phase: the most since `since`, and in the minute before.

    Of an offer that was raised since, nothing is known: what was drawn before says nothing about it.
    """

    began: float
    since: float
    peak_a: float
    before_a: float | None = None
    offered_a: float = 0.0


@dataclass(frozen=True, slots=True)
class Budget:
    """What all outlets together may draw on each phase, in amperes, and what sets it there."""

    amps: Phases
    reasons: tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Division:
    """How the station's current is divided now, and what vehicles draw of it."""

    budget: Budget | None = None
    shares: Shares = field(default_factory=Shares)
    draws: Mapping[int, Draw] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StationState:
    """The whole station between two events."""

    config: Config
    outlets: tuple[OutletState, ...]
    now: float = 0.0
    wall: datetime | None = None
    connected: bool = False  # the supervision answers
    lost_at: float = 0.0  # since when it does not
    tickets: int = 0
    granted_at: float = -1e9
    capture: Capture | None = None
    allowed_a: float | None = None  # all outlets together, by the supervision's charging profiles
    bookings: tuple[Booking, ...] = ()
    remote: Remote = field(default_factory=Remote)
    division: Division = field(default_factory=Division)
    house: House = field(default_factory=House)

    def outlet(self, number: int) -> OutletState:
        """An outlet by its number; KeyError where the station has no such outlet."""
        for state in self.outlets:
            if state.outlet == number:
                return state
        raise KeyError(number)


def evse_flags(state: StationState, outlet: OutletState) -> tuple[EvseStatus, ...]:
    """The flags of an outlet that hold at once, in table order (status 2.7, R-218)."""
    reading = outlet.reading
    domestic = outlet.on_domestic
    mode = EvseStatus.SIMPLIFIED_MODE_3 if reading is not None and reading.simplified else EvseStatus.NORMAL_MODE_3
    single = domestic or state.config.phases == 1 or (reading is not None and reading.phases_used in (1, 2))
    short = (
        reading is not None
        and (reading.vehicle or outlet.status is OutletStatus.LOOP_STARTED)
        and outlet.limit.amps == 0.0
        and outlet.limit.reason in ("floor", "share", "house", "degraded", "input", "derated")
    )
    flags = [
        None if domestic else mode,
        EvseStatus.VENTILATION if reading is not None and reading.ev.value[0] == "D" else None,
        EvseStatus.SINGLE_PHASE if single else EvseStatus.THREE_PHASE,
        EvseStatus.DOMESTIC if domestic and (outlet.session or outlet.holder) else None,
        EvseStatus.VIP if outlet.session is not None and outlet.session.vip else None,
        EvseStatus.UNAVAILABLE_OCPP if outlet.withdrawn and not outlet.available else None,
        EvseStatus.NOT_ENOUGH_ENERGY if short else None,
        EvseStatus.POSTPONED if outlet.remote.postponed else None,
        EvseStatus.MAINTENANCE_PLC if outlet.remote.maintenance else None,
        EvseStatus.BOOKED_PLC if outlet.remote.booked else None,
        EvseStatus.SUSPENDED_PLC if outlet.remote.suspended else None,
        EvseStatus.UNAVAILABLE_PLC if outlet.remote.unavailable and not outlet.available else None,
    ]
    return tuple(flag for flag in flags if flag is not None)
