#include "house.h"

#include <err.h>
#include <libgen.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "scratch.h"
#include "spawn.h"

#define START_MS 5000 /* for the store to be there */
#define LOOK_US 2000

static char session_program[PATH_MAX], store_program[PATH_MAX];

/* They lie two folders above this one: build/bench/load/load, build/chat-session. */
void
house_programs(const char *session)
{
	char here[PATH_MAX] = {0}, *top;

	if (readlink("/proc/self/exe", here, sizeof here - 1) < 0)
		err(1, "/proc/self/exe");
	top = dirname(dirname(dirname(here)));
	snprintf(store_program, sizeof store_program, "%.4000s/chat-store", top);
	if (session)
		snprintf(session_program, sizeof session_program, "%s", session);
	else
		snprintf(session_program, sizeof session_program, "%.4000s/chat-session", top);
}

static char *
setting(const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		err(1, NULL);
	va_end(args);
	return text;
}

static void
make_folder(const struct house *h, const char *name, char path[PATH_MAX])
{
	if (snprintf(path, PATH_MAX, "%s/%s", h->directory, name) >= PATH_MAX)
		errx(1, "%s: the path is too long", name);
	if (mkdir(path, 0700) < 0)
		err(1, "%s", path);
}

static void
start_store(struct house *h)
{
	int64_t until = clock_ms() + START_MS;
	char *endpoint;

	h->store = spawn(store_program, -1, h->environment);
	endpoint = setting("%s/run/bus/.store/%ld", h->directory, (long)h->store);
	while (access(endpoint, F_OK) < 0) {
		if (clock_ms() > until)
			errx(1, "chat-store does not come up");
		usleep(LOOK_US);
	}
	free(endpoint);
}

void
house_open(struct house *h, const char *name, bool keeps)
{
	char run[PATH_MAX], state[PATH_MAX];
	const char *path = getenv("PATH");

	*h = (struct house){.keeps = keeps};
	scratch_path(h->directory, name);
	if (mkdir(h->directory, 0700) < 0)
		err(1, "%s", h->directory);
	make_folder(h, "run", run);
	make_folder(h, "state", state);
	h->environment[0] = setting("CHAT_RUNTIME_DIR=%s", run);
	h->environment[1] = setting("CHAT_STATE_DIR=%s", state);
	h->environment[2] = setting("CHAT_STORE=%s", keeps ? "yes" : "no");
	h->environment[3] = setting("CHAT_RATE=1000000");
	h->environment[4] = setting("CHAT_BURST=1000000");
	h->environment[5] = setting("CHAT_MAILBOX_MESSAGES=1000000000");
	h->environment[6] = setting("CHAT_MAILBOX_BYTES=%lld", 1LL << 40);
	h->environment[7] = setting("CHAT_OPEN_TO_ALL=yes"); /* the session that lies stands between, and nobody can tell whose its client is */
	h->environment[8] = setting("PATH=%s", path ? path : "/usr/bin:/bin");
	if (keeps)
		start_store(h);
}

pid_t
house_session(const struct house *h, int fd)
{
	pid_t pid = spawn(session_program, fd, h->environment);

	close(fd);
	return pid;
}

void
house_kill_store(struct house *h)
{
	kill(h->store, SIGKILL);
	spawn_wait(h->store);
	h->store = 0;
}

void
house_database(const struct house *h, char path[PATH_MAX])
{
	if (snprintf(path, PATH_MAX, "%s/state/chat.db", h->directory) >= PATH_MAX)
		errx(1, "the path is too long");
}

void
house_close(struct house *h)
{
	if (h->store) {
		int status;

		kill(h->store, SIGTERM);
		status = spawn_wait(h->store);
		if (status != 0)
			errx(1, "chat-store ended with status %#x", (unsigned)status);
	}
	for (char **text = h->environment; *text; text++)
		free(*text);
	*h = (struct house){0};
}
