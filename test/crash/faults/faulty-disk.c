/* A disk and a clock that misbehave on command: preloaded (LD_PRELOAD) into a server under test by faulty-disk.ts, which compiles it.
   The file named by FAULTY_DISK says what is wrong now, one line each; an empty file, nothing:

     read PART ERROR     reads of files whose path contains PART fail; ERROR is EIO or ENOSPC
     write PART ERROR    so do writes, and whatever makes such a file longer
     sync PART ERROR     so do fsync and fdatasync
     names PART ERROR    so do syncs of directories
     sync PART LIE       they answer 0 and do nothing; so with names
     sync PART STOP      the process stops in that call, before it has any effect; so with names
     clock SECONDS       the time of day is so far off; clocks that only measure durations are not

   Into the file named by FAULTY_DISK_LOG go, in their order, the calls that succeeded and whose order matters, one line each:
   create PATH, rename FROM TO, remove PATH, mkdir PATH, sync PATH, names PATH.

   It calls the kernel itself, so that no other layer is in between. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { LIE = -1 };

/* The control file's text; a short read or none is no fault. */
static void rules(char *text, size_t size) {
  const char *path = getenv("FAULTY_DISK");
  text[0] = 0;
  if (path == NULL) return;
  int saved = errno;
  int fd = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
  if (fd >= 0) {
    ssize_t length = syscall(SYS_read, fd, text, size - 1);
    text[length > 0 ? length : 0] = 0;
    syscall(SYS_close, fd);
  }
  errno = saved;
}

/* What is wrong with a call on this file: an errno, LIE, or 0. */
static int fault(const char *call, int fd) {
  char text[4096], link[64], path[4096], kind[16], part[1024], error[16];
  rules(text, sizeof text);
  if (text[0] == 0) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof path - 1);
  if (length <= 0) return 0;
  path[length] = 0;
  for (char *line = text; line != NULL && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
    if (sscanf(line, "%15s %1023s %15s", kind, part, error) != 3) continue;
    if (strcmp(kind, call) != 0 || strstr(path, part) == NULL) continue;
    if (strcmp(error, "LIE") == 0) return LIE;
    if (strcmp(error, "STOP") == 0) {
      kill(getpid(), SIGSTOP);
      /* Other threads stop first, it may be: this one goes no further. */
      for (;;) pause();
    }
    return strcmp(error, "ENOSPC") == 0 ? ENOSPC : EIO;
  }
  return 0;
}

/* Returns from the calling function when its call is to fail, or to do nothing. */
#define MISBEHAVE(call, fd)            \
  do {                                 \
    int wrong = fault(call, fd);       \
    if (wrong == LIE) return 0;        \
    if (wrong != 0) {                  \
      errno = wrong;                   \
      return -1;                       \
    }                                  \
  } while (0)

/* Writes down a call that succeeded; answers its result. */
static int note(int result, const char *call, const char *path, const char *to) {
  const char *log = getenv("FAULTY_DISK_LOG");
  if (log == NULL || result < 0) return result;
  char line[8300];
  int length = snprintf(line, sizeof line, "%s %s%s%s\n", call, path, *to ? " " : "", to);
  int fd = syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  syscall(SYS_write, fd, line, length);
  syscall(SYS_close, fd);
  return result;
}

static int noteFile(int result, const char *call, int fd) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof path - 1);
  path[length > 0 ? length : 0] = 0;
  return note(result, call, path, "");
}

int open64(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  int mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, int) : 0;
  va_end(rest);
  int fd = syscall(SYS_openat, AT_FDCWD, path, flags, mode);
  return flags & O_CREAT ? note(fd, "create", path, "") : fd;
}

int open(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  int mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, int) : 0;
  va_end(rest);
  return open64(path, flags, mode);
}

int rename(const char *from, const char *to) {
  return note(syscall(SYS_renameat, AT_FDCWD, from, AT_FDCWD, to), "rename", from, to);
}

int unlink(const char *path) { return note(syscall(SYS_unlinkat, AT_FDCWD, path, 0), "remove", path, ""); }

int mkdir(const char *path, mode_t mode) {
  return note(syscall(SYS_mkdirat, AT_FDCWD, path, mode), "mkdir", path, "");
}

int fsync(int fd) {
  struct stat what;
  const char *call = fstat(fd, &what) == 0 && S_ISDIR(what.st_mode) ? "names" : "sync";
  MISBEHAVE(call, fd);
  return noteFile(syscall(SYS_fsync, fd), call, fd);
}

int fdatasync(int fd) {
  MISBEHAVE("sync", fd);
  return noteFile(syscall(SYS_fdatasync, fd), "sync", fd);
}

ssize_t read(int fd, void *to, size_t size) {
  MISBEHAVE("read", fd);
  return syscall(SYS_read, fd, to, size);
}

ssize_t pread64(int fd, void *to, size_t size, off64_t at) {
  MISBEHAVE("read", fd);
  return syscall(SYS_pread64, fd, to, size, at);
}

ssize_t pread(int fd, void *to, size_t size, off_t at) { return pread64(fd, to, size, at); }

ssize_t write(int fd, const void *from, size_t size) {
  MISBEHAVE("write", fd);
  return syscall(SYS_write, fd, from, size);
}

ssize_t pwrite64(int fd, const void *from, size_t size, off64_t at) {
  MISBEHAVE("write", fd);
  return syscall(SYS_pwrite64, fd, from, size, at);
}

ssize_t pwrite(int fd, const void *from, size_t size, off_t at) { return pwrite64(fd, from, size, at); }

int posix_fallocate(int fd, off_t from, off_t length) {
  int wrong = fault("write", fd);
  if (wrong > 0) return wrong;
  return syscall(SYS_fallocate, fd, 0, from, length) == 0 ? 0 : errno;
}

static long long offset(void) {
  char text[4096];
  long long seconds = 0;
  rules(text, sizeof text);
  char *line = strstr(text, "clock ");
  if (line != NULL) sscanf(line, "clock %lld", &seconds);
  return seconds;
}

int clock_gettime(clockid_t clock, struct timespec *time) {
  int code = syscall(SYS_clock_gettime, clock, time);
  if (code == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) time->tv_sec += offset();
  return code;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone) {
  int code = syscall(SYS_gettimeofday, time, zone);
  if (code == 0) time->tv_sec += offset();
  return code;
}

time_t time(time_t *answer) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (answer != NULL) *answer = now.tv_sec;
  return now.tv_sec;
}
