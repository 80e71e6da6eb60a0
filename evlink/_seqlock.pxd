# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""Writing and reading the shared memory: seqlocks, the ring of events, the oscilloscope's samples.

A writer makes the sequence odd, writes, makes it even; a reader copies and keeps the copy only if the sequence
was even and the same before and after. Structs are whole 64-bit words, copied by relaxed atomics, so that the
copy of a torn struct is discarded and never undefined.
"""

from libc.stdint cimport int16_t, int64_t, uint64_t
from libc.string cimport memcpy

from evlink._frame cimport RING, SCOPE_SAMPLES, Area, EventSlot, ScopeData


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


cdef inline void scope_write(Area *area, int64_t samples, const int16_t *window) noexcept nogil:
    """Show the last window's raw pilot samples; `samples` is the clock at their end."""
    cdef uint64_t odd = (evl_load(&area.scope_lock) + 1) | 1
    cdef uint64_t *to = <uint64_t *> &area.scope.cp[0]
    cdef uint64_t four
    cdef int i
    evl_store(&area.scope_lock, odd)
    evl_fence_release()
    evl_store(<uint64_t *> &area.scope.samples, <uint64_t> samples)
    for i in range(SCOPE_SAMPLES // 4):
        memcpy(&four, &window[4 * i], 8)
        evl_store(&to[i], four)
    evl_store_release(&area.scope_lock, odd + 1)
