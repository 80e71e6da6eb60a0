"""The core's protection parameters, from the settings."""

from __future__ import annotations

from evlink import _core
from evlink.settings.facts import Model
from evlink.settings.values import Values

MEASUREMENT = "internal.current_measurement"
FUNCTIONAL = "internal.functional"
OUTLETS = "energy_management.outlets"

# diStatusEnable and diStatusExpected count inputs by the number of their event, less one (docs/decisions/0010).
INPUTS = {6: _core.INPUT_SURGE, 7: _core.INPUT_INTRUSION, 10: _core.INPUT_FLAP, 11: _core.INPUT_UPSTREAM}
USUAL_LEVELS = 0x0060  # what the boards' "tripped" bits are counted from


def limits_from(values: Values, outlet: int) -> _core.Limits:
    """Overcurrent tiers, station overload, calibration and degraded set points as set (percent, seconds, mA, mV)."""

    def number(key: str) -> int:
        return int(values.get(f"{MEASUREMENT}.{key}", outlet))

    def functional(key: str) -> int:
        return int(values.get(f"{FUNCTIONAL}.{key}"))

    enabled = int(str(values.get(f"{FUNCTIONAL}.di_status_enable")), 16)
    turned = int(str(values.get(f"{FUNCTIONAL}.di_status_expected")), 16) ^ USUAL_LEVELS
    # In1 may be the remote contact of breaker and residual-current device; active means tripped.
    parking = values.facts.model is Model.PARKING  # City has another input for it, a Smart Wallbox none
    protected = parking and values.get(f"{OUTLETS}.in1_function", outlet) == "protection_state"
    in1 = _core.INPUT_IN1 if protected else 0
    in1_rests_closed = in1 and not values.get(f"{OUTLETS}.in1_normally_open", outlet)
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
        simplified_allowed=bool(values.get(f"{FUNCTIONAL}.simplified_mode3")),
        simplified_max_ma=functional("sm3_max_current") * 1000,
        simplified_low_ma=functional("sm3_current_low_threshold") * 1000,
        simplified_stop_s=functional("sm3_stop_delay"),
        wake_up_s=functional("ev_charge_timeout"),
        pwm_off_delay_s=functional("state_p_delay_pwm_off"),
        pwm_on_delay_s=functional("state_p_delay_pwm_on"),
        domestic_max_ma=int(values.get("internal.energy.max_te_value")) * 1000,
        domestic_end_s=functional("schuko_with_no_detection_end_of_charge"),
        # A protection device that trips ends a charge whatever the masks say; City has a second one.
        inputs_enabled=_inputs(enabled) | _core.INPUT_UPSTREAM | _core.INPUT_BREAKER | in1,
        inputs_expected=_inputs(turned) | (in1 if in1_rests_closed else 0),
        rating_ma=int(values.get("energy_management.outlets.rated_current", outlet)) * 1000,
    )


def _inputs(mask: int) -> int:
    """The core's input bits of a mask that counts by events."""
    return sum(bit for event, bit in INPUTS.items() if mask >> (event - 1) & 1)
