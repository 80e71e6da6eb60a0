# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""One outlet's decisions: permit, faults, what the pilot offers, when the contactor closes and opens.

Every decision falls at the end of a pilot window (10 ms of samples). Clauses are of IEC 61851-1, Annex A.
"""

from libc.stdint cimport int16_t, int32_t, int64_t, uint64_t
from libc.string cimport memset

from evlink._current cimport (
    CURRENT_WINDOW, STRIDE, T_HIGH, T_STATION, CurrentState, Reference, Tiers,
    clipped, current_window, frames_split, leak, reference, squares, tiers_step,
)
from evlink._energy cimport Energy, energy_add
from evlink._frame cimport (
    EV_CLOSED, EV_FAULT_CLEARED, EV_FAULT_SET, EV_INPUTS, EV_OPENED, EV_PERMIT, EV_STATE, EV_TRIP,
    FRAMES_A_MS, FRAMES_A_SECOND, FRAMES_A_WINDOW, OUTLETS_AT_MOST,
    Area, FrameData, PermitData, emit, seq_write, validate_permit,
)
from evlink._pilot cimport (
    S_A, S_B, S_C, S_D, S_E, S_F, S_UNKNOWN, PilotState,
    pilot_break, pilot_duty_from_ma, pilot_ma_from_duty, pilot_window,
)

cdef enum:
    F_PILOT = 1 << 0
    F_DIODE = 1 << 1
    F_SHORT = 1 << 2
    F_PLUG = 1 << 3
    F_VENTILATION = 1 << 4
    F_CONTACTOR = 1 << 5
    F_LOCK = 1 << 6
    F_OVERLOAD = 1 << 7
    F_SHORT_CIRCUIT = 1 << 8
    F_MEASUREMENT = 1 << 9
    F_GAP = 1 << 10
    F_UNPLUGGED = 1 << 11

cdef enum:
    P_NONE = 0
    P_LIVE = 1
    P_DEGRADED = 2
    P_LAPSED = 3

cdef enum:
    O_NO_PERMIT = 1
    O_VEHICLE = 2
    O_FAULT = 3
    O_UNDER_LOAD = 4
    O_LAPSED = 5
    O_ORDER = 6

cdef enum:
    FB_CONTACTOR = 1
    FB_LOCK = 2

cdef enum:  # all in frames
    LEASE = 5 * FRAMES_A_SECOND
    LAPSE = 60 * FRAMES_A_SECOND
    PWM_INTERVAL = 5 * FRAMES_A_SECOND  # between changes upward (A.6, sequence 6)
    OPEN_WITHIN = 6 * FRAMES_A_SECOND  # the vehicle ignores 100 % duty (A.6, 10.2)
    OVERLOAD_WITHIN = FRAMES_A_SECOND
    OFF_AT_LEAST = 2 * FRAMES_A_SECOND  # leaves the 3 s of A.6, sequence 4, to close again
    PWM_SETTLED = 100 * FRAMES_A_MS  # after it was switched on
    LOW_MISSING = 10  # windows without -12 V
    LOW_HOLD = 30 * FRAMES_A_SECOND  # before the pilot is modulated again
    CONTACTOR_TRAVEL = 150 * FRAMES_A_MS
    LOCK_TRAVEL = 3 * FRAMES_A_SECOND
    LOCK_LOST = 500 * FRAMES_A_MS
    PLUG_GONE = 30 * FRAMES_A_MS
    PLUG_SEEN = 100 * FRAMES_A_MS
    PLUG_BAD = 500 * FRAMES_A_MS
    UNLOCK_IN_F = 5 * FRAMES_A_SECOND
    GAP_LOST = 50 * FRAMES_A_MS
    GAP_BRIDGED = 100 * FRAMES_A_MS
    STEADY = FRAMES_A_SECOND  # that a fault without a latch must be gone
    NEVER = 15 * FRAMES_A_SECOND  # without any permit
    DESERTED = 10 * FRAMES_A_SECOND  # contactor open and no station
    USED_MA = 1000  # a phase that carries this is in use

cdef struct Outlet:
    Area *area
    PilotState pilot
    CurrentState current
    Reference reference
    Tiers tiers[3]
    Energy energy
    PermitData permit
    uint64_t permit_lock  # of the shared permit when it was last read
    FrameData frame
    int64_t samples
    int64_t blocks
    int64_t overruns
    int64_t clamped
    int64_t permit_at
    int32_t permit_known
    int32_t permit_state
    int32_t degraded_ma
    int32_t faults
    int32_t state  # settled, as last announced
    int64_t state_since
    int32_t simplified
    int32_t limit_ma
    int32_t duty
    int64_t duty_at  # last change
    int64_t pwm_since  # since it was last switched on
    int32_t contactor
    int64_t contactor_at  # last change
    int64_t contactor_agreed  # last time that feedback and command were the same
    int64_t stop_since  # 0 = not stopping
    int32_t trip_now
    int32_t lock
    int64_t lock_at
    int64_t lock_agreed
    int32_t inputs
    int32_t feedback
    int32_t plug_ohm
    int32_t plug_ma  # of the last block
    int64_t plug_since
    int32_t cable_ma  # settled; -1 = unreadable
    int32_t low_missing
    int64_t low_hold  # until then the pilot stays unmodulated
    int64_t unavailable_since  # -1 = available
    int64_t gap_at
    int32_t gap
    int64_t implausible  # frames with current where none can flow
    int64_t measured_at  # last time that a current was implausible

cdef struct Station:
    int32_t count
    int32_t realtime
    int64_t clock  # the farthest of the outlets' samples
    int64_t over[3]  # leaky time of the station overload, a phase
    Outlet outlets[OUTLETS_AT_MOST]


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


cdef inline void outlet_start(Outlet *o, Area *area) noexcept nogil:
    """An outlet at rest: contactor open, 100 % duty, no permit."""
    memset(o, 0, sizeof(Outlet))
    o.area = area
    o.permit.available = 1
    o.permit.limits.slope = 722
    o.permit.limits.voltage_mv = 230000
    validate_permit(&o.permit)
    o.duty = 10000
    o.duty_at = -PWM_INTERVAL
    o.contactor_at = -OFF_AT_LEAST
    o.plug_ohm = -1
    o.unavailable_since = -1
    o.measured_at = -STEADY
    o.current.least[0] = o.current.least[1] = o.current.least[2] = 32767
    o.current.most[0] = o.current.most[1] = o.current.most[2] = -32768


cdef inline void fault_set(Outlet *o, int32_t bit) noexcept nogil:
    if not o.faults & bit:
        o.faults |= bit
        emit(o.area, o.samples, EV_FAULT_SET, bit, 0)


cdef inline void fault_clear(Outlet *o, int32_t bits) noexcept nogil:
    bits &= o.faults
    if bits:
        o.faults &= ~bits
        emit(o.area, o.samples, EV_FAULT_CLEARED, bits, 0)


cdef inline void fault_is(Outlet *o, int32_t bit, bint present) noexcept nogil:
    if present:
        fault_set(o, bit)
    else:
        fault_clear(o, bit)


cdef inline void contactor_open(Outlet *o, int32_t reason) noexcept nogil:
    cdef int32_t k
    if not o.contactor:
        return
    o.contactor = 0
    o.contactor_at = o.samples
    o.stop_since = 0
    for k in range(3):
        o.tiers[k].over[0] = o.tiers[k].over[1] = o.tiers[k].over[2] = 0
    emit(o.area, o.samples, EV_OPENED, reason, 0)


cdef inline void duty_set(Outlet *o, int32_t duty) noexcept nogil:
    if duty == o.duty:
        return
    if (o.duty == 0 or o.duty == 10000) and 0 < duty < 10000:
        o.pwm_since = o.samples
    o.duty = duty
    o.duty_at = o.samples


cdef inline bint modulating(const Outlet *o) noexcept nogil:
    return 0 < o.duty < 10000


cdef inline int32_t phases_used(const Outlet *o) noexcept nogil:
    return (<int32_t> (o.current.rms_ma[0] >= USED_MA) + <int32_t> (o.current.rms_ma[1] >= USED_MA)
            + <int32_t> (o.current.rms_ma[2] >= USED_MA))


cdef inline void permit_take(Outlet *o, const PermitData *permit) noexcept nogil:
    """A permit from the station, validated; it counts from now."""
    o.permit = permit[0]
    o.clamped += validate_permit(&o.permit)
    o.permit_at = o.samples
    o.permit_known = 1


cdef inline void permit_tick(Outlet *o) noexcept nogil:
    """Age of the lease, and the limit that it leaves."""
    cdef int64_t age = o.samples - o.permit_at
    cdef int32_t state = P_NONE, limit
    if o.permit_known and o.permit.authorised:
        state = P_LIVE if age <= LEASE else P_DEGRADED if age <= LAPSE else P_LAPSED
    if state != o.permit_state:
        if state == P_DEGRADED:  # chosen once: the phases in use when the station fell silent
            limit = o.permit.limits.degraded_single_ma
            if phases_used(o) >= 2:
                limit = o.permit.limits.degraded_three_ma
            o.degraded_ma = limit if limit < o.permit.limit_ma else o.permit.limit_ma
        emit(o.area, o.samples, EV_PERMIT, o.permit_state, state)
        o.permit_state = state
    limit = 0
    if state == P_LIVE:
        limit = o.permit.limit_ma
    elif state == P_DEGRADED:
        limit = o.degraded_ma
    if limit > o.permit.limits.rating_ma:
        limit = o.permit.limits.rating_ma
    if not o.permit.attached_cable and limit > o.cable_ma:
        limit = o.cable_ma
    if limit < 6000 or not o.permit.available:
        limit = 0
    o.limit_ma = limit
    if o.permit.available:
        o.unavailable_since = -1
    elif o.unavailable_since < 0:
        o.unavailable_since = o.samples


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


cdef inline void state_tick(Outlet *o) noexcept nogil:
    """Announce the settled state; simplified mode is A to C without a B between (A.2.3)."""
    cdef int32_t old = o.state, new = o.pilot.settled
    if new == old:
        return
    if new == S_A:
        o.simplified = 0
        o.pilot.b_seen = 0
    elif old == S_A and (new == S_C or new == S_D) and not o.pilot.b_seen:
        o.simplified = 1
    if new == S_E:
        if old == S_B or old == S_C or old == S_D:
            fault_set(o, F_SHORT)
    else:
        fault_clear(o, F_SHORT)
    if new == S_A and o.contactor:
        fault_set(o, F_UNPLUGGED)
    o.state = new
    o.state_since = o.samples
    emit(o.area, o.samples, EV_STATE, old, new)


cdef inline void pilot_faults(Outlet *o) noexcept nogil:
    """Pilot out of its bands, -12 V missing, diode missing, foreign state F."""
    cdef PilotState *p = &o.pilot
    cdef int32_t sum_mv = p.high_mv + p.low_mv
    cdef bint low_ok = p.has_low and -13000 <= p.low_mv <= -11000
    cdef bint bad
    if not (modulating(o) and o.samples - o.pwm_since >= PWM_SETTLED) or low_ok or not S_B <= p.raw <= S_D:
        o.low_missing = 0
    else:
        o.low_missing += 1
        if o.low_missing >= LOW_MISSING:
            o.low_missing = 0
            if p.has_low and -1200 <= sum_mv <= 1200:  # as deep as it is high: current flows both ways
                fault_set(o, F_DIODE)
            else:
                o.low_hold = o.samples + LOW_HOLD
    if o.state == S_A:
        o.low_hold = 0
    bad = p.bad_run >= 3 or (o.state == S_UNKNOWN and o.faults & F_PILOT) or o.samples < o.low_hold
    bad = bad or (o.state == S_E and not o.faults & F_SHORT)
    bad = bad or (o.state == S_F and o.duty != 0 and o.samples - o.duty_at >= LOCK_LOST)
    fault_is(o, F_PILOT, bad)


cdef inline void faults_tick(Outlet *o) noexcept nogil:
    """Faults from slow signals, and the end of those that may end."""
    cdef int32_t closed = 1 if o.feedback & FB_CONTACTOR else 0
    cdef int32_t locked = 1 if o.feedback & FB_LOCK else 0
    cdef int64_t patience
    pilot_faults(o)
    fault_is(o, F_PLUG, o.cable_ma < 0 and not o.permit.attached_cable)
    if o.state == S_D and o.permit_known and o.permit.authorised and not o.permit.ventilation:
        fault_set(o, F_VENTILATION)
    elif o.state == S_A or o.permit.ventilation or not o.permit.authorised:
        fault_clear(o, F_VENTILATION)
    if o.contactor and not o.permit.attached_cable and o.cable_ma == 0:
        fault_set(o, F_UNPLUGGED)

    if closed == o.contactor:
        o.contactor_agreed = o.samples
    elif o.samples - o.contactor_agreed >= CONTACTOR_TRAVEL:
        fault_set(o, F_CONTACTOR)
    if o.permit.attached_cable or locked == o.lock:
        o.lock_agreed = o.samples
        fault_clear(o, F_LOCK)
    else:
        patience = LOCK_TRAVEL if o.samples - o.lock_at < LOCK_TRAVEL + LOCK_LOST else LOCK_LOST
        if o.samples - o.lock_agreed >= patience:
            fault_set(o, F_LOCK)

    if o.gap and o.samples - o.gap_at >= STEADY:
        o.gap = 0
    fault_is(o, F_GAP, o.gap)
    if o.faults & F_MEASUREMENT and o.samples - o.measured_at >= STEADY:
        fault_clear(o, F_MEASUREMENT)
    if o.state == S_A:
        fault_clear(o, F_DIODE | F_SHORT_CIRCUIT | F_OVERLOAD)
        o.tiers[0].tripped = o.tiers[1].tripped = o.tiers[2].tripped = 0
        o.trip_now = 0
        if o.samples - o.state_since >= STEADY:
            fault_clear(o, F_UNPLUGGED)
        if closed == o.contactor and o.samples - o.contactor_at >= STEADY:
            fault_clear(o, F_CONTACTOR)


cdef inline bint state_allows(const Outlet *o) noexcept nogil:
    return o.state == S_C or (o.state == S_D and o.permit.ventilation)


cdef inline void contactor_tick(Outlet *o) noexcept nogil:
    """Open the contactor where anything speaks for it, in the order of urgency."""
    cdef int32_t cause = 0
    cdef int64_t patience = OPEN_WITHIN
    if not o.contactor:
        return
    if o.faults & ~F_OVERLOAD or o.trip_now:
        contactor_open(o, O_FAULT)
        return
    if o.faults & F_OVERLOAD:
        cause = O_FAULT
        patience = OVERLOAD_WITHIN
    elif o.permit_state == P_LAPSED:
        cause = O_LAPSED
    elif o.permit_state == P_NONE or o.limit_ma == 0:
        cause = O_NO_PERMIT
    if not state_allows(o):  # A.6, 8.1: the vehicle opened S2; after our own 100 % the cause is ours
        contactor_open(o, cause if cause else O_VEHICLE)
        return
    if cause == 0:
        o.stop_since = 0
    elif o.stop_since == 0:
        o.stop_since = o.samples
    elif o.samples - o.stop_since >= patience:
        contactor_open(o, O_FAULT if cause == O_FAULT else O_UNDER_LOAD)


cdef inline void pilot_tick(Outlet *o) noexcept nogil:
    """What the pilot offers: the limit's duty in B, C and D, else 100 %, or F."""
    cdef int32_t target = 10000
    cdef bint present = S_B <= o.state <= S_D
    if not o.permit.available and not o.contactor:
        duty_set(o, 0)
        return
    if present and o.limit_ma and not o.faults:
        target = pilot_duty_from_ma(o.limit_ma)
    if o.state == S_A:
        o.duty_at = o.samples - PWM_INTERVAL  # the next vehicle needn't wait
    if target != 10000 and (not modulating(o) or target > o.duty) and o.samples - o.duty_at < PWM_INTERVAL:
        return
    duty_set(o, target)


cdef inline void close_tick(Outlet *o) noexcept nogil:
    """Close the contactor if nothing is missing (A.6, sequence 4)."""
    cdef int32_t locked = 1 if o.feedback & FB_LOCK else 0
    if o.contactor or o.faults or not state_allows(o) or o.limit_ma < 6000:
        return
    if o.permit_state != P_LIVE and o.permit_state != P_DEGRADED:
        return
    if not modulating(o) or o.samples - o.pwm_since < PWM_SETTLED or o.pilot.modulated_run < 3:
        return
    if o.pilot.raw != o.state or o.feedback & FB_CONTACTOR:
        return
    if not o.permit.attached_cable and (locked != o.lock or o.cable_ma <= 0):
        return
    if o.samples - o.contactor_at < OFF_AT_LEAST:
        return
    o.contactor = 1
    o.contactor_at = o.samples
    o.contactor_agreed = o.samples
    emit(o.area, o.samples, EV_CLOSED, 0, 0)


cdef inline void lock_tick(Outlet *o) noexcept nogil:
    """The lock as permitted; never released under a closed contactor, released when the station is gone."""
    cdef int32_t want = o.permit.lock
    if not o.permit_known:
        want = 1 if o.feedback & FB_LOCK else 0  # a core that restarts finds the cable as it is
    elif o.unavailable_since >= 0 and o.samples - o.unavailable_since >= UNLOCK_IN_F:
        want = 0
    elif o.samples - o.permit_at > LAPSE and o.samples - o.contactor_at >= UNLOCK_IN_F:
        want = 0
    if o.contactor or o.feedback & FB_CONTACTOR:
        want = want | o.lock
    if want != o.lock:
        o.lock = want
        o.lock_at = o.samples
        o.lock_agreed = o.samples


cdef inline void tick(Outlet *o) noexcept nogil:
    """The decisions of one window."""
    state_tick(o)
    permit_tick(o)
    faults_tick(o)
    contactor_tick(o)
    pilot_tick(o)
    close_tick(o)
    lock_tick(o)


cdef inline void trip(Outlet *o, int32_t tier, int32_t phase) noexcept nogil:
    emit(o.area, o.samples, EV_TRIP, tier, phase)
    if tier == T_HIGH:
        o.trip_now = 1
    fault_set(o, F_OVERLOAD)


cdef inline void overcurrent(Outlet *o) noexcept nogil:
    """The three phases through their tiers, against what was signalled in the last seconds."""
    cdef int32_t k, tier, fresh
    cdef int32_t signalled = pilot_ma_from_duty(o.duty)
    cdef int64_t bar = reference(
        &o.reference, o.samples, <int64_t> o.permit.limits.grace_ms * FRAMES_A_MS, signalled
    ) + o.permit.limits.noise_floor_ma
    if not o.contactor:
        return
    for k in range(3):
        fresh = tiers_step(
            &o.tiers[k], &o.permit.limits, o.current.rms_ma[k], bar, CURRENT_WINDOW, FRAMES_A_SECOND
        )
        for tier in range(3):
            if fresh & (1 << tier):
                trip(o, tier, k + 1)


cdef inline void station_overload(Station *st, const Outlet *me) noexcept nogil:
    """The outlets' sum a phase against the station's maximum; trips every outlet that is closed."""
    cdef int64_t dt = me.samples - st.clock
    cdef int64_t total
    cdef int32_t k, i, maximum, tolerance, delay
    cdef bint leaky = me.permit.limits.leaky
    if dt <= 0:
        return
    st.clock = me.samples
    maximum = me.permit.limits.station_max_ma
    tolerance = me.permit.limits.station_tolerance
    delay = me.permit.limits.station_delay_s
    if not me.permit_known:
        return
    for k in range(3):
        total = 0
        for i in range(st.count):
            total += st.outlets[i].current.rms_ma[k]
        st.over[k] = leak(st.over[k], total * 100 > <int64_t> maximum * (100 + tolerance), dt, leaky)
        if st.over[k] and st.over[k] >= <int64_t> delay * FRAMES_A_SECOND:
            st.over[k] = 0
            for i in range(st.count):
                if st.outlets[i].contactor:
                    trip(&st.outlets[i], T_STATION, 0)


cdef inline void measurement(Outlet *o, int64_t frames) noexcept nogil:
    """Currents that cannot be: of one sign for 100 ms, or flowing through an open contactor for a second."""
    cdef bint flowing = phases_used(o) > 0
    if o.current.one_sided:
        o.measured_at = o.samples
        fault_set(o, F_MEASUREMENT)
    if flowing and not o.contactor and not o.feedback & FB_CONTACTOR and o.samples - o.contactor_at >= STEADY:
        o.implausible += frames
    else:
        o.implausible = 0
    if o.implausible >= STEADY:
        o.measured_at = o.samples
        fault_set(o, F_MEASUREMENT)


cdef inline void currents_done(Station *st, Outlet *o) noexcept nogil:
    """A current window is whole: RMS, energy, protection."""
    cdef int64_t total
    current_window(&o.current, &o.permit.limits)
    total = <int64_t> o.current.rms_ma[0] + o.current.rms_ma[1] + o.current.rms_ma[2]
    energy_add(&o.energy, 2 * total, o.permit.limits.voltage_mv, CURRENT_WINDOW)
    measurement(o, CURRENT_WINDOW)
    overcurrent(o)
    station_overload(st, o)
    if o.trip_now:
        contactor_open(o, O_FAULT)


cdef inline void signs(CurrentState *c, int32_t n, const int16_t *a, int32_t k) noexcept nogil:
    """Extremes of a phase at every fiftieth sample: enough to see whether it changes sign."""
    cdef int32_t i = 0
    while i < n:
        if a[i] < c.least[k]:
            c.least[k] = a[i]
        if a[i] > c.most[k]:
            c.most[k] = a[i]
        i += STRIDE


cdef inline void missing(Outlet *o, int64_t frames) noexcept nogil:
    """Frames that never came: the clock goes on, energy is bridged for 100 ms, a longer gap is a fault."""
    cdef int64_t bridged = frames if frames < GAP_BRIDGED else GAP_BRIDGED
    cdef int64_t total = <int64_t> o.current.rms_ma[0] + o.current.rms_ma[1] + o.current.rms_ma[2]
    energy_add(&o.energy, 2 * total, o.permit.limits.voltage_mv, bridged)
    o.samples += frames
    o.contactor_agreed = o.samples  # nothing was seen meanwhile: what is slow begins to count anew
    o.lock_agreed = o.samples
    o.plug_since = o.samples
    pilot_break(&o.pilot)
    if frames > GAP_LOST:
        o.gap = 1
        o.gap_at = o.samples
        fault_set(o, F_GAP)
        contactor_open(o, O_FAULT)
        duty_set(o, 10000)


cdef inline void feed(
    Station *st, Outlet *o, const int16_t *x, int32_t frames, int32_t ohm, int32_t inputs, int32_t feedback
) noexcept nogil:
    """One block through everything. `x` holds `frames` x (cp, i1, i2, i3)."""
    cdef int16_t a[FRAMES_A_WINDOW]
    cdef int16_t b[FRAMES_A_WINDOW]
    cdef int16_t c[FRAMES_A_WINDOW]
    cdef int32_t m
    if inputs != o.inputs:
        emit(o.area, o.samples, EV_INPUTS, o.inputs, inputs)
        o.inputs = inputs
    o.feedback = feedback
    if clipped(x, frames):
        fault_set(o, F_SHORT_CIRCUIT)
        contactor_open(o, O_FAULT)
        duty_set(o, 10000)
    while frames > 0:
        m = FRAMES_A_WINDOW - o.pilot.filled
        if m > frames:
            m = frames
        if m > CURRENT_WINDOW - o.current.filled:
            m = CURRENT_WINDOW - o.current.filled
        frames_split(x, m, &o.pilot.window[o.pilot.filled], a, b, c)
        o.current.squares[0] += squares(a, m)
        o.current.squares[1] += squares(b, m)
        o.current.squares[2] += squares(c, m)
        signs(&o.current, m, a, 0)
        signs(&o.current, m, b, 1)
        signs(&o.current, m, c, 2)
        o.pilot.filled += m
        o.current.filled += m
        o.samples += m
        x += 4 * m
        frames -= m
        if o.current.filled == CURRENT_WINDOW:
            currents_done(st, o)
        if o.pilot.filled == FRAMES_A_WINDOW:
            o.pilot.filled = 0
            pilot_window(&o.pilot, &o.pilot.window[0])
            plug_take(o, ohm)
            tick(o)
    o.blocks += 1


cdef inline void publish(Station *st, Outlet *o) noexcept nogil:
    """Write the outlet's picture into its frame."""
    cdef FrameData *f = &o.frame
    f.samples = o.samples
    f.blocks = o.blocks
    f.energy_mvas = o.energy.mvas
    f.permit_sequence = <int64_t> o.permit.sequence
    f.ready_since = o.state_since
    f.glitches = o.pilot.glitches
    f.overruns = o.overruns
    f.clamped = o.clamped
    f.pilot = o.state
    f.modulated = o.pilot.modulated
    f.high_mv = o.pilot.high_mv
    f.low_mv = o.pilot.low_mv
    f.duty_measured = o.pilot.duty
    f.frequency = o.pilot.frequency
    f.duty = o.duty
    f.contactor = o.contactor
    f.contactor_feedback = 1 if o.feedback & FB_CONTACTOR else 0
    f.lock = o.lock
    f.lock_feedback = 1 if o.feedback & FB_LOCK else 0
    f.inputs = o.inputs
    f.plug_ohm = o.plug_ohm
    f.cable_ma = o.cable_ma if o.cable_ma > 0 else 0
    f.current_ma[0] = o.current.rms_ma[0]
    f.current_ma[1] = o.current.rms_ma[1]
    f.current_ma[2] = o.current.rms_ma[2]
    f.phases_used = phases_used(o)
    f.limit_ma = o.limit_ma
    f.permit_state = o.permit_state
    f.faults = o.faults
    f.simplified = o.simplified
    f.realtime = st.realtime
    seq_write(&o.area.frame_lock, &o.area.frame, f, sizeof(FrameData))


cdef inline void board_silent(Station *st, Outlet *o) noexcept nogil:
    """No block came in time: open at once."""
    if not o.gap:
        o.overruns += 1
    o.gap = 1
    o.gap_at = o.samples
    fault_set(o, F_GAP)
    contactor_open(o, O_FAULT)
    duty_set(o, 10000)
    publish(st, o)


cdef inline void stop_order(Station *st, Outlet *o) noexcept nogil:
    """Control is ending: open, 100 %."""
    contactor_open(o, O_ORDER)
    duty_set(o, 10000)
    publish(st, o)


cdef inline bint deserted(const Outlet *o) noexcept nogil:
    """Whether no station wants this outlet any more and nothing flows."""
    cdef int64_t age = o.samples - o.permit_at
    if o.contactor:
        return False
    if not o.permit_known:
        return o.samples - o.permit_at >= NEVER
    if age <= (LAPSE if o.permit.authorised else LEASE):
        return False
    return age >= LEASE + DESERTED and o.samples - o.contactor_at >= DESERTED
