"""The core's protection parameters, from the settings."""

from __future__ import annotations

from evlink import _core
from evlink.settings.values import Values

MEASUREMENT = "internal.current_measurement"


def limits_from(values: Values, outlet: int) -> _core.Limits:
    """Overcurrent tiers, station overload, calibration and degraded set points as set (percent, seconds, mA, mV)."""

    def number(key: str) -> int:
        return int(values.get(f"{MEASUREMENT}.{key}", outlet))

    return _core.Limits(
        low_tolerance=number("low_overcurrent_tolerance"),
        medium_tolerance=number("medium_overcurrent_tolerance"),
        high_tolerance=number("high_overcurrent_tolerance"),
        low_delay_s=number("low_overcurrent_delay"),
        medium_delay_s=number("medium_overcurrent_delay"),
        high_delay_s=number("high_overcurrent_delay"),
        station_max_ma=number("i_max_station") * 1000,
        station_tolerance=number("overload_tolerance"),
        station_delay_s=number("overload_delay"),
        slope=number("current_adjustment_slope"),
        offset_ma=number("current_adjustment_offset") * 10,  # counted in centiamperes, as samples are
        voltage_mv=int(values.get("energy_management.meters.phase_neutral_voltage")) * 1000,
        degraded_single_ma=int(values.get("internal.evlink_energy.degraded_mode_set_point_mono")) * 1000,
        degraded_three_ma=int(values.get("internal.evlink_energy.degraded_mode_set_point_tri")) * 1000,
        rating_ma=int(values.get("energy_management.outlets.rated_current", outlet)) * 1000,
    )
