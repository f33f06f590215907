/*
 * A disk that fails on demand, for LD_PRELOAD: counts the calls that change or read files below FAULTIO_DIR and makes
 * the one that the plan names go wrong.
 *
 * Plan and counts live in a page that this process shares with the test (the file FAULTIO_PAGE, 4096 bytes, int64 in
 * the machine's order), so the test can arm a fault at any moment and read the counts after the process has died:
 *
 *   0 kind, -1: none     1 number of the call, from 1     2 action: an errno, or one of the actions below
 *   3 sticky             4 hits, counted here             5 CLOCK_MONOTONIC of the first hit in ns
 *   6 delay in ms        16.. calls so far, by kind       from byte 1024: the path of the first hit
 *   from byte 2048: only paths that contain this text count, empty: all
 *
 * A sync that is made to fail loses what it should have kept: the file is cut back to its length at its last good sync,
 * as a kernel may do that marks the pages clean after a failed write-back.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum kind { WRITE, SYNC, RANGE, TRUNCATE, ALLOCATE, RENAME, UNLINK, OPEN, READ };
enum { ACTION_SHORT = -1, ACTION_DELAY = -2 };
enum { PLAN_KIND, PLAN_AT, PLAN_ACTION, PLAN_STICKY, HITS, HIT_NANOS, DELAY_MS, COUNTS = 16 };
enum { PAGE_BYTES = 4096, PATH_AT = 1024, PATH_BYTES = 1000, FILTER_AT = 2048, FILTER_BYTES = 100, SYNCED_MAX = 1024 };

static int64_t *page;
static const char *dir;
static size_t dir_bytes;
static int no_direct;

/* How long each file was at its last good sync; a table that never forgets is enough for a short life. */
static struct { dev_t device; ino_t inode; off_t bytes; } synced[SYNCED_MAX];
static int synced_count;
static volatile char synced_lock;

#define REAL(name) \
    static __typeof__(&name) real; \
    if (real == NULL) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

__attribute__((constructor)) static void start(void) {
    const char *file = getenv("FAULTIO_PAGE");
    dir = getenv("FAULTIO_DIR");
    if (file == NULL || dir == NULL) return;
    dir_bytes = strlen(dir);
    no_direct = getenv("FAULTIO_NO_DIRECT") != NULL;
    int fd = (int)syscall(SYS_openat, AT_FDCWD, file, O_RDWR);
    if (fd < 0) return;
    void *mapped = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    syscall(SYS_close, fd);
    if (mapped != MAP_FAILED) page = mapped;
}

static int watched(const char *path) {
    if (page == NULL || path == NULL || strncmp(path, dir, dir_bytes) != 0) return 0;
    const char *filter = (const char *)page + FILTER_AT;
    return *filter == 0 || strstr(path + dir_bytes, filter) != NULL;
}

static int watched_fd(int fd, char *path) {
    if (page == NULL) return 0;
    int saved = errno;
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t bytes = readlink(link, path, PATH_BYTES - 1);
    errno = saved;
    if (bytes < 0) return 0;
    path[bytes] = 0;
    return watched(path);
}

/* Counts the call; answers what is to happen to it: 0 nothing, else the plan's action. */
static int64_t planned(enum kind kind, const char *path) {
    int64_t number = __atomic_add_fetch(&page[COUNTS + kind], 1, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&page[PLAN_KIND], __ATOMIC_SEQ_CST) != kind) return 0;
    int64_t at = page[PLAN_AT];
    if (number != at && !(page[PLAN_STICKY] && number > at)) return 0;
    if (__atomic_load_n(&page[HITS], __ATOMIC_SEQ_CST) == 0) {
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        page[HIT_NANOS] = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
        snprintf((char *)page + PATH_AT, PATH_BYTES, "%s", path);
    }
    __atomic_add_fetch(&page[HITS], 1, __ATOMIC_SEQ_CST);
    int64_t action = page[PLAN_ACTION];
    if (action == ACTION_DELAY) {
        struct timespec wait = {page[DELAY_MS] / 1000, page[DELAY_MS] % 1000 * 1000000};
        nanosleep(&wait, NULL);
        return 0;
    }
    return action;
}

static int64_t planned_fd(enum kind kind, int fd) {
    char path[PATH_BYTES];
    return watched_fd(fd, path) ? planned(kind, path) : 0;
}

static int64_t planned_path(enum kind kind, const char *path) { return watched(path) ? planned(kind, path) : 0; }

static int failed(int64_t action) {
    errno = action > 0 ? (int)action : EIO;
    return -1;
}

enum length { LOOK, SET, GROW };

/*
 * The length of a file at its last good sync. GROW remembers a longer one only: of two syncs at the same time the one
 * that began first may end last.
 */
static off_t synced_bytes(int fd, enum length change, off_t now) {
    struct stat file;
    off_t found = 0;
    if (fstat(fd, &file) != 0 || !S_ISREG(file.st_mode)) return -1;
    while (__atomic_test_and_set(&synced_lock, __ATOMIC_ACQUIRE)) {}
    int i = 0;
    while (i < synced_count && (synced[i].device != file.st_dev || synced[i].inode != file.st_ino)) i++;
    if (i < synced_count) found = synced[i].bytes;
    if (change != LOOK && i < SYNCED_MAX) {
        synced[i].device = file.st_dev;
        synced[i].inode = file.st_ino;
        synced[i].bytes = change == GROW && i < synced_count && found > now ? found : now;
        if (i == synced_count) synced_count++;
    }
    __atomic_clear(&synced_lock, __ATOMIC_RELEASE);
    return found;
}

static int sync_with(int fd, int (*real)(int)) {
    int64_t action = planned_fd(SYNC, fd);
    if (action != 0) {
        off_t kept = synced_bytes(fd, LOOK, 0);
        if (kept >= 0) syscall(SYS_ftruncate, fd, kept);
        return failed(action);
    }
    char path[PATH_BYTES];
    struct stat before;
    int remember = watched_fd(fd, path) && fstat(fd, &before) == 0;
    int result = real(fd);
    if (result == 0 && remember) synced_bytes(fd, GROW, before.st_size);
    return result;
}

int fsync(int fd) { REAL(fsync); return sync_with(fd, real); }
int fdatasync(int fd) { REAL(fdatasync); return sync_with(fd, real); }

int sync_file_range(int fd, off64_t at, off64_t bytes, unsigned int flags) {
    REAL(sync_file_range);
    int64_t action = planned_fd(RANGE, fd);
    return action != 0 ? failed(action) : real(fd, at, bytes, flags);
}

static size_t shortened(size_t bytes) { return bytes > 1 ? bytes / 2 : bytes; }

/* Direct I/O is cut short at a block's end only. */
static size_t shortened_of(int fd, size_t bytes) {
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || (flags & O_DIRECT) == 0) return shortened(bytes);
    size_t blocks = shortened(bytes) / PAGE_BYTES * PAGE_BYTES;
    return blocks > 0 ? blocks : bytes;
}

ssize_t write(int fd, const void *data, size_t bytes) {
    REAL(write);
    int64_t action = planned_fd(WRITE, fd);
    if (action == ACTION_SHORT) return real(fd, data, shortened_of(fd, bytes));
    return action != 0 ? failed(action) : real(fd, data, bytes);
}

#define PWRITE(name) \
    ssize_t name(int fd, const void *data, size_t bytes, off64_t at) { \
        REAL(name); \
        int64_t action = planned_fd(WRITE, fd); \
        if (action == ACTION_SHORT) return real(fd, data, shortened_of(fd, bytes), at); \
        return action != 0 ? failed(action) : real(fd, data, bytes, at); \
    }
PWRITE(pwrite)
PWRITE(pwrite64)

ssize_t writev(int fd, const struct iovec *parts, int count) {
    REAL(writev);
    int64_t action = planned_fd(WRITE, fd);
    if (action == ACTION_SHORT && count > 0) return real(fd, parts, (count + 1) / 2);
    return action != 0 ? failed(action) : real(fd, parts, count);
}

#define PREAD(name) \
    ssize_t name(int fd, void *data, size_t bytes, off64_t at) { \
        REAL(name); \
        int64_t action = planned_fd(READ, fd); \
        if (action == ACTION_SHORT) return real(fd, data, shortened_of(fd, bytes), at); \
        return action != 0 ? failed(action) : real(fd, data, bytes, at); \
    }
PREAD(pread)
PREAD(pread64)

#define FTRUNCATE(name) \
    int name(int fd, off64_t bytes) { \
        REAL(name); \
        int64_t action = planned_fd(TRUNCATE, fd); \
        return action != 0 ? failed(action) : real(fd, bytes); \
    }
FTRUNCATE(ftruncate)
FTRUNCATE(ftruncate64)

#define FALLOCATE(name) \
    int name(int fd, int mode, off64_t at, off64_t bytes) { \
        REAL(name); \
        int64_t action = planned_fd(ALLOCATE, fd); \
        return action != 0 ? failed(action) : real(fd, mode, at, bytes); \
    }
FALLOCATE(fallocate)
FALLOCATE(fallocate64)

int rename(const char *from, const char *to) {
    REAL(rename);
    int64_t action = planned_path(RENAME, to);
    return action != 0 ? failed(action) : real(from, to);
}

int unlink(const char *path) {
    REAL(unlink);
    int64_t action = planned_path(UNLINK, path);
    return action != 0 ? failed(action) : real(path);
}

/*
 * Opens for reading alone are not counted: a data directory that cannot be read is another test's matter. With
 * FAULTIO_NO_DIRECT set the file system has no direct I/O, and says so as they do.
 */
static int64_t planned_open(const char *path, int flags) {
    if ((flags & O_DIRECT) != 0 && no_direct && watched(path)) return EINVAL;
    return (flags & (O_CREAT | O_WRONLY | O_RDWR)) != 0 ? planned_path(OPEN, path) : 0;
}

/* What a file held when it was opened is on the disk already. */
static int opened(int fd, const char *path, int flags) {
    struct stat file;
    int saved = errno;
    if (fd >= 0 && (flags & O_TRUNC) == 0 && (flags & (O_WRONLY | O_RDWR)) != 0 && watched(path) && fstat(fd, &file) == 0)
        synced_bytes(fd, SET, file.st_size);
    errno = saved;
    return fd;
}

#define MODE(flags) \
    mode_t mode = 0; \
    if (((flags) & (O_CREAT | O_TMPFILE)) != 0) { \
        va_list rest; \
        va_start(rest, flags); \
        mode = va_arg(rest, mode_t); \
        va_end(rest); \
    }

#define OPENS(name) \
    int name(const char *path, int flags, ...) { \
        MODE(flags) \
        REAL(name); \
        int64_t action = planned_open(path, flags); \
        return action != 0 ? failed(action) : opened(real(path, flags, mode), path, flags); \
    }
OPENS(open)
OPENS(open64)

#define OPENS_AT(name) \
    int name(int at, const char *path, int flags, ...) { \
        MODE(flags) \
        REAL(name); \
        int64_t action = planned_open(path, flags); \
        return action != 0 ? failed(action) : opened(real(at, path, flags, mode), path, flags); \
    }
OPENS_AT(openat)
OPENS_AT(openat64)
