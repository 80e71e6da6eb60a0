# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The control pilot over time: windows -> vehicle state, and the statistics kept for people (IEC 61851-1 Annex A).

A window is 10 ms of the stream, however the blocks were cut. Its state follows the millivolt table with hysteresis by
the window before; the settled state follows the windows quickly toward less energy and slowly toward more.
"""

from libc.stdint cimport int16_t, int32_t, int64_t
from libc.string cimport memset

from evlink._frame cimport FRAMES_A_WINDOW
from evlink._lanes cimport evl_channel
from evlink._table cimport S_A, S_B, S_C, S_D, S_UNKNOWN, pilot_classify
from evlink._plateau cimport Window, measure

cdef enum:
    WINDOWS_DOWN = 3  # toward less energy: 30 ms, at worst 40 ms with the broken window
    DOWN_STEP = 2  # what a window toward less energy counts, where one at rest takes 1 back
    WINDOWS_UP = 51  # toward more energy: at least 500 ms, since the first window may be two thirds full
    WINDOWS_SEEN = 10  # a vehicle that arrives: 100 ms
    BLANK_CLOSED = 8  # windows after closing in which nothing is believed, least of all bounce: 80 ms
    BLANK_MOVED = 10  # windows after any move of the contactor in which no state asks for more: 100 ms
    KEPT = 10  # windows whose statistics are kept: 100 ms

cdef struct PilotState:
    int32_t filled
    int32_t windows  # saturates
    int32_t raw
    int32_t settled
    int32_t history[3]
    int32_t down_run
    int32_t up_run
    int32_t up_state
    int32_t blank_down  # windows left
    int32_t blank_up
    int32_t bad_run  # windows out of every band, in a row
    int32_t b_run  # windows in B in a row
    int32_t b_seen  # since the last A
    int32_t modulated_run
    int64_t glitches
    Window now  # the last window
    Window kept[KEPT]
    int32_t kept_at
    int16_t window[FRAMES_A_WINDOW]


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
    """Let the settled state follow the windows: fast toward less energy, slowly toward more.

    After a move of the contactor its bounce is on the pilot. Closing: nothing is decided for 80 ms, then what has
    lasted three windows counts at once, so that the vehicle's opening is still obeyed within 100 ms (A.6, 8.1).
    """
    cdef int32_t raw = p.raw, have = rank(p.settled), asks = rank(raw), needed
    p.history[0] = p.history[1]
    p.history[1] = p.history[2]
    p.history[2] = raw
    if raw == p.settled:
        if p.history[1] != raw:
            p.glitches += 1
        # It leaks rather than ends: a pilot that swings between C and A each window must settle too.
        p.down_run = p.down_run - 1 if p.down_run > 0 else 0
        p.up_run = 0
    elif asks < have or (asks == 0 and have == 0):
        p.up_run = 0
        p.down_run += DOWN_STEP
        if p.down_run >= DOWN_STEP * WINDOWS_DOWN and not p.blank_down:
            p.settled = middle(p.history)
            p.down_run = 0
    else:
        p.down_run = 0
        p.up_run = p.up_run + 1 if raw == p.up_state and p.up_run and not p.blank_up else 1
        p.up_state = raw
        needed = WINDOWS_UP
        if raw == S_A or raw == S_B:
            needed = WINDOWS_SEEN if p.windows > WINDOWS_DOWN else WINDOWS_DOWN
        if p.up_run >= needed:
            p.settled = raw
            p.up_run = 0
    if p.blank_down:
        p.blank_down -= 1
    if p.blank_up:
        p.blank_up -= 1


cdef inline void pilot_moved(PilotState *p, bint closed) noexcept nogil:
    """The contactor moves now: expect its interference."""
    p.blank_down = BLANK_CLOSED if closed else 0
    p.blank_up = BLANK_MOVED


cdef inline void pilot_window(PilotState *p, const int16_t *x) noexcept nogil:
    """One window through everything: measured, kept, classified, settled."""
    measure(&p.now, x)
    p.glitches += p.now.rejected
    p.kept[p.kept_at] = p.now
    p.kept_at = (p.kept_at + 1) % KEPT
    p.raw = pilot_classify(p.now.high_mv, p.raw)
    if p.windows < 1000000:
        p.windows += 1
    p.bad_run = p.bad_run + 1 if p.raw == S_UNKNOWN and not p.blank_down else 0
    p.modulated_run = p.modulated_run + 1 if p.now.modulated else 0
    p.b_run = p.b_run + 1 if p.raw == S_B else 0
    if p.b_run >= WINDOWS_DOWN:
        p.b_seen = 1
    settle(p)


cdef inline void pilot_statistics(const PilotState *p, int32_t *high, int32_t *low) noexcept nogil:
    """Least, mean and most of each plateau over the last 100 ms, away from the edges; zeros where it was not seen."""
    cdef int32_t k, n = KEPT if p.windows >= KEPT else p.windows
    cdef int32_t highs = 0, lows = 0, high_sum = 0, low_sum = 0
    cdef const Window *w
    memset(high, 0, 3 * sizeof(int32_t))
    memset(low, 0, 3 * sizeof(int32_t))
    for k in range(n):
        w = &p.kept[k]
        if w.has_high and w.high_min <= w.high_max:
            high[0] = w.high_min if highs == 0 or w.high_min < high[0] else high[0]
            high[2] = w.high_max if highs == 0 or w.high_max > high[2] else high[2]
            high_sum += w.high_mv
            highs += 1
        if w.has_low and w.low_min <= w.low_max:
            low[0] = w.low_min if lows == 0 or w.low_min < low[0] else low[0]
            low[2] = w.low_max if lows == 0 or w.low_max > low[2] else low[2]
            low_sum += w.low_mv
            lows += 1
    if highs:
        high[1] = high_sum // highs
    if lows:
        low[1] = low_sum // lows


cdef inline void pilot_break(PilotState *p) noexcept nogil:
    """Forget half a window and half a decision: samples were lost between."""
    p.filled = 0
    p.down_run = 0
    p.up_run = 0
    p.modulated_run = 0


cdef inline void pilot_feed(PilotState *p, const int16_t *x, int32_t n, int32_t step) noexcept nogil:
    """Samples of the pilot, each `step` behind the one before; whole windows that lie together are read in place."""
    cdef int32_t m
    while n > 0:
        if step == 1 and p.filled == 0 and n >= FRAMES_A_WINDOW:
            pilot_window(p, x)
            m = FRAMES_A_WINDOW
        else:
            m = FRAMES_A_WINDOW - p.filled
            if m > n:
                m = n
            evl_channel(x, m, step, &p.window[p.filled])
            p.filled += m
            if p.filled == FRAMES_A_WINDOW:
                p.filled = 0
                pilot_window(p, &p.window[0])
        x += <int64_t> m * step
        n -= m
