"""The clock that everything above the core is handed: durations by `monotonic`, labels by `wall`."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """A source of time; the station's may run faster than real time on the simulator."""

    def monotonic(self) -> float:
        """Seconds that never step back."""
        ...

    def wall(self) -> datetime:
        """Aware UTC time of day: a label, never used for a duration."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait for a duration of this clock."""
        ...
