# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Energy in exact integers: milli-volt-ampere-seconds, with the remainder carried (R-160, R-161: apparent energy).

The unit of the remainder is half a milliampere x millivolt x frame, so that a trapezoid needs no division either.
Splitting an interval therefore never changes the total by a unit.
"""

from libc.stdint cimport int64_t

cdef enum:
    # 2 halves x 100 000 frames a second x 1000 (mA x mV = a thousandth of a mVA)
    UNITS_A_MVAS = 200000000

cdef struct Energy:
    int64_t mvas
    int64_t remainder


cdef inline void energy_add(Energy *e, int64_t current_twice_ma, int64_t voltage_mv, int64_t frames) noexcept nogil:
    """Add an interval: twice the mean current (the sum of both ends of a trapezoid), voltage, length.

    Current times voltage below 2^62, frames below 2^35 (95 hours).
    """
    cdef int64_t product = current_twice_ma * voltage_mv
    cdef int64_t rest = (product % UNITS_A_MVAS) * frames + e.remainder
    e.mvas += (product // UNITS_A_MVAS) * frames + rest // UNITS_A_MVAS
    e.remainder = rest % UNITS_A_MVAS
