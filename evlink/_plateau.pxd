# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""One window of the pilot measured: 1000 samples -> two plateaus, duty, frequency, extremes.

A clean window takes one pass in eight lanes; one with spikes or noise on it takes the slow way, which drops them.
"""

from libc.stdint cimport int16_t, int32_t, int64_t
from libc.string cimport memset

from evlink._frame cimport FRAMES_A_SECOND, FRAMES_A_WINDOW
from evlink._lanes cimport EVL_FIRST, EVL_LAST, evl_measure, evl_plateaus, evl_run, evl_run_back

cdef extern from *:
    """
    /* as one expression each, so that the compiler sees a minimum and not a branch */
    #define evl_max(a, b) ((a) > (b) ? (a) : (b))
    #define evl_min(a, b) ((a) < (b) ? (a) : (b))
    """
    int32_t evl_max(int32_t a, int32_t b) noexcept nogil
    int32_t evl_min(int32_t a, int32_t b) noexcept nogil

cdef enum:
    TILE = 200  # samples whose counts fit 16-bit lanes; five tiles a window
    PLATEAU_LEAST = 20  # samples (2 %) below which a plateau is a burst of spikes
    PLATEAU_SEEN = 8  # samples away from the edges that make a mean
    PLATEAU_SPREAD = 500  # millivolts around the mean that count as the plateau itself
    EDGE = 1000  # millivolts on either side of 0 V that an edge must cross
    BINS = 512  # of 64 mV
    LOOKED_AT = EVL_LAST - EVL_FIRST + 1

cdef struct Window:
    int32_t high_mv
    int32_t low_mv
    int32_t has_high
    int32_t has_low
    int32_t modulated
    int32_t duty  # hundredths of a percent
    int32_t frequency  # hertz
    int32_t rejected  # plateaus that the histogram had to decide
    int32_t high_min  # of the samples away from the edges; min above max where there are none
    int32_t high_max
    int32_t low_min
    int32_t low_max


cdef struct Sums:
    int32_t high
    int32_t low
    int32_t n_low
    int32_t most
    int32_t least


cdef inline void sums_tile(const int16_t *x, Sums *s) noexcept nogil:
    """First pass over a tile, without branches: both sides' sums and counts, the extremes.

    A product with 0 or 1 is how to say "only if" without a branch.
    """
    cdef int32_t i, high = 0, low = 0
    cdef int16_t v, below, above, n_low = 0, most = -32768, least = 32767
    for i in range(TILE):
        v = x[i]
        below = <int16_t> (v < 0)
        above = <int16_t> (v >= 0)
        high += <int32_t> v * <int32_t> above
        low += <int32_t> v * <int32_t> below
        n_low += below
        most = evl_max(most, v)
        least = evl_min(least, v)
    s.high += high
    s.low += low
    s.n_low += n_low
    s.most = evl_max(s.most, most)
    s.least = evl_min(s.least, least)


cdef struct Kept:
    int32_t high
    int32_t n_high
    int32_t low
    int32_t n_low


cdef inline void kept_tile(const int16_t *x, int16_t high, int16_t low, Kept *s) noexcept nogil:
    """Second pass over a tile: sums and counts of what lies near each of two levels."""
    cdef int32_t i, high_sum = 0, low_sum = 0
    cdef int16_t v, near_high, near_low, n_high = 0, n_low = 0
    cdef int16_t high_from = evl_max(high - PLATEAU_SPREAD, 0)
    cdef int16_t high_to = evl_min(high + PLATEAU_SPREAD, 32767)
    cdef int16_t low_from = evl_max(low - PLATEAU_SPREAD, -32768)
    cdef int16_t low_to = evl_min(low + PLATEAU_SPREAD, -1)
    for i in range(TILE):
        v = x[i]
        near_high = <int16_t> (v >= high_from) & <int16_t> (v <= high_to)
        near_low = <int16_t> (v >= low_from) & <int16_t> (v <= low_to)
        high_sum += <int32_t> v * <int32_t> near_high
        low_sum += <int32_t> v * <int32_t> near_low
        n_high += near_high
        n_low += near_low
    s.high += high_sum
    s.n_high += n_high
    s.low += low_sum
    s.n_low += n_low


cdef struct Edges:
    int32_t low  # rising crossings of -EDGE
    int32_t high  # and of +EDGE
    int32_t first  # sample of the first crossing of +EDGE
    int32_t last


cdef inline void edges_tile(const int16_t *x, int32_t n, Edges *e) noexcept nogil:
    """Rising crossings of two levels, in 16-bit lanes; reads one sample before `x`."""
    cdef int32_t i
    cdef int16_t low = 0, high = 0
    for i in range(n):
        low += <int16_t> (x[i] >= -EDGE) & <int16_t> (x[i - 1] < -EDGE)
        high += <int16_t> (x[i] > EDGE) & <int16_t> (x[i - 1] <= EDGE)
    e.low += low
    e.high += high


cdef inline void edges_ends(const int16_t *x, Edges *e) noexcept nogil:
    """Where the first and the last crossing of +EDGE are; there are some."""
    e.first = 1
    while x[e.first] <= EDGE or x[e.first - 1] > EDGE:
        e.first += 1
    e.last = FRAMES_A_WINDOW - 1
    while x[e.last] <= EDGE or x[e.last - 1] > EDGE:
        e.last -= 1


cdef inline int32_t highs_in(const int16_t *x, int32_t begin, int32_t end) noexcept nogil:
    """How many samples from `begin` to before `end` are at or above 0 V."""
    cdef int32_t i, n = 0
    for i in range(begin, end):
        n += x[i] >= 0
    return n


cdef inline void edges_slowly(const int16_t *x, Edges *e) noexcept nogil:
    """The same with hysteresis, where noise crossed one level more often than the other."""
    cdef int32_t i
    cdef bint armed = False
    memset(e, 0, sizeof(Edges))
    e.first = -1
    for i in range(FRAMES_A_WINDOW):
        if x[i] < -EDGE:
            armed = True
        elif armed and x[i] > EDGE:
            armed = False
            e.high += 1
            e.last = i
            if e.first < 0:
                e.first = i


cdef inline int32_t inner(const int16_t *x, int32_t positive, int32_t *bins) noexcept nogil:
    """Count into bins the samples of one side of 0 V that have their neighbours there: no edge is among them."""
    cdef int32_t i, v, n = 0
    for i in range(2, FRAMES_A_WINDOW - 1):
        v = x[i]
        if (v >= 0) == positive and (x[i - 2] >= 0) == positive and (x[i - 1] >= 0) == positive \
                and (x[i + 1] >= 0) == positive:
            bins[(v if v >= 0 else -(v + 1)) >> 6] += 1
            n += 1
    return n


cdef inline int32_t trimmed(const int16_t *x, int32_t positive, int32_t n) noexcept nogil:
    """Mean of one side of 0 V without its highest and lowest tenth; bins of 64 mV.

    Of a short plateau a third may be edges (65 to 80 A). Where most of it isn't, the inner samples are taken: to cut
    the edges off by their values would leave a carrier that beats with the samples one of its two crests (50 kHz).
    """
    cdef int32_t bins[BINS]
    cdef int32_t i, v, skip, left, take, keep = 0, n_inner = 0
    cdef int64_t total = 0
    memset(bins, 0, sizeof(bins))
    if n < 200:
        n_inner = inner(x, positive, bins)
    if n_inner * 3 >= n * 2:  # else noise crosses 0 V itself, and what it leaves is one-sided
        n = n_inner
        skip = n // 10
    else:
        if n_inner:
            memset(bins, 0, sizeof(bins))
        for i in range(FRAMES_A_WINDOW):
            v = x[i]
            if (v >= 0) == positive:
                bins[(v if v >= 0 else -(v + 1)) >> 6] += 1
        skip = n // 10 if n >= 200 else n * 2 // 5
    left = n - 2 * skip
    for i in range(BINS):
        take = bins[i]
        if skip:
            v = take if take < skip else skip
            skip -= v
            take -= v
        if take > left:
            take = left
        left -= take
        keep += take
        total += <int64_t> take * (i * 64 + 32)
    if keep == 0:
        return 0
    return <int32_t> (total // keep) * (1 if positive else -1)


cdef inline int32_t plateau(
    Window *w, const int16_t *x, int32_t positive, int32_t n, int32_t kept, int32_t kept_total
) noexcept nogil:
    """One plateau in millivolts. Edges and single spikes are dropped; above 10 % of them the histogram decides."""
    if kept * 10 >= n * 9:
        return kept_total // kept
    w.rejected += 1
    return trimmed(x, positive, n)


cdef inline void measure_slowly(Window *w, const int16_t *x) noexcept nogil:
    """The same by two passes and a histogram, where spikes, noise or slow edges lie on the plateaus."""
    cdef Sums s
    cdef Kept kept
    cdef Edges e
    cdef int32_t k, n_high, highs, span
    cdef int16_t high, low
    memset(&s, 0, sizeof(s))
    memset(&kept, 0, sizeof(kept))
    s.most = -32768
    s.least = 32767
    for k in range(FRAMES_A_WINDOW // TILE):
        sums_tile(x + k * TILE, &s)
    n_high = FRAMES_A_WINDOW - s.n_low
    w.has_high = n_high >= PLATEAU_LEAST
    w.has_low = s.n_low >= PLATEAU_LEAST
    high = <int16_t> (s.high // evl_max(n_high, 1))
    low = <int16_t> (s.low // evl_max(s.n_low, 1))
    for k in range(FRAMES_A_WINDOW // TILE):
        kept_tile(x + k * TILE, high, low, &kept)
    if w.has_high:
        w.high_mv = plateau(w, x, 1, n_high, kept.n_high, kept.high)
    if w.has_low:
        w.low_mv = plateau(w, x, 0, s.n_low, kept.n_low, kept.low)
    if not w.has_high:
        w.high_mv = w.low_mv
    elif not w.has_low:
        w.low_mv = w.high_mv
    w.modulated = w.has_high and w.has_low and -13000 <= w.low_mv <= -11000

    # Duty and frequency over the whole periods between the first rising edge and the last.
    memset(&e, 0, sizeof(e))
    if w.has_high and w.has_low and s.most > EDGE and s.least < -EDGE:
        edges_tile(x + 1, TILE - 1, &e)
        for k in range(1, FRAMES_A_WINDOW // TILE):
            edges_tile(x + k * TILE, TILE, &e)
        if e.low != e.high:
            edges_slowly(x, &e)
        elif e.high:
            edges_ends(x, &e)
    if e.high < 2:
        w.frequency = 0
        w.duty = n_high * (10000 // FRAMES_A_WINDOW)
        return
    span = e.last - e.first
    highs = n_high - highs_in(x, 0, e.first) - highs_in(x, e.last, FRAMES_A_WINDOW)
    w.duty = (highs * 10000 + span // 2) // span
    w.frequency = ((e.high - 1) * FRAMES_A_SECOND + span // 2) // span


cdef inline bint clean(const evl_plateaus *s, const int16_t *x, bint has_high, bint has_low) noexcept nogil:
    """Whether the one pass is to be believed: quiet plateaus, and every edge crosses 0 V once.

    A crossing takes three samples off the plateaus; where two lie closer, they share some. Those at the ends of what
    was looked at are counted by hand.
    """
    cdef int32_t crossings, expected, mean
    if has_high:
        if s.n_high < PLATEAU_SEEN:
            return False
        mean = s.high // s.n_high
        if s.high_max - mean > PLATEAU_SPREAD or mean - s.high_min > PLATEAU_SPREAD:
            return False
    if has_low:
        if s.n_low < PLATEAU_SEEN:
            return False
        mean = s.low // s.n_low
        if s.low_max - mean > PLATEAU_SPREAD or mean - s.low_min > PLATEAU_SPREAD:
            return False
    crossings = 2 * s.rises + <int32_t> (x[EVL_FIRST - 1] >= 0) - <int32_t> (x[EVL_LAST] >= 0)
    expected = 3 * crossings
    expected -= <int32_t> ((x[EVL_FIRST - 1] < 0) != (x[EVL_FIRST] < 0))
    expected -= <int32_t> ((x[EVL_LAST - 1] < 0) != (x[EVL_LAST] < 0))
    expected += <int32_t> ((x[EVL_FIRST - 2] < 0) != (x[EVL_FIRST - 1] < 0))
    expected += <int32_t> ((x[EVL_LAST] < 0) != (x[EVL_LAST + 1] < 0))
    return LOOKED_AT - s.n_high - s.n_low == expected


cdef inline void duty_of(Window *w, const evl_plateaus *s, const int16_t *x) noexcept nogil:
    """Duty and frequency over the whole periods between the first rising edge and the last."""
    cdef int32_t first, last, fall, highs = s.above, span
    if s.rises < 2:
        w.frequency = 0
        w.duty = (s.above * 10000 + LOOKED_AT // 2) // LOOKED_AT
        return
    if x[EVL_FIRST - 1] >= 0:
        fall = evl_run(x, EVL_FIRST, EVL_LAST + 1, 0)
        highs -= fall - EVL_FIRST
        first = evl_run(x, fall, EVL_LAST + 1, 1)
    else:
        first = evl_run(x, EVL_FIRST, EVL_LAST + 1, 1)
    if x[EVL_LAST] < 0:
        fall = evl_run_back(x, EVL_LAST, 1)  # the last sample above 0 V
    else:
        fall = EVL_LAST
    last = evl_run_back(x, fall, 0) + 1
    highs -= fall - last + 1
    span = last - first
    w.duty = (highs * 10000 + span // 2) // span
    w.frequency = ((s.rises - 1) * FRAMES_A_SECOND + span // 2) // span


cdef inline void measure(Window *w, const int16_t *x) noexcept nogil:
    """Plateaus, duty, frequency and extremes of one whole window."""
    cdef evl_plateaus s
    evl_measure(x, &s)
    w.rejected = 0
    w.high_min = s.high_min
    w.high_max = s.high_max if s.n_high else -32768
    w.low_min = s.low_min if s.n_low else 32767
    w.low_max = s.low_max
    w.has_high = s.above >= PLATEAU_LEAST
    w.has_low = LOOKED_AT - s.above >= PLATEAU_LEAST
    if not clean(&s, x, w.has_high, w.has_low):
        measure_slowly(w, x)
        return
    w.high_mv = s.high // evl_max(s.n_high, 1)
    w.low_mv = s.low // evl_max(s.n_low, 1)
    if not w.has_high:
        w.high_mv = w.low_mv
    elif not w.has_low:
        w.low_mv = w.high_mv
    w.modulated = w.has_high and w.has_low and -13000 <= w.low_mv <= -11000
    duty_of(w, &s, x)
