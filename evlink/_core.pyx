# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
# cython: embedsignature=True
"""The compiled control core: the Python doors to the parts in `_pilot`, `_current`, `_energy`, `_contactor`, `_live`.

The documentation of every name stands in `_core.pyi`.
"""

import mmap
import os
import zlib
from collections import namedtuple

from cpython.buffer cimport PyBUF_C_CONTIGUOUS, PyBUF_FORMAT, PyBuffer_Release, PyObject_GetBuffer
from libc.stdint cimport int16_t, int32_t, int64_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy, memset

from evlink._contactor cimport *
from evlink._current cimport *
from evlink._energy cimport *
from evlink._frame cimport *
from evlink._live cimport *
from evlink._pilot cimport *

RATE = FRAMES_A_SECOND
BLOCK = FRAMES_A_WINDOW
LAYOUT_VERSION = LAYOUT

PILOT_UNKNOWN, PILOT_A, PILOT_B, PILOT_C = S_UNKNOWN, S_A, S_B, S_C
PILOT_D, PILOT_E, PILOT_F = S_D, S_E, S_F

FAULT_PILOT, FAULT_DIODE, FAULT_SHORT, FAULT_PLUG = F_PILOT, F_DIODE, F_SHORT, F_PLUG
FAULT_VENTILATION, FAULT_CONTACTOR, FAULT_LOCK = F_VENTILATION, F_CONTACTOR, F_LOCK
FAULT_OVERLOAD, FAULT_SHORT_CIRCUIT = F_OVERLOAD, F_SHORT_CIRCUIT
FAULT_MEASUREMENT, FAULT_GAP, FAULT_UNPLUGGED = F_MEASUREMENT, F_GAP, F_UNPLUGGED

PERMIT_NONE, PERMIT_LIVE, PERMIT_DEGRADED, PERMIT_LAPSED = P_NONE, P_LIVE, P_DEGRADED, P_LAPSED

EVENT_STATE, EVENT_CLOSED, EVENT_OPENED = EV_STATE, EV_CLOSED, EV_OPENED
EVENT_FAULT_SET, EVENT_FAULT_CLEARED, EVENT_TRIP = EV_FAULT_SET, EV_FAULT_CLEARED, EV_TRIP
EVENT_PERMIT, EVENT_NOT_REALTIME, EVENT_INPUTS = EV_PERMIT, EV_NOT_REALTIME, EV_INPUTS

OPEN_NO_PERMIT, OPEN_VEHICLE, OPEN_FAULT = O_NO_PERMIT, O_VEHICLE, O_FAULT
OPEN_UNDER_LOAD, OPEN_LAPSED, OPEN_ORDER = O_UNDER_LOAD, O_LAPSED, O_ORDER

TIER_LOW, TIER_MEDIUM, TIER_HIGH, TIER_STATION = T_LOW, T_MEDIUM, T_HIGH, T_STATION

INPUT_BUTTON_START = 1 << 0
INPUT_BUTTON_STOP = 1 << 1
INPUT_IN1 = 1 << 2
INPUT_IN2 = 1 << 3
INPUT_SURGE = 1 << 4
INPUT_INTRUSION = 1 << 5
INPUT_FLAP = 1 << 6
INPUT_UPSTREAM = 1 << 7

FEEDBACK_CONTACTOR, FEEDBACK_LOCK = FB_CONTACTOR, FB_LOCK

Limits = namedtuple(
    "Limits",
    "low_tolerance medium_tolerance high_tolerance low_delay_s medium_delay_s high_delay_s station_max_ma "
    "station_tolerance station_delay_s noise_floor_ma grace_ms slope offset_ma voltage_mv degraded_single_ma "
    "degraded_three_ma rating_ma leaky",
    defaults=(10, 25, 70, 1010, 5, 1, 64_000, 18, 90, 500, 6_000, 722, 0, 230_000, 8_000, 14_000, 32_000, True),
    module=__name__,
)
Permit = namedtuple(
    "Permit",
    "authorised limit_ma ventilation available lock attached_cable light beep limits",
    defaults=(False, 0, False, True, False, False, 0, 0, Limits()),
    module=__name__,
)
Frame = namedtuple(
    "Frame",
    "samples blocks pilot modulated high_mv low_mv duty_measured frequency duty contactor contactor_feedback lock "
    "lock_feedback inputs plug_ohm cable_ma current_ma energy_mvas phases_used limit_ma permit_state permit_sequence "
    "faults simplified ready_since glitches overruns realtime clamped",
    defaults=(0,),
    module=__name__,
)
CoreEvent = namedtuple("CoreEvent", "number samples kind a b", module=__name__)
Outputs = namedtuple("Outputs", "contactor duty pilot_on lock light beep", module=__name__)


def duty_from_ma(limit_ma):
    return pilot_duty_from_ma(saturated(limit_ma))


def ma_from_duty(duty):
    return pilot_ma_from_duty(saturated(duty))


def classify(high_mv, previous):
    return pilot_classify(saturated(high_mv), saturated(previous))


def cable_from_ohm(ohm):
    return cable_rating(saturated(ohm))


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
    return limits_from(&p.limits, permit.limits)


cdef object frame_to(const FrameData *f):
    return Frame(
        f.samples, f.blocks, f.pilot, bool(f.modulated), f.high_mv, f.low_mv, f.duty_measured, f.frequency, f.duty,
        bool(f.contactor), bool(f.contactor_feedback), bool(f.lock), bool(f.lock_feedback), f.inputs, f.plug_ohm,
        f.cable_ma, (f.current_ma[0], f.current_ma[1], f.current_ma[2]), f.energy_mvas, f.phases_used, f.limit_ma,
        f.permit_state, f.permit_sequence, f.faults, bool(f.simplified), f.ready_since, f.glitches, f.overruns,
        bool(f.realtime), f.clamped,
    )


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
    """Take int16 samples from a buffer, shape (n,) or (n, 4), C-contiguous; the caller releases the view."""
    cdef bint good
    PyObject_GetBuffer(block, view, PyBUF_FORMAT | PyBUF_C_CONTIGUOUS)
    good = view.itemsize == 2 and view.format != NULL and view.format[0] in b"h<=" and view.len // 2 < 0x7FFFFFFF
    if good and view.format[0] != b"h"[0]:
        good = view.format[1] == b"h"[0]
    if good and channels == 1:
        good = view.ndim == 1
    elif good:
        good = view.ndim == 2 and view.shape[1] == channels
    if not good:
        PyBuffer_Release(view)
        shape = "(n,)" if channels == 1 else f"(n, {channels})"
        raise ValueError(f"a block is C-contiguous int16 of shape {shape}")
    return 0


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
            outlet_start(&self.station.outlets[k], &self.areas[k])

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

    def feed(self, outlet, block, *, plug_ohm=-1, inputs=0, feedback=0):
        cdef Outlet *o = self.outlet(outlet)
        cdef int32_t ohm = saturated(plug_ohm), bits = saturated(inputs), back = saturated(feedback)
        cdef int32_t frames
        cdef Py_buffer view
        samples_of(&view, block, 4)
        frames = <int32_t> view.shape[0]
        with nogil:
            feed(self.station, o, <const int16_t *> view.buf, frames, ohm, bits, back)
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


cdef class Pilot:
    cdef PilotState state

    def __cinit__(self):
        memset(&self.state, 0, sizeof(PilotState))

    def feed(self, block):
        cdef Py_buffer view
        samples_of(&view, block, 1)
        with nogil:
            pilot_feed(&self.state, <const int16_t *> view.buf, <int32_t> view.shape[0])
        PyBuffer_Release(&view)
        return self.state.settled

    @property
    def measured(self):
        return self.state.raw

    @property
    def high_mv(self):
        return self.state.high_mv

    @property
    def low_mv(self):
        return self.state.low_mv

    @property
    def duty(self):
        return self.state.duty

    @property
    def frequency(self):
        return self.state.frequency

    @property
    def modulated(self):
        return bool(self.state.modulated)

    @property
    def glitches(self):
        return self.state.glitches


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

    def step(self, current_ma, limit_ma, dt_ms):
        cdef int64_t bar, current, dt
        for name, value, most in (
            ("current_ma", current_ma, 1_000_000_000), ("limit_ma", limit_ma, 1_000_000_000), ("dt_ms", dt_ms, 86_400_000)
        ):
            if not 0 <= value <= most:
                raise ValueError(f"{name} is {value}; allowed are 0 to {most}")
        current = current_ma
        dt = dt_ms
        self.now += dt
        bar = reference(&self.reference, self.now, self.span, <int32_t> limit_ma) + self.limits.noise_floor_ma
        energy_add(&self.energy, current + (current if self.last_ma < 0 else self.last_ma), self.limits.voltage_mv,
                   dt * FRAMES_A_MS)
        self.last_ma = current
        return tiers_step(&self.tiers, &self.limits, current, bar, dt, 1000)

    @property
    def energy_mvas(self):
        return self.energy.mvas


cdef uint64_t MAGIC = 0x314D48534B4E4C45  # "ELNKSHM1"


cdef int outlets_checked(object outlets) except -1:
    count = int(outlets)
    if not 1 <= count <= OUTLETS_AT_MOST:
        raise ValueError(f"{count} outlets; allowed are 1 to {OUTLETS_AT_MOST}")
    return count


cdef int index_checked(object number, int count) except -1:
    if not 1 <= number <= count:
        raise ValueError(f"outlet {number}; allowed are 1 to {count}")
    return number - 1


def layout():
    """The shared memory's layout in words: every field with its place and size. Its CRC-32 stands in the header."""
    cdef Header h
    cdef PermitData p
    cdef FrameData f
    cdef EventSlot e
    cdef Area a
    cdef size_t base = <size_t> &a
    words = [f"evlink control.shm {LAYOUT} header {sizeof(Header)} area {sizeof(Area)} ring {RING}"]
    for name, place in (
        ("permit_lock", <size_t> &a.permit_lock), ("permit", <size_t> &a.permit), ("frame_lock", <size_t> &a.frame_lock),
        ("frame", <size_t> &a.frame), ("last_event", <size_t> &a.last_event), ("ring", <size_t> &a.ring),
    ):
        words.append(f"{name} at {place - base}")
    memset(&h, 0, sizeof(h))
    memset(&p, 0, sizeof(p))
    memset(&f, 0, sizeof(f))
    memset(&e, 0, sizeof(e))
    for name, size, fields in (
        ("header", sizeof(Header), h), ("permit", sizeof(PermitData), p),
        ("frame", sizeof(FrameData), f), ("event", sizeof(EventSlot), e),
    ):
        words.append(f"{name} {size} " + " ".join(flattened(fields)))
    return "\n".join(words)


def flattened(fields, prefix=""):
    for name, value in fields.items():
        if isinstance(value, dict):
            yield from flattened(value, f"{prefix}{name}.")
        elif isinstance(value, list):
            yield f"{prefix}{name}[{len(value)}]"
        else:
            yield f"{prefix}{name}"


cdef class Shared:
    cdef object memory
    cdef Py_buffer view
    cdef Header *header
    cdef Area *areas
    cdef Station *station  # the core behind it, on the side that created it
    cdef int count
    cdef list last  # (generation, frame) an outlet

    def __init__(self):
        raise TypeError("Shared.create or Shared.attach make one")

    @staticmethod
    def create(path, outlets):
        cdef Shared self = Shared.__new__(Shared)
        cdef int k
        cdef size_t size
        count = outlets_checked(outlets)
        size = sizeof(Header) + count * sizeof(Area)
        fd = reusable(path, count, size)
        if fd < 0:
            fd = fresh(path, size)
        try:
            self.map(fd, size)
        finally:
            os.close(fd)
        self.count = count
        self.station = <Station *> calloc(1, sizeof(Station))
        if self.station == NULL:
            raise MemoryError
        self.station.count = count
        self.header.magic = 0
        evl_fence_release()
        for k in range(self.count):
            outlet_start(&self.station.outlets[k], &self.areas[k])
            # A permit that stood here before was not given to this core.
            self.station.outlets[k].permit_lock = evl_load_acquire(&self.areas[k].permit_lock)
            self.station.outlets[k].permit.sequence = self.areas[k].permit.sequence
            memset(&self.areas[k].ring[0], 0, sizeof(self.areas[k].ring))
            evl_store(&self.areas[k].last_event, 0)
            evl_store(&self.areas[k].frame_lock, 0)
        self.header.version = LAYOUT
        self.header.size = <uint32_t> size
        self.header.checksum = zlib.crc32(layout().encode())
        self.header.outlets = self.count
        evl_store(&self.header.generation, int.from_bytes(os.urandom(8), "little") | 1)
        evl_store_release(&self.header.magic, MAGIC)
        self.last = [None] * self.count
        return self

    @staticmethod
    def attach(path):
        cdef Shared self = Shared.__new__(Shared)
        fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        try:
            size = os.fstat(fd).st_size
            problem = wrong(os.pread(fd, sizeof(Header), 0), size)
            if problem:
                raise ValueError(f"{os.fspath(path)} {problem}")
            self.map(fd, size)
        finally:
            os.close(fd)
        self.count = self.header.outlets
        self.last = [None] * self.count
        return self

    cdef int map(self, int fd, size_t size) except -1:
        self.memory = mmap.mmap(fd, size)
        PyObject_GetBuffer(self.memory, &self.view, 1)  # writable
        self.header = <Header *> self.view.buf
        self.areas = <Area *> (<char *> self.view.buf + sizeof(Header))
        return 0

    def __dealloc__(self):
        free(self.station)
        if self.view.buf != NULL:
            PyBuffer_Release(&self.view)

    cdef Area *area(self, object outlet) except NULL:
        if self.header == NULL:
            raise ValueError("the shared memory is closed")
        return &self.areas[index_checked(outlet, self.count)]

    @property
    def outlets(self):
        return self.count

    @property
    def generation(self):
        if self.header == NULL:
            raise ValueError("the shared memory is closed")
        return evl_load_acquire(&self.header.generation)

    def grant(self, outlet, permit):
        cdef Area *area = self.area(outlet)
        cdef PermitData p
        permit_from(&p, permit)
        p.sequence = area.permit.sequence + 1
        seq_write(&area.permit_lock, &area.permit, &p, sizeof(p))
        return p.sequence

    def granted(self, outlet):
        return evl_load(&self.area(outlet).permit.sequence)

    def frame(self, outlet):
        cdef Area *area = self.area(outlet)
        cdef FrameData f
        cdef uint64_t generation = evl_load_acquire(&self.header.generation)
        if seq_read(&area.frame_lock, &area.frame, &f, sizeof(f), TRIES):
            self.last[outlet - 1] = (generation, frame_to(&f))
        held = self.last[outlet - 1]
        if held is None or held[0] != generation:
            return None
        return held[1]

    def events(self, outlet, after=0):
        return events_from(self.area(outlet), after)

    def close(self):
        self.header = NULL
        self.areas = NULL
        free(self.station)
        self.station = NULL
        if self.view.buf != NULL:
            PyBuffer_Release(&self.view)
            self.view.buf = NULL
            self.memory.close()


def wrong(header, size):
    """What is wrong with a shared memory file of this header and size, as the rest of a sentence; '' = nothing."""
    cdef Header h
    if len(header) < sizeof(Header):
        return f"is {size} bytes long, too short for the control memory"
    memcpy(&h, <const char *> header, sizeof(h))
    if h.magic != MAGIC:
        return f"is no control memory: magic {h.magic:#x} instead of {MAGIC:#x}"
    if h.version != LAYOUT:
        return f"has layout version {h.version}; this program reads {LAYOUT}"
    if h.checksum != zlib.crc32(layout().encode()):
        return "was written by a program with another layout: the checksum differs"
    if not 1 <= h.outlets <= OUTLETS_AT_MOST or h.size != sizeof(Header) + h.outlets * sizeof(Area) or h.size != size:
        return f"has size {size} where its header says {h.size} for {h.outlets} outlets"
    return ""


def reusable(path, outlets, size):
    """A descriptor of the file if it has this very layout, so that a station that has it mapped sees the new core; else -1."""
    try:
        fd = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return -1
    header = os.pread(fd, sizeof(Header), 0)
    if os.fstat(fd).st_size == size and not wrong(header, size):
        os.fchmod(fd, 0o600)
        return fd
    os.close(fd)
    return -1


def fresh(path, size):
    """A descriptor of a new file of zeros in the place of whatever was there."""
    temporary = f"{os.fspath(path)}.{os.getpid()}.new"
    fd = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        os.ftruncate(fd, size)
        os.rename(temporary, path)
    except OSError:
        os.close(fd)
        os.unlink(temporary)
        raise
    return fd


def run(Shared shm not None, board, outlets, realtime=True):
    cdef Live *live
    cdef int fd = board, result
    cdef bint hard = realtime
    if shm.station == NULL:
        raise ValueError("only the side that created the shared memory can run the loop on it")
    if outlets != shm.count:
        raise ValueError(f"{outlets} outlets, but the shared memory is made for {shm.count}")
    live = <Live *> calloc(1, sizeof(Live))
    if live == NULL:
        raise MemoryError
    with nogil:
        result = live_run(live, shm.station, fd, hard)
    free(live)
    return result


def request_stop():
    evl_stop_set(1)


def stop_requested():
    return bool(evl_stop_get())


def stop_on(signum):
    if evl_stop_on(signum):
        raise OSError(f"no handler for signal {signum}")
