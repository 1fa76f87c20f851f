/* A file system that fails, as a library to be loaded before others (LD_PRELOAD).

   The file that TUIMON_TEST_FAULTS names is read at each call, so that a test can change it meanwhile. Each line is
   `CALL PART ERROR`: CALL is write, rename, unlink, lock, fstat, open or fallocate, PART is part of a path ("*" is any), ERROR
   is a number, or 0 for a write that takes half of what it is given. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NONE (-1)

/* The error that this call of this path is to fail with. */
static int fault(const char *call, const char *path)
{
    const char *control = getenv("TUIMON_TEST_FAULTS");
    if (control == NULL || path == NULL)
        return NONE;
    int saved = errno, found = NONE;
    int fd = syscall(SYS_openat, AT_FDCWD, control, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        char text[4096], name[64], part[512];
        ssize_t length = syscall(SYS_read, fd, text, sizeof text - 1);
        syscall(SYS_close, fd);
        text[length > 0 ? length : 0] = 0;
        char *rest = text, *line;
        while (found == NONE && (line = strsep(&rest, "\n")) != NULL) {
            int error;
            if (sscanf(line, "%63s %511s %d", name, part, &error) == 3 && strcmp(name, call) == 0
                && (strcmp(part, "*") == 0 || strstr(path, part) != NULL))
                found = error;
        }
    }
    errno = saved;
    return found;
}

static int fault_of(const char *call, int fd)
{
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0)
        return NONE;
    path[length] = 0;
    return fault(call, path);
}

#define FAIL_WITH(found) do { int _found = (found); if (_found > 0) { errno = _found; return -1; } } while (0)
#define REAL(name) ((__typeof__(&name)) dlsym(RTLD_NEXT, #name))

ssize_t write(int fd, const void *data, size_t size)
{
    int found = fault_of("write", fd);
    FAIL_WITH(found);
    return syscall(SYS_write, fd, data, found == 0 && size > 1 ? size / 2 : size);
}

int rename(const char *from, const char *to)
{
    FAIL_WITH(fault("rename", to));
    return REAL(rename)(from, to);
}

int renameat(int from_directory, const char *from, int to_directory, const char *to)
{
    FAIL_WITH(fault("rename", to));
    return REAL(renameat)(from_directory, from, to_directory, to);
}

int unlink(const char *path)
{
    FAIL_WITH(fault("unlink", path));
    return REAL(unlink)(path);
}

int flock(int fd, int operation)
{
    FAIL_WITH(fault_of("lock", fd));
    return REAL(flock)(fd, operation);
}

static int control_lock(int fd, int command, void *argument)
{
    if (command == F_SETLK || command == F_SETLKW || command == F_GETLK)
        FAIL_WITH(fault_of("lock", fd));
    return syscall(SYS_fcntl, fd, command, argument);
}

int fcntl(int fd, int command, ...)
{
    va_list rest;
    va_start(rest, command);
    void *argument = va_arg(rest, void *);
    va_end(rest);
    return control_lock(fd, command, argument);
}

int fcntl64(int fd, int command, ...)
{
    va_list rest;
    va_start(rest, command);
    void *argument = va_arg(rest, void *);
    va_end(rest);
    return control_lock(fd, command, argument);
}

int fstat(int fd, struct stat *status)
{
    FAIL_WITH(fault_of("fstat", fd));
    return syscall(SYS_fstat, fd, status);
}

int fstat64(int fd, struct stat64 *status)
{
    FAIL_WITH(fault_of("fstat", fd));
    return syscall(SYS_fstat, fd, status);
}

int fallocate(int fd, int mode, off_t offset, off_t length)
{
    FAIL_WITH(fault_of("fallocate", fd));
    return REAL(fallocate)(fd, mode, offset, length);
}

int posix_fallocate(int fd, off_t offset, off_t length)
{
    int found = fault_of("fallocate", fd);
    return found > 0 ? found : REAL(posix_fallocate)(fd, offset, length);
}

static int opened(int directory, const char *path, int flags, mode_t mode)
{
    if (flags & (O_WRONLY | O_RDWR | O_CREAT))
        FAIL_WITH(fault("open", path));
    return syscall(SYS_openat, directory, path, flags, mode);
}

#define OPEN_AT(name) \
    int name(int directory, const char *path, int flags, ...) \
    { \
        va_list rest; \
        va_start(rest, flags); \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0; \
        va_end(rest); \
        return opened(directory, path, flags, mode); \
    }
#define OPEN(name) \
    int name(const char *path, int flags, ...) \
    { \
        va_list rest; \
        va_start(rest, flags); \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0; \
        va_end(rest); \
        return opened(AT_FDCWD, path, flags, mode); \
    }
OPEN(open)
OPEN(open64)
OPEN_AT(openat)
OPEN_AT(openat64)
