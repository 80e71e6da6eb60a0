# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""The sequences of IEC 61851-1 Annex A that belong to the pilot: each a function that names its clause.

Those that belong to the contactor (4, 7, 8, 10) stand in `_contactor`.
"""

from libc.stdint cimport int32_t, int64_t

from evlink._current cimport USED_MA
from evlink._faults cimport PWM_SETTLED
from evlink._frame cimport EV_STATE, FRAMES_A_MS, FRAMES_A_SECOND, TRANSITIONS
from evlink._outlet cimport (
    F_SHORT, F_TOLD, F_UNPLUGGED, O_ENDED, P_DEGRADED, P_LIVE, PWM_INTERVAL, W_NONE, W_SPENT, W_STEP,
    Outlet, contactor_open, duty_set, fault_clear, fault_set, modulating, unpiloted, vehicle_there,
)
from evlink._table cimport S_A, S_B, S_C, S_D, S_E, S_F, pilot_duty_from_ma
from evlink._seqlock cimport emit

cdef enum:  # all in frames
    GUARD_C = 5 * FRAMES_A_SECOND
    GUARD_DEF = 30 * FRAMES_A_SECOND
    WAKE_STEP = 4 * FRAMES_A_SECOND
    WAKE_SETTLED = 300 * FRAMES_A_MS  # after the step: the pilot is on its way back


cdef inline void guard(Outlet *o, int32_t old, int32_t new) noexcept nogil:
    """Not closed again 5 s after C was left, 30 s after D, E or F: a vehicle or a wire that flickers must not pump
    the contactor. From D to C under load the vehicle only asks for less air.
    """
    cdef int64_t until = o.samples
    if old == S_C:
        until += GUARD_C
    elif old == S_E or old == S_F or (old == S_D and not (new == S_C and o.contactor)):
        until += GUARD_DEF
    if until > o.guard_until:
        o.guard_until = until


cdef inline void mode_of(Outlet *o, int32_t old, int32_t new) noexcept nogil:
    """Sequence 1.1 or 1.2: from A to C without B is a vehicle of simplified Mode 3 (A.2.3); one that shows B has S2."""
    if new == S_A or new == S_B:
        o.simplified = 0
    elif old == S_A and (new == S_C or new == S_D) and not o.pilot.b_seen:
        o.simplified = 1
    if new == S_A:
        o.probed = 0
        o.pilot.b_seen = 0
        o.pwm_was = 0
        o.wake = W_NONE


cdef inline void state_tick(Outlet *o) noexcept nogil:
    """Announce the settled state: sequences 1 (plug in), 2 (unplug), 12 (short of the pilot)."""
    cdef int32_t old = o.state, new = o.pilot.settled, k
    if o.wake == W_STEP or o.samples - o.wake_end < WAKE_SETTLED or new == old:
        return
    mode_of(o, old, new)
    if new == S_C or new == S_D:
        o.c_seen = 1
    if new == S_E:
        if old == S_B or old == S_C or old == S_D:
            fault_set(o, F_SHORT)
    else:
        fault_clear(o, F_SHORT)
    if new == S_A and o.contactor and not o.permit.domestic:
        fault_set(o, F_UNPLUGGED)
    guard(o, old, new)
    o.state = new
    o.state_since = o.samples
    k = <int32_t> (o.transitions % TRANSITIONS)
    o.frame.transitions_at[k] = o.samples
    o.frame.transitions[k] = old * 16 + new
    o.transitions += 1
    emit(o.area, o.samples, EV_STATE, old, new)


cdef inline void wake_tick(Outlet *o) noexcept nogil:
    """Wake a vehicle that sleeps in B2 (A.5.3): 4 s of F, then 100 %, then PWM again; once a session.

    F and not E, of the two that the clause allows: any board can drive -12 V, and that it stands on the line can be
    measured, where a floating line cannot be told from a short. The vehicle cannot be seen meanwhile: the state
    announced stays B.
    """
    cdef int64_t patience = <int64_t> o.permit.limits.wake_up_s * FRAMES_A_SECOND
    cdef int64_t since = o.pwm_since if o.pwm_since > o.state_since else o.state_since
    cdef bint may = o.limit_ma and not o.faults & ~F_TOLD and not unpiloted(o)
    if o.wake == W_STEP:
        if may and o.samples - o.wake_at < WAKE_STEP:
            return
        o.wake = W_SPENT
        o.wake_end = o.samples
        duty_set(o, 10000)
        o.duty_at = o.samples - PWM_INTERVAL + <int64_t> o.permit.limits.pwm_on_delay_s * FRAMES_A_SECOND
        return
    if not may or not patience or o.wake != W_NONE or o.state != S_B or o.c_seen or not modulating(o):
        return
    if o.samples - since >= patience:
        o.wake = W_STEP
        o.wake_at = o.samples


cdef inline void end_tick(Outlet *o) noexcept nogil:
    """End a charge that only its current can end: simplified Mode 3 has no S2 (A.2.3), a domestic socket no pilot."""
    cdef int32_t threshold = USED_MA, k
    cdef int64_t patience = o.permit.limits.domestic_end_s
    if not o.permit.domestic:
        threshold = o.permit.limits.simplified_low_ma
        patience = o.permit.limits.simplified_stop_s
    if not o.contactor or not unpiloted(o):
        o.drawn_at = o.samples
        return
    for k in range(3):
        if o.current.rms_ma[k] >= threshold:
            o.drawn_at = o.samples
    if patience and o.samples - o.drawn_at >= patience * FRAMES_A_SECOND:
        o.ended = 1
        contactor_open(o, O_ENDED)


cdef inline bint suspending(const Outlet *o) noexcept nogil:
    """Whether the offer still stands though the limit has gone: `statePDelayPwmOff`, never against a fault."""
    if o.limit_ma or not modulating(o) or not vehicle_there(o) or o.faults & ~F_TOLD or not o.permit.available:
        return False
    if o.permit_state != P_LIVE and o.permit_state != P_DEGRADED:
        return False
    return o.samples - o.suspended_at < <int64_t> o.permit.limits.pwm_off_delay_s * FRAMES_A_SECOND


cdef inline bint probing(Outlet *o) noexcept nogil:
    """Whether simplified Mode 3 still needs its moment of PWM: without one nobody would know that there is a diode,
    and so a vehicle (table A.4). Some 120 ms of the capped offer until -12 V is seen, then 100 % for good.
    """
    if not o.simplified or o.probed or o.permit.domestic or not o.limit_ma or o.faults & ~F_TOLD:
        return False
    if modulating(o) and o.samples - o.pwm_since >= PWM_SETTLED and o.pilot.modulated_run >= 3:
        o.probed = 1
    return not o.probed


cdef inline void offer_tick(Outlet *o) noexcept nogil:
    """What the pilot offers: the limit's duty in B, C and D (A.6, sequence 6), else 100 %, or F (sequence 9)."""
    cdef int32_t target = 10000
    cdef int64_t on_delay = <int64_t> o.permit.limits.pwm_on_delay_s * FRAMES_A_SECOND
    if (not o.permit.available and not o.contactor) or o.wake == W_STEP:
        duty_set(o, 0)
        return
    if suspending(o):
        return
    if probing(o) or (vehicle_there(o) and o.limit_ma and not o.faults & ~F_TOLD and not unpiloted(o)):
        target = pilot_duty_from_ma(o.limit_ma)
    if o.state == S_A:
        o.duty_at = o.samples - PWM_INTERVAL  # the next vehicle needn't wait
    if target == 10000:
        o.wanted_since = -1
    elif o.wanted_since < 0:
        o.wanted_since = o.samples
    if target != 10000 and not modulating(o) and o.pwm_was and o.samples - o.wanted_since < on_delay:
        return  # `statePDelayPwmOn`: after a suspension, and after a wake-up
    if target != 10000 and (not modulating(o) or target > o.duty) and o.samples - o.duty_at < PWM_INTERVAL:
        return
    duty_set(o, target)
