# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The Linux board's loop, `_capture.pxd`, in Python's hand.

`Engine.run` returns to Python for whatever is not of every block: outputs that change something, a control that comes,
goes or falls silent, a light's turn, hardware that refuses.
"""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy, strerror

from evlink.hardware._capture cimport (
    AT_MOST, BLOCKS, OUTPUTS, PORTS, R_ENDED, Board, Outlet, Port, Source, show_alive, turn,
)
from evlink.hardware._scan cimport fill, fill_scan
from evlink.hardware._wire cimport BLOCK_FRAMES, now_ns

# What `run` returns to Python for; `outlet` or `source` says of which.
STOP, DOOR, CHANGED, GONE, SILENT, TURN, ENDED, REFUSED, UNGUARDED = range(9)


cdef int fill_port(Port* p, given, uint32_t inputs, uint32_t feedback) except -1:
    """A line from (descriptor, bit of its request or None)."""
    fd, bit = given
    p.fd = fd
    p.mask = 0 if bit is None else <uint64_t> 1 << <int> bit
    p.inputs, p.feedback = inputs, feedback
    return 0


cdef class Engine:
    """The board's loop: `source` and `outlet` describe the hardware, `run` serves until Python is needed."""

    cdef Board* b

    def __cinit__(self, int stop, int server, int guard):
        self.b = <Board*> calloc(1, sizeof(Board))
        if self.b == NULL:
            raise MemoryError
        self.b.stop, self.b.server, self.b.guard, self.b.control = stop, server, guard, -1

    def __dealloc__(self):
        cdef int i
        if self.b != NULL:
            for i in range(self.b.sources):
                free(self.b.source[i].raw)
            free(self.b)

    def source(self, int file, int size, int factor, double buffered_s):
        """An ADC's descriptor, with bytes a raw frame, raw frames a sample, and seconds that the kernel holds."""
        cdef Source* s
        if self.b.sources == AT_MOST:
            raise ValueError(f"more than {AT_MOST} sources")
        s = &self.b.source[self.b.sources]
        s.fd, s.size, s.buffered = file, size * factor * BLOCK_FRAMES, <int64_t> (buffered_s * 1e9)
        s.raw = <uint8_t*> calloc(BLOCKS, s.size)
        if s.raw == NULL:
            raise MemoryError
        self.b.sources += 1

    def outlet(self, int number, int size, int factor, columns, plug, divider, inputs, int inputs_without, alive):
        """An outlet on the last source: its columns, plug column or None, divider (mV, ohm, open ohm), input
        lines ((descriptor, bit), INPUT_*, FEEDBACK_*), bits of lines that are not there, and line `alive` or None.
        """
        cdef Outlet* o
        cdef Source* s
        if not 1 <= number <= AT_MOST or not self.b.sources or len(inputs) > PORTS:
            raise ValueError(f"outlet {number} with {len(inputs)} inputs on source {self.b.sources} cannot be served")
        o, s = &self.b.outlet[number - 1], &self.b.source[self.b.sources - 1]
        fill_scan(&o.scan, size, factor, columns)
        fill(&o.plug, plug, size)
        o.pullup_mv, o.pullup_ohm, o.open_ohm = divider
        for line, bits, feedback in sorted(inputs):  # those of one chip together
            fill_port(&o.port[o.ports], line, bits, feedback)
            o.ports += 1
        o.inputs_without = inputs_without
        o.alive.fd = -1
        if alive is not None:
            fill_port(&o.alive, alive, 0, 0)
        o.dead = True
        o.number = number
        s.outlet[s.outlets] = number - 1
        s.outlets += 1
        self.b.outlets = max(self.b.outlets, number)

    def control(self, int file):
        """The descriptor of the control that is served from now on; -1 = none."""
        self.b.control = file

    def run(self, double until):
        """Serve until `until`, seconds of CLOCK_MONOTONIC, or something for Python: a reason and the outlet's number.

        The number of `ENDED` is the source's. `error` then tells why the hardware refused.
        """
        cdef int reason
        cdef int64_t end = <int64_t> (min(until, 9e9) * 1e9)
        with nogil:
            reason = turn(self.b, end)
        return reason, self.b.at + (reason != R_ENDED)

    @property
    def error(self):
        """Why the hardware refused; '' where it only ended."""
        return strerror(self.b.error).decode() if self.b.error else ""

    @property
    def message(self):
        """The outputs of `CHANGED`, their number 0."""
        return (<char*> self.b.message)[: min(self.b.length, <long> sizeof(self.b.message))]

    def applied(self, int outlet):
        """The message of `CHANGED` now drives the outlet; it is alive."""
        cdef Outlet* o = &self.b.outlet[outlet - 1]
        memcpy(o.applied, self.b.message, OUTPUTS)
        o.dead = False
        o.heard = now_ns()
        return show_alive(o) == 0

    def dropped(self, int outlet):
        """The outlet's outputs were dropped; the next ones re-arm it."""
        self.b.outlet[outlet - 1].dead = True

    @property
    def lost(self):
        """Blocks that the kernel's buffers lost."""
        return self.b.lost

    def drops(self, int outlet):
        """Blocks of an outlet that control had no room for."""
        return self.b.outlet[outlet - 1].drops
