# `Protection`: tiers and energy of one phase at any interval.

cdef enum:
    MILLIAMPS_AT_MOST = 1000000000
    MS_AT_MOST = 86400000


cdef int allowed_step(object current_ma, object limit_ma, object dt_ms, str where) except -1:
    """Refuse what cannot be a reading: it is never 'below the limit'."""
    for name, value, most in (
        ("current_ma", current_ma, MILLIAMPS_AT_MOST), ("limit_ma", limit_ma, MILLIAMPS_AT_MOST), ("dt_ms", dt_ms, MS_AT_MOST)
    ):
        if not 0 <= value <= most:
            raise ValueError(f"{where}{name} is {value}; allowed are 0 to {most}")
    return 0


cdef int integers_of(Py_buffer *view, object column, str name) except -1:
    """Take 64-bit integers from a buffer, shape (n,), C-contiguous; the caller releases the view."""
    PyObject_GetBuffer(column, view, PyBUF_FORMAT | PyBUF_C_CONTIGUOUS)
    if view.itemsize != 8 or view.ndim != 1 or view.format == NULL or view.format[0] not in b"lq":
        PyBuffer_Release(view)
        raise ValueError(f"{name} are C-contiguous 64-bit integers of shape (n,)")
    return 0


cdef class Protection:
    cdef LimitsData limits
    cdef Tiers tiers
    cdef Reference reference
    cdef Energy energy
    cdef int64_t now
    cdef int64_t span
    cdef int64_t last_ma

    def __cinit__(self, limits=None, window_s=6.0):
        limits_from(&self.limits, Limits() if limits is None else limits)
        validate_limits(&self.limits)
        if not 0 <= window_s <= 3600:
            raise ValueError(f"window_s is {window_s}; allowed are 0 to 3600 seconds")
        self.span = <int64_t> (window_s * 1000)
        self.last_ma = -1

    cdef int advance(self, int64_t current, int64_t limit, int64_t dt) noexcept nogil:
        cdef int64_t bar, before = current if self.last_ma < 0 else self.last_ma
        self.now += dt
        bar = reference(&self.reference, self.now, self.span, <int32_t> limit) + self.limits.noise_floor_ma
        energy_add(&self.energy, current + before, self.limits.voltage_mv, dt * FRAMES_A_MS)
        self.last_ma = current
        return tiers_step(&self.tiers, &self.limits, current, bar, dt, 1000)

    def step(self, current_ma, limit_ma, dt_ms):
        allowed_step(current_ma, limit_ma, dt_ms, "")
        return self.advance(current_ma, limit_ma, dt_ms)

    def run(self, currents, limits, dt_ms):
        cdef Py_buffer views[3]
        cdef const int64_t *columns[3]
        cdef Py_ssize_t row, rows, bad = -1
        cdef int64_t current, limit, dt = 0
        cdef int held = 0, tripped
        cdef bint steady = isinstance(dt_ms, int)
        cdef list trips = []
        if steady:
            allowed_step(0, 0, dt_ms, "")
            dt = dt_ms
        try:
            for name, column in (("currents", currents), ("limits", limits), ("dt_ms", dt_ms))[:2 if steady else 3]:
                integers_of(&views[held], column, name)
                columns[held] = <const int64_t *> views[held].buf
                held += 1
            rows = views[0].shape[0]
            for k in range(1, held):
                if views[k].shape[0] != rows:
                    raise ValueError(f"{rows} currents, but {views[k].shape[0]} {'limits' if k == 1 else 'dt_ms'}")
            for row in range(rows):  # nothing is counted of a log that is wrong further down
                dt = dt if steady else columns[2][row]
                if not (0 <= columns[0][row] <= MILLIAMPS_AT_MOST and 0 <= columns[1][row] <= MILLIAMPS_AT_MOST
                        and 0 <= dt <= MS_AT_MOST):
                    bad = row
                    break
            if bad >= 0:
                allowed_step(columns[0][bad], columns[1][bad], dt, f"row {bad}: ")
            for row in range(rows):
                dt = dt if steady else columns[2][row]
                tripped = self.advance(columns[0][row], columns[1][row], dt)
                if tripped:
                    trips.append((row, tripped))
        finally:
            for k in range(held):
                PyBuffer_Release(&views[k])
        return trips

    @property
    def energy_mvas(self):
        return self.energy.mvas
