# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""ADC scans to board samples: one outlet's four columns out of a block of raw frames, with calibration and decimation.

Integers of any IIO storage form become int16 in the units of the board protocol. A column whose ADC stands at an end of
its range may be marked as clipped, which the core takes for a short circuit.
"""

from libc.math cimport lrint
from libc.stdint cimport int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy


cdef extern from *:
    """
    #include <stdint.h>
    #include <string.h>

    /* A column of 16 or 32 bits, one raw frame a sample: apart from its frames first, so that the rest vectorises. */
    #define EVL_GATHER(name, type, wide, swapped) \\
        static void name(const uint8_t *p, int step, int left, int right, int is_signed, int count, int32_t *out) { \\
            for (int i = 0; i < count; i++, p += step) { \\
                type v; \\
                memcpy(&v, p, sizeof v); \\
                uint32_t w = (uint32_t)(wide)(swapped) << left; \\
                out[i] = is_signed ? (int32_t)w >> right : (int32_t)(w >> right); \\
            } \\
        }
    EVL_GATHER(evl_gather_16, uint16_t, uint16_t, v)
    EVL_GATHER(evl_gather_16_swapped, uint16_t, uint16_t, __builtin_bswap16(v))
    EVL_GATHER(evl_gather_32, uint32_t, uint32_t, v)
    EVL_GATHER(evl_gather_32_swapped, uint32_t, uint32_t, __builtin_bswap32(v))

    /* raw x gain + zero, to the nearest, a tie to the even one. 0, and nothing written, where any would lie outside the
       scale or stands at an end of the ADC: the ordinary way then looks at each. */
    static int evl_scale(const int32_t *raw, int count, double gain, double zero, int32_t least, int32_t most,
                         int16_t *restrict out) {
        const double nearest = 6755399441055744.0;  /* 3 x 2^51: what lies below the point is rounded off by the sum */
        int32_t low = INT32_MAX, high = INT32_MIN;
        for (int i = 0; i < count; i++) {
            low = raw[i] < low ? raw[i] : low;
            high = raw[i] > high ? raw[i] : high;
        }
        double one = (double)low * gain + zero, other = (double)high * gain + zero;
        if (low <= least || high >= most || one > 32767.0 || one < -32767.0 || other > 32767.0 || other < -32767.0)
            return 0;
        for (int i = 0; i < count; i++) {
            double x = (double)raw[i] * gain + zero + nearest;
            int64_t bits;
            memcpy(&bits, &x, sizeof bits);
            out[i] = (int16_t)bits;
        }
        return 1;
    }
    static void evl_weave(const int16_t *a, const int16_t *b, const int16_t *c, const int16_t *d, int count,
                          int16_t *restrict out) {
        for (int i = 0; i < count; i++) {
            out[4 * i] = a[i];
            out[4 * i + 1] = b[i];
            out[4 * i + 2] = c[i];
            out[4 * i + 3] = d[i];
        }
    }
    """
    uint16_t swap16 "__builtin_bswap16"(uint16_t) noexcept nogil
    uint32_t swap32 "__builtin_bswap32"(uint32_t) noexcept nogil
    uint64_t swap64 "__builtin_bswap64"(uint64_t) noexcept nogil
    void evl_gather_16(const uint8_t*, int, int, int, int, int, int32_t*) noexcept nogil
    void evl_gather_16_swapped(const uint8_t*, int, int, int, int, int, int32_t*) noexcept nogil
    void evl_gather_32(const uint8_t*, int, int, int, int, int, int32_t*) noexcept nogil
    void evl_gather_32_swapped(const uint8_t*, int, int, int, int, int, int32_t*) noexcept nogil
    int evl_scale(const int32_t*, int, double, double, int32_t, int32_t, int16_t*) noexcept nogil
    void evl_weave(const int16_t*, const int16_t*, const int16_t*, const int16_t*, int, int16_t*) noexcept nogil


cdef enum:
    COLUMNS = 4
    END = 32767  # the end of the scale in the board protocol; -32768 is not used
    PIECE = 1000  # samples at a time

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

cdef struct Scan:
    Column columns[COLUMNS]
    int size  # bytes of a raw frame
    int factor  # raw frames a sample


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


cdef inline int64_t least_of(const Column* c) noexcept nogil:
    return -(<int64_t> 1 << (c.bits - 1)) if c.is_signed else 0


cdef inline int64_t most_of(const Column* c) noexcept nogil:
    if c.bits == 64:
        return 0x7FFFFFFFFFFFFFFF if c.is_signed else -1
    return (<int64_t> 1 << (c.bits - (1 if c.is_signed else 0))) - 1


cdef inline int16_t rounded(double x) noexcept nogil:
    """The nearest whole number within the scale."""
    return END if x >= END else -END if x <= -END else <int16_t> lrint(x)


cdef inline void convert_any(const uint8_t* p, int step, const Column* c, int factor, int16_t* out, int count) noexcept nogil:
    """`count` samples of a column of any form, each the mean of `factor` raw values."""
    cdef int64_t least = least_of(c), most = most_of(c)
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
            p += step
        if c.ends and at != 0:
            out[i] = END if (at > 0) == (c.gain > 0) else -END
        else:
            out[i] = rounded(<double> total * gain + c.zero)


cdef inline void convert_column(const uint8_t* p, int step, const Column* c, int factor, int16_t* out, int count) noexcept nogil:
    """`count` samples of a column, at most PIECE: the usual forms at the speed of the machine, the others as they go."""
    cdef int32_t raw[PIECE]
    cdef int left, right
    p += c.offset
    if factor != 1 or c.size not in (2, 4) or c.bits > (32 if c.is_signed else 31):
        convert_any(p, step, c, factor, out, count)
        return
    left = 32 - c.bits - c.shift
    right = 32 - c.bits
    if c.size == 2 and c.big:
        evl_gather_16_swapped(p, step, left, right, c.is_signed, count, raw)
    elif c.size == 2:
        evl_gather_16(p, step, left, right, c.is_signed, count, raw)
    elif c.big:
        evl_gather_32_swapped(p, step, left, right, c.is_signed, count, raw)
    else:
        evl_gather_32(p, step, left, right, c.is_signed, count, raw)
    if not evl_scale(raw, count, c.gain, c.zero, <int32_t> least_of(c), <int32_t> most_of(c), out):
        convert_any(p, step, c, factor, out, count)


cdef inline void convert(const Scan* s, const uint8_t* frames, int16_t* out, int count) noexcept nogil:
    """`count` samples of all four columns, interleaved; a column that is not used stays 0."""
    cdef int16_t apart[COLUMNS][PIECE]
    cdef int done = 0, part, k, i
    while done < count:
        part = min(<int> PIECE, count - done)
        for k in range(COLUMNS):
            if s.columns[k].used:
                convert_column(frames, s.size, &s.columns[k], s.factor, apart[k], part)
            else:
                for i in range(part):
                    apart[k][i] = 0
        evl_weave(apart[0], apart[1], apart[2], apart[3], part, out + COLUMNS * done)
        frames += <int64_t> part * s.factor * s.size
        done += part


cdef inline double mean_of(const uint8_t* p, int step, const Column* c, int count) noexcept nogil:
    """Mean of a column over raw frames, gain and zero applied."""
    cdef double total = 0
    cdef int64_t whole = 0
    cdef int i
    p += c.offset
    if c.bits <= 32:
        for i in range(count):
            whole += raw_value(p, c)
            p += step
        total = <double> whole
    else:
        for i in range(count):
            total += <double> raw_value(p, c)
            p += step
    return total / count * c.gain + c.zero


cdef inline int32_t plug_ohms(double millivolts, double pullup_mv, double pullup_ohm, double open_ohm) noexcept nogil:
    """The plug resistor that a divider's voltage means; -1 = open."""
    cdef double ohms
    if millivolts >= pullup_mv:
        return -1
    ohms = pullup_ohm * millivolts / (pullup_mv - millivolts)
    return -1 if ohms >= open_ohm else <int32_t> lrint(ohms) if ohms > 0 else 0


cdef inline int fill(Column* c, column, int size) except -1:
    """A column from (offset, size, big, signed, bits, shift, gain, zero, ends), checked to lie in the frame."""
    c.used = column is not None
    if column is None:
        return 0
    offset, storage, big, is_signed, bits, shift, gain, zero, ends = column
    if storage not in (1, 2, 4, 8) or not 0 <= offset <= size - storage:
        raise ValueError(f"{storage} bytes at {offset} lie in no frame of {size} bytes")
    if not 1 <= bits <= 8 * storage or not 0 <= shift <= 8 * storage - bits:
        raise ValueError(f"{bits} bits shifted by {shift} lie not in {8 * storage}")
    c.offset, c.size, c.big, c.is_signed = offset, storage, big, is_signed
    c.bits, c.shift, c.gain, c.zero, c.ends = bits, shift, gain, zero, ends
    return 0


cdef inline int fill_scan(Scan* s, int size, int factor, columns) except -1:
    """A scan from bytes a raw frame, raw frames a sample, and its four columns. ValueError where they do not fit."""
    if len(columns) != COLUMNS or size < 1 or not 1 <= factor <= 1000:
        raise ValueError(f"{len(columns)} columns of {size}-byte frames by {factor} cannot be converted")
    s.size, s.factor = size, factor
    for i, column in enumerate(columns):
        fill(&s.columns[i], column, size)
    return 0
