"""What supervision is set to, and what it shows of the link."""

from __future__ import annotations

from dataclasses import dataclass, field

from evlink.ocpp.samples import Lists


@dataclass(frozen=True, slots=True)
class Callback:
    """How a supervision that speaks SOAP reaches the station (R-121 to R-125)."""

    local_port: int = 8080
    public_address: str = ""  # empty: the station's own on the way to the supervision
    public_port: int = 8080
    reply_to: str = "http://www.w3.org/2005/08/addressing/anonymous"


@dataclass(frozen=True, slots=True)
class Modem:
    """A modem that the station's network goes through (R-120)."""

    address: str
    retry_s: int


@dataclass(frozen=True, slots=True)
class SupervisionConfig:
    """What the supervision's settings say. Address and identity hold for a run (R-127), durations as they change."""

    url: str
    identity: str
    version: str  # "1.6" or "1.5"
    vendor: str
    model: str
    serial_number: str
    firmware: str
    connectors: int
    heartbeat_s: int = 0  # 0: as the supervision says
    default_id_tag: str = ""
    call_timeout_s: float = 60.0
    ping_interval_s: int = 120
    retry_interval_s: int = 60
    retry_attempts: int = 500
    minimum_status_duration_s: int = 0
    lists: Lists = field(default_factory=Lists)
    meter_form: str = "xsd"  # how OCPP 1.5 writes meter values in JSON: "xsd", "draft" or "attributes"
    callback: Callback = field(default_factory=Callback)
    modem: Modem | None = None
    security_profile: int = 0  # of the security whitepaper to 3
    password: str = field(default="", repr=False)  # AuthorizationKey as it is set
    cpo_name: str = ""
    compress_diagnostics: bool = True


@dataclass(slots=True)
class Present:
    """The configuration in force: what a setting changes while the station runs is looked up here when needed."""

    config: SupervisionConfig


@dataclass(frozen=True, slots=True)
class Timing:
    """Durations of the link in seconds that no setting gives; tests hand in shorter ones.

    They are counted by the event loop's monotonic clock: a simulator that runs faster does not hurry a socket.
    """

    open_timeout_s: float = 30.0
    close_timeout_s: float = 3.0
    ping_timeout_s: float = 20.0
    backoff_first_s: float = 1.0
    backoff_cap_s: float = 120.0
    steady_s: float = 60.0  # a connection that lasted this long makes the back-off start anew
    renew_s: float = 0.5  # between a change of what opens the door and the new connection
    bind_retry_s: float = 10.0  # between two tries to have the port for the supervision's SOAP calls
    boot_retry_s: float = 60.0  # after a CALLERROR, no answer, or an interval of 0 (OCPP 1.6 section 4.2)
    longest_wait_s: float = 86_400.0  # no interval that the supervision names holds longer; at least a heartbeat daily


@dataclass(frozen=True, slots=True)
class SupervisionState:
    """What the screen shows of the link."""

    connected: bool = False
    url: str = ""
    protocol: str = ""
    queue: int = 0
    registration: str = ""  # "", Pending, Accepted, Rejected
    last_error: str = ""
    modem_lost: bool = False  # the supervision is out of reach, and the modem that is fitted does not answer
