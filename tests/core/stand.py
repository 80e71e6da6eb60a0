"""Simulator, core and session machine in one process: a whole outlet in virtual time, without sockets and processes."""

from __future__ import annotations

from typing import Any

from evlink._core import Limits
from evlink.domain.effects import EventEnded, EventStarted, Grant
from evlink.domain.state import OutletConfig, OutletState
from evlink.domain.words import Evt
from evlink.runtime.readings import Wiring, permit_from, reading_from
from tests.core.plant import Plant
from tests.unit.domain_bench import Bench


class Stand:
    """One outlet: the simulator's samples through the core, its frames through the fold, the permits back."""

    def __init__(self, sockets: int = 1, limits: Limits | None = None, **config: Any) -> None:
        self.plant = Plant(sockets=sockets)
        self.board = self.plant.board
        self.wiring = Wiring(domestic=sockets == 2)
        self.limits = limits or Limits()
        outlet = OutletConfig(
            1,
            station_id="S1",
            socket_type="DOMESTIC" if sockets == 2 else "TYPE2",
            piloted=sockets != 2,
            domestic=sockets != 1,
        )
        self.bench = Bench(outlets=(outlet,), **config)
        self.run(0.5)

    def run(self, seconds: float) -> Stand:
        """Let time pass: tenths of a second of samples, then a tick, then the permits that it granted."""
        for _ in range(round(seconds * 10)):
            self.plant.tick()
            before = len(self.bench.effects)
            self.bench.readings[1] = reading_from(self.plant.frame, 0, self.wiring.domestic)
            self.bench.tick()
            for effect in self.bench.effects[before:]:
                if isinstance(effect, Grant):
                    self.plant.core.permit(1, permit_from(effect, self.limits, self.wiring))
        return self

    def charge(self, **vehicle: Any) -> Stand:
        """A vehicle, a badge, a current."""
        self.plant.plug(**vehicle)
        self.run(0.5)
        self.bench.badge("04A1")
        return self.run(5)

    @property
    def outlet(self) -> OutletState:
        """What the session machine holds."""
        return self.bench.outlet()

    def closed(self) -> bool:
        """Whether the contactor is commanded closed."""
        return self.plant.frame.contactor

    @property
    def began(self) -> list[Evt]:
        """Every event that was stored as begun, in order."""
        return [one.event for one in self.bench.of(EventStarted)]

    @property
    def ended(self) -> list[Evt]:
        """Every event that was stored as ended."""
        return [one.event for one in self.bench.of(EventEnded)]
