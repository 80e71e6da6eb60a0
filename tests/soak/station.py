"""The full station loop on simulated time in one process: board, core, fold; customers who come, charge and go.

What a station does in real processes over sockets happens here in calls: the compiled plant makes each 10 ms of
samples, the core answers them, and every 100 ms the fold reads the frames and grants permits.
"""

from __future__ import annotations

import random
import resource
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from evlink import _core
from evlink.domain.effects import Ask, CloseSession, EventStarted, Grant
from evlink.domain.events import Answered, BadgeRead, Event, Moment, SupervisionSeen, Tick, Verdict
from evlink.domain.record import ChargeRecord
from evlink.domain.state import Config, OutletConfig, Reading
from evlink.domain.station import begin, fold
from evlink.runtime.readings import Wiring, permit_from, reading_from
from tests.core.plant import Plant

EPOCH = datetime(2026, 3, 1, tzinfo=UTC)
OUTLETS = (1, 2)
LIMITS = _core.Limits()


def resident_kib() -> int:
    """Resident memory of this process now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() // 1024


@dataclass(frozen=True, slots=True)
class Sample:
    """Memory at an hour of the run."""

    hour: float
    resident_kib: int


class Station:
    """A two-outlet station and its customers; `run` lets simulated time pass."""

    def __init__(self, seed: int = 1) -> None:
        self.plant = Plant(outlets=2, seed=seed)
        self.state = begin(Config(outlets=tuple(OutletConfig(o, station_id="S") for o in OUTLETS)), {}, {})
        self.rng = random.Random(seed)
        self.at = 0.0
        self.ticks = 0
        self.asked: list[Ask] = []
        self.records: list[ChargeRecord] = []
        self.counts: Counter[str] = Counter()
        self.customers = {o: self._customer(o) for o in OUTLETS}
        self.due = dict.fromkeys(OUTLETS, 1.0)
        self.connected = False
        self.ended = dict.fromkeys(OUTLETS, 0.0)
        self.longest_s = 0.0  # that an outlet went without the end of a charge

    def _moment(self) -> Moment:
        return Moment(self.at, EPOCH + timedelta(seconds=self.at))

    def _customer(self, outlet: int) -> Iterator[float]:
        """One after another: each yields the seconds until it acts again."""
        board, rng = self.plant.board, self.rng
        while True:
            yield rng.uniform(10, 120)
            uid = f"04{rng.randrange(1 << 24):06X}"
            self._post(BadgeRead(self._moment(), outlet, uid))
            yield rng.uniform(2, 10)
            if rng.random() < 0.05:
                continue  # never plugs in
            board.plug(outlet, 32, 220, rng.choice((1, 3)), rng.choice((8, 16, 32)), False)
            yield rng.uniform(1, 20)
            board.ready(outlet, True)
            self.counts["charges"] += 1
            for _ in range(rng.randrange(1, 4)):
                yield rng.uniform(60, 400)
                board.draw(outlet, rng.choice((7, 10, 16, 32)))
                if rng.random() < 0.2:
                    board.ready(outlet, False)
                    yield rng.uniform(10, 60)
                    board.ready(outlet, True)
            if rng.random() < 0.8:
                self._post(BadgeRead(self._moment(), outlet, uid))
            else:
                board.ready(outlet, False)
                yield 5.0
                self._post(BadgeRead(self._moment(), outlet, uid))
            yield 10.0
            while board.unplug(outlet) == 2:
                # Who plugged in under somebody else's badge is refused at the reader; the front button ends it.
                self.counts["held by the lock"] += 1
                board.press(outlet, False)
                yield 5.0

    def _post(self, event: Event) -> None:
        self.state, effects = fold(self.state, event)
        for effect in effects:
            match effect:
                case Grant():
                    self.plant.core.permit(effect.outlet, permit_from(effect, LIMITS, Wiring()))
                case Ask():
                    self.asked.append(effect)
                case CloseSession():
                    self.records.append(effect.record)
                    outlet = effect.record.outlet
                    self.longest_s = max(self.longest_s, self.at - self.ended[outlet])
                    self.ended[outlet] = self.at
                case EventStarted():
                    self.counts[f"Evt #{effect.event}"] += 1
                case _:
                    self.counts[type(effect).__name__] += 1

    def _readings(self) -> tuple[Reading | None, ...]:
        frames = [self.plant.core.frame(o) for o in OUTLETS]
        return tuple(reading_from(f, 0) if f.pilot != _core.PILOT_UNKNOWN else None for f in frames)

    def tick(self) -> None:
        """100 ms of everything."""
        step = self.plant.step
        for _ in range(10):
            step(1)
            step(2)
        self.ticks += 1
        self.at = self.ticks / 10
        self._post(Tick(self._moment(), self._readings()))
        while self.asked:
            ask = self.asked.pop()
            self._post(Answered(self._moment(), ask.outlet, ask.ticket, Verdict("Accepted")))
        for outlet in OUTLETS:
            if self.at >= self.due[outlet]:
                self.due[outlet] = self.at + next(self.customers[outlet])
        if self.ticks % 6_000 == 0:  # the supervision is away a fifth of the time
            away = self.rng.random() < 0.2
            if away is self.connected:
                self.connected = not away
                self._post(SupervisionSeen(self._moment(), self.connected))

    def run(self, hours: float, within_s: float) -> list[Sample]:
        """Let hours pass, fewer where the real time runs out; memory at each twentieth of an hour or of the run."""
        memory: list[Sample] = []
        every = max(1_800, round(hours * 36_000 / 100))
        end = time.monotonic() + within_s
        while self.at < hours * 3600:
            self.tick()
            if self.ticks % every == 0:
                memory.append(Sample(self.at / 3600, resident_kib()))
                if time.monotonic() >= end:
                    break
        return memory

    def plant_wh(self) -> float:
        """What a meter beside the station would have counted."""
        return float(sum(self.plant.board.state(o)["energy_wh"] for o in OUTLETS))

    def core_wh(self) -> float:
        """What the core counted."""
        return sum(self.plant.core.frame(o).energy_mvas for o in OUTLETS) / 3_600_000

    def recorded_wh(self) -> int:
        """What the charge records say."""
        return sum(record.energy_wh for record in self.records)

    def standing_s(self) -> float:
        """The longest that an outlet went without the end of a charge, up to now."""
        return max(self.longest_s, *(self.at - at for at in self.ended.values()))

    def open_wh(self) -> float:
        """What the sessions that are open have so far."""
        wh = 0.0
        for outlet in self.state.outlets:
            if outlet.session is not None and outlet.reading is not None:
                wh += (outlet.reading.energy_mvas - outlet.session.energy_start_mvas) / 3_600_000
        return wh
