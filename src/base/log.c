#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE_SIZE 1024

enum log {
	UNKNOWN,
	STANDARD_ERROR,
	JOURNAL,
	SYSLOG,
};

static int
is_same(const struct stat *st, int fd)
{
	struct stat other;

	return fstat(fd, &other) == 0 && other.st_dev == st->st_dev && other.st_ino == st->st_ino;
}

static enum log
find_out(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char here[64];
	struct stat st;

	if (fstat(STDERR_FILENO, &st) < 0)
		return SYSLOG;
	snprintf(here, sizeof here, "%llu:%llu", (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
	if (stream && strcmp(here, stream) == 0)
		return JOURNAL;
	return S_ISSOCK(st.st_mode) && is_same(&st, STDIN_FILENO) ? SYSLOG : STANDARD_ERROR;
}

static enum log
which(void)
{
	static enum log log;

	if (log == UNKNOWN)
		log = find_out();
	return log;
}

void
log_begin(void)
{
	which();
	if (fcntl(STDERR_FILENO, F_GETFD) < 0)
		open("/dev/null", O_WRONLY); /* the lowest that is free; standard input and output are there */
}

int
log_is_journal(void)
{
	return which() == JOURNAL;
}

/* A line with its head; one that is too long is cut. */
static void
put(int priority, const char *text)
{
	char line[LINE_SIZE + 64];
	int n;

	if (which() == JOURNAL)
		n = snprintf(line, sizeof line, "<%d>%s\n", priority, text);
	else
		n = snprintf(line, sizeof line, "%s: %s\n", program_invocation_short_name, text);
	n = (int)write(STDERR_FILENO, line, (size_t)n); /* if it fails there is nowhere left to say so */
}

void
log_line(int priority, const char *format, ...)
{
	int kept = errno;
	char text[LINE_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (which() == SYSLOG)
		syslog(LOG_DAEMON | priority, "%s", text);
	else
		put(priority, text);
	errno = kept;
}
