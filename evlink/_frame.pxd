# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""The structs that cross the border between control and station, and the numbers that both sides know."""

from libc.stdint cimport int16_t, int32_t, int64_t, uint32_t, uint64_t

cdef enum:
    FRAMES_A_SECOND = 100000
    FRAMES_A_WINDOW = 1000  # 10 ms
    FRAMES_A_MS = 100
    LAYOUT = 2
    RING = 1024
    OUTLETS_AT_MOST = 8
    TRIES = 1000  # of a reader before it keeps its last copy
    SCOPE_SAMPLES = 1000  # ten periods of the pilot
    TRANSITIONS = 16
    BUCKETS = 32  # of a histogram: bucket k counts 2^k to 2^(k+1) - 1 ns

cdef enum:
    EV_STATE = 1
    EV_CLOSED = 2
    EV_OPENED = 3
    EV_FAULT_SET = 4
    EV_FAULT_CLEARED = 5
    EV_TRIP = 6
    EV_PERMIT = 7
    EV_NOT_REALTIME = 8
    EV_INPUTS = 9


cdef struct LimitsData:
    int32_t low_tolerance
    int32_t medium_tolerance
    int32_t high_tolerance
    int32_t low_delay_s
    int32_t medium_delay_s
    int32_t high_delay_s
    int32_t station_max_ma
    int32_t station_tolerance
    int32_t station_delay_s
    int32_t noise_floor_ma
    int32_t grace_ms
    int32_t slope
    int32_t offset_ma
    int32_t voltage_mv
    int32_t degraded_single_ma
    int32_t degraded_three_ma
    int32_t rating_ma
    int32_t leaky
    int32_t simplified_allowed
    int32_t simplified_max_ma
    int32_t simplified_low_ma
    int32_t simplified_stop_s
    int32_t wake_up_s
    int32_t pwm_off_delay_s
    int32_t pwm_on_delay_s
    int32_t domestic_max_ma
    int32_t domestic_end_s
    int32_t inputs_expected
    int32_t inputs_enabled

cdef struct PermitData:
    uint64_t sequence
    int32_t authorised
    int32_t limit_ma
    int32_t ventilation
    int32_t available
    int32_t lock
    int32_t attached_cable
    int32_t light
    int32_t beep
    int32_t domestic
    LimitsData limits

cdef struct FrameData:
    int64_t samples
    int64_t blocks
    int64_t energy_mvas
    int64_t energy_phase_mvas[3]
    int64_t permit_sequence
    int64_t ready_since
    int64_t glitches
    int64_t overruns
    int64_t clamped
    int64_t guard_until
    int64_t closings
    int64_t transitions_at[TRANSITIONS]
    int32_t transitions[TRANSITIONS]
    int32_t pilot
    int32_t modulated
    int32_t high_mv
    int32_t low_mv
    int32_t duty_measured
    int32_t frequency
    int32_t duty
    int32_t contactor
    int32_t contactor_feedback
    int32_t lock
    int32_t lock_feedback
    int32_t inputs
    int32_t plug_ohm
    int32_t cable_ma
    int32_t current_ma[3]
    int32_t phases_used
    int32_t limit_ma
    int32_t permit_state
    int32_t faults
    int32_t simplified
    int32_t realtime
    int32_t high_stats[3]
    int32_t low_stats[3]
    int32_t phases_mask
    int32_t refused
    int32_t ended
    int32_t waking
    int32_t inputs_wrong
    int32_t reserved

cdef struct EventSlot:
    uint64_t number  # 0 while it is being written
    int64_t samples
    int64_t kind
    int64_t a
    int64_t b

cdef struct ScopeData:
    int64_t samples  # the clock at the end of the samples
    int16_t cp[SCOPE_SAMPLES]

cdef struct Area:  # one outlet's part of the shared memory
    uint64_t permit_lock
    PermitData permit
    uint64_t frame_lock
    FrameData frame
    uint64_t scope_lock
    ScopeData scope
    uint64_t last_event
    EventSlot ring[RING]

cdef struct LatencyData:  # the live loop's, counters that only rise
    uint64_t served[BUCKETS]  # nanoseconds from a block's arrival to its outputs
    uint64_t period[BUCKETS]  # nanoseconds that a block's period differed from its nominal one
    uint64_t served_worst_ns
    uint64_t period_worst_ns
    uint64_t blocks
    uint64_t overruns
    uint64_t fed  # the hardware watchdog, so many times

cdef struct Header:
    uint64_t magic
    uint32_t version
    uint32_t size
    uint32_t checksum
    uint32_t outlets
    uint64_t generation
    uint64_t reserved[4]
