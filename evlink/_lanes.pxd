# cython: language_level=3
"""The passes over samples, in eight lanes: `_lanes.h` says what and why."""

from libc.stdint cimport int16_t, int32_t, int64_t, uint64_t

cdef extern from "_lanes.h":
    enum:
        EVL_FIRST
        EVL_LAST

    ctypedef struct evl_plateaus:
        int32_t high
        int32_t low
        int32_t n_high
        int32_t n_low
        int32_t above
        int32_t rises
        int32_t high_min
        int32_t high_max
        int32_t low_min
        int32_t low_max

    ctypedef struct evl_currents:
        uint64_t squares[3]
        int64_t sums[3]
        int32_t least[3]
        int32_t most[3]

    void evl_measure(const int16_t *x, evl_plateaus *r) noexcept nogil
    int32_t evl_run(const int16_t *x, int32_t i, int32_t end, int below) noexcept nogil
    int32_t evl_run_back(const int16_t *x, int32_t i, int below) noexcept nogil
    void evl_channel(const int16_t *x, int32_t n, int32_t step, int16_t *out) noexcept nogil
    void evl_split(const int16_t *x, int32_t n, int16_t *pilot, evl_currents *r) noexcept nogil
