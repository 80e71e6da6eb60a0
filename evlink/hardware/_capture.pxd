# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""A turn of the Linux board's loop without Python: scans in, blocks out, outputs that repeat the last ones, lines, life.

`turn` returns for whatever is not of every block. docs/board-protocol.md is the contract.
"""

from libc.errno cimport EAGAIN, EINTR, errno
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memcmp, memcpy, memmove, memset
from posix.unistd cimport pread, pwrite, read, write

from evlink.hardware._wire cimport BLOCK_FRAMES, DEAD_MAN, MAGIC_BLOCK, MS, VERSION, Block, Header, now_ns
from evlink.hardware._scan cimport Column, Scan, convert, mean_of, plug_ohms


cdef extern from *:
    """
    #define _GNU_SOURCE 1
    #include <poll.h>
    #include <stdint.h>
    #include <string.h>
    #include <sys/ioctl.h>
    #include <sys/socket.h>

    /* uapi/linux/gpio.h, struct gpio_v2_line_values: bits in the order in which the lines were requested */
    struct evl_line_values { uint64_t bits, mask; };
    #define EVL_GET_VALUES _IOWR(0xB4, 0x0E, struct evl_line_values)
    #define EVL_SET_VALUES _IOWR(0xB4, 0x0F, struct evl_line_values)
    static int evl_get_lines(int fd, uint64_t mask, uint64_t *bits) {
        struct evl_line_values v = {0, mask};
        int result = ioctl(fd, EVL_GET_VALUES, &v);
        *bits = v.bits & mask;
        return result;
    }
    static int evl_set_lines(int fd, uint64_t mask, uint64_t bits) {
        struct evl_line_values v = {bits, mask};
        return ioctl(fd, EVL_SET_VALUES, &v);
    }
    /* messages of one size in one call; how many went */
    static int evl_send_all(int fd, void **data, size_t size, int count) {
        struct mmsghdr messages[8];
        struct iovec parts[8];
        int sent;
        memset(messages, 0, sizeof messages);
        for (int i = 0; i < count; i++) {
            parts[i].iov_base = data[i];
            parts[i].iov_len = size;
            messages[i].msg_hdr.msg_iov = &parts[i];
            messages[i].msg_hdr.msg_iovlen = 1;
        }
        sent = sendmmsg(fd, messages, count, MSG_DONTWAIT | MSG_NOSIGNAL);
        return sent < 0 ? 0 : sent;
    }
    /* a message, waited for as long as the socket's SO_RCVTIMEO says, or not at all */
    static long evl_take(int fd, void *to, size_t size, int wait) {
        return recv(fd, to, size, MSG_TRUNC | (wait ? 0 : MSG_DONTWAIT));
    }
    """
    int evl_get_lines(int, uint64_t, uint64_t*) noexcept nogil
    int evl_set_lines(int, uint64_t, uint64_t) noexcept nogil
    int evl_send_all(int, void**, size_t, int) noexcept nogil
    long evl_take(int, void*, size_t, int) noexcept nogil

cdef extern from "<poll.h>" nogil:
    struct pollfd:
        int fd
        short events
        short revents
    int POLLIN
    int poll(pollfd*, unsigned long, int)


cdef enum:
    AT_MOST = 8  # outlets, and sources
    PORTS = 16  # input lines an outlet
    BLOCKS = 4  # of raw frames that one read may bring
    OUTPUTS = 32
    BLOCK_NS = 10 * MS
    LIFE = 70 * MS  # between two signs of life: two of them within the guard's patience

cdef enum:  # what a turn returns for; `at` says of which outlet or source
    R_STOP, R_DOOR, R_CHANGED, R_GONE, R_SILENT, R_TURN, R_ENDED, R_REFUSED, R_UNGUARDED

cdef struct Port:
    # A line: the value file of sysfs where mask is 0, else a bit of a request of the character device.
    int fd
    uint64_t mask
    uint32_t inputs  # what it means
    uint32_t feedback

cdef struct Outlet:
    int number
    Scan scan
    Column plug
    double pullup_mv, pullup_ohm, open_ohm
    uint32_t inputs_without
    int ports
    Port port[PORTS]
    Port alive  # fd -1 = none
    bint alive_level
    bint dead
    int64_t heard
    uint64_t sequence
    uint64_t drops
    uint8_t applied[OUTPUTS]  # the last outputs, their number left out
    Block block

cdef struct Source:
    int fd
    int size  # bytes of raw frames a block
    int64_t buffered  # nanoseconds of the kernel's buffer
    int64_t read_at
    long have
    int outlets
    int outlet[AT_MOST]
    uint8_t* raw

cdef struct Board:
    int stop, server, guard, control
    int sources, outlets
    int64_t shown_life
    uint64_t lost
    int at  # the outlet or source that run returned for
    int error
    uint8_t message[64]
    long length
    Source source[AT_MOST]
    Outlet outlet[AT_MOST]


cdef inline int read_lines(Outlet* o, uint32_t* inputs, uint32_t* feedback) noexcept nogil:
    """The input lines, one call a line or a chip; -1 where the kernel refuses."""
    cdef uint64_t bits = 0, mask
    cdef uint8_t level
    cdef int i = 0, first
    inputs[0] = o.inputs_without
    feedback[0] = 0
    while i < o.ports:
        if o.port[i].mask == 0:
            if pread(o.port[i].fd, &level, 1, 0) != 1:
                return -1
            if level == 49:  # "1"
                inputs[0] |= o.port[i].inputs
                feedback[0] |= o.port[i].feedback
            i += 1
            continue
        first, mask = i, 0
        while i < o.ports and o.port[i].fd == o.port[first].fd:
            mask |= o.port[i].mask
            i += 1
        if evl_get_lines(o.port[first].fd, mask, &bits) < 0:
            return -1
        for first in range(first, i):
            if bits & o.port[first].mask:
                inputs[0] |= o.port[first].inputs
                feedback[0] |= o.port[first].feedback
    return 0


cdef inline int show_alive(Outlet* o) noexcept nogil:
    """Change the level of `alive`: an edge with each outputs, for a retriggered relay stage. -1 where refused."""
    if o.alive.fd < 0:
        return 0
    o.alive_level = not o.alive_level
    if o.alive.mask:
        return evl_set_lines(o.alive.fd, o.alive.mask, o.alive.mask if o.alive_level else 0)
    return 0 if pwrite(o.alive.fd, b"1\n" if o.alive_level else b"0\n", 2, 0) == 2 else -1


cdef inline int take_outputs(Board* b, uint32_t awaited) noexcept nogil:
    """All outputs that have come, and those of the `awaited` outlets (bits) as they come, for 4 ms at most.

    What repeats the last ones counts as heard. A reason for anything else, or -1.
    """
    cdef long n
    cdef int k
    cdef Outlet* o
    while True:
        n = evl_take(b.control, b.message, sizeof(b.message), awaited != 0)
        if n < 0 and (errno == EAGAIN or errno == EINTR):
            return -1
        if n <= 0:
            return R_GONE
        b.length = n
        k = b.message[6] - 1
        b.at = k
        if n != OUTPUTS or not 0 <= k < b.outlets:
            return R_CHANGED
        o = &b.outlet[k]
        memset(&b.message[8], 0, 8)
        if o.dead or memcmp(b.message, o.applied, OUTPUTS):
            return R_CHANGED
        o.heard = now_ns()
        awaited &= ~(<uint32_t> 1 << k)
        if show_alive(o) < 0:
            b.error = errno
            return R_REFUSED


cdef inline int make_block(Outlet* o, const uint8_t* raw, int64_t taken) noexcept nogil:
    """The outlet's next block; -1 where a line cannot be read."""
    cdef Header* h = &o.block.header
    o.sequence += 1
    memset(h, 0, sizeof(Header))
    h.magic = MAGIC_BLOCK
    h.version = VERSION
    h.outlet = <uint8_t> o.number
    h.sequence = o.sequence
    h.frames = BLOCK_FRAMES
    h.plug_ohm = -1
    h.stamp_ns = <uint64_t> taken
    if o.plug.used:
        h.plug_ohm = plug_ohms(
            mean_of(raw, o.scan.size, &o.plug, BLOCK_FRAMES * o.scan.factor), o.pullup_mv, o.pullup_ohm, o.open_ohm
        )
    convert(&o.scan, raw, o.block.samples, BLOCK_FRAMES)
    return read_lines(o, &h.inputs, &h.feedback)


cdef inline int capture(Board* b, int s) noexcept nogil:
    """Read what an ADC has and send each whole block, all its outlets in one call. -1, or a reason."""
    cdef Source* source = &b.source[s]
    cdef void* messages[AT_MOST]
    cdef int64_t now, late
    cdef uint64_t lost
    cdef uint32_t awaited = 0
    cdef long n, whole, start
    cdef int i, sent
    b.at = s
    n = read(source.fd, source.raw + source.have, <size_t> (BLOCKS * source.size) - source.have)
    if n < 0 and (errno == EAGAIN or errno == EINTR):
        return -1
    if n <= 0:
        b.error = errno if n < 0 else 0
        return R_ENDED
    now = now_ns()
    if source.read_at:  # what is older than the kernel's buffer holds is lost
        late = now - source.read_at - source.buffered
        if late > 0:
            lost = 1 + <uint64_t> (late // BLOCK_NS)
            b.lost += lost
            for i in range(source.outlets):
                b.outlet[source.outlet[i]].sequence += lost
    source.read_at = now
    source.have += n
    whole = source.have // source.size * source.size
    start = 0
    while start < whole:
        for i in range(source.outlets):
            # Blocks behind this one came later.
            if make_block(&b.outlet[source.outlet[i]], source.raw + start,
                          now - (whole - start - source.size) // source.size * BLOCK_NS) < 0:
                b.error = errno
                return R_REFUSED
            messages[i] = &b.outlet[source.outlet[i]].block
        if b.control >= 0:
            sent = evl_send_all(b.control, messages, sizeof(Block), source.outlets)
            for i in range(sent):
                if not b.outlet[source.outlet[i]].dead:
                    awaited |= <uint32_t> 1 << source.outlet[i]
            for i in range(sent, source.outlets):
                b.outlet[source.outlet[i]].drops += 1  # no room; a closed socket shows in the next recv
        start += source.size
    source.have -= whole
    if source.have:
        memmove(source.raw, source.raw + whole, source.have)
    # Control answers at once: to wait for it here costs half of what another turn of poll does.
    return take_outputs(b, awaited) if awaited else -1


cdef inline int show_life(Board* b, int64_t now) noexcept nogil:
    """A sign of life for the guard, now and then; -1, or that the guard has gone. One that is late misses none."""
    if now - b.shown_life < LIFE:
        return -1
    b.shown_life = now
    if write(b.guard, b".", 1) < 0 and errno != EAGAIN and errno != EINTR:
        b.error = errno
        return R_UNGUARDED
    return -1


cdef inline int turn(Board* b, int64_t until) noexcept nogil:
    """Blocks and outputs until there is something for Python."""
    cdef pollfd files[AT_MOST + 3]
    cdef int64_t now, next
    cdef int i, reason, count
    now = now_ns()
    while True:
        reason = show_life(b, now)
        if reason >= 0:
            return reason
        next = min(until, b.shown_life + LIFE)
        for i in range(b.outlets):
            if b.outlet[i].dead:
                continue
            if now - b.outlet[i].heard > DEAD_MAN:
                b.at = i
                return R_SILENT
            next = min(next, b.outlet[i].heard + DEAD_MAN + MS)
        if now >= until:
            return R_TURN
        count = 0
        for i in range(b.sources):
            files[count].fd = b.source[i].fd
            count += 1
        files[count].fd = b.server
        files[count + 1].fd = b.stop
        files[count + 2].fd = b.control  # -1 is passed over
        for i in range(count + 3):
            files[i].events = POLLIN
            files[i].revents = 0
        poll(files, count + 3, <int> (max(next - now, <int64_t> 0) // MS) + 1)
        now = now_ns()
        if files[count + 1].revents:
            return R_STOP
        if files[count + 2].revents:
            reason = take_outputs(b, 0)
            if reason >= 0:
                return reason
        if files[count].revents:
            return R_DOOR
        for i in range(count):
            if files[i].revents:
                reason = capture(b, i)
                if reason >= 0:
                    return reason
