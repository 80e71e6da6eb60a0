# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""The live loop: blocks from the board's socket, outputs back, permits and frames through the shared memory.

The messages are those of docs/board-protocol.md. Time in the decisions is the sample count; the one clock read here
tells a silent board, and how late the loop is.
"""

from libc.stdint cimport int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy, memset

from evlink._contactor cimport deserted
from evlink._frame cimport EV_NOT_REALTIME, OUTLETS_AT_MOST, PermitData
from evlink._latency cimport counted, latency_period, latency_served
from evlink._os cimport (
    evl_await, evl_await_within, evl_close, evl_feed, evl_fifo, evl_lock_memory, evl_now_ns, evl_receive, evl_send,
    evl_stay_awake, evl_stop_get, evl_stop_set, munlockall,
)
from evlink._outlet cimport Outlet, Station
from evlink._permit cimport permit_take
from evlink._protect cimport missing
from evlink._seqlock cimport emit, evl_load_acquire, seq_read
from evlink._step cimport board_silent, feed, publish, stop_order

cdef enum:
    BLOCK_MAGIC = 0x4B4C4245
    OUTPUT_MAGIC = 0x54554F45
    BLOCK_VERSION = 1
    FRAMES_AT_MOST = 4096
    HEADER_BYTES = 48
    WAIT_MS = 10
    NS_A_FRAME = 10000
    LATE_MS = 20  # between two blocks of an outlet: counted as an overrun
    QUIET_MS = 100  # without a block: the outlet is opened
    SILENT_MS = 10000  # without any block: the board counts as gone
    STALE = 256  # messages that a stall may have left waiting
    BURST = 64  # messages before the loop looks at anything else
    FEED_MS = 100  # least between two feedings of the hardware watchdog
    STAMP_OLD_MS = 10000  # a stamp older than that, or of the future, is none

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
    uint64_t stamp_ns  # CLOCK_MONOTONIC when the last sample was taken; 0 = the board does not say
    uint8_t reserved[8]

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
    int watchdog  # -1 = none
    int64_t fed_ns
    uint32_t served  # outlets (bits) since the watchdog was last fed
    int32_t frames[OUTLETS_AT_MOST]  # of the last block; 0 = none yet
    uint64_t sequence[OUTLETS_AT_MOST]  # of the last block
    int64_t seen_ns[OUTLETS_AT_MOST]
    int64_t begun_ns
    int64_t turned_ns  # the loop's last turn
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


cdef inline void live_watchdog(Live *l, Station *st, int64_t now) noexcept nogil:
    """Feed the hardware watchdog once every outlet has been served: a loop that turns without blocks starves it."""
    if l.watchdog < 0 or l.served != (<uint32_t> 1 << st.count) - 1 or now - l.fed_ns < FEED_MS * <int64_t> 1000000:
        return
    l.served = 0
    l.fed_ns = now
    if evl_feed(l.watchdog):
        counted(&st.latency.fed)


cdef inline int live_block(Live *l, Station *st, long size, int64_t now) noexcept nogil:
    """One message: checked, fed, answered, published. A malformed one is dropped and shows as a gap."""
    cdef BlockHeader h
    cdef Outlet *o
    cdef int k, failed
    cdef int64_t lost, arrived
    if size < HEADER_BYTES:
        return 0
    memcpy(&h, &l.message[0], sizeof(h))
    if h.magic != BLOCK_MAGIC or h.version != BLOCK_VERSION or not 1 <= h.outlet <= st.count:
        return 0
    if not 1 <= h.frames <= FRAMES_AT_MOST or size != HEADER_BYTES + 8 * <long> h.frames:
        return 0
    k = h.outlet - 1
    o = &st.outlets[k]
    arrived = now
    if 0 < h.stamp_ns <= <uint64_t> now and now - <int64_t> h.stamp_ns < STAMP_OLD_MS * <int64_t> 1000000:
        arrived = <int64_t> h.stamp_ns
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
            counted(&st.latency.overruns)
        latency_period(st.latency, now - l.seen_ns[k] - <int64_t> h.frames * NS_A_FRAME)
    l.frames[k] = <int32_t> h.frames
    l.sequence[k] = h.sequence
    l.seen_ns[k] = now
    live_permit(o)
    feed(st, o, <const int16_t *> &l.message[HEADER_BYTES // 8], <int32_t> h.frames, h.plug_ohm,
         <int32_t> h.inputs, <int32_t> h.feedback, h.flags)
    publish(st, o)
    failed = live_send(l, o, k)
    latency_served(st.latency, evl_now_ns() - arrived)
    l.served |= <uint32_t> 1 << k
    live_watchdog(l, st, now)
    return failed


cdef inline int live_silence(Live *l, Station *st, int64_t now) noexcept nogil:
    """Open what got no block for 100 ms; nonzero where the board has been silent for 10 s altogether."""
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


cdef inline bint live_stalled(Live *l, int64_t now) noexcept nogil:
    """After a stall of our own, drop what queued up meanwhile: the board was dead-man then, and it is long past.

    The next block's number shows what is missing, so it counts as a gap and not as a vehicle's doing.
    """
    cdef int k
    cdef bint stalled = l.turned_ns != 0 and now - l.turned_ns > QUIET_MS * <int64_t> 1000000
    if stalled:
        for k in range(STALE):
            if evl_receive(l.fd, &l.message[0], sizeof(l.message)) <= 0:
                break
    l.turned_ns = now
    return stalled


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
        size = evl_await(l.fd, &l.message[0], sizeof(l.message))
        if live_stalled(l, evl_now_ns()) and size > 0:
            size = 0
        for k in range(BURST):
            if size == 0:
                break
            if size < 0 or live_block(l, st, size, evl_now_ns()):
                live_end(l, st)
                return BOARD_GONE
            size = evl_receive(l.fd, &l.message[0], sizeof(l.message))
        if live_silence(l, st, evl_now_ns()):
            live_end(l, st)
            return BOARD_GONE
        if live_deserted(st):
            live_end(l, st)
            return NOT_WANTED


cdef inline int live_run(Live *l, Station *st, int fd, bint realtime, int watchdog) noexcept nogil:
    """Take what the machine allows of real time, then loop; what it refuses becomes an event."""
    cdef int k, refused, awake = -1, result
    memset(l, 0, sizeof(Live))
    l.fd = fd
    l.watchdog = watchdog
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
    evl_await_within(fd, WAIT_MS)
    result = live_loop(l, st)
    evl_await_within(fd, 0)
    if realtime:
        evl_close(awake)
        munlockall()
        evl_fifo(0)
    return result
