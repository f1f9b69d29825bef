#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/log.h"
#include "base/scan.h"
#include "ctl/ctl.h"
#include "sys/roster.h"

struct target {
	const char *text;
	long long pid; /* 0: it is a name */
	int kicked;
};

/* The process is held before it is proved to be that connection: its number can't become another's in between. */
static void
kick(struct target *t, const struct name *user, pid_t pid)
{
	int fd = pidfd_open(pid, 0);

	if (fd < 0)
		return;
	if (roster_proves(user, pid) == ROSTER_YES && pidfd_send_signal(fd, SIGUSR1, NULL, 0) == 0) {
		printf("kicked %s, %ld\n", user->text, (long)pid);
		t->kicked++;
	}
	close(fd);
}

static void
look_at(void *context, const struct name *user)
{
	struct target *t = context;
	pid_t pids[ROSTER_CONNECTIONS_MAX];
	size_t count = roster_pids(user, pids);

	for (size_t i = 0; i < count; i++)
		if (t->pid ? pids[i] == t->pid : strcmp(user->text, t->text) == 0)
			kick(t, user, pids[i]);
}

int
ctl_kick(int argc, char **argv)
{
	struct target t = {0};

	if (argc != 1 || argv[0][0] == '-')
		ctl_misuse("kick USER|PID");
	t.text = argv[0];
	if (ctl_enter()) {
		roster_each(look_at, &t);
		if (!t.kicked && scan_number(t.text, 1, 0x7fffffff, &t.pid) == 0)
			roster_each(look_at, &t);
	}
	if (t.kicked)
		return EX_OK;
	log_line(LOG_ERR, "%s is not online", t.text);
	return CTL_NO;
}
