# cython: language_level=3
"""The messages of docs/board-protocol.md as structs, for the boards that are compiled; and the clock of their stamps."""

from libc.stdint cimport int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from posix.time cimport CLOCK_MONOTONIC, clock_gettime, timespec

cdef enum:
    BLOCK_FRAMES = 1000
    CHANNELS = 4
    MAGIC_BLOCK = 0x4B4C4245
    MAGIC_OUTPUTS = 0x54554F45
    VERSION = 1
    MS = 1000000  # nanoseconds
    DEAD_MAN = 100 * MS

# Every field of the three is aligned by itself, so that they are packed as they stand.
cdef struct Header:
    uint32_t magic
    uint16_t version
    uint8_t outlet
    uint8_t lost
    uint64_t sequence
    uint32_t frames
    int32_t plug_ohm
    uint32_t inputs
    uint32_t feedback
    uint64_t stamp_ns
    uint8_t zero[8]

cdef struct Outputs:
    uint32_t magic
    uint16_t version
    uint8_t outlet
    uint8_t contactor
    uint64_t sequence
    uint16_t duty
    uint8_t pilot_on
    uint8_t lock
    uint8_t light
    uint8_t beeps
    uint8_t zero[10]

cdef struct Block:
    Header header
    int16_t samples[BLOCK_FRAMES * CHANNELS]


cdef inline int64_t now_ns() noexcept nogil:
    cdef timespec t
    clock_gettime(CLOCK_MONOTONIC, &t)
    return <int64_t> t.tv_sec * 1000000000 + t.tv_nsec
