#include "spawn.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scratch.h"

#define MOST 4096     /* processes at a time */
#define END_MS 10000  /* for one to end */

static pid_t alive[MOST]; /* those that were not waited for yet: their numbers are nobody else's */
static size_t count;

static void
make_files(posix_spawn_file_actions_t *files, int fd)
{
	posix_spawn_file_actions_init(files);
	if (fd < 0)
		posix_spawn_file_actions_addopen(files, STDIN_FILENO, "/dev/null", O_RDWR, 0);
	else
		posix_spawn_file_actions_adddup2(files, fd, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(files, STDIN_FILENO, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(files, scratch_log(), STDERR_FILENO);
}

pid_t
spawn(const char *program, int fd, char *const environment[])
{
	char *const argv[] = {(char *)program, NULL};
	posix_spawn_file_actions_t files;
	pid_t pid;

	if (count == MOST)
		errx(1, "over %d processes", MOST);
	make_files(&files, fd);
	errno = posix_spawn(&pid, program, &files, NULL, argv, environment);
	posix_spawn_file_actions_destroy(&files);
	if (errno)
		err(1, "%s can't be started", program);
	alive[count++] = pid;
	return pid;
}

static void
forget(pid_t pid)
{
	for (size_t i = 0; i < count; i++)
		if (alive[i] == pid)
			alive[i--] = alive[--count];
}

int
spawn_wait(pid_t pid)
{
	struct pollfd polled = {.fd = pidfd_open(pid, 0), .events = POLLIN};
	int status;

	if (polled.fd < 0 || poll(&polled, 1, END_MS) != 1)
		errx(1, "process %ld does not end", (long)pid);
	close(polled.fd);
	if (waitpid(pid, &status, 0) != pid)
		err(1, "process %ld", (long)pid);
	forget(pid);
	return status;
}

void
spawn_kill_all(void)
{
	for (size_t i = 0; i < count; i++)
		kill(alive[i], SIGKILL);
	for (size_t i = 0; i < count; i++)
		waitpid(alive[i], NULL, 0);
	count = 0;
}
