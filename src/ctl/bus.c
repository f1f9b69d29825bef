/* What the commands need of the bus. */
#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "ctl/ctl.h"
#include "sys/bus.h"
#include "sys/conf.h"
#include "sys/roster.h"

#define LEAVE_MS 2000 /* that a connection may take to end */
#define LOOK_US 20000

void
ctl_misuse(const char *usage)
{
	fprintf(stderr, "usage: chatctl %s\n", usage);
	exit(EX_USAGE);
}

void
ctl_become(const struct stat *owner, const char *what)
{
	if (geteuid() != 0 || owner->st_uid == 0)
		return;
	if (setgroups(0, NULL) < 0 || setgid(owner->st_gid) < 0 || setuid(owner->st_uid) < 0) {
		log_line(LOG_ERR, "can't become the owner of %s: %m", what);
		exit(EX_NOPERM);
	}
}

bool
ctl_enter(void)
{
	char runtime[PATH_MAX];
	struct stat st;

	if (conf_runtime(runtime, false) < 0)
		exit(EX_CONFIG);
	if (chdir(runtime) < 0 || chdir("bus") < 0) {
		if (errno == ENOENT)
			return false;
		log_line(LOG_ERR, "%s/bus: %m", runtime);
		exit(EX_NOPERM);
	}
	if (stat(".", &st) < 0 || (st.st_uid != geteuid() && geteuid() != 0)) {
		log_line(LOG_ERR, "%s/bus is another user's: try it as root", runtime);
		exit(EX_NOPERM);
	}
	ctl_become(&st, "the bus");
	return true;
}

static bool
is_online(const struct name *user)
{
	pid_t pids[ROSTER_CONNECTIONS_MAX];
	size_t count = roster_pids(user, pids);

	for (size_t i = 0; i < count; i++)
		if (roster_proves(user, pids[i]) != ROSTER_NO)
			return true;
	return false;
}

/* One that was kicked just now takes a moment to end. */
static int
look(const struct name *user)
{
	int64_t end = clock_ms() + LEAVE_MS;

	if (!ctl_enter())
		return EX_OK;
	while (is_online(user)) {
		if (clock_ms() >= end)
			return CTL_NO;
		usleep(LOOK_US);
	}
	return EX_OK;
}

bool
ctl_online(const struct name *user)
{
	pid_t child = fork();
	int status;

	if (child == 0)
		_exit(look(user));
	if (child < 0 || waitpid(child, &status, 0) < 0 || !WIFEXITED(status))
		exit(EX_OSERR);
	if (WEXITSTATUS(status) != EX_OK && WEXITSTATUS(status) != CTL_NO)
		exit(WEXITSTATUS(status)); /* it has said why */
	return WEXITSTATUS(status) == CTL_NO;
}

struct bus *
ctl_join(void)
{
	struct bus *bus;
	struct name me = name_operator();

	if (roster_prepare(&me) < 0 || bus_join(&bus, &me) < 0) {
		log_line(LOG_ERR, "can't join the bus: %m");
		_exit(EX_UNAVAILABLE);
	}
	return bus;
}

void
ctl_wait(struct bus *bus, int ms)
{
	struct pollfd polled = {.fd = bus_fd(bus), .events = POLLIN};

	bus_flush(bus);
	poll(&polled, 1, ms < BUS_LOOK_INTERVAL ? ms : BUS_LOOK_INTERVAL);
	if (bus_busy(bus))
		bus_look(bus);
}
