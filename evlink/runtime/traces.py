"""Traces: what each outlet's session measured from its start, in a bounded number of points.

A terminal that opens in mid-session draws the session from them, and goes on with the status document.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from evlink.domain.state import StationState
from evlink.domain.words import Evt
from evlink.runtime.bus import Bus
from evlink.runtime.clock import StationClock

POINTS = 240
SAMPLE_S = 1.0


@dataclass(frozen=True, slots=True)
class Point:
    """The mean of some samples: amperes a phase and watts; the register of the session at its end, in watt-hours."""

    current_a: tuple[float, float, float]
    power_w: float
    energy_wh: int
    count: int = 1

    def joined(self, later: Point) -> Point:
        """One point of two."""
        both = self.count + later.count

        def mean(a: float, b: float) -> float:
            return (a * self.count + b * later.count) / both

        return Point(
            (
                mean(self.current_a[0], later.current_a[0]),
                mean(self.current_a[1], later.current_a[1]),
                mean(self.current_a[2], later.current_a[2]),
            ),
            mean(self.power_w, later.power_w),
            later.energy_wh,
            both,
        )


class Trace:
    """One session: point k covers `step_s` seconds from `from_s` + k * `step_s`; a span without samples is None.

    Full, it joins its points two by two and doubles the step, so that it never has more than `POINTS`.
    """

    def __init__(self, session: str, from_s: float) -> None:
        self.session = session
        self.from_s = from_s
        self.step_s = SAMPLE_S
        self.seconds = from_s
        self.running = True
        self.points: list[Point | None] = []

    def add(self, seconds: float, point: Point) -> None:
        """Add a sample taken `seconds` after the session's start; one older than the last is left out."""
        if seconds < self.seconds:
            return
        self.seconds = seconds
        while (at := int((seconds - self.from_s) // self.step_s)) >= POINTS:
            self._halve()
        self.points += [None] * (at + 1 - len(self.points))
        before = self.points[at]
        self.points[at] = point if before is None else before.joined(point)

    def _halve(self) -> None:
        pairs = [self.points[at : at + 2] for at in range(0, len(self.points), 2)]
        self.points = [_one(pair) for pair in pairs]
        self.step_s *= 2

    def document(self) -> dict[str, Any]:
        """The result of `trace` (docs/protocol.md), but for the outlet."""
        points = self.points
        return {
            "session": self.running,
            "from_s": round(self.from_s, 1),
            "step_s": self.step_s,
            "seconds": round(self.seconds, 1),
            "current_a": [[None if p is None else round(p.current_a[n], 2) for p in points] for n in range(3)],
            "power_w": [None if p is None else round(p.power_w) for p in points],
            "energy_wh": [None if p is None else p.energy_wh for p in points],
        }


def _one(pair: list[Point | None]) -> Point | None:
    found = [point for point in pair if point is not None]
    return found[0].joined(found[1]) if len(found) == 2 else found[0] if found else None


class Traces:
    """The trace of each outlet's session; after its end it stays until the next session begins."""

    def __init__(self) -> None:
        self._traces: dict[int, Trace] = {}

    def take(self, state: StationState, document: Mapping[str, Any]) -> None:
        """Take one sample an outlet from the status document; `state` says whose session it belongs to."""
        for outlet, shown in zip(state.outlets, document.get("outlets") or (), strict=False):
            trace = self._traces.get(outlet.outlet)
            if outlet.session is None:
                if trace is not None:
                    trace.running = False
                continue
            if outlet.reading is None or Evt.INTERNAL_COMMUNICATION in outlet.outside:
                continue  # control is silent: the reading is an old one
            seconds = float(shown["session_seconds"])
            if trace is None or trace.session != outlet.session.session:
                trace = self._traces[outlet.outlet] = Trace(outlet.session.session, seconds)
            amps = shown["current_a"]
            point = Point((amps[0], amps[1], amps[2]), float(shown["power_w"]), int(shown["session_energy_wh"]))
            trace.add(seconds, point)

    def document(self, outlet: int) -> dict[str, Any]:
        """The result of `trace` for an outlet; without points where no session has been."""
        trace = self._traces.get(outlet)
        if trace is None:
            trace = Trace("", 0.0)
            trace.running = False
        return {"outlet": outlet, **trace.document()}

    async def follow(self, state: Callable[[], StationState], bus: Bus, clock: StationClock) -> None:
        """Take a sample each second of the station's clock, for ever."""
        while True:
            self.take(state(), bus.document)
            await clock.sleep(SAMPLE_S)
