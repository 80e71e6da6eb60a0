# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Supervised inputs: those that do not stand at their expected level become faults (`diStatusExpected`/`Enable`)."""

from libc.stdint cimport int32_t, int64_t

from evlink._frame cimport EV_INPUTS, FRAMES_A_MS
from evlink._outlet cimport F_FLAP, F_INTRUSION, F_SURGE, F_UPSTREAM, STEADY, Outlet, fault_clear, fault_set
from evlink._seqlock cimport emit

cdef enum:
    I_BUTTON_START = 1 << 0
    I_BUTTON_STOP = 1 << 1
    I_IN1 = 1 << 2
    I_IN2 = 1 << 3
    I_SURGE = 1 << 4
    I_INTRUSION = 1 << 5
    I_FLAP = 1 << 6
    I_UPSTREAM = 1 << 7
    I_BREAKER = 1 << 8  # City's second protection device
    KINDS = 4
    INPUT_SEEN = 30 * FRAMES_A_MS


cdef inline void inputs_take(Outlet *o, int32_t inputs) noexcept nogil:
    """The inputs of a block; each change is an event."""
    if inputs != o.inputs:
        emit(o.area, o.samples, EV_INPUTS, o.inputs, inputs)
        o.inputs = inputs


cdef inline void inputs_tick(Outlet *o) noexcept nogil:
    """A fault for each kind: after 30 ms at the wrong level, until a second at the right one."""
    cdef int32_t bits[KINDS]
    cdef int32_t faults[KINDS]
    cdef int32_t k
    bits[0] = I_UPSTREAM | I_BREAKER | I_IN1  # In1 where its function says so (R-148)
    bits[1] = I_SURGE
    bits[2] = I_INTRUSION
    bits[3] = I_FLAP
    faults[0] = F_UPSTREAM
    faults[1] = F_SURGE
    faults[2] = F_INTRUSION
    faults[3] = F_FLAP
    o.inputs_wrong = (o.inputs ^ o.permit.limits.inputs_expected) & o.permit.limits.inputs_enabled
    for k in range(KINDS):
        if o.inputs_wrong & bits[k]:
            o.inputs_wrong_at[k] = o.samples
            if o.samples - o.inputs_good_at[k] >= INPUT_SEEN:
                fault_set(o, faults[k])
        else:
            o.inputs_good_at[k] = o.samples
            if o.samples - o.inputs_wrong_at[k] >= STEADY or not o.permit.limits.inputs_enabled & bits[k]:
                fault_clear(o, faults[k])
