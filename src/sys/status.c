#include "sys/status.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-journal.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"

#define HEARD_SECONDS 2

static struct {
	char *start;
	size_t size;
} title;

static time_t ready_at; /* 0: not yet */

/* The kernel shows as the command line the memory that the arguments came in, and on into the environment's, which
 * lies behind, when a title runs over the end. So the environment moves out first. */
void
status_init(int argc, char **argv)
{
	size_t count = 0;
	char *end, **copy, *program = strdup(program_invocation_short_name);

	while (environ[count])
		count++;
	copy = calloc(count + 1, sizeof *copy);
	if (!copy || !program || argc < 1)
		return;
	program_invocation_short_name = program;
	end = argv[0];
	for (int i = 0; i < argc && argv[i] == end; i++)
		end = argv[i] + strlen(argv[i]) + 1;
	for (size_t i = 0; i < count; i++) {
		if (environ[i] == end)
			end = environ[i] + strlen(environ[i]) + 1;
		copy[i] = strdup(environ[i]);
		if (!copy[i])
			return;
	}
	title.start = argv[0];
	title.size = (size_t)(end - argv[0]);
	environ = copy;
}

void
status_title(const char *text)
{
	char line[128];
	int n = snprintf(line, sizeof line, "%s: %s", program_invocation_short_name, text);

	prctl(PR_SET_NAME, program_invocation_short_name);
	if (n < 0 || title.size == 0)
		return;
	memset(title.start, 0, title.size);
	snprintf(title.start, title.size, "%s", line);
}

void
status_ready(void)
{
	if (ready_at)
		return;
	sd_notify(0, "READY=1");
	ready_at = time(NULL);
}

void
status_leave(void)
{
	status_ready();
	if (getenv("NOTIFY_SOCKET") && time(NULL) - ready_at < HEARD_SECONDS)
		sd_notify_barrier(0, HEARD_SECONDS * 1000000);
}

void
status_say(const char *format, ...)
{
	char line[256];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof line, format, args);
	va_end(args);
	sd_notifyf(0, "STATUS=%s", line);
}

void
status_journal(const char *user, const char *address, const char *reason, uint64_t in, uint64_t out)
{
	const char *from = *address ? address : "nowhere";

	if (!log_is_journal()) {
		if (reason)
			log_line(LOG_INFO, "%s left (%s), %" PRIu64 " in, %" PRIu64 " out", user, reason, in, out);
		else
			log_line(LOG_INFO, "%s logged in from %s", user, from);
	} else if (reason) {
		sd_journal_send("MESSAGE=%s left (%s), %" PRIu64 " in, %" PRIu64 " out", user, reason, in, out,
		                "PRIORITY=%d", LOG_INFO, "CHAT_USER=%s", user, "CHAT_REMOTE=%s", address,
		                "CHAT_REASON=%s", reason, "CHAT_IN=%" PRIu64, in, "CHAT_OUT=%" PRIu64, out, NULL);
	} else {
		sd_journal_send("MESSAGE=%s logged in from %s", user, from, "PRIORITY=%d", LOG_INFO,
		                "CHAT_USER=%s", user, "CHAT_REMOTE=%s", address, NULL);
	}
}
