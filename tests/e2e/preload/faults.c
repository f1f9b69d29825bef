/* LD_PRELOAD: a wall clock that is wrong, a disk that is slow, or takes no more writes. The file that FAULTS names says how
 * much at each call: the test writes it while the program runs. */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define NS 1000000000LL

/* As tests/e2e/faults.py writes it. */
struct faults {
	int64_t wall_ms; /* that the clock of the day is ahead */
	int64_t sync_ms; /* that a sync takes */
	int64_t writing; /* errno of writes to files; 0: none */
};

static const volatile struct faults none, *faults = &none;

__attribute__((constructor)) static void
begin(void)
{
	const char *path = getenv("FAULTS");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;

	faults = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof none, PROT_READ, MAP_SHARED, fd, 0);
	if (faults == MAP_FAILED)
		err(70, "FAULTS=%s", path);
	close(fd);
}

int
clock_gettime(clockid_t id, struct timespec *t)
{
	int r = (int)syscall(SYS_clock_gettime, id, t);
	int64_t ns;

	if (r < 0 || (id != CLOCK_REALTIME && id != CLOCK_REALTIME_COARSE))
		return r;
	ns = t->tv_sec * NS + t->tv_nsec + faults->wall_ms * (NS / 1000);
	*t = (struct timespec){ns / NS, ns % NS};
	return 0;
}

time_t
time(time_t *to)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	if (to)
		*to = t.tv_sec;
	return t.tv_sec;
}

int
gettimeofday(struct timeval *restrict to, void *restrict zone)
{
	struct timespec t;

	(void)zone;
	clock_gettime(CLOCK_REALTIME, &t);
	*to = (struct timeval){t.tv_sec, t.tv_nsec / 1000};
	return 0;
}

static void
take_time(void)
{
	int64_t ms = faults->sync_ms;
	struct timespec t = {ms / 1000, ms % 1000 * (NS / 1000)};

	nanosleep(&t, NULL);
}

int
fsync(int fd)
{
	take_time();
	return (int)syscall(SYS_fsync, fd);
}

int
fdatasync(int fd)
{
	take_time();
	return (int)syscall(SYS_fdatasync, fd);
}

ssize_t
pwrite64(int fd, const void *data, size_t len, off64_t at)
{
	if (faults->writing) {
		errno = (int)faults->writing;
		return -1;
	}
	return syscall(SYS_pwrite64, fd, data, len, at);
}

ssize_t
pwrite(int fd, const void *data, size_t len, off_t at)
{
	return pwrite64(fd, data, len, at);
}
