# `Core` and `Pilot`: the step without a board.

cdef class Core:
    cdef Station *station
    cdef Area *areas

    def __cinit__(self, outlets=1):
        cdef int k
        count = outlets_checked(outlets)
        self.station = <Station *> calloc(1, sizeof(Station))
        self.areas = <Area *> calloc(count, sizeof(Area))
        if self.station == NULL or self.areas == NULL:
            raise MemoryError
        self.station.count = count
        for k in range(self.station.count):
            outlet_begin(&self.station.outlets[k], &self.areas[k])

    def __dealloc__(self):
        free(self.station)
        free(self.areas)

    cdef Outlet *outlet(self, object number) except NULL:
        return &self.station.outlets[index_checked(number, self.station.count)]

    def permit(self, outlet, permit):
        cdef Outlet *o = self.outlet(outlet)
        cdef PermitData p
        permit_from(&p, permit)
        p.sequence = o.permit.sequence + 1
        permit_take(o, &p)

    def feed(self, outlet, block, *, plug_ohm=-1, inputs=0, feedback=0, lost=0):
        cdef Outlet *o = self.outlet(outlet)
        cdef int32_t ohm = saturated(plug_ohm), bits = saturated(inputs), back = saturated(feedback)
        cdef int32_t gone = saturated(lost)
        cdef int32_t frames
        cdef Py_buffer view
        samples_of(&view, block, 4)
        frames = <int32_t> view.shape[0]
        with nogil:
            feed(self.station, o, <const int16_t *> view.buf, frames, ohm, bits, back, gone)
            publish(self.station, o)
        PyBuffer_Release(&view)
        return Outputs(bool(o.contactor), o.duty, True, bool(o.lock), o.permit.light, o.permit.beep)

    def missing(self, outlet, frames):
        cdef Outlet *o = self.outlet(outlet)
        missing(o, saturated(frames))
        publish(self.station, o)

    def frame(self, outlet):
        publish(self.station, self.outlet(outlet))
        return frame_to(&self.outlet(outlet).frame)

    def events(self, outlet, after=0):
        return events_from(self.outlet(outlet).area, after)

    def scope(self, outlet):
        return scope_of(self.outlet(outlet).area, 1)


cdef class Pilot:
    cdef PilotState state

    def __cinit__(self):
        memset(&self.state, 0, sizeof(PilotState))

    def feed(self, block):
        cdef Py_buffer view
        samples_of(&view, block, 1)
        with nogil:
            pilot_feed(
                &self.state, <const int16_t *> view.buf, <int32_t> view.shape[0], <int32_t> (view.strides[0] // 2)
            )
        PyBuffer_Release(&view)
        return self.state.settled

    @property
    def measured(self):
        return self.state.raw

    @property
    def high_mv(self):
        return self.state.now.high_mv

    @property
    def low_mv(self):
        return self.state.now.low_mv

    @property
    def duty(self):
        return self.state.now.duty

    @property
    def frequency(self):
        return self.state.now.frequency

    @property
    def modulated(self):
        return bool(self.state.now.modulated)

    @property
    def glitches(self):
        return self.state.glitches

    @property
    def high_stats(self):
        return self.statistics()[0]

    @property
    def low_stats(self):
        return self.statistics()[1]

    cdef tuple statistics(self):
        cdef int32_t high[3]
        cdef int32_t low[3]
        pilot_statistics(&self.state, high, low)
        return (high[0], high[1], high[2]), (low[0], low[1], low[2])
