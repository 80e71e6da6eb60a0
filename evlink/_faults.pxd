# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Faults of pilot, plug, contactor, lock and samples: when each is set, and when it may end."""

from libc.stdint cimport int32_t, int64_t

from evlink._frame cimport FRAMES_A_MS, FRAMES_A_SECOND
from evlink._outlet cimport (
    D_NOT_CLOSED, D_WELDED, F_CONTACTOR, F_DIODE, F_GAP, F_LOCK, F_MEASUREMENT, F_OVERLOAD, F_PILOT, F_PLUG, F_SHORT,
    F_SHORT_CIRCUIT, F_UNPLUGGED, F_VENTILATION, FB_CONTACTOR, FB_LOCK, STEADY, W_STEP,
    Outlet, fault_clear, fault_detail, fault_is, fault_set, gone, modulating,
)
from evlink._pilot cimport PilotState
from evlink._table cimport S_A, S_B, S_D, S_E, S_F, S_UNKNOWN, cable_rating

cdef enum:  # in frames but for the windows
    PWM_SETTLED = 100 * FRAMES_A_MS  # after it was switched on
    OFFER_SETTLED = 50 * FRAMES_A_MS  # after its duty was changed
    LOW_MISSING = 10  # windows without -12 V
    OFF_BAND = 10  # windows with another duty or frequency than commanded
    LOW_HOLD = 30 * FRAMES_A_SECOND  # before the pilot is modulated again
    CONTACTOR_TRAVEL = 150 * FRAMES_A_MS
    LOCK_TRAVEL = 3 * FRAMES_A_SECOND
    LOCK_LOST = 500 * FRAMES_A_MS
    F_ANSWERED = 500 * FRAMES_A_MS  # -12 V measured on after it was last commanded
    PLUG_GONE = 30 * FRAMES_A_MS
    PLUG_SEEN = 100 * FRAMES_A_MS
    PLUG_BAD = 500 * FRAMES_A_MS
    LEFT = 300 * FRAMES_A_MS  # in A: a vehicle that went, and no contact that failed for a moment
    HERTZ = 1000
    HERTZ_OFF = 20  # 2 %; the generator's own tolerance is 0.5 % (table A.2)
    DUTY_OFF = 150  # hundredths of a percent


cdef inline void plug_take(Outlet *o, int32_t ohm) noexcept nogil:
    """The plug resistor, once a block: gone after 30 ms, believed after 100 ms, unreadable after 500 ms."""
    cdef int32_t ma = cable_rating(ohm)
    cdef int64_t needed = PLUG_SEEN
    o.plug_ohm = ohm
    if ma != o.plug_ma:
        o.plug_ma = ma
        o.plug_since = o.samples
    if ma == o.cable_ma:
        return
    if ma == 0:
        needed = PLUG_GONE
    elif ma < 0:
        needed = PLUG_BAD
    if o.samples - o.plug_since >= needed:
        o.cable_ma = ma


cdef inline void low_checked(Outlet *o) noexcept nogil:
    """The -12 V plateau while modulated (table A.4): missing as deep as the other is high is a missing diode."""
    cdef PilotState *p = &o.pilot
    cdef int32_t sum_mv = p.now.high_mv + p.now.low_mv
    cdef bint low_ok = p.now.has_low and -13000 <= p.now.low_mv <= -11000
    if not (modulating(o) and o.samples - o.pwm_since >= PWM_SETTLED) or low_ok or not S_B <= p.raw <= S_D:
        o.low_missing = 0
        return
    o.low_missing += 1
    if o.low_missing >= LOW_MISSING:
        o.low_missing = 0
        if p.now.has_low and -1200 <= sum_mv <= 1200:  # current flows both ways
            fault_set(o, F_DIODE)
        else:
            o.low_hold = o.samples + LOW_HOLD


cdef inline void offer_checked(Outlet *o) noexcept nogil:
    """Duty and frequency as measured against what was commanded (table A.2), 50 ms after the last change."""
    cdef PilotState *p = &o.pilot
    cdef int32_t duty = p.now.duty - o.duty, hertz = p.now.frequency - HERTZ
    cdef bint settled = modulating(o) and o.samples - o.duty_moved_at >= OFFER_SETTLED and p.now.modulated
    if not settled or not S_B <= p.raw <= S_D or (-DUTY_OFF <= duty <= DUTY_OFF and -HERTZ_OFF <= hertz <= HERTZ_OFF):
        o.off_band = 0
        return
    o.off_band += 1
    if o.off_band >= OFF_BAND:
        o.off_band = 0
        o.low_hold = o.samples + LOW_HOLD


cdef inline void pilot_faults(Outlet *o) noexcept nogil:
    """Pilot out of its bands, -12 V missing, another offer than commanded, diode missing, foreign state F."""
    cdef bint bad
    low_checked(o)
    offer_checked(o)
    if o.state == S_A:
        o.low_hold = 0
    bad = o.pilot.bad_run >= 3 or (o.state == S_UNKNOWN and o.faults & F_PILOT) or o.samples < o.low_hold
    bad = bad or (o.state == S_E and not o.faults & F_SHORT)
    bad = bad or (o.state == S_F and o.duty != 0 and o.samples - o.duty_at >= F_ANSWERED)
    fault_is(o, F_PILOT, bad)


cdef inline void vehicle_faults(Outlet *o) noexcept nogil:
    """What the vehicle's side may be wrong with: pilot, plug, ventilation. A domestic socket has none of them."""
    if o.permit.domestic:
        fault_clear(o, F_PILOT | F_DIODE | F_SHORT | F_PLUG | F_VENTILATION | F_UNPLUGGED)
        return
    pilot_faults(o)
    fault_is(o, F_PLUG, o.cable_ma < 0 and not o.permit.attached_cable)
    if o.state == S_D and o.permit_known and o.permit.authorised and not o.permit.ventilation:
        fault_set(o, F_VENTILATION)
    elif o.state == S_A or o.permit.ventilation or not o.permit.authorised:
        fault_clear(o, F_VENTILATION)
    if not o.permit.attached_cable and o.cable_ma == 0:
        if o.contactor:
            fault_set(o, F_UNPLUGGED)  # the plug was drawn in C or D


cdef inline void mechanics(Outlet *o) noexcept nogil:
    """Contactor and lock against what they were told."""
    cdef int32_t closed = 1 if o.feedback & FB_CONTACTOR else 0
    cdef int32_t locked = 1 if o.feedback & FB_LOCK else 0
    cdef int64_t patience
    if closed == o.contactor:
        o.contactor_agreed = o.samples
    elif o.samples - o.contactor_agreed >= CONTACTOR_TRAVEL:
        fault_detail(o, F_CONTACTOR, D_WELDED if closed else D_NOT_CLOSED)
    if o.permit.attached_cable or locked == o.lock:
        o.lock_agreed = o.samples
        fault_clear(o, F_LOCK)
    else:
        patience = LOCK_TRAVEL if o.samples - o.lock_at < LOCK_TRAVEL + LOCK_LOST else LOCK_LOST
        if o.samples - o.lock_agreed >= patience:
            fault_set(o, F_LOCK)


cdef inline void unplugged_over(Outlet *o) noexcept nogil:
    """Let go of a vehicle lost under load a second after it left, whether or not the next one is plugged in already."""
    if not o.faults & F_UNPLUGGED:
        o.left_at = -1
    elif o.left_at < 0 and gone(o) and o.samples - o.state_since >= LEFT:
        o.left_at = o.state_since
    if o.left_at >= 0 and o.samples - o.left_at >= STEADY:
        fault_clear(o, F_UNPLUGGED)


cdef inline void latches(Outlet *o) noexcept nogil:
    """Let go what is latched until the vehicle has left."""
    cdef int32_t closed = 1 if o.feedback & FB_CONTACTOR else 0
    unplugged_over(o)
    if not gone(o):
        return
    fault_clear(o, F_DIODE | F_SHORT_CIRCUIT | F_OVERLOAD)
    o.tiers[0].tripped = o.tiers[1].tripped = o.tiers[2].tripped = 0
    o.trip_now = 0
    o.ended = 0
    if closed == o.contactor and o.samples - o.contactor_at >= STEADY:
        fault_clear(o, F_CONTACTOR)


cdef inline void faults_tick(Outlet *o) noexcept nogil:
    """Faults from the pilot and from slow signals, and the end of those that may end."""
    if o.wake != W_STEP:  # the F of a wake-up is ours, and hides the vehicle
        vehicle_faults(o)
    mechanics(o)
    if o.gap and o.samples - o.gap_at >= STEADY:
        o.gap = 0
    fault_is(o, F_GAP, o.gap)
    if o.faults & F_MEASUREMENT and o.samples - o.measured_at >= STEADY:
        fault_clear(o, F_MEASUREMENT)
    latches(o)
