"""How the phases of the mains reach a meter's inputs and the contactor's terminals (R-169, N-47)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

Order = tuple[int, int, int]
"""The line phase (1 to 3) at each of three terminals; 0 where nothing is connected."""

ORDERS: Mapping[str, Order] = MappingProxyType(
    {
        "phase_1_2_3": (1, 2, 3),
        "phase_1_3_2": (1, 3, 2),
        "phase_2_3_1": (2, 3, 1),
        "phase_2_1_3": (2, 1, 3),
        "phase_3_2_1": (3, 2, 1),
        "phase_3_1_2": (3, 1, 2),
        "phase_1": (1, 0, 0),
        "phase_2": (2, 0, 0),
        "phase_3": (3, 0, 0),
    }
)
"""The orders by the names that the settings have: all six of three phases, and a single phase at the first terminal."""

Phases = tuple[float, float, float]


def by_line(order: Order, readings: Sequence[float]) -> Phases:
    """Readings at terminals 1 to 3 as readings of L1 to L3; 0 for a line phase that reaches no terminal."""
    lines = [0.0, 0.0, 0.0]
    for phase, reading in zip(order, readings, strict=True):
        if phase:
            lines[phase - 1] = reading
    return (lines[0], lines[1], lines[2])


LOADED_A = 3.0  # a phase that surely carries the vehicle
IDLE_A = 1.0  # one that surely does not


def moves_as_mapped(expected: Phases, metered: Phases) -> bool | None:
    """Whether the line phases that the meter sees loaded are those that the contactor's terminals say (Evt #15).

    None where it can't be told: no load, all phases alike, or a current that is just beginning or ending.
    """
    loaded = tuple(amps >= LOADED_A for amps in expected)
    idle = tuple(amps < IDLE_A for amps in expected)
    if not any(loaded) or not any(idle) or not all(a or b for a, b in zip(loaded, idle, strict=True)):
        return None
    seen = tuple(amps >= LOADED_A for amps in metered)
    rest = tuple(amps < IDLE_A for amps in metered)
    if not any(seen) or not all(a or b for a, b in zip(seen, rest, strict=True)):
        return None
    return seen == loaded
