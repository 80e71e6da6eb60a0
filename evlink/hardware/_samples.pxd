# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The plant as the converter sees it: four channels of an outlet, 100 frames a millisecond, ten milliseconds a block.

The waveforms are a model, not a recording: edges of 6 us as a loaded line has them, a mains that is not quite the
converter's, and noise.
"""

from libc.stdint cimport int16_t, int32_t, uint32_t, uint64_t
from libc.string cimport memset

from evlink.hardware._plant cimport (
    F_CLIP, F_NOISE, F_STUCK_CURRENT, F_UPSTREAM,
    Plant, drive_load, drive_vehicle, move_contactor, move_lock, set_levels,
)

cdef enum:
    FRAMES = 1000
    FRAMES_MS = 100
    STEPS = 10  # milliseconds a block
    TABLE = 4096  # entries of a mains period, and of the noise
    MAINS_STEP = 2148343  # a frame, of 2^32 a period: 50.02 Hz, for nor is the mains the converter's

cdef struct Tables:
    float sine[TABLE]
    float noise[TABLE + FRAMES_MS]  # of unit variance; its beginning follows its end

cdef extern from *:
    """
    /* as one expression each, so that the compiler sees a minimum and not a branch */
    #define evl_most(a, b) ((a) > (b) ? (a) : (b))
    #define evl_least(a, b) ((a) < (b) ? (a) : (b))
    """
    int32_t evl_most(int32_t, int32_t) noexcept nogil
    int32_t evl_least(int32_t, int32_t) noexcept nogil

cdef extern from "<math.h>" nogil:
    double sin(double)


cdef inline uint64_t random64(uint64_t* state) noexcept nogil:
    """The next number of xorshift64*."""
    cdef uint64_t x = state[0]
    x ^= x >> 12
    x ^= x << 25
    x ^= x >> 27
    state[0] = x
    return x * <uint64_t>2685821657736338717


cdef inline void fill_tables(Tables* tables) noexcept nogil:
    """Fill the mains period, and noise as sums of twelve even numbers."""
    cdef uint64_t rng = 88172645463325252
    cdef int i, k
    cdef double total
    for i in range(TABLE):
        tables.sine[i] = <float>sin(2 * 3.141592653589793 * i / TABLE)
        total = 0
        for k in range(12):
            total += (random64(&rng) >> 11) / 9007199254740992.0
        tables.noise[i] = <float>(total - 6)
    for i in range(FRAMES_MS):
        tables.noise[TABLE + i] = tables.noise[i]


cdef inline void converted(const float* wave, const float* noise, float amount, int16_t* out) noexcept nogil:
    """A millisecond of a channel with its noise, rounded and clipped to int16 as the converter does."""
    cdef int i
    cdef int32_t value
    for i in range(FRAMES_MS):
        value = <int32_t>(wave[i] + amount * noise[i] + <float>131072.5) - 131072  # rounded downwards below 0 too
        value = evl_most(value, -32768)
        out[i] = <int16_t>evl_least(value, 32767)


cdef inline int frames_before(double phase, double end, int most) noexcept nogil:
    """How many frames from a phase on lie before another one."""
    cdef int n = <int>(end - phase)
    n += phase + n < end
    return min(n, most)


cdef inline void draw_pilot(Plant* p, float* wave) noexcept nogil:
    """Draw a millisecond of the pilot, without noise, plateau by plateau."""
    cdef double period = 99.97  # the generator's quartz is not the converter's; 0.03 % of the 0.5 % allowed
    cdef double edge = 0.6  # frames
    cdef double width = p.duty * period / 10000
    cdef double swing = p.high_mv - p.low_mv
    cdef bint modulated = 0 < p.duty < 10000
    cdef double level = p.low_mv if p.duty == 0 else p.high_mv
    cdef int i = 0, k, n = FRAMES_MS
    while i < FRAMES_MS:
        if modulated:
            n = 1
            if p.phase < edge:
                level = p.low_mv + swing * p.phase / edge
            elif p.phase < width:
                level = p.high_mv
                n = frames_before(p.phase, width, FRAMES_MS - i)
            elif p.phase < width + edge:
                level = p.high_mv - swing * (p.phase - width) / edge
            else:
                level = p.low_mv
                n = frames_before(p.phase, period, FRAMES_MS - i)
            p.phase += n
            if p.phase >= period:
                p.phase -= period
        for k in range(i, i + n):
            wave[k] = <float>level
        i += n
    if p.faults & F_NOISE and p.burst_ms > 0:
        for i in range(FRAMES_MS):
            wave[i] += <float>(2000 * sin(p.burst_phase))
            p.burst_phase += p.burst_step


cdef inline void draw_current(const float* sine, uint32_t mains, double peak, float* wave) noexcept nogil:
    """Draw a millisecond of a current, in centiamperes and without noise."""
    cdef int i
    if peak == 0:
        memset(wave, 0, FRAMES_MS * sizeof(float))
        return
    for i in range(FRAMES_MS):
        wave[i] = <float>peak * sine[<uint32_t>(mains + <uint32_t>i * MAINS_STEP) >> 20]


cdef inline void draw(Plant* p, const Tables* tables, int16_t* out) noexcept nogil:
    """Write a millisecond of all four channels."""
    cdef int phases = min(p.phases, p.supply_phases)
    cdef double others = p.amps * 141.4213562373095
    cdef double peak = others + p.load_amps * 141.4213562373095  # the domestic socket is on the first phase
    cdef uint64_t noise = random64(&p.rng)
    cdef uint32_t third = 1431655765
    cdef float wave[FRAMES_MS]
    cdef int16_t cp[FRAMES_MS]
    cdef int16_t i1[FRAMES_MS]
    cdef int16_t i2[FRAMES_MS]
    cdef int16_t i3[FRAMES_MS]
    cdef int i
    draw_pilot(p, &wave[0])
    converted(&wave[0], &tables.noise[random64(&p.rng) >> 40 & (TABLE - 1)], 25, &cp[0])
    if p.faults & F_CLIP and p.contact and not p.faults & F_UPSTREAM:
        peak = 80000  # a short circuit behind the contactor, beyond what the converter can show
        others = peak
        phases = p.supply_phases
    draw_current(&tables.sine[0], p.mains, peak, &wave[0])
    converted(&wave[0], &tables.noise[noise >> 40 & (TABLE - 1)], 1.5, &i1[0])
    draw_current(&tables.sine[0], p.mains - third, others if phases == 3 else 0, &wave[0])
    converted(&wave[0], &tables.noise[noise >> 20 & (TABLE - 1)], 1.5, &i2[0])
    draw_current(&tables.sine[0], p.mains + third, others if phases == 3 else 0, &wave[0])
    converted(&wave[0], &tables.noise[noise & (TABLE - 1)], 1.5, &i3[0])
    if p.faults & F_STUCK_CURRENT:
        for i in range(FRAMES_MS):
            i1[i] = i2[i] = i3[i] = 1000
    p.mains += FRAMES_MS * MAINS_STEP
    for i in range(FRAMES_MS):
        out[4 * i] = cp[i]
        out[4 * i + 1] = i1[i]
        out[4 * i + 2] = i2[i]
        out[4 * i + 3] = i3[i]


cdef inline void blow_noise(Plant* p) noexcept nogil:
    """Begin and end the bursts of power-line noise on the pilot, 36 to 90 kHz as seen in the field."""
    if p.burst_ms > 1:
        p.burst_ms -= 1
    elif p.burst_ms < -1:
        p.burst_ms += 1
    elif p.burst_ms > 0:
        p.burst_ms = -2 - <int>(random64(&p.rng) % 8)
    else:
        p.burst_ms = 2 + <int>(random64(&p.rng) % 8)
        p.burst_step = 6.283185307179586 * (0.36 + 0.54 * (random64(&p.rng) >> 11) / 9007199254740992.0)
        p.burst_phase = 0


cdef inline void advance(Plant* p, const Tables* tables, int16_t* block) noexcept nogil:
    """Advance an outlet by 10 ms and write its block: int16, shape (1000, 4)."""
    cdef int step
    for step in range(STEPS):
        move_contactor(p)
        move_lock(p)
        drive_vehicle(p)
        drive_load(p)
        set_levels(p)
        if p.start_ms > 0:
            p.start_ms -= 1
        if p.stop_ms > 0:
            p.stop_ms -= 1
        if p.faults & F_NOISE:
            blow_noise(p)
        # 230 V a phase, apparent energy: what a meter beside the station would have counted (R-161).
        p.energy_ws += 0.23 * (p.amps * min(p.phases, p.supply_phases) + p.load_amps)
        draw(p, tables, block + step * FRAMES_MS * 4)
    p.frames += FRAMES
