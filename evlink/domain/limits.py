"""The working current of an outlet: the least of all limits, then the floors (R-136 to R-146)."""

from __future__ import annotations

from evlink.domain.state import Config, Limit, OutletConfig, Reading


def floor_for(config: Config, three_phase: bool) -> int:
    """Smallest current that is not worked as 0 A, in amperes (R-137, R-141); the pilot's own 6 A without floors."""
    if not config.floors:
        return 6
    return config.floor_three_a if three_phase else config.floor_single_a


def three_phase_charge(config: Config, reading: Reading | None, domestic: bool = False) -> bool:
    """Whether a charge counts as three-phase: a single-phase cable, vehicle or domestic socket does not (R-140).

    Before any current has shown what the vehicle uses, the station's own wiring decides, which is the stricter.
    """
    if config.phases == 1 or domestic:
        return False
    return reading is None or reading.phases_used in (0, 3)


def input_active(closed: bool, normally_open: bool) -> bool:
    """Whether an input is active: contact closed (24 V) when normally open, open (0 V) otherwise (R-152)."""
    return closed == normally_open


def working_current(
    config: Config,
    outlet: OutletConfig,
    reading: Reading | None,
    share: Limit | None = None,
    allowed_a: float | None = None,
    domestic: bool = False,
    remote: Limit | None = None,
) -> Limit:
    """Current that an outlet may offer, in amperes, and what sets it (R-144).

    `share` is its part of the station's current (`domain.dividing`), `allowed_a` what the supervision's charging
    profiles leave it; None where they say nothing. `domestic`: the domestic socket is in use, and `maxTEValue` is its
    rating. `remote` is what a building manager leaves it (`domain.remote_control`), None where it says nothing. Ties
    go to the first of the table. Where the outlet's own limits leave nothing, they are the reason, not the share.
    """
    candidates: list[tuple[float, str]] = [
        (float(outlet.derated_a), "derated"),
        (float(outlet.rated_a), "rated"),
    ]
    if outlet.derated_a >= outlet.rated_a:
        candidates.reverse()
    if domestic:
        candidates.append((float(outlet.domestic_a), "domestic"))
    elif reading is not None and reading.cable_a > 0 and not outlet.attached_cable:
        candidates.append((float(reading.cable_a), "cable"))
    if reading is not None:
        inputs = (reading.in1, reading.in2)
        limiting, allowing = inputs if outlet.limit_input == 1 else reversed(inputs)
        setpoint = outlet.load_shedding_a
        if setpoint is not None and input_active(limiting, outlet.load_shedding_open):
            candidates.append((float(setpoint), "input"))
        if outlet.start_condition and not input_active(allowing, outlet.start_condition_open):
            candidates.append((0.0, "input"))
    if allowed_a is not None:
        candidates.append((allowed_a, "supervision"))
    if remote is not None:
        candidates.append((remote.amps, remote.reason))
    least = Limit(*min(candidates, key=lambda c: c[0]))
    floor = floor_for(config, three_phase_charge(config, reading, domestic))
    if share is not None and least.amps >= floor and share.amps < least.amps:
        least = share
    return Limit(0.0, "floor", least) if 0.0 < least.amps < floor else least
