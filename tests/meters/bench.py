"""What the tests of meters share: settings of a station with meters, and metering over a core that only counts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from evlink.domain.effects import Grant
from evlink.domain.state import Reading
from evlink.domain.words import EvState, Evt
from evlink.runtime.metering import Metering
from evlink.runtime.register import Register
from evlink.settings.facts import Facts
from evlink.settings.values import Values

METERS, OURS = "energy_management.meters", "extension.meters"
PERIOD_S = 0.08


def station(phases: int = 3, outlets: int = 2, **changes: Any) -> Values:
    """The values of a station; `changes` by path with __ for the dots."""
    return Values(Facts(outlet_count=outlets, phases=phases)).with_changes(
        {path.replace("__", "."): value for path, value in changes.items()}
    )


def with_meter(values: Values, outlet: int, kind: str, line: str | int, unit: int = 2, **ours: Any) -> Values:
    """A meter at an outlet, on a serial port by its path or behind a gateway on a port of the loopback."""
    changes: dict[str, Any] = {f"{METERS}.{outlet}.meter_type": kind}
    if isinstance(line, int):
        changes |= {
            f"{METERS}.{outlet}.protocol": "modbus_tcp",
            f"{OURS}.{outlet}.gateway_host": "127.0.0.1",
            f"{OURS}.{outlet}.gateway_port": line,
            f"{OURS}.{outlet}.unit": unit,
        }
    else:
        changes |= {f"{OURS}.serial_port": line, f"{METERS}.{outlet}.rtu_address": unit}
    return values.with_changes({**changes, **{f"{OURS}.{outlet}.{name}": value for name, value in ours.items()}})


@dataclass
class CountingCore:
    """`metering.Core` without control: a test says what the transformers see."""

    outlets: tuple[int, ...] = (1, 2)
    counts: dict[int, int] = field(default_factory=lambda: {1: 0, 2: 0})
    amps: dict[int, tuple[float, float, float]] = field(default_factory=dict)
    contactor: bool = False
    generation: int | None = 7
    saved: list[tuple[int, int, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.registers: Mapping[int, Register] = {o: Register() for o in self.outlets}

    def count(self, outlet: int) -> int | None:
        return self.counts[outlet]

    def readings(self) -> tuple[Reading | None, ...]:
        return tuple(
            Reading(
                EvState.C_M12V,
                current_a=self.amps.get(o, (0.0, 0.0, 0.0)),
                energy_mvas=self.registers[o].by_core(self.counts[o]),
                contactor=self.contactor,
            )
            for o in self.outlets
        )

    def grant(self, grant: Grant) -> None:
        raise AssertionError("metering grants nothing")

    async def save(self, outlet: int, generation: int, base: int) -> None:
        self.saved.append((outlet, generation, base))


@dataclass
class Bench:
    """Metering that runs."""

    core: CountingCore
    metering: Metering
    told: list[tuple[int, Evt, bool]] = field(default_factory=list)

    def reading(self, outlet: int = 1) -> Reading:
        found = self.metering.readings()[outlet - 1]
        assert found is not None
        return found

    def meter(self, outlet: int = 1) -> dict[str, Any]:
        """The outlet's `meter` in the status document."""
        return self.metering.documents()[outlet]

    async def until(self, true: Callable[[], object], seconds: float = 10.0) -> None:
        """Wait for something, reading as often as the loop does."""
        try:
            async with asyncio.timeout(seconds):
                while not true():
                    self.metering.readings()
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise AssertionError(f"not within {seconds} s: {self.metering.documents()} {self.told}") from None

    async def health(self, health: str, outlet: int = 1) -> None:
        await self.until(lambda: self.meter(outlet).get("health") == health)


@asynccontextmanager
async def followed(values: Values, period_s: float = PERIOD_S) -> AsyncIterator[Bench]:
    """Metering by some settings, faster than the station's."""
    core = CountingCore()
    made = Metering(core, core.outlets, core.save, period_s)
    bench = Bench(core, made)
    made.configure(values)
    task = asyncio.create_task(made.run(lambda outlet, event, ko: bench.told.append((outlet, event, ko))))
    try:
        await bench.until(lambda: made.documents())
        yield bench
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
