"""The track of an outlet's session as the terminal knows it: the station's trace, then the status documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

POINTS = 240
_OLDER_S = 15.0
"""A document may be that much older than the trace, on a station that runs faster than the clock."""
Sample = tuple[float, float, float, float, float]
"""Three currents in amperes, power in watts, energy of the charge in watt-hours."""


class Track:
    """At most `POINTS` points of a session, as `trace` of docs/protocol.md gives them, and what came since."""

    def __init__(self) -> None:
        self.from_s = 0.0
        self.step_s = 1.0
        self.seconds = 0.0
        self.points: list[Sample | None] = []
        self._counts = 0  # samples in the last point
        self._ended = False

    def load(self, document: Mapping[str, Any]) -> None:
        """Take the station's trace in place of what was known."""
        amps = document["current_a"]
        rows = zip(*amps, document["power_w"], document["energy_wh"], strict=True)
        self.points = [None if None in row else tuple(float(value) for value in row) for row in rows]  # type: ignore[misc]
        self.from_s, self.step_s = float(document["from_s"]), max(0.1, float(document["step_s"]))
        self.seconds = float(document["seconds"])
        self._counts = 1
        self._ended = not document["session"]

    def follow(self, outlet: Mapping[str, Any]) -> None:
        """Add what an outlet of the status document says; a session younger than the last one is a new one."""
        seconds = float(outlet.get("session_seconds") or 0)
        if seconds <= 0:
            self._ended = True
            return
        if self._ended or seconds < self.seconds - _OLDER_S or not self.points:
            self._ended = False
            self.from_s, self.step_s, self.seconds, self.points, self._counts = seconds, 1.0, seconds, [], 0
        if outlet.get("silent_s") is not None:
            return  # nothing is known; the course has a gap
        amps = [float(value) for value in outlet.get("current_a") or ()]
        amps += [0.0] * (3 - len(amps))
        power, energy = float(outlet.get("power_w") or 0), float(outlet.get("session_energy_wh") or 0)
        self._add(max(seconds, self.seconds), (amps[0], amps[1], amps[2], power, energy))

    def _add(self, seconds: float, sample: Sample) -> None:
        self.seconds = seconds
        while (at := int((seconds - self.from_s) // self.step_s)) >= POINTS:
            pairs = [self.points[n : n + 2] for n in range(0, len(self.points), 2)]
            self.points = [_join(pair) for pair in pairs]
            self.step_s *= 2
            self._counts = 2
        if at < len(self.points):
            before, share = self.points[at], self._counts + 1
            if before is not None:
                mean = [a + (b - a) / share for a, b in zip(before, sample, strict=True)]
                sample = (mean[0], mean[1], mean[2], mean[3], sample[4])
            self.points[at] = sample
            self._counts += 1
            return
        # Between two documents the terminal knows no more than the later one.
        self.points += [sample] * (at + 1 - len(self.points))
        self._counts = 1

    def series(self, at: int) -> list[float | None]:
        """One quantity of a sample over the session."""
        return [None if point is None else point[at] for point in self.points]


def _join(pair: list[Sample | None]) -> Sample | None:
    found = [point for point in pair if point is not None]
    if len(found) < 2:
        return found[0] if found else None
    a, b = found
    return ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2, (a[2] + b[2]) / 2, (a[3] + b[3]) / 2, b[4])
