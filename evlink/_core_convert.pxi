# Python values to the core's structs and back.

cdef int32_t saturated(object value) except? -1:
    """A Python integer as 32 bits, at the end of the range where it is beyond."""
    number = int(value)
    if number > 0x7FFFFFFF:
        return 0x7FFFFFFF
    if number < -0x80000000:
        return <int32_t> -0x80000000
    return <int32_t> number


cdef int limits_from(LimitsData *l, object limits) except -1:
    l.low_tolerance = saturated(limits.low_tolerance)
    l.medium_tolerance = saturated(limits.medium_tolerance)
    l.high_tolerance = saturated(limits.high_tolerance)
    l.low_delay_s = saturated(limits.low_delay_s)
    l.medium_delay_s = saturated(limits.medium_delay_s)
    l.high_delay_s = saturated(limits.high_delay_s)
    l.station_max_ma = saturated(limits.station_max_ma)
    l.station_tolerance = saturated(limits.station_tolerance)
    l.station_delay_s = saturated(limits.station_delay_s)
    l.noise_floor_ma = saturated(limits.noise_floor_ma)
    l.grace_ms = saturated(limits.grace_ms)
    l.slope = saturated(limits.slope)
    l.offset_ma = saturated(limits.offset_ma)
    l.voltage_mv = saturated(limits.voltage_mv)
    l.degraded_single_ma = saturated(limits.degraded_single_ma)
    l.degraded_three_ma = saturated(limits.degraded_three_ma)
    l.rating_ma = saturated(limits.rating_ma)
    l.leaky = saturated(limits.leaky)
    l.simplified_allowed = saturated(limits.simplified_allowed)
    l.simplified_max_ma = saturated(limits.simplified_max_ma)
    l.simplified_low_ma = saturated(limits.simplified_low_ma)
    l.simplified_stop_s = saturated(limits.simplified_stop_s)
    l.wake_up_s = saturated(limits.wake_up_s)
    l.pwm_off_delay_s = saturated(limits.pwm_off_delay_s)
    l.pwm_on_delay_s = saturated(limits.pwm_on_delay_s)
    l.domestic_max_ma = saturated(limits.domestic_max_ma)
    l.domestic_end_s = saturated(limits.domestic_end_s)
    l.inputs_expected = saturated(limits.inputs_expected)
    l.inputs_enabled = saturated(limits.inputs_enabled)
    return 0


cdef int permit_from(PermitData *p, object permit) except -1:
    memset(p, 0, sizeof(PermitData))
    p.authorised = saturated(permit.authorised)
    p.limit_ma = saturated(permit.limit_ma)
    p.ventilation = saturated(permit.ventilation)
    p.available = saturated(permit.available)
    p.lock = saturated(permit.lock)
    p.attached_cable = saturated(permit.attached_cable)
    p.light = saturated(permit.light)
    p.beep = saturated(permit.beep)
    p.domestic = saturated(permit.domestic)
    return limits_from(&p.limits, permit.limits)


cdef object permit_to(const PermitData *p):
    """A permit as it was granted; what is a switch among its fields comes back as one."""
    fields = dict(p[0])
    fields.pop("sequence")
    limits = fields.pop("limits")
    return Permit(
        limits=Limits(**{name: typed(getattr(Limits(), name), value) for name, value in limits.items()}),
        **{name: typed(getattr(Permit(), name), value) for name, value in fields.items()},
    )


cdef object typed(object usual, object value):
    return bool(value) if isinstance(usual, bool) else value


cdef tuple transitions_of(const FrameData *f):
    """(samples, old, new) of the last changes of state, oldest first; the ring's slots that were never used are 0."""
    return tuple(sorted(
        (f.transitions_at[k], f.transitions[k] // 16, f.transitions[k] % 16)
        for k in range(TRANSITIONS) if f.transitions[k]
    ))


cdef object frame_to(const FrameData *f):
    return Frame(
        f.samples, f.blocks, f.pilot, bool(f.modulated), f.high_mv, f.low_mv, f.duty_measured, f.frequency, f.duty,
        bool(f.contactor), bool(f.contactor_feedback), bool(f.lock), bool(f.lock_feedback), f.inputs, f.plug_ohm,
        f.cable_ma, (f.current_ma[0], f.current_ma[1], f.current_ma[2]), f.energy_mvas, f.phases_used, f.limit_ma,
        f.permit_state, f.permit_sequence, f.faults, bool(f.simplified), f.ready_since, f.glitches, f.overruns,
        bool(f.realtime), f.clamped,
        (f.energy_phase_mvas[0], f.energy_phase_mvas[1], f.energy_phase_mvas[2]), f.phases_mask,
        (f.high_stats[0], f.high_stats[1], f.high_stats[2]), (f.low_stats[0], f.low_stats[1], f.low_stats[2]),
        transitions_of(f), bool(f.refused), bool(f.ended), bool(f.waking), f.inputs_wrong, f.guard_until, f.closings,
    )


cdef object scope_of(Area *area, int tries):
    """The oscilloscope's samples; None where no whole copy could be had, or there are none yet."""
    cdef ScopeData scope
    if not seq_read(&area.scope_lock, &area.scope, &scope, sizeof(scope), tries):
        return None
    return scope.samples, (<const char *> &scope.cp[0])[:SCOPE_SAMPLES * sizeof(int16_t)]


cdef list events_from(Area *area, object after):
    cdef uint64_t last = evl_load_acquire(&area.last_event)
    cdef uint64_t number
    cdef EventSlot slot
    cdef list events = []
    if after < 0:
        after = 0
    if after >= last:
        return events
    number = <uint64_t> after + 1
    if last - number >= RING:
        number = last - RING + 1
    while number <= last:
        if event_read(area, number, &slot):
            events.append(CoreEvent(slot.number, slot.samples, slot.kind, slot.a, slot.b))
        number += 1
    return events


cdef int samples_of(Py_buffer *view, object block, int channels) except -1:
    """Take int16 samples from a buffer; the caller releases the view.

    Shape (n, 4), C-contiguous; or (n,), which may be one channel of frames (whole samples apart, forward).
    """
    cdef bint good
    PyObject_GetBuffer(block, view, PyBUF_FORMAT | (PyBUF_STRIDES if channels == 1 else PyBUF_C_CONTIGUOUS))
    good = view.itemsize == 2 and view.format != NULL and view.format[0] in b"h<=" and view.len // 2 < 0x7FFFFFFF
    if good and view.format[0] != b"h"[0]:
        good = view.format[1] == b"h"[0]
    if good and channels == 1:
        good = view.ndim == 1 and 0 < view.strides[0] < 0x7FFFFFFF and view.strides[0] % 2 == 0
    elif good:
        good = view.ndim == 2 and view.shape[1] == channels
    if not good:
        PyBuffer_Release(view)
        shape = "int16 of shape (n,)" if channels == 1 else f"C-contiguous int16 of shape (n, {channels})"
        raise ValueError(f"a block is {shape}")
    return 0
