# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""The permit: every field forced into its range, a lease that ages, and the limit that it leaves."""

from libc.stdint cimport int32_t, int64_t

from evlink._current cimport phases_used
from evlink._frame cimport EV_PERMIT, FRAMES_A_SECOND, LimitsData, PermitData
from evlink._outlet cimport O_NO_PERMIT, P_DEGRADED, P_LAPSED, P_LIVE, P_NONE, Outlet, contactor_open
from evlink._seqlock cimport emit

cdef enum:
    LEASE = 5 * FRAMES_A_SECOND
    LAPSE = 60 * FRAMES_A_SECOND
    INPUT_BITS = 0x1FF


cdef inline int32_t bound(int32_t *field, int32_t low, int32_t high) noexcept nogil:
    """Force a field into its range; 1 where it was outside."""
    cdef int32_t value = low if field[0] < low else high if field[0] > high else field[0]
    cdef int32_t changed = value != field[0]
    field[0] = value
    return changed


cdef inline int32_t validate_limits(LimitsData *l) noexcept nogil:
    """Force every parameter into what the core can be trusted with; returns how many were not."""
    cdef int32_t n = 0
    n += bound(&l.low_tolerance, 0, 200)
    n += bound(&l.medium_tolerance, 0, 200)
    n += bound(&l.high_tolerance, 0, 200)
    n += bound(&l.low_delay_s, 0, 7200)
    n += bound(&l.medium_delay_s, 0, 3600)
    n += bound(&l.high_delay_s, 0, 60)
    n += bound(&l.station_max_ma, 0, 1000000)
    n += bound(&l.station_tolerance, 0, 200)
    n += bound(&l.station_delay_s, 0, 3600)
    n += bound(&l.noise_floor_ma, 0, 5000)
    n += bound(&l.grace_ms, 0, 10000)
    n += bound(&l.slope, 72, 7220)
    n += bound(&l.offset_ma, -5000, 5000)
    n += bound(&l.voltage_mv, 100000, 300000)
    n += bound(&l.degraded_single_ma, 0, 80000)
    n += bound(&l.degraded_three_ma, 0, 80000)
    n += bound(&l.rating_ma, 0, 80000)
    n += bound(&l.leaky, 0, 1)
    n += bound(&l.simplified_allowed, 0, 1)
    n += bound(&l.simplified_max_ma, 0, 80000)
    n += bound(&l.simplified_low_ma, 0, 10000)
    n += bound(&l.simplified_stop_s, 0, 86400)
    n += bound(&l.wake_up_s, 0, 3600)
    n += bound(&l.pwm_off_delay_s, 0, 60)
    n += bound(&l.pwm_on_delay_s, 0, 60)
    n += bound(&l.domestic_max_ma, 0, 16000)
    n += bound(&l.domestic_end_s, 0, 86400)
    n += bound(&l.inputs_expected, 0, INPUT_BITS)
    n += bound(&l.inputs_enabled, 0, INPUT_BITS)
    return n


cdef inline int32_t validate_permit(PermitData *p) noexcept nogil:
    """Force every field of a permit into its range; returns how many were outside."""
    cdef int32_t n = validate_limits(&p.limits)
    n += bound(&p.authorised, 0, 1)
    n += bound(&p.limit_ma, 0, 80000)
    n += bound(&p.ventilation, 0, 1)
    n += bound(&p.available, 0, 1)
    n += bound(&p.lock, 0, 1)
    n += bound(&p.attached_cable, 0, 1)
    n += bound(&p.light, 0, 255)
    n += bound(&p.beep, 0, 255)
    n += bound(&p.domestic, 0, 1)
    return n


cdef inline void permit_first(Outlet *o) noexcept nogil:
    """The permit of a core that has none: nothing allowed, nothing wrong."""
    o.permit.available = 1
    o.permit.limits.slope = 722
    o.permit.limits.voltage_mv = 230000
    validate_permit(&o.permit)


cdef inline void permit_take(Outlet *o, const PermitData *permit) noexcept nogil:
    """A permit from the station, validated; it counts from now. Another socket is another charge."""
    cdef int32_t domestic = o.permit.domestic
    o.permit = permit[0]
    o.clamped += validate_permit(&o.permit)
    o.permit_at = o.samples
    o.permit_known = 1
    if o.permit.domestic != domestic:
        contactor_open(o, O_NO_PERMIT)
        o.ended = 0


cdef inline int32_t lesser(int32_t a, int32_t b) noexcept nogil:
    return a if a < b else b


cdef inline int32_t permit_limit(const Outlet *o) noexcept nogil:
    """What the lease leaves, under the rating, the cable and the caps of simplified Mode 3 and of the domestic socket."""
    cdef int32_t limit = 0
    if o.permit_state == P_LIVE:
        limit = o.permit.limit_ma
    elif o.permit_state == P_DEGRADED:
        limit = o.degraded_ma
    limit = lesser(limit, o.permit.limits.rating_ma)
    if o.permit.domestic:
        limit = lesser(limit, o.permit.limits.domestic_max_ma)
    elif not o.permit.attached_cable:
        limit = lesser(limit, o.cable_ma)
    if o.simplified:
        limit = 0 if o.refused else lesser(limit, o.permit.limits.simplified_max_ma)
    if limit < 6000 or not o.permit.available:
        return 0
    return limit


cdef inline void permit_tick(Outlet *o) noexcept nogil:
    """Age of the lease, and the limit that it leaves."""
    cdef int64_t age = o.samples - o.permit_at
    cdef int32_t state = P_NONE, limit
    if o.permit_known and o.permit.authorised:
        state = P_LIVE if age <= LEASE else P_DEGRADED if age <= LAPSE else P_LAPSED
    if state != o.permit_state:
        if state == P_DEGRADED:  # chosen once: the phases in use when the station fell silent
            limit = o.permit.limits.degraded_single_ma
            if phases_used(&o.current) >= 2:
                limit = o.permit.limits.degraded_three_ma
            o.degraded_ma = lesser(limit, o.permit.limit_ma)
        emit(o.area, o.samples, EV_PERMIT, o.permit_state, state)
        o.permit_state = state
    o.refused = o.simplified and not o.permit.domestic and not o.permit.limits.simplified_allowed
    o.limit_ma = permit_limit(o)
    if o.limit_ma:
        o.suspended_at = -1
    elif o.suspended_at < 0:
        o.suspended_at = o.samples
    if o.permit.available:
        o.unavailable_since = -1
    elif o.unavailable_since < 0:
        o.unavailable_since = o.samples
