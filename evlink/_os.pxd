# cython: language_level=3
"""What the live loop asks of the operating system, without Python: socket, clock, priority, memory lock, watchdog."""

from libc.stdint cimport int64_t

cdef extern from *:
    """
    #include <errno.h>
    #include <fcntl.h>
    #include <sched.h>
    #include <signal.h>
    #include <stdint.h>
    #include <string.h>
    #include <sys/mman.h>
    #include <sys/socket.h>
    #include <sys/time.h>
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
    /* length; 0 nothing there; -1 the other side is gone */
    static long evl_received(ssize_t n) {
        if (n > 0) return (long)n;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return 0;
        return -1;
    }
    static long evl_receive(int fd, void *to, size_t size) {
        return evl_received(recv(fd, to, size, MSG_DONTWAIT | MSG_TRUNC));
    }
    /* as evl_receive, but waits for the time that evl_await_within set, or a signal; one call where poll and recv are two */
    static long evl_await(int fd, void *to, size_t size) { return evl_received(recv(fd, to, size, MSG_TRUNC)); }
    static int evl_await_within(int fd, int ms) {
        struct timeval t = {ms / 1000, ms % 1000 * 1000};
        int flags = fcntl(fd, F_GETFL);
        if (flags & O_NONBLOCK) fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);  /* or the loop would never sleep */
        return setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
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
    /* feed a watchdog device; a device that is gone is not our affair */
    static int evl_feed(int fd) { return write(fd, "", 1) == 1; }
    """
    void evl_stop_set(int value) noexcept nogil
    int evl_stop_get() noexcept nogil
    int evl_stop_on(int number) noexcept nogil
    int64_t evl_now_ns() noexcept nogil
    long evl_receive(int fd, void *to, size_t size) noexcept nogil
    long evl_await(int fd, void *to, size_t size) noexcept nogil
    int evl_await_within(int fd, int ms) noexcept nogil
    int evl_send(int fd, const void *data, size_t size) noexcept nogil
    int evl_fifo(int on) noexcept nogil
    int evl_lock_memory() noexcept nogil
    int munlockall() noexcept nogil
    int evl_stay_awake() noexcept nogil
    void evl_close(int fd) noexcept nogil
    int evl_feed(int fd) noexcept nogil
