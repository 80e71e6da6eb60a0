# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Currents of an outlet at work: protection, energy, and what cannot be measured."""

from libc.stdint cimport int32_t, int64_t

from evlink._current cimport CURRENT_WINDOW, T_HIGH, T_STATION, current_window, leak, phases_used, reference, tiers_step
from evlink._energy cimport energy_add
from evlink._frame cimport EV_TRIP, FRAMES_A_MS, FRAMES_A_SECOND
from evlink._outlet cimport (
    F_GAP, F_MEASUREMENT, F_OVERLOAD, F_SHORT_CIRCUIT, FB_CONTACTOR, O_FAULT, STEADY,
    Outlet, Station, contactor_open, duty_set, fault_set, unpiloted,
)
from evlink._pilot cimport pilot_break
from evlink._table cimport pilot_ma_from_duty
from evlink._seqlock cimport emit

cdef enum:
    GAP_LOST = 100 * FRAMES_A_MS  # as long as a board waits for its outputs
    GAP_BRIDGED = 100 * FRAMES_A_MS


cdef inline void trip(Outlet *o, int32_t tier, int32_t phase) noexcept nogil:
    emit(o.area, o.samples, EV_TRIP, tier, phase)
    if tier == T_HIGH:
        o.trip_now = 1
    fault_set(o, F_OVERLOAD)


cdef inline void overcurrent(Outlet *o) noexcept nogil:
    """The three phases through their tiers, against what was signalled in the last seconds.

    Where nothing can be signalled (`unpiloted`), against the limit itself.
    """
    cdef int32_t k, tier, fresh
    cdef int32_t signalled = o.limit_ma if unpiloted(o) else pilot_ma_from_duty(o.duty)
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


cdef inline void unmeasured(Outlet *o) noexcept nogil:
    """A current that nobody can vouch for is never 'below the limit'."""
    o.measured_at = o.samples
    fault_set(o, F_MEASUREMENT)


cdef inline bint carrying(const Outlet *o) noexcept nogil:
    """Whether a current can flow to the vehicle, or could a moment ago."""
    return o.contactor or o.feedback & FB_CONTACTOR or o.samples - o.contactor_at < STEADY


cdef inline void measurement(Outlet *o, int64_t frames) noexcept nogil:
    """Currents that cannot be: no mains current for 100 ms, or one through an open contactor for a second."""
    if o.current.implausible:
        unmeasured(o)
    if phases_used(&o.current) and not carrying(o):
        o.implausible += frames
    else:
        o.implausible = 0
    if o.implausible >= STEADY:
        unmeasured(o)


cdef inline void energy_take(Outlet *o, int64_t frames) noexcept nogil:
    """Energy of a span at the last RMS, phase by phase; none of what nobody can vouch for."""
    cdef int32_t k
    if o.current.implausible or not carrying(o):
        return
    for k in range(3):
        energy_add(&o.energy[k], 2 * <int64_t> o.current.rms_ma[k], o.permit.limits.voltage_mv, frames)


cdef inline void short_circuit(Outlet *o) noexcept nogil:
    """Open in this very block where a current stands at the end of the scale."""
    cdef int32_t k
    for k in range(3):
        if o.current.sums.most[k] >= 32767 or o.current.sums.least[k] <= -32767:
            fault_set(o, F_SHORT_CIRCUIT)
            contactor_open(o, O_FAULT)
            if o.duty:  # F stays F
                duty_set(o, 10000)


cdef inline void currents_done(Station *st, Outlet *o) noexcept nogil:
    """A current window is whole: RMS, energy, protection."""
    current_window(&o.current, &o.permit.limits)
    energy_take(o, CURRENT_WINDOW)
    measurement(o, CURRENT_WINDOW)
    overcurrent(o)
    station_overload(st, o)
    if o.trip_now:
        contactor_open(o, O_FAULT)


cdef inline void missing(Outlet *o, int64_t frames) noexcept nogil:
    """Frames that never came: the clock goes on, energy is bridged for 100 ms, a longer gap is a fault."""
    if frames <= 0:
        return
    energy_take(o, frames if frames < GAP_BRIDGED else GAP_BRIDGED)
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
