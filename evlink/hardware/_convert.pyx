# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""ADC scans to board samples: one pass over a block of raw frames, with calibration and decimation.

Integers of any IIO storage form become int16 in the units of the board protocol. A column whose ADC stands at an end of
its range may be marked as clipped, which the core takes for a short circuit.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.math cimport lrint
from libc.stdint cimport int16_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy


cdef extern from *:
    uint16_t swap16 "__builtin_bswap16"(uint16_t) noexcept nogil
    uint32_t swap32 "__builtin_bswap32"(uint32_t) noexcept nogil
    uint64_t swap64 "__builtin_bswap64"(uint64_t) noexcept nogil


cdef enum:
    COLUMNS = 4
    END = 32767  # the end of the scale in the board protocol; -32768 is not used

cdef struct Column:
    bint used
    bint big  # big-endian
    bint is_signed
    bint ends  # mark the ADC's ends as clipped
    int offset  # bytes into a frame
    int size  # bytes of storage
    int bits
    int shift
    double gain
    double zero


cdef inline int64_t raw_value(const uint8_t* p, const Column* c) noexcept nogil:
    """The number that a scan element holds."""
    cdef uint16_t h
    cdef uint32_t w
    cdef uint64_t v
    if c.size == 2:
        memcpy(&h, p, 2)
        v = swap16(h) if c.big else h
    elif c.size == 4:
        memcpy(&w, p, 4)
        v = swap32(w) if c.big else w
    elif c.size == 8:
        memcpy(&v, p, 8)
        v = swap64(v) if c.big else v
    else:
        v = p[0]
    v = (v >> c.shift) << (64 - c.bits)
    return <int64_t> v >> (64 - c.bits) if c.is_signed else <int64_t> (v >> (64 - c.bits))


cdef inline int16_t rounded(double x) noexcept nogil:
    """The nearest whole number within the scale."""
    return END if x >= END else -END if x <= -END else <int16_t> lrint(x)


cdef inline void convert_column(
    const uint8_t* frames, int frame_size, const Column* c, int factor, int16_t* out, int count
) noexcept nogil:
    """One column of `count` samples, each the mean of `factor` raw values, into every fourth place of `out`."""
    cdef int64_t least = -(<int64_t> 1 << (c.bits - 1)) if c.is_signed else 0
    cdef int64_t most = (<int64_t> 1 << (c.bits - (1 if c.is_signed else 0))) - 1
    cdef const uint8_t* p = frames + c.offset
    cdef double gain = c.gain / factor
    cdef int64_t v, total
    cdef int i, j, at
    for i in range(count):
        total = 0
        at = 0
        for j in range(factor):
            v = raw_value(p, c)
            at = 1 if v == most else -1 if v == least else at
            total += v
            p += frame_size
        if c.ends and at != 0:
            out[COLUMNS * i] = END if (at > 0) == (c.gain > 0) else -END
        else:
            out[COLUMNS * i] = rounded(<double> total * gain + c.zero)


cdef class Converter:
    """The conversion of one outlet's four columns: `size` bytes a raw frame, `factor` raw frames a sample."""

    cdef Column _columns[COLUMNS]
    cdef int _size
    cdef int _factor

    def __init__(self, int size, int factor, columns):
        if len(columns) != COLUMNS or size < 1 or not 1 <= factor <= 1000:
            raise ValueError(f"{len(columns)} columns of {size}-byte frames by {factor} cannot be converted")
        self._size = size
        self._factor = factor
        for i, column in enumerate(columns):
            self._columns[i].used = column is not None
            if column is not None:
                fill(&self._columns[i], column, size)

    def convert(self, const uint8_t[::1] raw not None):
        """int16 samples, interleaved, from a whole number of raw frames; ValueError for another length."""
        cdef int step = self._size * self._factor
        cdef int count = <int> (raw.shape[0] // step)
        cdef bytes out
        cdef int16_t* to
        cdef int i, k
        if raw.shape[0] == 0 or raw.shape[0] % step:
            raise ValueError(f"{raw.shape[0]} bytes are no whole number of {step} bytes")
        out = PyBytes_FromStringAndSize(NULL, count * COLUMNS * sizeof(int16_t))
        to = <int16_t*> PyBytes_AS_STRING(out)
        with nogil:
            for k in range(COLUMNS):
                if self._columns[k].used:
                    convert_column(&raw[0], self._size, &self._columns[k], self._factor, to + k, count)
                else:
                    for i in range(count):
                        to[COLUMNS * i + k] = 0
        return out


def mean(const uint8_t[::1] raw not None, int size, column):
    """Mean of a column over raw frames of `size` bytes, gain and zero applied; ValueError for no whole frame."""
    cdef Column c
    cdef int count = <int> (raw.shape[0] // size)
    cdef double total = 0
    cdef int i
    fill(&c, column, size)
    if count == 0:
        raise ValueError(f"{raw.shape[0]} bytes hold no frame of {size} bytes")
    with nogil:
        for i in range(count):
            total += <double> raw_value(&raw[0] + i * size + c.offset, &c)
    return total / count * c.gain + c.zero


cdef int fill(Column* c, column, int size) except -1:
    """A column from (offset, size, big, signed, bits, shift, gain, zero, ends), checked to lie in the frame."""
    offset, storage, big, is_signed, bits, shift, gain, zero, ends = column
    if storage not in (1, 2, 4, 8) or not 0 <= offset <= size - storage:
        raise ValueError(f"{storage} bytes at {offset} lie in no frame of {size} bytes")
    if not 1 <= bits <= 8 * storage or not 0 <= shift <= 8 * storage - bits:
        raise ValueError(f"{bits} bits shifted by {shift} lie not in {8 * storage}")
    c.offset, c.size, c.big, c.is_signed = offset, storage, big, is_signed
    c.bits, c.shift, c.gain, c.zero, c.ends = bits, shift, gain, zero, ends
    return 0
