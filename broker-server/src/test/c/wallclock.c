/*
 * A wall clock that a test sets, for LD_PRELOAD: adds to CLOCK_REALTIME the nanoseconds in the first eight bytes (int64
 * in the machine's order) of the file WALLCLOCK_PAGE, which the test has mapped, too, and changes at any moment. The
 * monotonic clock, and time-outs that wait by it, stay true, as on a machine whose clock is set.
 *
 * libfaketime does the same with a file that it reads again at every look, and wraps the waiting for condition variables
 * as well: under it a JVM takes minutes to start.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { PAGE_BYTES = 4096 };
static const int64_t SECOND_NANOS = 1000000000;

static volatile int64_t *page;
static int (*true_clock_gettime)(clockid_t, struct timespec *);

__attribute__((constructor)) static void start(void) {
    true_clock_gettime = (int (*)(clockid_t, struct timespec *)) dlsym(RTLD_NEXT, "clock_gettime");
    const char *path = getenv("WALLCLOCK_PAGE");
    int file = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return;
    }
    void *mapped = mmap(NULL, PAGE_BYTES, PROT_READ, MAP_SHARED, file, 0);
    close(file);
    if (mapped != MAP_FAILED) {
        page = mapped;
    }
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    if (true_clock_gettime == NULL) {
        start();
    }
    int result = true_clock_gettime(clock, now);
    if (result == 0 && page != NULL && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
        int64_t nanos = now->tv_sec * SECOND_NANOS + now->tv_nsec + page[0];
        now->tv_sec = nanos / SECOND_NANOS;
        now->tv_nsec = nanos % SECOND_NANOS;
    }
    return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    (void) zone;
    struct timespec precise;
    int result = clock_gettime(CLOCK_REALTIME, &precise);
    now->tv_sec = precise.tv_sec;
    now->tv_usec = precise.tv_nsec / 1000;
    return result;
}

time_t time(time_t *seconds) {
    struct timespec precise;
    clock_gettime(CLOCK_REALTIME, &precise);
    if (seconds != NULL) {
        *seconds = precise.tv_sec;
    }
    return precise.tv_sec;
}
