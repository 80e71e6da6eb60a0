# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""One outlet's step: a block of samples through everything, and its picture afterwards.

Every decision falls at the end of a pilot window (10 ms of samples), so that blocks may be cut anywhere.
"""

from libc.stdint cimport int16_t, int32_t, int64_t

from evlink._contactor cimport close_tick, contactor_tick, lock_tick
from evlink._current cimport CURRENT_WINDOW, phases_used
from evlink._faults cimport faults_tick, plug_take
from evlink._frame cimport FRAMES_A_WINDOW, Area, FrameData
from evlink._inputs cimport inputs_take, inputs_tick
from evlink._lanes cimport evl_split
from evlink._outlet cimport (
    F_GAP, FB_CONTACTOR, FB_LOCK, O_FAULT, O_ORDER, W_STEP,
    Outlet, Station, contactor_open, duty_set, fault_set, outlet_start,
)
from evlink._permit cimport permit_first, permit_tick
from evlink._pilot cimport pilot_statistics, pilot_window
from evlink._protect cimport currents_done, short_circuit, unmeasured
from evlink._seqlock cimport scope_write, seq_write
from evlink._sequence cimport end_tick, offer_tick, state_tick, wake_tick

cdef enum:
    CHANNELS = 0xF  # bits of `missing` channels


cdef inline void outlet_begin(Outlet *o, Area *area) noexcept nogil:
    """An outlet as a core finds it."""
    outlet_start(o, area)
    permit_first(o)


cdef inline void tick(Outlet *o) noexcept nogil:
    """The decisions of one window."""
    state_tick(o)
    permit_tick(o)
    inputs_tick(o)
    faults_tick(o)
    wake_tick(o)
    contactor_tick(o)
    end_tick(o)
    offer_tick(o)
    close_tick(o)
    lock_tick(o)


cdef inline void feed(
    Station *st, Outlet *o, const int16_t *x, int32_t frames, int32_t ohm, int32_t inputs, int32_t feedback,
    int32_t lost
) noexcept nogil:
    """One block through everything. `x` holds `frames` x (cp, i1, i2, i3); `lost` are channels (bits) without samples."""
    cdef int32_t m
    inputs_take(o, inputs)
    o.feedback = feedback
    if lost & CHANNELS:
        unmeasured(o)
        contactor_open(o, O_FAULT)
        duty_set(o, 10000)
    while frames > 0:
        m = FRAMES_A_WINDOW - o.pilot.filled
        if m > frames:
            m = frames
        if m > CURRENT_WINDOW - o.current.filled:
            m = CURRENT_WINDOW - o.current.filled
        evl_split(x, m, &o.pilot.window[o.pilot.filled], &o.current.sums)
        o.pilot.filled += m
        o.current.filled += m
        o.samples += m
        x += 4 * m
        frames -= m
        short_circuit(o)
        if o.current.filled == CURRENT_WINDOW:
            currents_done(st, o)
        if o.pilot.filled == FRAMES_A_WINDOW:
            o.pilot.filled = 0
            scope_write(o.area, o.samples, &o.pilot.window[0])
            pilot_window(&o.pilot, &o.pilot.window[0])
            plug_take(o, ohm)
            tick(o)
    o.blocks += 1


cdef inline void publish(Station *st, Outlet *o) noexcept nogil:
    """Write the outlet's picture into its frame."""
    cdef FrameData *f = &o.frame
    cdef int32_t k
    f.samples = o.samples
    f.blocks = o.blocks
    f.energy_mvas = 0
    for k in range(3):
        f.energy_phase_mvas[k] = o.energy[k].mvas
        f.energy_mvas += o.energy[k].mvas
        f.current_ma[k] = o.current.rms_ma[k]
    f.permit_sequence = <int64_t> o.permit.sequence if o.permit_known else 0
    f.ready_since = o.state_since
    f.glitches = o.pilot.glitches
    f.overruns = o.overruns
    f.clamped = o.clamped
    f.guard_until = o.guard_until
    f.closings = o.closings
    f.pilot = o.state
    f.modulated = o.pilot.now.modulated
    f.high_mv = o.pilot.now.high_mv
    f.low_mv = o.pilot.now.low_mv
    f.duty_measured = o.pilot.now.duty
    f.frequency = o.pilot.now.frequency
    pilot_statistics(&o.pilot, &f.high_stats[0], &f.low_stats[0])
    f.duty = o.duty
    f.contactor = o.contactor
    f.contactor_feedback = 1 if o.feedback & FB_CONTACTOR else 0
    f.lock = o.lock
    f.lock_feedback = 1 if o.feedback & FB_LOCK else 0
    f.inputs = o.inputs
    f.inputs_wrong = o.inputs_wrong
    f.plug_ohm = o.plug_ohm
    f.cable_ma = o.cable_ma if o.cable_ma > 0 else 0
    f.phases_mask = o.current.used
    f.phases_used = phases_used(&o.current)
    f.limit_ma = o.limit_ma
    f.permit_state = o.permit_state
    f.faults = o.faults
    f.simplified = o.simplified
    f.refused = o.refused
    f.ended = o.ended
    f.waking = o.wake == W_STEP
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
