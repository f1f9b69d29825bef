/* What is done to other users, and to other processes. */
#include "attempts.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

const char *database;

static pid_t victim;
static int victim_pidfd, victims_pipe[2];
static const char secret[] = "the other's secret";

static int
read_some(const char *path)
{
	int fd = open(path, O_RDONLY);
	char byte;

	return fd < 0 ? -1 : (int)read(fd, &byte, 1);
}

int
try_read_database(void)
{
	return read_some(database);
}

int
try_write_database(void)
{
	return open(database, O_WRONLY);
}

int
try_read_spool(void)
{
	return read_some(OTHER "/unsaved.1");
}

int
try_write_spool(void)
{
	int fd = open(OTHER "/unsaved.1", O_WRONLY | O_APPEND);

	return fd < 0 ? -1 : (int)write(fd, "x", 1);
}

int
try_truncate_spool(void)
{
	return truncate(OTHER "/unsaved.1", 0);
}

int
try_make_spool(void)
{
	return open(OTHER "/unsaved.2", O_WRONLY | O_CREAT, 0660);
}

int
try_make_folder(void)
{
	return mkdir(ABSENT, 0750);
}

static int
listen_at(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) < 0)
		return -1;
	return listen(fd, 1);
}

int
try_make_endpoint(void)
{
	char path[64];

	snprintf(path, sizeof path, OTHER "/%ld", (long)getpid());
	return listen_at(path);
}

int
try_remove_endpoint(void)
{
	return unlink(OTHER "/1");
}

void
set_up_own(void)
{
	if (mkdir(ME, 0750) < 0 || listen_at(ME "/own") < 0)
		err(2, "an endpoint of one's own");
}

int
try_move_endpoint(void)
{
	return rename(ME "/own", OTHER "/2");
}

int
try_link_endpoint(void)
{
	return link(ME "/own", OTHER "/2");
}

int
try_close_folder(void)
{
	int fd = open(OTHER, O_RDONLY | O_DIRECTORY); /* which may be read */

	return fd < 0 ? -1 : fchmod(fd, 0);
}

int
try_set_times(void)
{
	return utimensat(AT_FDCWD, OTHER "/unsaved.1", (struct timespec[2]){0}, 0);
}

void
set_up_victim(void)
{
	pid_t parent = getpid();

	if (pipe(victims_pipe) < 0 || (victim = fork()) < 0)
		err(2, "fork");
	if (victim == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
		while (getppid() == parent)
			sleep(1);
		_exit(0);
	}
	victim_pidfd = (int)syscall(SYS_pidfd_open, victim, 0);
	if (victim_pidfd < 0)
		err(2, "pidfd_open");
}

int
try_signal(void)
{
	return kill(victim, SIGTERM);
}

int
try_signal_thread(void)
{
	return (int)syscall(SYS_tgkill, victim, victim, SIGTERM);
}

int
try_signal_pidfd(void)
{
	return (int)syscall(SYS_pidfd_send_signal, victim_pidfd, SIGTERM, NULL, 0);
}

int
try_signal_queue(void)
{
	return sigqueue(victim, SIGTERM, (union sigval){0});
}

/* The kernel sends the signal, when there is something to read. */
int
try_signal_descriptor(void)
{
	if (fcntl(victims_pipe[0], F_SETOWN, victim) < 0 || fcntl(victims_pipe[0], F_SETSIG, SIGTERM) < 0 ||
	    fcntl(victims_pipe[0], F_SETFL, O_ASYNC) < 0 || write(victims_pipe[1], "x", 1) < 0)
		return -1;
	if (waitpid(victim, NULL, 0) != victim) {
		errno = ESRCH;
		return -1;
	}
	return 0;
}

int
try_trace(void)
{
	return (int)ptrace(PTRACE_SEIZE, victim, NULL, NULL);
}

int
try_be_traced(void)
{
	return (int)ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

int
try_read_memory(void)
{
	char copy[sizeof secret];
	struct iovec here = {copy, sizeof copy}, there = {(void *)(uintptr_t)secret, sizeof secret};

	return (int)process_vm_readv(victim, &here, 1, &there, 1, 0);
}

static int
open_of_victim(const char *file)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/%ld/%s", (long)victim, file);
	return open(path, O_RDONLY);
}

int
try_open_memory(void)
{
	return open_of_victim("mem");
}

int
try_read_environment(void)
{
	return open_of_victim("environ");
}

int
try_take_descriptor(void)
{
	return (int)syscall(SYS_pidfd_getfd, victim_pidfd, victims_pipe[0], 0);
}

int
try_compare(void)
{
	return (int)syscall(SYS_kcmp, getpid(), victim, KCMP_FILES, 0, 0);
}

int
try_limit_other(void)
{
	return prlimit(victim, RLIMIT_NOFILE, &(struct rlimit){1, 1}, NULL);
}

int
try_slow_other(void)
{
	return setpriority(PRIO_PROCESS, (id_t)victim, 19);
}
