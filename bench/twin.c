/* The bare twin of the live loop, and the driver that measures both; built by `python -m bench.wakeup`.
 *
 *   twin answer FD CPU                       answer every message with 32 bytes, doing nothing else
 *   twin drive SECONDS CPU BLOCKS OUT FD...  send a block to each FD every 10 ms, each at its own place in the period;
 *                                            the first FD is the live loop, and a vehicle is played to it
 *
 * BLOCKS holds four messages of 8048 bytes: pilot in A, B without PWM, B with PWM, C with PWM. OUT gets a line an FD:
 * the nanoseconds from before the sending of each block to its answer, -1 where none came; then a line of the blocks
 * of 10 ms that the contactor took to be commanded open after each C to B, and a line of what was refused. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { SIZE = 8048, ANSWER = 32, PEERS = 4, PERIOD_NS = 10000000 };

static int64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* What the live loop asks of the machine: priority, memory, no deep sleep. 1 where the priority was refused. */
static int prepare(int cpu, int priority) {
    cpu_set_t set;
    struct sched_param param = {priority};
    int32_t zero = 0;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    sched_setaffinity(0, sizeof set, &set);
    (void)!mlockall(MCL_CURRENT | MCL_FUTURE);
    int fd = open("/dev/cpu_dma_latency", O_WRONLY | O_CLOEXEC);
    if (fd >= 0 && write(fd, &zero, sizeof zero) < 0) close(fd);
    return sched_setscheduler(0, SCHED_FIFO, &param) != 0;
}

static int answer(int fd, int cpu) {
    static char message[SIZE + 64];
    char out[ANSWER] = {0};
    prepare(cpu, 50);
    for (;;) {
        struct pollfd p = {fd, POLLIN, 0};
        poll(&p, 1, 10);
        ssize_t n = recv(fd, message, sizeof message, MSG_DONTWAIT);
        if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) return 0;
        if (n < 16) continue;
        memcpy(out + 8, message + 8, 8);
        if (send(fd, out, ANSWER, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 && errno != EAGAIN) return 0;
    }
}

struct peer {
    int fd;
    uint64_t sequence, count;
    int64_t *sent, *took;
};

static int contactor, duty = 10000, closed[3];

/* Take the answers that are there. */
static void listen_to(struct peer *p, int first) {
    unsigned char out[ANSWER];
    while (recv(p->fd, out, ANSWER, MSG_DONTWAIT) == ANSWER) {
        int64_t at = now_ns();
        uint64_t sequence;
        memcpy(&sequence, out + 8, 8);
        if (sequence < p->count && p->took[sequence] < 0) p->took[sequence] = at - p->sent[sequence];
        if (first) {
            uint16_t d;
            contactor = out[7];
            memcpy(&d, out + 16, 2);
            duty = d;
        }
    }
}

enum { A, B, C };

/* The vehicle: A, then B, then C until closed and a second more, B for seven seconds, and again. */
static int vehicle(FILE *openings) {
    static int step = 0, since = 0, state = A, opening = -1;
    since++;
    if (opening >= 0) {
        opening++;
        if (!contactor) {
            fprintf(openings, "%d ", opening);
            opening = -1;
        }
    }
    if (step == 0 && since > 50) { step = 1; since = 0; state = B; }
    else if (step == 1 && since > 100) { step = 2; since = 0; state = C; }
    else if (step == 2 && contactor) { step = 3; since = 0; }
    else if (step == 2 && since > 1000) { step = 1; since = 0; state = B; }
    else if (step == 3 && since > 100) {
        step = 1;
        since = -600;
        state = B;
        if (contactor) opening = 0;
    }
    return state;
}

static int drive(double seconds, int cpu, const char *blocks, const char *out, int count, char **fds) {
    static char message[4][SIZE];
    struct peer peers[PEERS];
    uint64_t rounds = (uint64_t)(seconds * 100);
    char *openings = NULL;
    size_t openings_size = 0;
    FILE *file = fopen(blocks, "rb"), *open_file = open_memstream(&openings, &openings_size);
    if (!file || fread(message, SIZE, 4, file) != 4) return 2;
    fclose(file);
    for (int k = 0; k < count; k++) {
        peers[k] = (struct peer){atoi(fds[k]), 0, rounds, malloc(rounds * 8), malloc(rounds * 8)};
        for (uint64_t i = 0; i < rounds; i++) peers[k].took[i] = -1;
    }
    int refused = prepare(cpu, 60);
    int64_t due = now_ns() + PERIOD_NS, slot = PERIOD_NS / count;
    for (uint64_t i = 0; i < rounds; i++) {
        for (int k = 0; k < count; k++, due += slot) {
            for (;;) {  /* until this block is due, take answers as they come */
                int64_t left = due - now_ns();
                if (left <= 0) break;
                struct pollfd p[PEERS];
                for (int j = 0; j < count; j++) p[j] = (struct pollfd){peers[j].fd, POLLIN, 0};
                struct timespec wait = {left / 1000000000, left % 1000000000};
                ppoll(p, count, &wait, NULL);
                for (int j = 0; j < count; j++)
                    if (p[j].revents) listen_to(&peers[j], j == 0);
            }
            char *block = message[0];
            if (k == 0) {
                int state = vehicle(open_file);
                block = message[state == A ? 0 : !(0 < duty && duty < 10000) ? 1 : state == B ? 2 : 3];
                uint32_t feedback = closed[0];
                closed[0] = closed[1];
                closed[1] = contactor;
                memcpy(block + 28, &feedback, 4);
            }
            memcpy(block + 8, &peers[k].sequence, 8);
            peers[k].sent[i] = now_ns();
            if (send(peers[k].fd, block, SIZE, MSG_DONTWAIT | MSG_NOSIGNAL) == SIZE) peers[k].sequence++;
        }
    }
    for (int64_t end = now_ns() + 100000000; now_ns() < end;)
        for (int k = 0; k < count; k++) listen_to(&peers[k], k == 0);
    FILE *result = fopen(out, "w");
    if (!result) return 2;
    for (int k = 0; k < count; k++) {
        for (uint64_t i = 0; i < rounds; i++) fprintf(result, "%lld ", (long long)peers[k].took[i]);
        fputc('\n', result);
    }
    fclose(open_file);
    fprintf(result, "%s\n%d\n", openings, refused);
    return fclose(result);
}

int main(int n, char **a) {
    if (n == 4 && !strcmp(a[1], "answer")) return answer(atoi(a[2]), atoi(a[3]));
    if (n > 6 && n <= 6 + PEERS && !strcmp(a[1], "drive"))
        return drive(atof(a[2]), atoi(a[3]), a[4], a[5], n - 6, a + 6);
    fprintf(stderr, "twin answer FD CPU | twin drive SECONDS CPU BLOCKS OUT FD...\n");
    return 2;
}
