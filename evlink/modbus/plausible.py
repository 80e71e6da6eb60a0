"""What can't be true of a meter's sample: such a sample is not believed, and the sentence says why."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isfinite

from evlink.modbus.meters import Sample
from evlink.settings.label import Label

SLACK_A, SLACK_W = 0.05, 20.0  # below zero, as the noise of an idle meter
DARK_V = 30.0  # a phase below it is not connected
VOLTAGE_BAND = (0.5, 1.5)  # of the voltage entered, on every phase that is connected
EXCESS = 2.0  # times what the outlet is rated for
POWER_SLACK = (1.15, 150.0)  # what power may exceed the currents by: a factor, and watts


@dataclass(frozen=True, slots=True)
class Bounds:
    """What an outlet can carry: amperes a phase, the voltage entered, and its phases."""

    rated_a: float = 32.0
    voltage_v: float = 230.0
    phases: int = 3

    @property
    def most_w(self) -> float:
        """The largest power that is believed."""
        return EXCESS * self.rated_a * self.voltage_v * self.phases


def impossible(sample: Sample, bounds: Bounds) -> Label | None:
    """Why a sample alone can't be true; None where it can."""
    numbers = [*(sample.current_a or ()), *(sample.voltage_v or ()), sample.energy_wh]
    power = sample.power_w
    if not all(isfinite(one) for one in (*numbers, power or 0.0)):
        return Label("the meter's reading is not a number", "le relevé du compteur n'est pas un nombre")
    if sample.energy_wh < 0 or min(sample.current_a or (0.0,)) < -SLACK_A or (power or 0.0) < -SLACK_W:
        return Label("the meter's reading is negative", "le relevé du compteur est négatif")
    most_a = EXCESS * bounds.rated_a
    if sample.current_a and max(sample.current_a) > most_a:
        amps = max(sample.current_a)
        return Label(
            f"the meter reads {amps:.4g} A, more than {most_a:g} A",
            f"le compteur lit {amps:.4g} A, plus de {most_a:g} A",
        )
    if sample.voltage_v and (wrong := _wrong_voltage(sample.voltage_v, bounds)) is not None:
        return Label(f"the meter reads {wrong:.4g} V", f"le compteur lit {wrong:.4g} V")
    if power is not None:
        most = bounds.most_w
        if sample.current_a is not None:
            volts = sample.voltage_v or (bounds.voltage_v,) * 3
            apparent = sum(a * v for a, v in zip(sample.current_a, volts, strict=True))
            most = min(most, apparent * POWER_SLACK[0] + POWER_SLACK[1])
        if power > most:
            return Label(
                f"the meter reads {power:.0f} W, more than {most:.0f} W",
                f"le compteur lit {power:.0f} W, plus de {most:.0f} W",
            )
    return None


def _wrong_voltage(volts: tuple[float, float, float], bounds: Bounds) -> float | None:
    low, high = (factor * bounds.voltage_v for factor in VOLTAGE_BAND)
    lit = [one for one in volts if abs(one) >= DARK_V]
    wrong = [one for one in lit if not low <= one <= high]
    if wrong:
        return wrong[0]
    return None if lit else max(volts)


def unlikely(
    before: Sample, after: Sample, seconds: float, step_wh: float, bounds: Bounds, flowed_wh: float = 0.0
) -> Label | None:
    """Why a counter can't have gone from one sample to the other; None where it can.

    `flowed_wh` is what the transformers saw flow since it last moved: a slow counter makes up for that in one step.
    """
    gained = after.energy_wh - before.energy_wh
    if after.energy < before.energy:
        return Label(
            f"the meter's counter fell from {before.energy_wh:.10g} to {after.energy_wh:.10g} Wh",
            f"le compteur est passé de {before.energy_wh:.10g} à {after.energy_wh:.10g} Wh",
        )
    most = bounds.most_w * max(1.0, seconds) / 3600 + 3 * step_wh + EXCESS * flowed_wh
    if gained > most or gained == inf:
        return Label(f"the meter's counter jumped by {gained:.6g} Wh", f"le compteur a fait un saut de {gained:.6g} Wh")
    return None
