"""A running session: what has to survive a restart so that the same charge goes on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from evlink.domain.record import MeterReading


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session from its contract to its record; stored when it opens and with every meter value.

    `energy_start_mvas` and `energy_mvas` are readings of the outlet's lifetime register (1 Wh = 3 600 000 mVAs).
    `elapsed_s` counts monotonic seconds up to the last storing; `messages` says whether the supervision was told.
    """

    session: str
    outlet: int
    uid: str
    id_tag: str
    start: datetime
    energy_start_mvas: int
    energy_mvas: int
    elapsed_s: float = 0.0
    comment: str = ""
    vip: bool = False
    remote: bool = False
    charge_type: str = ""
    socket_type: str = "TYPE2"
    parent_id: str = ""
    told: bool = False
    charging: bool = False
    next_sample_s: float = 0.0
    aligned: int = -1  # the last round time of day that a meter value was taken at, counted in intervals
    reservation_id: int | None = None
    estimated_mvas: int = 0  # counted by the transformers in place of a meter
    readings: tuple[MeterReading, ...] = ()  # thinned, for the data of StopTransaction
