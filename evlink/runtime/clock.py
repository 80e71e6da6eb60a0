"""The station's clock: real time, or N times as fast beside a simulator that is."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta


class StationClock:
    """A `domain.clock.Clock` on the machine's clocks; `speed` multiplies both, `set_wall` moves the label alone."""

    def __init__(self, speed: float = 1.0) -> None:
        self.speed = speed
        self._began = time.monotonic()
        self._offset = timedelta()

    def monotonic(self) -> float:
        """Seconds since the clock was made, times the speed."""
        return (time.monotonic() - self._began) * self.speed

    def wall(self) -> datetime:
        """Aware UTC time of day."""
        ahead = (time.monotonic() - self._began) * (self.speed - 1.0)
        return datetime.now(UTC) + timedelta(seconds=ahead) + self._offset

    def set_wall(self, now: datetime) -> None:
        """Move the time of day to `now`; durations do not notice."""
        self._offset += now - self.wall()

    async def sleep(self, seconds: float) -> None:
        """Wait for a duration of this clock."""
        await asyncio.sleep(seconds / self.speed)
