# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Currents: RMS a phase over whole mains periods, calibration, and the overcurrent tiers.

A window is 100 ms: five periods at 50 Hz, six at 60 Hz. Squares are summed in integers (`evl_split`), so that a
window's sum is exact however the blocks were cut.
"""

from libc.math cimport sqrt
from libc.stdint cimport int32_t, int64_t, uint64_t
from libc.string cimport memset

from evlink._frame cimport LimitsData
from evlink._lanes cimport evl_currents

cdef enum:
    CURRENT_WINDOW = 10000  # frames, 100 ms
    CREEP_MA = 100  # below this a current counts as none: noise must not run up energy
    CALIBRATION_UNITY = 722  # `currentAdjustmentSlope` at which the gain is 1
    REFERENCES = 128
    USED_MA = 1000  # a phase that carries this is in use, until it carries less than UNUSED_MA
    UNUSED_MA = 700
    STUCK_CA = 10  # a reading that stands still at 0.1 A or more

cdef enum:
    T_LOW = 0
    T_MEDIUM = 1
    T_HIGH = 2
    T_STATION = 3

cdef struct CurrentState:
    evl_currents sums
    int32_t filled
    int32_t rms_ma[3]
    int32_t used  # phases (bits) in use
    int32_t implausible  # phases whose last window cannot be a mains current

cdef struct Reference:  # largest limit of a span: falling limits and when each was last signalled
    int64_t at[REFERENCES]
    int32_t limit[REFERENCES]
    int32_t head
    int32_t count

cdef struct Tiers:  # one phase
    int64_t over[3]  # how long each tier has been exceeded, in the unit of `dt`
    int32_t tripped  # bits 1 << T_*


cdef inline int32_t calibrated(uint64_t total, int64_t n, const LimitsData *l) noexcept nogil:
    """RMS in milliamperes from a sum of squared centiamperes, with gain slope/722 and offset."""
    cdef int64_t raw = <int64_t> (sqrt(<double> total * 100.0 / <double> n) + 0.5)
    cdef int64_t ma = (raw * l.slope + CALIBRATION_UNITY // 2) // CALIBRATION_UNITY
    if raw < CREEP_MA:
        return 0
    ma += l.offset_ma
    return <int32_t> (0 if ma < 0 else 4000000 if ma > 4000000 else ma)


cdef inline void current_start(CurrentState *s) noexcept nogil:
    """Begin a window."""
    cdef int k
    memset(&s.sums, 0, sizeof(s.sums))
    for k in range(3):
        s.sums.least[k] = 32767
        s.sums.most[k] = -32768
    s.filled = 0


cdef inline bint no_mains(const evl_currents *c, int32_t k, int32_t n, int32_t rms_ma) noexcept nogil:
    """Whether a phase cannot be a mains current: it stood still, or was of one sign all the time (a mean of 80 % of
    its RMS and more: 90 % if rectified, 100 % if constant).
    """
    cdef int64_t mean_ma = c.sums[k] * 10 // n
    if c.least[k] == c.most[k] and not -STUCK_CA < c.least[k] < STUCK_CA:
        return True
    return rms_ma >= USED_MA and (mean_ma * 10 > <int64_t> rms_ma * 8 or -mean_ma * 10 > <int64_t> rms_ma * 8)


cdef inline void current_window(CurrentState *s, const LimitsData *l) noexcept nogil:
    """Close a window: RMS of the three phases, which of them are in use, and begin the next."""
    cdef int32_t k, raw_ma
    s.implausible = 0
    for k in range(3):
        s.rms_ma[k] = calibrated(s.sums.squares[k], s.filled, l)
        raw_ma = <int32_t> sqrt(<double> s.sums.squares[k] * 100.0 / <double> s.filled)
        if no_mains(&s.sums, k, s.filled, raw_ma):
            s.implausible |= 1 << k
        if s.rms_ma[k] >= USED_MA:
            s.used |= 1 << k
        elif s.rms_ma[k] < UNUSED_MA:
            s.used &= ~(1 << k)
    current_start(s)


cdef inline int32_t phases_used(const CurrentState *s) noexcept nogil:
    return (s.used & 1) + (s.used >> 1 & 1) + (s.used >> 2 & 1)


cdef inline int32_t reference(Reference *r, int64_t now, int64_t span, int32_t limit) noexcept nogil:
    """Note the limit signalled now; returns the largest that was signalled within the span, both ends included."""
    cdef int32_t tail
    while r.count and now - r.at[r.head] > span:
        r.head = (r.head + 1) % REFERENCES
        r.count -= 1
    while r.count:
        tail = (r.head + r.count - 1) % REFERENCES
        if r.limit[tail] > limit:
            break
        r.count -= 1
    if r.count == REFERENCES:  # ever falling: the last one stands for this one too, a little too high
        r.at[(r.head + r.count - 1) % REFERENCES] = now
    else:
        tail = (r.head + r.count) % REFERENCES
        r.at[tail] = now
        r.limit[tail] = limit
        r.count += 1
    return r.limit[r.head]


cdef inline int64_t leak(int64_t over, bint exceeded, int64_t dt, bint leaky) noexcept nogil:
    """Time over a threshold: gains dt when over, loses dt when not (or all of it), never below 0."""
    if exceeded:
        return over + dt
    if not leaky or over < dt:
        return 0
    return over - dt


cdef inline int32_t tiers_step(
    Tiers *t, const LimitsData *l, int64_t current_ma, int64_t reference_ma, int64_t dt, int64_t second
) noexcept nogil:
    """One phase through its three tiers; returns those that tripped just now (each once until cleared).

    Over means strictly above reference x (1 + tolerance); `second` is the length of a second in the unit of `dt`.
    """
    cdef int32_t k, fresh = 0
    cdef int32_t tolerance[3]
    cdef int32_t delay[3]
    cdef bint exceeded
    tolerance[0] = l.low_tolerance
    tolerance[1] = l.medium_tolerance
    tolerance[2] = l.high_tolerance
    delay[0] = l.low_delay_s
    delay[1] = l.medium_delay_s
    delay[2] = l.high_delay_s
    for k in range(3):
        exceeded = current_ma * 100 > reference_ma * (100 + tolerance[k])
        t.over[k] = leak(t.over[k], exceeded, dt, l.leaky)
        if exceeded and t.over[k] >= delay[k] * second and not t.tripped & (1 << k):
            t.tripped |= 1 << k
            fresh |= 1 << k
    return fresh
