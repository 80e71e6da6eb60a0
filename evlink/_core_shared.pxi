# `control.shm` and the live loop on it.

cdef enum:
    FIXED = sizeof(Header) + sizeof(LatencyData)  # what stands before the first outlet

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
    cdef LatencyData n
    cdef PermitData p
    cdef FrameData f
    cdef EventSlot e
    cdef Area a
    cdef size_t base = <size_t> &a
    words = [f"evlink control.shm {LAYOUT} header {sizeof(Header)} area {sizeof(Area)} ring {RING}"]
    for name, place in (
        ("permit_lock", <size_t> &a.permit_lock), ("permit", <size_t> &a.permit), ("frame_lock", <size_t> &a.frame_lock),
        ("frame", <size_t> &a.frame), ("scope_lock", <size_t> &a.scope_lock), ("scope", <size_t> &a.scope),
        ("last_event", <size_t> &a.last_event), ("ring", <size_t> &a.ring),
    ):
        words.append(f"{name} at {place - base}")
    memset(&h, 0, sizeof(h))
    memset(&n, 0, sizeof(n))
    memset(&p, 0, sizeof(p))
    memset(&f, 0, sizeof(f))
    memset(&e, 0, sizeof(e))
    for name, size, fields in (
        ("header", sizeof(Header), h), ("latency", sizeof(LatencyData), n), ("permit", sizeof(PermitData), p),
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
    cdef LatencyData *latency_data
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
        size = FIXED + count * sizeof(Area)
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
        self.station.latency = self.latency_data
        self.header.magic = 0
        evl_fence_release()
        for k in range(self.count):
            outlet_begin(&self.station.outlets[k], &self.areas[k])
            # A permit that stood here before was not given to this core.
            self.station.outlets[k].permit_lock = evl_load_acquire(&self.areas[k].permit_lock)
            self.station.outlets[k].permit.sequence = self.areas[k].permit.sequence
            memset(&self.areas[k].ring[0], 0, sizeof(self.areas[k].ring))
            evl_store(&self.areas[k].last_event, 0)
            evl_store(&self.areas[k].frame_lock, 0)
            evl_store(&self.areas[k].scope_lock, 0)
        memset(self.latency_data, 0, sizeof(LatencyData))
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
        self.areas = <Area *> (<char *> self.view.buf + FIXED)
        self.latency_data = <LatencyData *> (<char *> self.view.buf + sizeof(Header))
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

    def permit(self, outlet):
        cdef Area *area = self.area(outlet)
        cdef PermitData p
        if not seq_read(&area.permit_lock, &area.permit, &p, sizeof(p), TRIES):
            return None
        return p.sequence, permit_to(&p)

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

    def scope(self, outlet):
        return scope_of(self.area(outlet), TRIES)

    def latency(self):
        cdef LatencyData *n
        if self.header == NULL:
            raise ValueError("the shared memory is closed")
        n = self.latency_data
        return Latency(
            tuple([evl_load(&n.served[k]) for k in range(BUCKETS)]),
            tuple([evl_load(&n.period[k]) for k in range(BUCKETS)]),
            evl_load(&n.served_worst_ns), evl_load(&n.period_worst_ns),
            evl_load(&n.blocks), evl_load(&n.overruns), evl_load(&n.fed),
        )

    def close(self):
        self.header = NULL
        self.areas = NULL
        self.latency_data = NULL
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
    if not 1 <= h.outlets <= OUTLETS_AT_MOST or h.size != FIXED + h.outlets * sizeof(Area) or h.size != size:
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


def run(Shared shm not None, board, outlets, realtime=True, watchdog=-1):
    cdef Live *live
    cdef int fd = board, dog = watchdog, result
    cdef bint hard = realtime
    if shm.station == NULL:
        raise ValueError("only the side that created the shared memory can run the loop on it")
    if outlets != shm.count:
        raise ValueError(f"{outlets} outlets, but the shared memory is made for {shm.count}")
    live = <Live *> calloc(1, sizeof(Live))
    if live == NULL:
        raise MemoryError
    with nogil:
        result = live_run(live, shm.station, fd, hard, dog)
    free(live)
    return result


def request_stop():
    evl_stop_set(1)


def stop_requested():
    return bool(evl_stop_get())


def stop_on(signum):
    if evl_stop_on(signum):
        raise OSError(f"no handler for signal {signum}")
