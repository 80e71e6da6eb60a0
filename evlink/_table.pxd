# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The tables of IEC 61851-1 Annex A and B: millivolts -> state, current <-> duty, plug resistor -> cable."""

from libc.stdint cimport int32_t

cdef enum:
    S_UNKNOWN = 0
    S_A = 1
    S_B = 2
    S_C = 3
    S_D = 4
    S_E = 5
    S_F = 6


cdef inline int32_t pilot_classify(int32_t mv, int32_t before) noexcept nogil:
    """State from the positive plateau (IEC 61851-1 table A.4 with the optional hysteresis of A.4.11)."""
    if mv > 13000:
        return S_UNKNOWN
    if mv >= 11000:
        return S_A
    if mv >= 10000:
        return S_A if before == S_A else S_B
    if mv >= 8000:
        return S_B
    if mv >= 7000:
        return S_B if before == S_A or before == S_B else S_C
    if mv >= 5000:
        return S_C
    if mv >= 4000:
        return S_C if before == S_A or before == S_B or before == S_C else S_D
    if mv >= 2000:
        return S_D
    if mv >= -1000:
        return S_E
    if mv >= -2000:
        return S_E if S_A <= before <= S_E else S_UNKNOWN
    if mv >= -10000:
        return S_UNKNOWN
    if mv >= -11000:
        return S_F if before == S_F else S_UNKNOWN
    if mv >= -13000:
        return S_F
    return S_UNKNOWN


cdef inline int32_t pilot_duty_from_ma(int32_t ma) noexcept nogil:
    """Duty in hundredths of a percent (IEC 61851-1 table A.8), rounded to the lesser current."""
    if ma < 6000:
        return 10000
    if ma <= 51000:
        return ma // 6
    if ma < 52525:  # between 85 % and 85.01 % no duty offers these currents
        return 8500
    if ma < 80000:
        return 6400 + ma // 25
    return 9600


cdef inline int32_t pilot_ma_from_duty(int32_t duty) noexcept nogil:
    """Current that a vehicle may draw at a duty in hundredths of a percent (IEC 61851-1 table A.8)."""
    if duty < 800 or duty > 9700:
        return 0
    if duty < 1000:
        return 6000
    if duty <= 8500:
        return duty * 6
    if duty <= 9600:
        return (duty - 6400) * 25
    return 80000


cdef inline int32_t cable_rating(int32_t ohm) noexcept nogil:
    """Cable rating from the plug resistor (IEC 61851-1 table B.2); 0 = no plug, -1 = in a gap or out of range."""
    if ohm < 0 or ohm > 4500:
        return 0
    if 1100 <= ohm <= 2460:
        return 13000
    if 400 <= ohm <= 936:
        return 20000
    if 164 <= ohm <= 308:
        return 32000
    if 80 <= ohm <= 140:
        return 63000
    return -1
