# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""The live loop: blocks from the board's socket, outputs back, permits and frames through the shared memory.

The messages are those of docs/board-protocol.md. Time in the decisions is the sample count; the one clock read here
tells a silent board.
"""

from libc.stdint cimport int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy, memset

from evlink._contactor cimport (
    Outlet, Station, board_silent, deserted, feed, missing, permit_take, publish, stop_order,
)
from evlink._frame cimport EV_NOT_REALTIME, OUTLETS_AT_MOST, PermitData, emit, evl_load_acquire, seq_read

cdef extern from *:
    """
    #include <errno.h>
    #include <fcntl.h>
    #include <poll.h>
    #include <sched.h>
    #include <signal.h>
    #include <stdint.h>
    #include <string.h>
    #include <sys/mman.h>
    #include <sys/socket.h>
    #include <time.h>
    #include <unistd.h>

    static volatile sig_atomic_t evl_stop = 0;
    static void evl_on_signal(int number) { (void)number; evl_stop = 1; }
    static void evl_stop_set(int value) { evl_stop = value; }
    static int evl_stop_get(void) { return evl_stop; }
    static int evl_stop_on(int number) {
        struct sigaction action;
        memset(&action, 0, sizeof action);
        action.sa_handler = evl_on_signal;
        return sigaction(number, &action, NULL);
    }
    static int64_t evl_now_ns(void) {
        struct timespec t;
        clock_gettime(CLOCK_MONOTONIC, &t);
        return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
    }
    /* 1 readable or hung up, 0 not within the time, or a signal came */
    static int evl_wait(int fd, int ms) {
        struct pollfd p = {fd, POLLIN, 0};
        return poll(&p, 1, ms) > 0;
    }
    /* length; 0 nothing there; -1 the other side is gone */
    static long evl_receive(int fd, void *to, size_t size) {
        ssize_t n = recv(fd, to, size, MSG_DONTWAIT | MSG_TRUNC);
        if (n > 0) return (long)n;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return 0;
        return -1;
    }
    static int evl_send(int fd, const void *data, size_t size) {
        if (send(fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) return 0;
        return (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR || errno == ENOBUFS) ? 0 : -1;
    }
    static int evl_fifo(int on) {
        struct sched_param param = {on ? 50 : 0};
        return sched_setscheduler(0, on ? SCHED_FIFO : SCHED_OTHER, &param) ? errno : 0;
    }
    static int evl_lock_memory(void) { return mlockall(MCL_CURRENT | MCL_FUTURE) ? errno : 0; }
    /* keeps the processor out of deep sleep while the descriptor is open; -1 where there is no such file */
    static int evl_stay_awake(void) {
        int32_t zero = 0;
        int fd = open("/dev/cpu_dma_latency", O_WRONLY | O_CLOEXEC);
        if (fd >= 0 && write(fd, &zero, sizeof zero) != sizeof zero) { close(fd); fd = -1; }
        return fd;
    }
    static void evl_close(int fd) { if (fd >= 0) close(fd); }
    """
    void evl_stop_set(int value) noexcept nogil
    int evl_stop_get() noexcept nogil
    int evl_stop_on(int number) noexcept nogil
    int64_t evl_now_ns() noexcept nogil
    int evl_wait(int fd, int ms) noexcept nogil
    long evl_receive(int fd, void *to, size_t size) noexcept nogil
    int evl_send(int fd, const void *data, size_t size) noexcept nogil
    int evl_fifo(int on) noexcept nogil
    int evl_lock_memory() noexcept nogil
    int munlockall() noexcept nogil
    int evl_stay_awake() noexcept nogil
    void evl_close(int fd) noexcept nogil

cdef enum:
    BLOCK_MAGIC = 0x4B4C4245
    OUTPUT_MAGIC = 0x54554F45
    BLOCK_VERSION = 1
    FRAMES_AT_MOST = 4096
    HEADER_BYTES = 48
    WAIT_MS = 10
    LATE_MS = 20  # between two blocks of an outlet: counted as an overrun
    QUIET_MS = 50  # without a block: the outlet is opened
    SILENT_MS = 10000  # without any block: the board counts as gone
    BURST = 64  # messages before the loop looks at anything else

cdef enum:
    STOPPED = 0
    BOARD_GONE = 1
    NOT_WANTED = 2

cdef packed struct BlockHeader:
    uint32_t magic
    uint16_t version
    uint8_t outlet
    uint8_t flags
    uint64_t sequence
    uint32_t frames
    int32_t plug_ohm
    uint32_t inputs
    uint32_t feedback
    uint8_t reserved[16]

cdef packed struct OutputMessage:
    uint32_t magic
    uint16_t version
    uint8_t outlet
    uint8_t contactor
    uint64_t sequence
    uint16_t duty
    uint8_t pilot_on
    uint8_t lock
    uint8_t light
    uint8_t beep
    uint8_t reserved[10]

cdef struct Live:
    int fd
    int32_t frames[OUTLETS_AT_MOST]  # of the last block; 0 = none yet
    uint64_t sequence[OUTLETS_AT_MOST]  # of the last block
    int64_t seen_ns[OUTLETS_AT_MOST]
    int64_t begun_ns
    int64_t message[FRAMES_AT_MOST + 6]  # header and samples


cdef inline int live_send(Live *l, const Outlet *o, int k) noexcept nogil:
    """The outputs of an outlet, in answer to its last block."""
    cdef OutputMessage m
    memset(&m, 0, sizeof(m))
    m.magic = OUTPUT_MAGIC
    m.version = BLOCK_VERSION
    m.outlet = <uint8_t> (k + 1)
    m.contactor = <uint8_t> o.contactor
    m.sequence = l.sequence[k]
    m.duty = <uint16_t> o.duty
    m.pilot_on = 1
    m.lock = <uint8_t> o.lock
    m.light = <uint8_t> o.permit.light
    m.beep = <uint8_t> o.permit.beep
    return evl_send(l.fd, &m, sizeof(m))


cdef inline void live_permit(Outlet *o) noexcept nogil:
    """Take the shared permit if a whole new one is there; else the last one goes on ageing."""
    cdef PermitData p
    cdef uint64_t lock = evl_load_acquire(&o.area.permit_lock)
    if lock == o.permit_lock or lock & 1:
        return
    if seq_read(&o.area.permit_lock, &o.area.permit, &p, sizeof(p), 3):
        o.permit_lock = lock
        if p.sequence != o.permit.sequence:
            permit_take(o, &p)


cdef inline int live_block(Live *l, Station *st, long size, int64_t now) noexcept nogil:
    """One message: checked, fed, answered, published. A malformed one is dropped and shows as a gap."""
    cdef BlockHeader h
    cdef Outlet *o
    cdef int k
    cdef int64_t lost
    if size < HEADER_BYTES:
        return 0
    memcpy(&h, &l.message[0], sizeof(h))
    if h.magic != BLOCK_MAGIC or h.version != BLOCK_VERSION or not 1 <= h.outlet <= st.count:
        return 0
    if not 1 <= h.frames <= FRAMES_AT_MOST or size != HEADER_BYTES + 8 * <long> h.frames:
        return 0
    k = h.outlet - 1
    o = &st.outlets[k]
    if l.frames[k]:
        if h.sequence > l.sequence[k]:
            lost = <int64_t> (h.sequence - l.sequence[k] - 1)
            if lost > 1000000:
                lost = 1000000
        else:
            lost = 10  # the board began anew: how long it was away, nobody knows
        if lost:
            missing(o, lost * l.frames[k])
        if now - l.seen_ns[k] > LATE_MS * <int64_t> 1000000:
            o.overruns += 1
    l.frames[k] = <int32_t> h.frames
    l.sequence[k] = h.sequence
    l.seen_ns[k] = now
    live_permit(o)
    feed(st, o, <const int16_t *> &l.message[HEADER_BYTES // 8], <int32_t> h.frames, h.plug_ohm,
         <int32_t> h.inputs, <int32_t> h.feedback)
    publish(st, o)
    return live_send(l, o, k)


cdef inline int live_silence(Live *l, Station *st, int64_t now) noexcept nogil:
    """Open what got no block for 50 ms; nonzero where the board has been silent for 10 s altogether."""
    cdef int k
    cdef bint silent = True
    for k in range(st.count):
        if now - l.seen_ns[k] < SILENT_MS * <int64_t> 1000000:
            silent = False
        if now - l.seen_ns[k] > QUIET_MS * <int64_t> 1000000 and not st.outlets[k].gap:
            board_silent(st, &st.outlets[k])
            if live_send(l, &st.outlets[k], k):
                return 1
    return silent


cdef inline bint live_deserted(Station *st) noexcept nogil:
    cdef int k
    for k in range(st.count):
        if not deserted(&st.outlets[k]):
            return False
    return True


cdef inline void live_end(Live *l, Station *st) noexcept nogil:
    """Leave every output at rest."""
    cdef int k
    for k in range(st.count):
        stop_order(st, &st.outlets[k])
        live_send(l, &st.outlets[k], k)


cdef inline int live_loop(Live *l, Station *st) noexcept nogil:
    """Until stopped, deserted, or without a board."""
    cdef long size
    cdef int k
    while True:
        if evl_stop_get():
            evl_stop_set(0)
            live_end(l, st)
            return STOPPED
        evl_wait(l.fd, WAIT_MS)
        for k in range(BURST):
            size = evl_receive(l.fd, &l.message[0], sizeof(l.message))
            if size == 0:
                break
            if size < 0 or live_block(l, st, size, evl_now_ns()):
                live_end(l, st)
                return BOARD_GONE
        if live_silence(l, st, evl_now_ns()):
            live_end(l, st)
            return BOARD_GONE
        if live_deserted(st):
            live_end(l, st)
            return NOT_WANTED


cdef inline int live_run(Live *l, Station *st, int fd, bint realtime) noexcept nogil:
    """Take what the machine allows of real time, then loop; what it refuses becomes an event."""
    cdef int k, refused, awake = -1, result
    memset(l, 0, sizeof(Live))
    l.fd = fd
    l.begun_ns = evl_now_ns()
    for k in range(st.count):
        l.seen_ns[k] = l.begun_ns
    st.realtime = 0
    if realtime:
        st.realtime = 1
        refused = evl_fifo(1)
        if refused:
            st.realtime = 0
            for k in range(st.count):
                emit(st.outlets[k].area, st.outlets[k].samples, EV_NOT_REALTIME, refused, 1)
        refused = evl_lock_memory()
        if refused:
            st.realtime = 0
            for k in range(st.count):
                emit(st.outlets[k].area, st.outlets[k].samples, EV_NOT_REALTIME, refused, 2)
        awake = evl_stay_awake()
    result = live_loop(l, st)
    if realtime:
        evl_close(awake)
        munlockall()
        evl_fifo(0)
    return result
