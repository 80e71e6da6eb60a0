# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""How late the live loop is: histograms in the shared memory, in powers of two of a nanosecond."""

from libc.stdint cimport int32_t, int64_t, uint64_t

from evlink._frame cimport BUCKETS, LatencyData
from evlink._seqlock cimport evl_load, evl_store


cdef inline int32_t bucket_of(int64_t ns) noexcept nogil:
    """Bucket k holds 2^k to 2^(k+1) - 1 ns; 0 and 1 share the first, all from 2.1 s on the last."""
    cdef int32_t k = 0
    while ns > 1 and k < BUCKETS - 1:
        ns >>= 1
        k += 1
    return k


cdef inline void counted(uint64_t *counter) noexcept nogil:
    """Count up, where one writes and many read."""
    evl_store(counter, evl_load(counter) + 1)


cdef inline void most(uint64_t *worst, int64_t ns) noexcept nogil:
    if <uint64_t> ns > evl_load(worst):
        evl_store(worst, <uint64_t> ns)


cdef inline void latency_served(LatencyData *l, int64_t ns) noexcept nogil:
    """A block's outputs were sent, so long after it arrived."""
    ns = ns if ns > 0 else 0
    counted(&l.served[bucket_of(ns)])
    most(&l.served_worst_ns, ns)
    counted(&l.blocks)


cdef inline void latency_period(LatencyData *l, int64_t ns) noexcept nogil:
    """Two blocks of an outlet came so much nearer or farther than their length."""
    ns = ns if ns > 0 else -ns
    counted(&l.period[bucket_of(ns)])
    most(&l.period_worst_ns, ns)
