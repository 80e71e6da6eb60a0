"""A bench for the fold: a station in memory whose outlets are told readings, badges and orders by name."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from evlink.domain.effects import Ask, Effect, Grant
from evlink.domain.events import Answered, BadgeRead, Event, Moment, Tick, Verdict
from evlink.domain.session import OpenSession
from evlink.domain.state import Config, OutletConfig, OutletState, Reading
from evlink.domain.station import begin, fold
from evlink.domain.words import EvState

EPOCH = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
IDLE = Reading(EvState.A)


class Bench:
    """A folded station with two outlets; `effects` gathers everything it asked for."""

    def __init__(self, sessions: dict[int, OpenSession] | None = None, **config: Any) -> None:
        outlets = config.pop("outlets", (OutletConfig(1, station_id="S1"), OutletConfig(2, station_id="S2")))
        self.state = begin(Config(outlets=outlets, **config), sessions or {}, {})
        self.at = 0.0
        self.wall_shift = timedelta()
        self.effects: list[Effect] = []
        self.readings = {o.outlet: IDLE for o in outlets}

    def moment(self) -> Moment:
        """Now."""
        return Moment(self.at, EPOCH + timedelta(seconds=self.at) + self.wall_shift)

    def post(self, event: Event) -> list[Effect]:
        """Fold one event; its effects."""
        self.state, effects = fold(self.state, event)
        self.effects += effects
        return effects

    def tick(self, seconds: float = 0.1) -> Bench:
        """Let time go by: in tenths of a second up to two seconds, then a second at a time."""
        step = 0.1 if seconds <= 2 else 1.0
        for _ in range(max(1, round(seconds / step))):
            self.at = round(self.at + step, 6)
            self.post(Tick(self.moment(), tuple(self.readings[o] for o in sorted(self.readings))))
        return self

    def see(self, outlet: int = 1, **changes: Any) -> Bench:
        """Change what control reads of an outlet, and tick once."""
        self.readings[outlet] = replace(self.readings[outlet], **changes)
        return self.tick()

    def badge(self, uid: str, outlet: int = 1, verdict: Verdict | None = None) -> Bench:
        """Present a badge; answer the question it raises, if any, with a verdict (factory: unknown)."""
        asks = [e for e in self.post(BadgeRead(self.moment(), outlet, uid)) if isinstance(e, Ask)]
        for ask in asks:
            self.post(Answered(self.moment(), outlet, ask.ticket, verdict or Verdict("Unknown")))
        return self.tick()

    def plug(self, outlet: int = 1, cable_a: int = 32) -> Bench:
        """A cable and a vehicle, not ready yet; the lock answers its command."""
        return self.see(outlet, ev=EvState.B, cable_a=cable_a, locked=True)

    def charge(self, outlet: int = 1, amps: float = 16.0) -> Bench:
        """The vehicle closes S2, the core its contactor, and current flows on three phases."""
        return self.see(outlet, ev=EvState.C_M12V, contactor=True, current_a=(amps,) * 3, phases_used=3)

    def outlet(self, outlet: int = 1) -> OutletState:
        """An outlet's state."""
        return self.state.outlet(outlet)

    def last_grant(self, outlet: int = 1) -> Grant:
        """The newest permit of an outlet."""
        return [e for e in self.effects if isinstance(e, Grant) and e.outlet == outlet][-1]

    def of(self, kind: type) -> list[Any]:
        """All effects of a kind so far."""
        return [e for e in self.effects if isinstance(e, kind)]
