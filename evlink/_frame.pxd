# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""The structs that cross the border between control and station, and the seqlocks that guard them.

A writer makes the sequence odd, writes, makes it even; a reader copies and keeps the copy only if the sequence
was even and the same before and after. Structs are whole 64-bit words, copied by relaxed atomics, so that the
copy of a torn struct is discarded and never undefined.
"""

from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t


cdef extern from *:
    """
    #include <stdint.h>
    #include <string.h>
    #define evl_load(p) __atomic_load_n((p), __ATOMIC_RELAXED)
    #define evl_load_acquire(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
    #define evl_store(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)
    #define evl_store_release(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)
    #define evl_fence_acquire() __atomic_thread_fence(__ATOMIC_ACQUIRE)
    #define evl_fence_release() __atomic_thread_fence(__ATOMIC_RELEASE)
    """
    uint64_t evl_load(uint64_t *p) noexcept nogil
    uint64_t evl_load_acquire(uint64_t *p) noexcept nogil
    void evl_store(uint64_t *p, uint64_t v) noexcept nogil
    void evl_store_release(uint64_t *p, uint64_t v) noexcept nogil
    void evl_fence_acquire() noexcept nogil
    void evl_fence_release() noexcept nogil


cdef enum:
    FRAMES_A_SECOND = 100000
    FRAMES_A_WINDOW = 1000  # 10 ms
    FRAMES_A_MS = 100
    LAYOUT = 1
    RING = 1024
    OUTLETS_AT_MOST = 8
    TRIES = 1000  # of a reader before it keeps its last copy

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
    LimitsData limits

cdef struct FrameData:
    int64_t samples
    int64_t blocks
    int64_t energy_mvas
    int64_t permit_sequence
    int64_t ready_since
    int64_t glitches
    int64_t overruns
    int64_t clamped
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
    int32_t reserved

cdef struct EventSlot:
    uint64_t number  # 0 while it is being written
    int64_t samples
    int64_t kind
    int64_t a
    int64_t b

cdef struct Area:  # one outlet's part of the shared memory
    uint64_t permit_lock
    PermitData permit
    uint64_t frame_lock
    FrameData frame
    uint64_t last_event
    EventSlot ring[RING]

cdef struct Header:
    uint64_t magic
    uint32_t version
    uint32_t size
    uint32_t checksum
    uint32_t outlets
    uint64_t generation
    uint64_t reserved[4]


cdef inline void seq_write(uint64_t *lock, void *there, const void *data, size_t size) noexcept nogil:
    """Write under the seqlock. A writer killed half-way left it odd: the next one goes on from there."""
    cdef uint64_t odd = (evl_load(lock) + 1) | 1
    cdef uint64_t *to = <uint64_t *> there
    cdef const uint64_t *of = <const uint64_t *> data
    cdef size_t i
    evl_store(lock, odd)
    evl_fence_release()
    for i in range(size // 8):
        evl_store(&to[i], of[i])
    evl_store_release(lock, odd + 1)


cdef inline bint seq_read(uint64_t *lock, void *there, void *data, size_t size, int tries) noexcept nogil:
    """Copy what the seqlock guards; False where no whole copy could be had or nothing was ever written."""
    cdef uint64_t before
    cdef uint64_t *of = <uint64_t *> there
    cdef uint64_t *to = <uint64_t *> data
    cdef size_t i
    cdef int k
    for k in range(tries):
        before = evl_load_acquire(lock)
        if before == 0:
            return False
        if before & 1:
            continue
        for i in range(size // 8):
            to[i] = evl_load(&of[i])
        evl_fence_acquire()
        if evl_load(lock) == before:
            return True
    return False


cdef inline void emit(Area *area, int64_t samples, int64_t kind, int64_t a, int64_t b) noexcept nogil:
    """Append an event to the ring; the slot's number is 0 while it changes."""
    cdef uint64_t number = evl_load(&area.last_event) + 1
    cdef EventSlot *slot = &area.ring[number % RING]
    evl_store(&slot.number, 0)
    evl_fence_release()
    evl_store(<uint64_t *> &slot.samples, <uint64_t> samples)
    evl_store(<uint64_t *> &slot.kind, <uint64_t> kind)
    evl_store(<uint64_t *> &slot.a, <uint64_t> a)
    evl_store(<uint64_t *> &slot.b, <uint64_t> b)
    evl_store_release(&slot.number, number)
    evl_store_release(&area.last_event, number)


cdef inline bint event_read(Area *area, uint64_t number, EventSlot *out) noexcept nogil:
    """Copy one event; False where it was overwritten meanwhile."""
    cdef EventSlot *slot = &area.ring[number % RING]
    if evl_load_acquire(&slot.number) != number:
        return False
    out.number = number
    out.samples = <int64_t> evl_load(<uint64_t *> &slot.samples)
    out.kind = <int64_t> evl_load(<uint64_t *> &slot.kind)
    out.a = <int64_t> evl_load(<uint64_t *> &slot.a)
    out.b = <int64_t> evl_load(<uint64_t *> &slot.b)
    evl_fence_acquire()
    return evl_load(&slot.number) == number


cdef inline int32_t clip(int64_t value, int32_t low, int32_t high) noexcept nogil:
    if value < low:
        return low
    if value > high:
        return high
    return <int32_t> value


cdef inline int32_t bound(int32_t *field, int32_t low, int32_t high) noexcept nogil:
    """Force a field into its range; 1 where it was outside."""
    cdef int32_t value = clip(field[0], low, high)
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
    return n
