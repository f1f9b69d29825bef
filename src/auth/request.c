#include "auth/request.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

bool
request_allowed(const char *runtime)
{
	struct ucred peer;
	socklen_t size = sizeof peer;
	struct stat st;

	if (getsockopt(STDIN_FILENO, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
		return errno == ENOTSOCK; /* started by hand: it can do no more than who did */
	if (peer.uid == 0 || (stat(runtime, &st) == 0 && peer.uid == st.st_uid))
		return true;
	log_line(LOG_WARNING, "user %ld, process %ld, may not ask for tokens", (long)peer.uid, (long)peer.pid);
	return false;
}

int
request_read(struct login *l)
{
	char text[LOGIN_MAX];
	size_t len = 0;
	const char *fault = "not one line";
	ssize_t n;

	while (len < sizeof text && !memchr(text, '\n', len)) {
		n = read(STDIN_FILENO, text + len, sizeof text - len);
		if (n <= 0)
			break;
		len += (size_t)n;
	}
	if (len > 0 && text[len - 1] == '\n')
		fault = login_parse(l, text, len);
	sodium_memzero(text, sizeof text);
	if (fault && len > 0)
		log_line(LOG_WARNING, "a request that is none: %s", fault);
	return fault ? -1 : 0;
}

void
request_answer(const struct login_answer *a)
{
	struct buf line = {0};
	ssize_t n;

	if (login_answer_put(&line, a) < 0)
		return;
	while (buf_len(&line) > 0 && (n = write(STDOUT_FILENO, buf_at(&line), buf_len(&line))) > 0)
		buf_take(&line, (size_t)n);
	buf_free(&line);
}
