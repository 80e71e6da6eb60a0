"""Remote control by a building manager: its sign of life, its set points, its commands, and what a loss leaves (R-134).

Pure: what is remembered of the remote control, and the rules on it. Currents are amperes a phase, times monotonic
seconds. The limits of the installer stand beside it: the lowest of all wins, so that remote control can only lower.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

NO_CURRENT = 0.0


class Hold(StrEnum):
    """Who holds the current: nobody may, a manager is awaited, does, was lost, or left in order."""

    OFF = "off"
    WAITING = "waiting"
    HELD = "held"
    LOST = "lost"
    LEFT = "left"


class Command(StrEnum):
    """What a building manager may order an outlet (R-217)."""

    STOP = "stop"
    SUSPEND = "suspend"
    RESTART = "restart"
    UNAVAILABLE = "unavailable"
    AVAILABLE = "available"
    MAINTENANCE = "maintenance"
    MAINTENANCE_OFF = "maintenance_off"
    BOOK = "book"
    UNBOOK = "unbook"
    POSTPONE = "postpone"
    UNPOSTPONE = "unpostpone"
    REBOOT = "reboot"


@dataclass(frozen=True, slots=True)
class RemoteRules:
    """What the settings say of remote control."""

    enabled: bool = False  # the server runs and the station is controlled by an external system
    timeout_s: float = 15.0  # three missed periods of remoteSetPointPeriodInSec
    raise_period_s: float = 15.0  # updateSetPointPeriodInSec
    degraded_single_a: int = 8
    degraded_three_a: int = 14


@dataclass(frozen=True, slots=True)
class LifeSeen:
    """The manager set its life bit."""


@dataclass(frozen=True, slots=True)
class RemoteLeft:
    """The manager ended its remote control in order."""


@dataclass(frozen=True, slots=True)
class RemoteSetpoint:
    """The manager limits an outlet (0: all together) to a whole number of amperes; 0 lets nobody charge."""

    outlet: int
    amps: int


@dataclass(frozen=True, slots=True)
class RemoteCommand:
    """The manager orders something; `code` is what its register `slot` was given, None acknowledges (code 0)."""

    outlet: int
    slot: int
    code: int
    command: Command | None


class Tuned(StrEnum):
    """What a manager may tune as long as it holds the remote control."""

    FLOOR_SINGLE = "floor_single_a"
    FLOOR_THREE = "floor_three_a"
    TIMEOUT = "timeout_s"
    DEGRADED_SINGLE = "degraded_single_a"
    DEGRADED_THREE = "degraded_three_a"


@dataclass(frozen=True, slots=True)
class RemoteTuned:
    """The manager tunes a rule."""

    what: Tuned
    value: int


RemoteOrder = LifeSeen | RemoteLeft | RemoteSetpoint | RemoteCommand | RemoteTuned


@dataclass(frozen=True, slots=True)
class Answer:
    """A command register and its status: the code echoed once done, FAILED where it could not be."""

    code: int = 0
    status: int = 0


FAILED = 0x8000
SLOTS = 2  # command registers of an outlet, one a generation of the map


@dataclass(frozen=True, slots=True)
class RemoteOutlet:
    """What remote control means for one outlet."""

    setpoint_a: int | None = None  # as written, which is how it reads back
    valid: bool = False  # written since remote control was lost or left
    wanted_a: float | None = None  # the cap that is asked for
    cap_a: float | None = None  # and the one in force: lowered at once, raised each period at most
    reason: str = "modbus"
    moved: float = float("-inf")  # when the cap last changed
    suspended: bool = False
    postponed: bool = False
    booked: bool = False
    maintenance: bool = False
    unavailable: bool = False
    answers: tuple[Answer, ...] = (Answer(),) * SLOTS
    session: str = ""  # of the times below
    delivering: bool = False  # it has delivered since it opened
    closed_s: float = 0.0  # contactor closed in it
    stopped: str = ""  # why the last one ended, in OCPP's words

    @property
    def out_of_service(self) -> bool:
        """Whether an order keeps the outlet out of service."""
        return self.unavailable or self.maintenance


@dataclass(frozen=True, slots=True)
class Remote:
    """The remote control of the whole station."""

    hold: Hold = Hold.OFF
    since: float = 0.0  # when the station began to wait for a manager
    life_at: float | None = None  # the last sign of life
    station_a: int | None = None  # all outlets together
    tuned: tuple[tuple[Tuned, int], ...] = ()
    floors: tuple[int, int] | None = None  # the settings' floors, while tuned ones stand in their place
    folded: int = 0  # number of the last write that was folded

    @property
    def degraded(self) -> bool:
        """Whether the degraded set points hold, for want of a sign of life."""
        return self.hold in (Hold.WAITING, Hold.LOST)


def tuned(remote: Remote, what: Tuned, usual: float) -> float:
    """A rule as the manager tuned it, else as the settings say."""
    for name, value in remote.tuned:
        if name is what:
            return value
    return usual


def begin_waiting(at: float, folded: int) -> Remote:
    """Remote control switched on: degraded until the first sign of life."""
    return Remote(Hold.WAITING, at, folded=folded)


def seen(remote: Remote, at: float) -> Remote:
    """A sign of life: it ends degraded mode, and begins what was left."""
    return replace(remote, hold=Hold.HELD, life_at=at)


def left(remote: Remote, at: float) -> Remote:
    """The orderly end: the installer's limits alone hold until the next sign of life."""
    return replace(remote, hold=Hold.LEFT, since=at, life_at=None, station_a=None, tuned=())


def timed_out(remote: Remote, rules: RemoteRules, at: float) -> bool:
    """Whether the sign of life has failed to appear for too long."""
    last = remote.since if remote.life_at is None else remote.life_at
    return at - last > tuned(remote, Tuned.TIMEOUT, rules.timeout_s)


def lost(remote: Remote) -> Remote:
    """Remote control lost: what was set no longer holds, only what will be written from now on."""
    return replace(remote, hold=Hold.LOST, station_a=None)


def released(outlet: RemoteOutlet) -> RemoteOutlet:
    """An outlet after the orderly end: what held its current is gone, what keeps it out of service stays."""
    return replace(outlet, setpoint_a=None, valid=False, suspended=False, postponed=False)


def degraded_a(remote: Remote, rules: RemoteRules, three_phase: bool) -> float:
    """The degraded set point of a charge; what the manager tuned can only lower the installer's."""
    if three_phase:
        return min(rules.degraded_three_a, tuned(remote, Tuned.DEGRADED_THREE, rules.degraded_three_a))
    return min(rules.degraded_single_a, tuned(remote, Tuned.DEGRADED_SINGLE, rules.degraded_single_a))


def target(remote: Remote, rules: RemoteRules, outlet: RemoteOutlet, three_phase: bool) -> tuple[float | None, str]:
    """The cap that remote control asks for an outlet now, None for none, and its `limit_reason`.

    Without a set point written since it was lost, and not left in order, the degraded set point goes on: of two rules
    the one that delivers less wins. The cap of all outlets together is for their division (`domain.dividing`).
    """
    if not rules.enabled or remote.hold is Hold.OFF:
        return None, "modbus"
    if outlet.suspended or (outlet.postponed and not outlet.delivering):
        return NO_CURRENT, "modbus"
    if remote.hold is Hold.LEFT:
        return None, "modbus"
    caps = [(float(outlet.setpoint_a), "modbus")] if outlet.valid and outlet.setpoint_a is not None else []
    if remote.degraded or not (outlet.valid or remote.station_a is not None):
        caps.append((degraded_a(remote, rules, three_phase), "degraded"))
    return min(caps, default=(None, "modbus"))


def capped(outlet: RemoteOutlet, wanted: tuple[float | None, str], rules: RemoteRules, at: float) -> RemoteOutlet:
    """The outlet with its cap in force: lowered at once, raised at most once each `raise_period_s`."""
    amps, reason = wanted
    if amps != outlet.wanted_a:
        outlet = replace(outlet, wanted_a=amps)
    if amps == outlet.cap_a:
        return outlet if reason == outlet.reason else replace(outlet, reason=reason)
    rises = outlet.cap_a is not None and (amps is None or amps > outlet.cap_a)
    if rises and rules.enabled and at - outlet.moved < rules.raise_period_s:
        return outlet
    return replace(outlet, cap_a=amps, reason=reason, moved=at)
