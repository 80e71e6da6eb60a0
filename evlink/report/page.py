"""A report as its parts: sections of tables, listings and pictures, before anybody draws them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a heading; `empty` stands where there are none. The first `labels` columns name the rest."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    title: str = ""
    empty: str = ""
    labels: int = 1


@dataclass(frozen=True, slots=True)
class Listing:
    """A text kept line by line, such as a configuration file."""

    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Curve:
    """A session's past: one value a point, None where nothing was measured; `step_s` seconds lie between two."""

    title: str
    unit: str
    values: tuple[float | None, ...]
    from_s: float
    step_s: float


@dataclass(frozen=True, slots=True)
class Plateaus:
    """An outlet's pilot: least, mean and most of both plateaus, in millivolts (IEC 61851-1 table A.2)."""

    title: str
    high_mv: tuple[int, int, int]
    low_mv: tuple[int, int, int]


Part = Table | Listing | Curve | Plateaus


@dataclass(frozen=True, slots=True)
class Section:
    """One section of R-221."""

    title: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """The whole report; `closing` is its last line, with the date of its creation."""

    lang: str
    title: str
    station: str
    sections: tuple[Section, ...]
    closing: str


@dataclass(frozen=True, slots=True)
class Event:
    """One of the latest events: `outlet` 0 is the station as a whole, `end` is None while it lasts."""

    outlet: int
    event: int
    start: datetime
    end: datetime | None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """A line of the message log: what was said or failed, with its response code or level."""

    at: datetime
    text: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class Update:
    """A try to update one board: the package's name, the outcome in one word, and what the update said."""

    at: datetime
    outlet: int
    package: str
    status: str
    log: str


@dataclass(frozen=True, slots=True)
class Deed:
    """A line of the audit trail: who did what, and by which way they came."""

    at: datetime
    who: str
    way: str
    what: str
    detail: str


@dataclass(frozen=True, slots=True)
class Material:
    """All that a report is made of. Mappings and rows are an outlet's own where their name ends in `s`.

    `status` is the status document; `pilots` and `traces` are results of `pilot` and `trace`, by outlet; `named` are
    rows of the sections that have a name and a value an outlet, in their order.
    """

    at: datetime
    zone: str
    firmware: str
    boots: int
    status: dict[str, object]
    product: tuple[tuple[str, tuple[str, ...]], ...]
    hardware: tuple[tuple[str, tuple[str, ...]], ...]
    io_model: str
    network: tuple[tuple[str, tuple[str, ...]], ...]
    pilots: dict[int, dict[str, object]] = field(default_factory=dict)
    traces: dict[int, dict[str, object]] = field(default_factory=dict)
    events: tuple[Event, ...] = ()
    messages: tuple[Message, ...] = ()
    security: tuple[Message, ...] = ()
    writes: tuple[Message, ...] = ()
    updates: tuple[Update, ...] = ()
    deeds: tuple[Deed, ...] = ()
    configuration: tuple[tuple[str, str], ...] = ()  # files by name
    secrets: tuple[tuple[str, bool], ...] = ()  # a key, and whether it is set
    versions: tuple[tuple[str, str], ...] = ()
