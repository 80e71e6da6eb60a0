# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""When the contactor closes and opens, and the lock that follows it. Clauses are of IEC 61851-1, table A.6."""

from libc.stdint cimport int32_t, int64_t

from evlink._faults cimport PWM_SETTLED
from evlink._frame cimport EV_CLOSED, FRAMES_A_SECOND
from evlink._outlet cimport (
    CLOSINGS, D_CHATTER, F_CONTACTOR, F_OVERLOAD, F_TOLD, FB_CONTACTOR, FB_LOCK, O_FAULT, O_LAPSED, O_NO_PERMIT,
    O_UNDER_LOAD, O_VEHICLE, OFF_AT_LEAST, P_DEGRADED, P_LAPSED, P_LIVE, P_NONE,
    Outlet, contactor_open, fault_detail, modulating, unpiloted, vehicle_there,
)
from evlink._permit cimport LAPSE, LEASE
from evlink._pilot cimport pilot_moved
from evlink._table cimport S_C, S_D
from evlink._seqlock cimport emit

cdef enum:  # all in frames
    OPEN_WITHIN = 6 * FRAMES_A_SECOND  # the vehicle ignores 100 % duty (10.2)
    OVERLOAD_WITHIN = FRAMES_A_SECOND
    UNLOCK_IN_F = 5 * FRAMES_A_SECOND  # sequence 9
    MINUTE = 60 * FRAMES_A_SECOND
    NEVER = 15 * FRAMES_A_SECOND  # without any permit
    DESERTED = 10 * FRAMES_A_SECOND  # contactor open and no station


cdef inline bint vehicle_asks(const Outlet *o) noexcept nogil:
    """Whether the pilot asks for energy: C, or D where there is ventilation. A domestic socket asks by being chosen,
    as long as no vehicle stands on the pilot beside it.
    """
    if o.permit.domestic:
        return not vehicle_there(o)
    return o.state == S_C or (o.state == S_D and o.permit.ventilation)


cdef inline void contactor_tick(Outlet *o) noexcept nogil:
    """Open the contactor where anything speaks for it, in the order of urgency (7, 8.1, 8.2, 10.1, 10.2)."""
    cdef int32_t cause = 0
    cdef int64_t patience = OPEN_WITHIN
    if not o.contactor:
        return
    if o.faults & ~(F_OVERLOAD | F_TOLD) or o.trip_now:
        contactor_open(o, O_FAULT)
        return
    if o.faults & F_OVERLOAD:
        cause = O_FAULT
        patience = OVERLOAD_WITHIN
    elif o.permit_state == P_LAPSED:
        cause = O_LAPSED
    elif o.permit_state == P_NONE:
        cause = O_NO_PERMIT
    elif o.limit_ma == 0 and (not modulating(o) or not o.permit.available):
        cause = O_NO_PERMIT  # suspended; while the offer stands, its own delay runs
    if not vehicle_asks(o):  # 8.1: the vehicle opened S2; after our own 100 % the cause is ours
        contactor_open(o, cause if cause else O_VEHICLE)
        return
    if cause and unpiloted(o):  # nobody to ask
        contactor_open(o, cause)
        return
    if cause == 0:
        o.stop_since = 0
    elif o.stop_since == 0:
        o.stop_since = o.samples
    elif o.samples - o.stop_since >= patience:
        contactor_open(o, O_FAULT if cause == O_FAULT else O_UNDER_LOAD)


cdef inline bint pilot_ready(const Outlet *o) noexcept nogil:
    """Whether the pilot itself is fit to close on: C measured now, and -12 V seen while modulated (table A.4)."""
    if o.permit.domestic:
        return True
    if o.pilot.raw != o.state:
        return False
    if o.simplified:
        return o.probed and not modulating(o)
    return modulating(o) and o.samples - o.pwm_since >= PWM_SETTLED and o.pilot.modulated_run >= 3


cdef inline bint locked_in(const Outlet *o) noexcept nogil:
    """Whether plug and lock are as they must be; an attached cable has neither, a domestic socket no plug resistor."""
    cdef int32_t locked = 1 if o.feedback & FB_LOCK else 0
    if o.permit.attached_cable and not o.permit.domestic:
        return True
    if locked != o.lock or o.lock != o.permit.lock:
        return False
    return o.permit.domestic or o.cable_ma > 0


cdef inline void close_tick(Outlet *o) noexcept nogil:
    """Close the contactor if nothing is missing (sequence 4); the seventh time within a minute is chatter."""
    cdef int32_t k
    if o.contactor or o.faults & ~F_TOLD or o.ended or not vehicle_asks(o) or o.limit_ma < 6000:
        return
    if o.permit_state != P_LIVE and o.permit_state != P_DEGRADED:
        return
    if not pilot_ready(o) or not locked_in(o) or o.feedback & FB_CONTACTOR:
        return
    if o.samples - o.contactor_at < OFF_AT_LEAST or o.samples < o.guard_until:
        return
    k = <int32_t> (o.closings % CLOSINGS)
    if o.samples - o.closed_at[k] < MINUTE:
        fault_detail(o, F_CONTACTOR, D_CHATTER)
        return
    o.closed_at[k] = o.samples
    o.closings += 1
    o.contactor = 1
    o.contactor_at = o.samples
    o.contactor_agreed = o.samples
    o.drawn_at = o.samples
    pilot_moved(&o.pilot, True)
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
