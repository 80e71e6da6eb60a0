# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Currents: RMS a phase over whole mains periods, calibration, and the overcurrent tiers.

A window is 100 ms: five periods at 50 Hz, six at 60 Hz. Squares are summed in integers, so that a window's sum
is exact however the blocks were cut.
"""

from libc.math cimport sqrt
from libc.stdint cimport int16_t, int32_t, int64_t, uint32_t, uint64_t

from evlink._frame cimport LimitsData, clip
from evlink._pilot cimport evl_max, evl_min

cdef enum:
    CURRENT_WINDOW = 10000  # frames, 100 ms
    STRIDE = 50  # every so many frames the sign of a current is looked at
    CREEP_MA = 100  # below this a current counts as none: noise must not run up energy
    CALIBRATION_UNITY = 722  # `currentAdjustmentSlope` at which the gain is 1
    REFERENCES = 128

cdef enum:
    T_LOW = 0
    T_MEDIUM = 1
    T_HIGH = 2
    T_STATION = 3

cdef struct CurrentState:
    uint64_t squares[3]
    int32_t least[3]
    int32_t most[3]
    int32_t filled
    int32_t rms_ma[3]
    int32_t one_sided  # phases (bits) whose current never changed sign in the last window

cdef struct Reference:  # largest limit of a span: falling limits and when each was last signalled
    int64_t at[REFERENCES]
    int32_t limit[REFERENCES]
    int32_t head
    int32_t count

cdef struct Tiers:  # one phase
    int64_t over[3]  # how long each tier has been exceeded, in the unit of `dt`
    int32_t tripped  # bits 1 << T_*


cdef inline void frames_split(
    const int16_t *x, int32_t n, int16_t *pilot, int16_t *a, int16_t *b, int16_t *c
) noexcept nogil:
    """Part interleaved frames into four channels."""
    cdef int32_t i
    for i in range(n):
        pilot[i] = x[4 * i]
        a[i] = x[4 * i + 1]
        b[i] = x[4 * i + 2]
        c[i] = x[4 * i + 3]


cdef inline uint64_t squares(const int16_t *x, int32_t n) noexcept nogil:
    """Sum of squares: each fits 32 bits, and is widened only after."""
    cdef uint64_t total = 0
    cdef int32_t i
    for i in range(n):
        total += <uint32_t> (<int32_t> x[i] * <int32_t> x[i])
    return total


cdef inline bint clipped(const int16_t *x, int32_t frames) noexcept nogil:
    """Whether any current stands at the end of the scale. The pilot's lanes are looked at too, and sorted out after."""
    cdef int32_t i, n = frames * 4
    cdef int16_t least = 0, most = 0, v
    for i in range(n):
        v = x[i]
        least = evl_min(least, v)
        most = evl_max(most, v)
    if least > -32767 and most < 32767:
        return False
    for i in range(frames):
        if (x[4 * i + 1] >= 32767 or x[4 * i + 1] <= -32767 or x[4 * i + 2] >= 32767
                or x[4 * i + 2] <= -32767 or x[4 * i + 3] >= 32767 or x[4 * i + 3] <= -32767):
            return True
    return False


cdef inline int32_t calibrated(uint64_t total, int64_t n, const LimitsData *l) noexcept nogil:
    """RMS in milliamperes from a sum of squared centiamperes, with gain slope/722 and offset."""
    cdef int64_t raw = <int64_t> (sqrt(<double> total * 100.0 / <double> n) + 0.5)
    cdef int64_t ma = (raw * l.slope + CALIBRATION_UNITY // 2) // CALIBRATION_UNITY
    if raw < CREEP_MA:
        return 0
    return clip(ma + l.offset_ma, 0, 4000000)


cdef inline void current_window(CurrentState *s, const LimitsData *l) noexcept nogil:
    """Close a window: RMS of the three phases, and begin the next."""
    cdef int32_t k
    s.one_sided = 0
    for k in range(3):
        s.rms_ma[k] = calibrated(s.squares[k], s.filled, l)
        if s.rms_ma[k] >= 1000 and (s.least[k] > 0 or s.most[k] < 0):
            s.one_sided |= 1 << k
        s.squares[k] = 0
        s.least[k] = 32767
        s.most[k] = -32768
    s.filled = 0


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
