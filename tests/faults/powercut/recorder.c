/* Preloaded into a job: notes in CUT_LOG what the job does to files below CUT_FOLDER.
 *
 * An entry is: kind, length of the first and second path, offset, length of the data; then paths
 * and data. C create, W write, T truncate, S sync, R rename, U unlink, D make a folder, X remove
 * one. A sync is noted instead of made: whether it reached the disk is for the replay to say.
 * With CUT_KILL_AT the job is killed as by kill -9 once it has done so many of these.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define FILES 4096

static int note_file = -1;
static long left = -1;
static char folder[PATH_MAX];
static char *names[FILES];
static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

__attribute__((constructor)) static void begin(void) {
    const char *where = getenv("CUT_FOLDER"), *log = getenv("CUT_LOG");
    if (!where || !log) return;
    const char *kill_at = getenv("CUT_KILL_AT");
    if (kill_at) left = atol(kill_at);
    strncpy(folder, where, sizeof folder - 1);
    note_file = syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
}

static void note(char kind, const char *path, const char *second, int64_t offset,
                 const void *data, uint32_t size) {
    uint32_t lengths[2] = {strlen(path), second ? strlen(second) : 0};
    struct iovec parts[7] = {
        {&kind, 1}, {lengths, 8}, {&offset, 8}, {&size, 4},
        {(void *)path, lengths[0]}, {(void *)second, lengths[1]}, {(void *)data, data ? size : 0},
    };
    syscall(SYS_writev, note_file, parts, 7);
    if (left > 0 && --left == 0) kill(getpid(), SIGKILL);
}

/* The absolute path when it is of interest, else NULL. */
static const char *watched(int at, const char *path, char *room) {
    if (note_file < 0 || !path) return NULL;
    if (path[0] != '/') {
        char link[64];
        if (at == AT_FDCWD) return NULL; /* jobs name files in full */
        snprintf(link, sizeof link, "/proc/self/fd/%d", at);
        ssize_t length = syscall(SYS_readlinkat, AT_FDCWD, link, room, PATH_MAX / 2);
        if (length < 0) return NULL;
        snprintf(room + length, PATH_MAX / 2, "/%s", path);
        path = room;
    }
    size_t length = strlen(path), tail = strlen("-shm");
    if (strncmp(path, folder, strlen(folder))) return NULL;
    if (length > tail && !strcmp(path + length - tail, "-shm")) return NULL;
    return path;
}

static int opened(int at, const char *given, int flags, mode_t mode) {
    char room[PATH_MAX];
    const char *path = watched(at, given, room);
    pthread_mutex_lock(&one_at_a_time);
    int existed = path && !syscall(SYS_faccessat, AT_FDCWD, path, F_OK);
    int file = syscall(SYS_openat, at, given, flags, mode);
    if (file >= 0 && file < FILES) {
        free(names[file]);
        names[file] = path ? strdup(path) : NULL;
        if (path && !existed) note('C', path, NULL, 0, NULL, 0);
        if (path && existed && (flags & O_TRUNC)) note('T', path, NULL, 0, NULL, 0);
    }
    pthread_mutex_unlock(&one_at_a_time);
    return file;
}

#define OPEN(name, given_at, head)                                   \
    int name(head const char *path, int flags, ...) {                \
        mode_t mode = 0;                                             \
        if (flags & (O_CREAT | O_TMPFILE)) {                         \
            va_list rest;                                            \
            va_start(rest, flags);                                   \
            mode = va_arg(rest, mode_t);                             \
            va_end(rest);                                            \
        }                                                            \
        return opened(given_at, path, flags, mode);                  \
    }
#define COMMA ,
OPEN(open, AT_FDCWD, )
OPEN(open64, AT_FDCWD, )
OPEN(openat, at, int at COMMA)
OPEN(openat64, at, int at COMMA)

static const char *name_of(int file) { return file >= 0 && file < FILES ? names[file] : NULL; }

int close(int file) {
    pthread_mutex_lock(&one_at_a_time);
    if (name_of(file)) {
        free(names[file]);
        names[file] = NULL;
    }
    pthread_mutex_unlock(&one_at_a_time);
    return syscall(SYS_close, file);
}

static ssize_t wrote(int file, off_t offset, const void *data, ssize_t size) {
    if (size > 0 && name_of(file)) note('W', names[file], NULL, offset, data, size);
    return size;
}

ssize_t pwrite64(int file, const void *data, size_t size, off64_t offset) {
    pthread_mutex_lock(&one_at_a_time);
    ssize_t done = wrote(file, offset, data, syscall(SYS_pwrite64, file, data, size, offset));
    pthread_mutex_unlock(&one_at_a_time);
    return done;
}

ssize_t pwrite(int file, const void *data, size_t size, off_t offset) {
    return pwrite64(file, data, size, offset);
}

ssize_t write(int file, const void *data, size_t size) {
    if (!name_of(file)) return syscall(SYS_write, file, data, size);
    pthread_mutex_lock(&one_at_a_time);
    off_t offset = lseek(file, 0, SEEK_CUR);
    ssize_t done = wrote(file, offset, data, syscall(SYS_write, file, data, size));
    pthread_mutex_unlock(&one_at_a_time);
    return done;
}

int ftruncate64(int file, off64_t size) {
    pthread_mutex_lock(&one_at_a_time);
    int failed = syscall(SYS_ftruncate, file, size);
    if (!failed && name_of(file)) note('T', names[file], NULL, size, NULL, 0);
    pthread_mutex_unlock(&one_at_a_time);
    return failed;
}

int ftruncate(int file, off_t size) { return ftruncate64(file, size); }

int fsync(int file) {
    if (!name_of(file)) return syscall(SYS_fsync, file);
    pthread_mutex_lock(&one_at_a_time);
    note('S', names[file], NULL, 0, NULL, 0);
    pthread_mutex_unlock(&one_at_a_time);
    return 0;
}

int fdatasync(int file) { return fsync(file); }

static int on_path(char kind, int at, const char *given, int failed) {
    char room[PATH_MAX];
    int saved = errno;
    const char *path = failed ? NULL : watched(at, given, room);
    if (path) note(kind, path, NULL, 0, NULL, 0);
    errno = saved;
    return failed;
}

int unlink(const char *path) {
    return on_path('U', AT_FDCWD, path, syscall(SYS_unlinkat, AT_FDCWD, path, 0));
}

int unlinkat(int at, const char *path, int flags) {
    char room[PATH_MAX]; /* a folder's name is lost once it is gone */
    const char *full = watched(at, path, room);
    int failed = syscall(SYS_unlinkat, at, path, flags);
    if (!failed && full) note(flags & AT_REMOVEDIR ? 'X' : 'U', full, NULL, 0, NULL, 0);
    return failed;
}

int rmdir(const char *path) {
    return on_path('X', AT_FDCWD, path, syscall(SYS_unlinkat, AT_FDCWD, path, AT_REMOVEDIR));
}

int mkdir(const char *path, mode_t mode) {
    return on_path('D', AT_FDCWD, path, syscall(SYS_mkdirat, AT_FDCWD, path, mode));
}

int rename(const char *from, const char *to) {
    char room[PATH_MAX];
    int failed = syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
    if (!failed && watched(AT_FDCWD, to, room)) note('R', from, to, 0, NULL, 0);
    return failed;
}
