#include "log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE_MAX_BYTES 1024

int
log_is_journal(void)
{
	static int known = -1;
	const char *stream = getenv("JOURNAL_STREAM");
	char here[64];
	struct stat st;

	if (known >= 0)
		return known;
	known = 0;
	if (stream && fstat(STDERR_FILENO, &st) == 0) {
		snprintf(here, sizeof here, "%llu:%llu", (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
		known = strcmp(here, stream) == 0;
	}
	return known;
}

void
log_line(int priority, const char *format, ...)
{
	int kept = errno, n;
	char line[LINE_MAX_BYTES];
	va_list args;

	if (log_is_journal())
		n = snprintf(line, sizeof line, "<%d>", priority);
	else
		n = snprintf(line, sizeof line, "%s: ", program_invocation_short_name);
	va_start(args, format);
	if (n > 0 && (size_t)n < sizeof line)
		n += vsnprintf(line + n, sizeof line - (size_t)n, format, args);
	va_end(args);
	if (n > (int)sizeof line - 2)
		n = (int)sizeof line - 2;
	line[n++] = '\n';
	n = (int)write(STDERR_FILENO, line, (size_t)n); /* if it fails there is nowhere left to say so */
	errno = kept;
}
