/* floor SECONDS: what two processes cost that do nothing but what the board protocol makes them wake for.
 *
 * A board that sleeps to each 10 ms, sends two blocks in one call and waits for both answers; a control that waits for
 * a block, takes what there is, and answers. Both with the real-time priority of the real ones, where permitted.
 * Prints the percent of a core that each ran, by schedstat.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { BLOCK = 8048, OUTPUTS = 32, OUTLETS = 2 };

static double ran_ns(void) {
    long long ns = 0;
    FILE *file = fopen("/proc/self/schedstat", "r");
    if (file == NULL || fscanf(file, "%lld", &ns) != 1) exit(1);
    fclose(file);
    return (double)ns;
}

static void prompt(int priority) {
    struct sched_param param = {priority};
    sched_setscheduler(0, SCHED_FIFO, &param);
}

static void control(int fd, double seconds) {
    static char block[BLOCK];
    char outputs[OUTPUTS] = {0};
    struct timeval patience = {0, 10000};
    double before = ran_ns();
    long n;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    do {
        for (n = recv(fd, block, BLOCK, 0); n > 0; n = recv(fd, block, BLOCK, MSG_DONTWAIT))
            if (send(fd, outputs, OUTPUTS, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) break;
    } while (n != 0);
    printf("control %.4f\n", (ran_ns() - before) / seconds / 1e7);
}

static void board(int fd, double seconds) {
    static char blocks[OUTLETS][BLOCK];
    char outputs[OUTPUTS];
    struct mmsghdr messages[OUTLETS];
    struct iovec parts[OUTLETS];
    struct timeval patience = {0, 4000};
    struct timespec due;
    double before = ran_ns();
    memset(messages, 0, sizeof messages);
    for (int k = 0; k < OUTLETS; k++) {
        parts[k] = (struct iovec){blocks[k], BLOCK};
        messages[k].msg_hdr.msg_iov = &parts[k];
        messages[k].msg_hdr.msg_iovlen = 1;
    }
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    clock_gettime(CLOCK_MONOTONIC, &due);
    for (int i = 0; i < (int)(seconds * 100); i++) {
        due.tv_nsec += 10000000;
        if (due.tv_nsec >= 1000000000) due.tv_sec++, due.tv_nsec -= 1000000000;
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
        sendmmsg(fd, messages, OUTLETS, MSG_DONTWAIT | MSG_NOSIGNAL);
        for (int k = 0; k < OUTLETS; k++) recv(fd, outputs, OUTPUTS, 0);
    }
    printf("board %.4f\n", (ran_ns() - before) / seconds / 1e7);
    fflush(stdout);
}

int main(int count, char **words) {
    double seconds = count > 1 ? atof(words[1]) : 5;
    int pair[2], room = 1 << 20;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair)) return 1;
    setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    if (fork() == 0) {
        close(pair[0]);
        prompt(50);
        control(pair[1], seconds);
        return 0;
    }
    close(pair[1]);
    prompt(20);
    board(pair[0], seconds);
    close(pair[0]);
    return wait(NULL) < 0;
}
