# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""What the core knows of an outlet and of the station, and the few moves that change it."""

from libc.stdint cimport int32_t, int64_t, uint64_t
from libc.string cimport memset

from evlink._current cimport CurrentState, Reference, Tiers, current_start
from evlink._energy cimport Energy
from evlink._frame cimport (
    EV_FAULT_CLEARED, EV_FAULT_SET, EV_OPENED, FRAMES_A_MS, FRAMES_A_SECOND, OUTLETS_AT_MOST, TRANSITIONS,
    Area, FrameData, LatencyData, PermitData,
)
from evlink._pilot cimport PilotState, pilot_moved
from evlink._table cimport S_A, S_B, S_D
from evlink._seqlock cimport emit

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
    F_UPSTREAM = 1 << 12
    F_SURGE = 1 << 13
    F_INTRUSION = 1 << 14
    F_FLAP = 1 << 15
    F_TOLD = F_SURGE | F_INTRUSION | F_FLAP  # told to people, and no reason to stop a charge

cdef enum:  # detail of F_CONTACTOR
    D_WELDED = 1
    D_NOT_CLOSED = 2
    D_CHATTER = 3

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
    O_ENDED = 7

cdef enum:
    FB_CONTACTOR = 1
    FB_LOCK = 2

cdef enum:
    W_NONE = 0
    W_STEP = 1  # the pilot stands at F
    W_SPENT = 2  # for this session

cdef enum:  # all in frames
    PWM_INTERVAL = 5 * FRAMES_A_SECOND  # between changes upward (A.6, sequence 6)
    OFF_AT_LEAST = 2 * FRAMES_A_SECOND  # between opening and closing, whatever the guards say
    STEADY = FRAMES_A_SECOND  # that a fault without a latch must be gone
    CLOSINGS = 6  # a minute

cdef struct Outlet:
    Area *area
    PilotState pilot
    CurrentState current
    Reference reference
    Tiers tiers[3]
    Energy energy[3]  # a phase; the total is their sum
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
    int32_t limit_ma
    int32_t faults
    # the pilot and its sequences
    int32_t state  # settled, as last announced
    int64_t state_since
    int64_t transitions  # so many since the start
    int32_t simplified
    int32_t probed  # its diode, by a moment of PWM
    int32_t refused
    int32_t ended  # by the current, until unplug
    int64_t drawn_at  # last time that a current above the threshold of the end flowed
    int64_t guard_until  # not closed again before
    int32_t duty
    int64_t duty_at  # last change
    int64_t duty_moved_at  # last change of the offer itself: what is measured follows it
    int64_t pwm_since  # since it was last switched on
    int32_t pwm_was  # switched on in this session
    int32_t c_seen  # since it was last switched on
    int64_t wanted_since  # an offer, without a break; -1 = none wanted
    int64_t suspended_at  # limit 0 since; -1 = there is one
    int32_t wake
    int64_t wake_at
    int64_t wake_end
    int32_t low_missing
    int32_t off_band  # windows whose duty or frequency is not what was commanded, in a row
    int64_t low_hold  # until then the pilot stays unmodulated
    int64_t unavailable_since  # -1 = available
    # contactor, lock, plug, inputs
    int32_t contactor
    int64_t contactor_at  # last change
    int64_t contactor_agreed  # last time that feedback and command were the same
    int64_t closed_at[CLOSINGS]
    int64_t closings
    int64_t stop_since  # 0 = not stopping
    int32_t trip_now
    int64_t left_at  # the vehicle that drew its plug under load was gone from then on; -1 = not yet
    int32_t lock
    int64_t lock_at
    int64_t lock_agreed
    int32_t inputs
    int32_t inputs_wrong
    int64_t inputs_good_at[4]  # last time that no input of a kind was wrong, and that one was
    int64_t inputs_wrong_at[4]
    int32_t feedback
    int32_t plug_ohm
    int32_t plug_ma  # of the last block
    int64_t plug_since
    int32_t cable_ma  # settled; -1 = unreadable
    int64_t gap_at
    int32_t gap
    int64_t implausible  # frames with current where none can flow
    int64_t measured_at  # last time that a current was implausible

cdef struct Station:
    int32_t count
    int32_t realtime
    int64_t clock  # the farthest of the outlets' samples
    int64_t over[3]  # leaky time of the station overload, a phase
    LatencyData *latency  # of the shared memory; NULL without a live loop
    Outlet outlets[OUTLETS_AT_MOST]


cdef inline void outlet_start(Outlet *o, Area *area) noexcept nogil:
    """An outlet at rest: contactor open, 100 % duty, no permit."""
    cdef int k
    memset(o, 0, sizeof(Outlet))
    o.area = area
    o.duty = 10000
    o.duty_at = -PWM_INTERVAL
    o.contactor_at = -OFF_AT_LEAST
    o.wake_end = -FRAMES_A_SECOND
    o.wanted_since = -1
    o.suspended_at = 0
    o.plug_ohm = -1
    o.unavailable_since = -1
    o.measured_at = -STEADY
    for k in range(CLOSINGS):
        o.closed_at[k] = -60 * FRAMES_A_SECOND
    for k in range(4):
        o.inputs_wrong_at[k] = -STEADY
    current_start(&o.current)


cdef inline void fault_detail(Outlet *o, int32_t bit, int32_t detail) noexcept nogil:
    if not o.faults & bit:
        o.faults |= bit
        emit(o.area, o.samples, EV_FAULT_SET, bit, detail)


cdef inline void fault_set(Outlet *o, int32_t bit) noexcept nogil:
    fault_detail(o, bit, 0)


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
    pilot_moved(&o.pilot, False)
    emit(o.area, o.samples, EV_OPENED, reason, 0)


cdef inline bint modulating(const Outlet *o) noexcept nogil:
    return 0 < o.duty < 10000


cdef inline void duty_set(Outlet *o, int32_t duty) noexcept nogil:
    if duty == o.duty:
        return
    if not modulating(o) and 0 < duty < 10000:
        o.pwm_since = o.samples
        o.pwm_was = 1
        o.c_seen = 0
    o.duty = duty
    o.duty_at = o.samples
    o.duty_moved_at = o.samples


cdef inline bint unpiloted(const Outlet *o) noexcept nogil:
    """Whether the vehicle cannot be asked by the pilot: a domestic socket, or simplified Mode 3 (A.2.3)."""
    return o.permit.domestic or o.simplified


cdef inline bint gone(const Outlet *o) noexcept nogil:
    """Whether the session is over, so that latches may open: the vehicle has left; from a domestic socket, the right."""
    if o.permit.domestic:
        return not o.permit.authorised
    return o.state == S_A


cdef inline bint vehicle_there(const Outlet *o) noexcept nogil:
    return S_B <= o.state <= S_D
