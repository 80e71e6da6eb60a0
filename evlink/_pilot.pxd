# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""The control pilot: samples -> plateaus, duty, frequency -> vehicle state (IEC 61851-1 Annex A).

A window is 10 ms of the stream, however the blocks were cut. Its plateaus are means of the samples above and below
0 V without edges and spikes; the state of a window follows the millivolt table with hysteresis by the window before;
the settled state follows the windows quickly toward less energy and slowly toward more.
"""

from libc.stdint cimport int16_t, int32_t, int64_t
from libc.string cimport memcpy, memset

from evlink._frame cimport FRAMES_A_SECOND, FRAMES_A_WINDOW

cdef extern from *:
    """
    /* as one expression each, so that the compiler sees a minimum and not a branch */
    #define evl_max(a, b) ((a) > (b) ? (a) : (b))
    #define evl_min(a, b) ((a) < (b) ? (a) : (b))
    """
    int32_t evl_max(int32_t a, int32_t b) noexcept nogil
    int32_t evl_min(int32_t a, int32_t b) noexcept nogil

cdef enum:
    S_UNKNOWN = 0
    S_A = 1
    S_B = 2
    S_C = 3
    S_D = 4
    S_E = 5
    S_F = 6

cdef enum:
    TILE = 200  # samples whose counts fit 16-bit lanes; five tiles a window
    PLATEAU_LEAST = 20  # samples (2 %) below which a plateau is a burst of spikes
    PLATEAU_SPREAD = 500  # millivolts around the mean that count as the plateau itself
    EDGE = 1000  # millivolts on either side of 0 V that an edge must cross
    BINS = 512  # of 64 mV
    WINDOWS_DOWN = 3  # toward less energy: 30 ms, at worst 40 ms with the broken window
    WINDOWS_UP = 51  # toward more energy: at least 500 ms, since the first window may be two thirds full
    WINDOWS_SEEN = 10  # a vehicle that arrives: 100 ms

cdef struct PilotState:
    int32_t filled
    int32_t windows  # saturates
    int32_t raw
    int32_t settled
    int32_t history[3]
    int32_t down_run
    int32_t up_run
    int32_t up_state
    int32_t bad_run  # windows out of every band, in a row
    int32_t b_run  # windows in B in a row
    int32_t b_seen  # since the last A
    int32_t high_mv
    int32_t low_mv
    int32_t has_low
    int32_t modulated
    int32_t modulated_run
    int32_t duty
    int32_t frequency
    int64_t glitches
    int16_t window[FRAMES_A_WINDOW]


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


cdef inline int32_t rank(int32_t state) noexcept nogil:
    """How much energy a state asks for. D stands under C: whether it may have any is not the pilot's to say."""
    if state == S_C:
        return 4
    if state == S_D:
        return 3
    if state == S_B:
        return 2
    if state == S_A:
        return 1
    return 0


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


cdef inline int32_t trimmed(const int16_t *x, int32_t positive, int32_t n) noexcept nogil:
    """Mean of one side of 0 V without its highest and lowest tenth, by a histogram of 64 mV bins."""
    cdef int32_t bins[BINS]
    cdef int32_t i, v, skip, left, take, keep = 0
    cdef int64_t total = 0
    memset(bins, 0, sizeof(bins))
    for i in range(FRAMES_A_WINDOW):
        v = x[i]
        if (v >= 0) == positive:
            bins[(v if v >= 0 else -(v + 1)) >> 6] += 1
    skip = n // 10
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
    PilotState *p, const int16_t *x, int32_t positive, int32_t n, int32_t kept, int32_t kept_total
) noexcept nogil:
    """One plateau in millivolts. Edges and single spikes are dropped; above 10 % of them the histogram decides."""
    if kept * 10 >= n * 9:
        return kept_total // kept
    p.glitches += 1
    return trimmed(x, positive, n)


cdef inline void measure(PilotState *p, const int16_t *x) noexcept nogil:
    """Plateaus, duty and frequency of one whole window."""
    cdef Sums s
    cdef Kept kept
    cdef Edges e
    cdef int32_t k, n_high, highs, span
    cdef int16_t high, low
    cdef bint has_high
    memset(&s, 0, sizeof(s))
    memset(&kept, 0, sizeof(kept))
    s.most = -32768
    s.least = 32767
    for k in range(FRAMES_A_WINDOW // TILE):
        sums_tile(x + k * TILE, &s)
    n_high = FRAMES_A_WINDOW - s.n_low
    has_high = n_high >= PLATEAU_LEAST
    p.has_low = s.n_low >= PLATEAU_LEAST
    high = <int16_t> (s.high // evl_max(n_high, 1))
    low = <int16_t> (s.low // evl_max(s.n_low, 1))
    for k in range(FRAMES_A_WINDOW // TILE):
        kept_tile(x + k * TILE, high, low, &kept)
    if has_high:
        p.high_mv = plateau(p, x, 1, n_high, kept.n_high, kept.high)
    if p.has_low:
        p.low_mv = plateau(p, x, 0, s.n_low, kept.n_low, kept.low)
    if not has_high:
        p.high_mv = p.low_mv
    elif not p.has_low:
        p.low_mv = p.high_mv
    p.modulated = has_high and p.has_low and -13000 <= p.low_mv <= -11000

    # Duty and frequency over the whole periods between the first rising edge and the last.
    memset(&e, 0, sizeof(e))
    if has_high and p.has_low and s.most > EDGE and s.least < -EDGE:
        edges_tile(x + 1, TILE - 1, &e)
        for k in range(1, FRAMES_A_WINDOW // TILE):
            edges_tile(x + k * TILE, TILE, &e)
        if e.low != e.high:
            edges_slowly(x, &e)
        elif e.high:
            edges_ends(x, &e)
    if e.high < 2:
        p.frequency = 0
        p.duty = n_high * (10000 // FRAMES_A_WINDOW)
        return
    span = e.last - e.first
    highs = n_high - highs_in(x, 0, e.first) - highs_in(x, e.last, FRAMES_A_WINDOW)
    p.duty = (highs * 10000 + span // 2) // span
    p.frequency = ((e.high - 1) * FRAMES_A_SECOND + span // 2) // span


cdef inline int32_t middle(const int32_t *three) noexcept nogil:
    """The state of middle rank among three windows: one window alone cannot choose."""
    cdef int32_t a = three[0], b = three[1], c = three[2]
    cdef int32_t ra = rank(a), rb = rank(b), rc = rank(c)
    if (ra <= rb <= rc) or (rc <= rb <= ra):
        return b
    if (rb <= ra <= rc) or (rc <= ra <= rb):
        return a
    return c


cdef inline void settle(PilotState *p) noexcept nogil:
    """Let the settled state follow the windows: fast toward less energy, slowly toward more."""
    cdef int32_t raw = p.raw, have = rank(p.settled), asks = rank(raw), needed
    p.history[0] = p.history[1]
    p.history[1] = p.history[2]
    p.history[2] = raw
    if raw == p.settled:
        if p.down_run or p.up_run:
            p.glitches += 1
        p.down_run = 0
        p.up_run = 0
    elif asks < have or (asks == 0 and have == 0):
        p.up_run = 0
        p.down_run += 1
        if p.down_run >= WINDOWS_DOWN:
            p.settled = middle(p.history)
            p.down_run = 0
    else:
        p.down_run = 0
        p.up_run = p.up_run + 1 if raw == p.up_state and p.up_run else 1
        p.up_state = raw
        needed = WINDOWS_UP
        if raw == S_A or raw == S_B:
            needed = WINDOWS_SEEN if p.windows > WINDOWS_DOWN else WINDOWS_DOWN
        if p.up_run >= needed:
            p.settled = raw
            p.up_run = 0


cdef inline void pilot_window(PilotState *p, const int16_t *x) noexcept nogil:
    """One window through everything: measured, classified, settled."""
    measure(p, x)
    p.raw = pilot_classify(p.high_mv, p.raw)
    if p.windows < 1000000:
        p.windows += 1
    p.bad_run = p.bad_run + 1 if p.raw == S_UNKNOWN else 0
    p.modulated_run = p.modulated_run + 1 if p.modulated else 0
    p.b_run = p.b_run + 1 if p.raw == S_B else 0
    if p.b_run >= WINDOWS_DOWN:
        p.b_seen = 1
    settle(p)


cdef inline void pilot_break(PilotState *p) noexcept nogil:
    """Forget half a window and half a decision: samples were lost between."""
    p.filled = 0
    p.down_run = 0
    p.up_run = 0
    p.modulated_run = 0


cdef inline void pilot_feed(PilotState *p, const int16_t *x, int32_t n) noexcept nogil:
    """Samples of one contiguous channel; whole windows are read where they lie."""
    cdef int32_t m
    while n > 0:
        if p.filled == 0 and n >= FRAMES_A_WINDOW:
            pilot_window(p, x)
            m = FRAMES_A_WINDOW
        else:
            m = FRAMES_A_WINDOW - p.filled
            if m > n:
                m = n
            memcpy(&p.window[p.filled], x, m * sizeof(int16_t))
            p.filled += m
            if p.filled == FRAMES_A_WINDOW:
                p.filled = 0
                pilot_window(p, &p.window[0])
        x += m
        n -= m
