# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The simulator's conversation with control over `board.sock`: blocks out, outputs in, dead-man, lockstep.

One mutex guards the plants: the loop takes it for each 10 ms of plant, the Python doors for each order. The loop
never waits for anything while it holds it. docs/board-protocol.md is the contract.
"""

from libc.stdint cimport uint8_t, uint64_t
from libc.string cimport memset
from posix.time cimport CLOCK_MONOTONIC, timespec
from posix.unistd cimport close

from evlink.hardware._wire cimport (
    DEAD_MAN, MAGIC_BLOCK, MAGIC_OUTPUTS, MS, VERSION, Block, Header, Outputs, now_ns,
)
from evlink.hardware._plant cimport F_SILENT, Plant, inputs, plug_resistor
from evlink.hardware._samples cimport FRAMES, Tables, advance


cdef extern from "<pthread.h>" nogil:
    ctypedef struct pthread_mutex_t:
        pass
    int pthread_mutex_init(pthread_mutex_t*, void*)
    int pthread_mutex_lock(pthread_mutex_t*)
    int pthread_mutex_unlock(pthread_mutex_t*)
    int pthread_mutex_destroy(pthread_mutex_t*)

cdef extern from "<sys/socket.h>" nogil:
    int SOL_SOCKET, SO_SNDBUF, SOCK_CLOEXEC, SOCK_NONBLOCK, MSG_DONTWAIT, MSG_NOSIGNAL
    int accept4(int, void*, void*, int)
    int setsockopt(int, int, int, const void*, unsigned int)
    ssize_t send(int, const void*, size_t, int)
    ssize_t recv(int, void*, size_t, int)

cdef extern from "<poll.h>" nogil:
    struct pollfd:
        int fd
        short events
        short revents
    int POLLIN
    int poll(pollfd*, unsigned long, int)

cdef extern from "<errno.h>" nogil:
    int errno, EAGAIN, EINTR

cdef extern from "<time.h>" nogil:
    int TIMER_ABSTIME
    int clock_nanosleep(int, int, const timespec*, timespec*)


cdef enum:
    OUTLETS = 2
    DUTY_CONSTANT = 10000
    DEAD_WAIT = 10 * MS  # what a dead outlet's answer is waited for, in lockstep

cdef struct Line:
    # An outlet's share of the conversation with control.
    Block block
    uint64_t sequence
    uint64_t sent
    uint64_t answered
    uint64_t last_answer  # sequence of the block that was answered last
    uint64_t drops
    uint64_t beeps
    int heard_beeps  # -1 until a control's first outputs
    int light
    bint dead
    bint awaited  # its last block was sent, and has no answer yet
    long long heard  # when the last outputs came, nanoseconds

cdef struct Board:
    pthread_mutex_t lock
    int outlets
    int conn
    bint stop
    uint64_t refused  # messages of a wrong form
    Tables tables
    Plant plants[OUTLETS]
    Line lines[OUTLETS]


cdef inline void sleep_until(long long when) noexcept nogil:
    cdef timespec t
    t.tv_sec = when // 1000000000
    t.tv_nsec = when % 1000000000
    while clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR:
        pass


cdef inline void drop_outputs(Board* b, int i) noexcept nogil:
    """The dead-man: contactor open, pilot at constant +12 V; the lock stays, so that no plug is pulled live."""
    b.lines[i].dead = True
    b.plants[i].want_contactor = False
    b.plants[i].duty = DUTY_CONSTANT
    b.plants[i].pilot_on = True


cdef inline bint take_outputs(Board* b, const Outputs* o) noexcept nogil:
    """Apply outputs; False where their form is wrong, and nothing changes."""
    cdef int i = o.outlet - 1
    cdef Line* line
    if o.magic != MAGIC_OUTPUTS or o.version != VERSION or not 0 <= i < b.outlets or o.duty > DUTY_CONSTANT:
        return False
    line = &b.lines[i]
    b.plants[i].want_contactor = o.contactor != 0
    b.plants[i].duty = o.duty
    b.plants[i].pilot_on = o.pilot_on != 0
    b.plants[i].want_lock = o.lock != 0
    line.light = o.light
    if line.heard_beeps >= 0:
        line.beeps += <uint8_t>(o.beeps - line.heard_beeps)
    line.heard_beeps = o.beeps
    line.last_answer = o.sequence
    line.answered += 1
    line.dead = False
    if o.sequence == line.sequence:
        line.awaited = False
    return True


cdef inline void make_block(Board* b, int i) noexcept nogil:
    """Advance an outlet by 10 ms and leave its block in `lines[i].block`."""
    cdef Plant* p = &b.plants[i]
    cdef Header* h = &b.lines[i].block.header
    advance(p, &b.tables, b.lines[i].block.samples)
    b.lines[i].sequence += 1
    memset(h, 0, sizeof(Header))
    h.magic = MAGIC_BLOCK
    h.version = VERSION
    h.outlet = <uint8_t>(i + 1)
    h.sequence = b.lines[i].sequence
    h.frames = FRAMES
    h.plug_ohm = plug_resistor(p)
    h.inputs = inputs(p)
    h.feedback = (1 if p.contact else 0) | (2 if p.locked else 0)


cdef inline void hang_up(Board* b) noexcept nogil:
    """Control has gone: close its socket and drop every output at once."""
    cdef int i
    close(b.conn)
    b.conn = -1
    for i in range(b.outlets):
        drop_outputs(b, i)
        b.lines[i].awaited = False


cdef inline void listen_for_control(Board* b, int server) noexcept nogil:
    """Accept a control where there is none; a second one is turned away at once."""
    cdef int fd = accept4(server, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)
    cdef int room = 1 << 20, i
    if fd < 0:
        return
    if b.conn >= 0:
        close(fd)
        return
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room))
    b.conn = fd
    for i in range(b.outlets):
        b.lines[i].heard = now_ns()
        b.lines[i].heard_beeps = -1
        b.lines[i].awaited = False


cdef inline void drain(Board* b) noexcept nogil:
    """Take all outputs that have come."""
    cdef uint8_t message[64]
    cdef Outputs* o = <Outputs*>message
    cdef ssize_t n
    while b.conn >= 0:
        n = recv(b.conn, message, sizeof(message), MSG_DONTWAIT)
        if n < 0 and (errno == EAGAIN or errno == EINTR):
            return
        if n <= 0:
            hang_up(b)
        elif n == sizeof(Outputs) and take_outputs(b, o):
            b.lines[o.outlet - 1].heard = now_ns()
        else:
            b.refused += 1


cdef inline void send_block(Board* b, int i) noexcept nogil:
    """Send the outlet's block, or drop it where it does not fit."""
    cdef Line* line = &b.lines[i]
    line.awaited = False
    if b.conn < 0 or b.plants[i].faults & F_SILENT:
        return
    if send(b.conn, &line.block, sizeof(Block), MSG_DONTWAIT | MSG_NOSIGNAL) == <ssize_t>sizeof(Block):
        line.sent += 1
        line.awaited = True
    else:
        line.drops += 1  # a closed socket shows in the next recv


cdef inline void await_outputs(Board* b) noexcept nogil:
    """Wait for the answers to the blocks just sent, at most 100 ms of real time; a dead outlet holds up 10 ms."""
    cdef long long begin = now_ns(), left, patience
    cdef pollfd waiting
    cdef bint missing
    cdef int i
    while True:
        patience = 0
        missing = False
        pthread_mutex_lock(&b.lock)
        drain(b)
        for i in range(b.outlets):
            if b.lines[i].awaited:
                missing = True
                patience = max(patience, <long long>(DEAD_WAIT if b.lines[i].dead else DEAD_MAN))
        waiting.fd = b.conn
        pthread_mutex_unlock(&b.lock)
        left = begin + patience - now_ns()
        if waiting.fd < 0 or not missing or b.stop or left <= 0:
            return
        waiting.events = POLLIN
        waiting.revents = 0
        poll(&waiting, 1, <int>((left + MS - 1) // MS))


cdef inline int serve(Board* b, int server, double speed, long long linger) noexcept nogil:
    """Serve until asked to stop (0), or until there has been no control for `linger` nanoseconds (1)."""
    cdef long long tick = <long long>(10 * MS / speed)
    cdef long long due = now_ns(), now = due, wanted = due, late
    cdef int i
    while not b.stop:
        pthread_mutex_lock(&b.lock)
        drain(b)
        listen_for_control(b, server)
        now = now_ns()
        for i in range(b.outlets):
            if b.conn < 0 or now - b.lines[i].heard > DEAD_MAN:
                drop_outputs(b, i)
            make_block(b, i)
        for i in range(b.outlets):
            send_block(b, i)
        if b.conn >= 0:
            wanted = now
        pthread_mutex_unlock(&b.lock)
        if now - wanted > linger:
            return 1
        if speed > 1:
            await_outputs(b)
        due += tick
        now = now_ns()
        if due > now:
            sleep_until(due)
            late = now_ns() - due
            if speed > 1 and late > 20 * MS:  # control had answered all, so our own lateness is not its own
                for i in range(b.outlets):
                    b.lines[i].heard += late
        elif now - due > DEAD_MAN:
            due = now  # too far behind to catch up: the time is lost
    return 0
