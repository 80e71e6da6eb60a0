# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The conversion of ADC scans as Python sees it; the Linux board's loop uses `_scan.pxd` itself."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdint cimport int16_t, uint8_t

from evlink.hardware._scan cimport COLUMNS, Column, Scan, convert, fill, fill_scan, mean_of, plug_ohms


cdef class Converter:
    """The conversion of one outlet's four columns: `size` bytes a raw frame, `factor` raw frames a sample."""

    cdef Scan _scan

    def __init__(self, int size, int factor, columns):
        fill_scan(&self._scan, size, factor, columns)

    def convert(self, const uint8_t[::1] raw not None):
        """int16 samples, interleaved, from a whole number of raw frames; ValueError for another length."""
        cdef int step = self._scan.size * self._scan.factor
        cdef int count = <int> (raw.shape[0] // step)
        cdef bytes out
        cdef int16_t* to
        if raw.shape[0] == 0 or raw.shape[0] % step:
            raise ValueError(f"{raw.shape[0]} bytes are no whole number of {step} bytes")
        out = PyBytes_FromStringAndSize(NULL, count * COLUMNS * sizeof(int16_t))
        to = <int16_t*> PyBytes_AS_STRING(out)
        with nogil:
            convert(&self._scan, &raw[0], to, count)
        return out


def mean(const uint8_t[::1] raw not None, int size, column):
    """Mean of a column over raw frames of `size` bytes, gain and zero applied; ValueError for no whole frame."""
    cdef Column c
    cdef int count = <int> (raw.shape[0] // size)
    fill(&c, column, size)
    if count == 0:
        raise ValueError(f"{raw.shape[0]} bytes hold no frame of {size} bytes")
    return mean_of(&raw[0], size, &c, count)


def plug_ohm(double millivolts, double pullup_mv, double pullup_ohm, double open_ohm):
    """The plug resistor that a divider's voltage means, in ohms; -1 = open."""
    return plug_ohms(millivolts, pullup_mv, pullup_ohm, open_ohm)
