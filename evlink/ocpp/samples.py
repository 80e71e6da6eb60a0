"""Meter readings as OCPP writes them: what the lists of measurands ask for, in strings (OCPP 1.6 section 7.32)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from evlink.domain.record import MeterReading
from evlink.ocpp.measurands import MEASURED, Measurand

CONTEXTS = frozenset(
    {
        "Interruption.Begin",
        "Interruption.End",
        "Sample.Clock",
        "Sample.Periodic",
        "Transaction.Begin",
        "Transaction.End",
        "Trigger",
        "Other",
    }
)
EVERYTHING = tuple(Measurand(name) for name in MEASURED)


@dataclass(frozen=True, slots=True)
class Lists:
    """The measurands of the four configuration keys, by what they are for."""

    sampled: tuple[Measurand, ...] = EVERYTHING
    aligned: tuple[Measurand, ...] = EVERYTHING
    stop_sampled: tuple[Measurand, ...] = ()
    stop_aligned: tuple[Measurand, ...] = ()

    def of(self, context: str, stop: bool = False) -> tuple[Measurand, ...]:
        """What a reading of a context is to hold, in MeterValues or (`stop`) in StopTransaction."""
        if context == "Sample.Clock":
            return self.stop_aligned if stop else self.aligned
        return self.stop_sampled if stop else self.sampled


@dataclass(frozen=True, slots=True)
class Row:
    """One value that the station measures."""

    measurand: str
    phase: str  # as OCPP writes it, L1 or L1-N; empty for none
    value: float
    digits: int
    unit: str

    def asked(self, wanted: Sequence[Measurand]) -> bool:
        """Whether a list names it, on its own phase or on all."""
        return Measurand(self.measurand) in wanted or Measurand(self.measurand, self.phase[:2]) in wanted


def _rows(meter: MeterReading) -> Iterator[Row]:
    yield Row("Energy.Active.Import.Register", "", meter.energy_wh, 0, "Wh")
    for n, amps in enumerate(meter.current_a, 1):
        yield Row("Current.Import", f"L{n}", amps, 2, "A")
    for n, volts in enumerate(meter.voltage_v, 1):
        yield Row("Voltage", f"L{n}-N", volts, 1, "V")
    yield Row("Power.Active.Import", "", meter.power_w, 0, "W")
    yield Row("Current.Offered", "", meter.limit_a, 1, "A")
    yield Row("Power.Offered", "", meter.limit_a * sum(meter.voltage_v), 0, "W")


def timestamp(at: datetime) -> str:
    """A time as OCPP writes it: UTC, `Z`, milliseconds (OCPP 1.6 section 3.14)."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def meter_value(meter: MeterReading, wanted: Sequence[Measurand] = EVERYTHING) -> dict[str, Any] | None:
    """One MeterValue by the package's snake case; None where nothing of what is wanted is known.

    A value that is no number is left out.
    """
    context = meter.context if meter.context in CONTEXTS else "Other"
    values = [
        {
            "value": f"{row.value:.{row.digits}f}",
            "context": context,
            "measurand": row.measurand,
            "unit": row.unit,
            **({"phase": row.phase} if row.phase else {}),
        }
        for row in _rows(meter)
        if math.isfinite(row.value) and row.asked(wanted)
    ]
    return {"timestamp": timestamp(meter.at), "sampled_value": values} if values else None


def meter_values(meters: Iterable[MeterReading], lists: Lists, stop: bool = False) -> list[dict[str, Any]]:
    """The MeterValues of several readings, each with what its context's list asks for."""
    found = (meter_value(meter, lists.of(meter.context, stop)) for meter in meters)
    return [value for value in found if value is not None]
