#include "sys/ask_auth.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "chat/login.h"

void
ask_auth_init(struct ask_auth *a)
{
	*a = (struct ask_auth){.fd = -1};
}

int
ask_auth_begin(struct ask_auth *a, struct buf *request)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = ASK_AUTH_PATH};
	int kept;

	a->out = *request;
	*request = (struct buf){0};
	a->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (a->fd >= 0 && connect(a->fd, (struct sockaddr *)&address, sizeof address) == 0)
		return 0;
	kept = errno;
	ask_auth_end(a);
	errno = kept;
	return -1;
}

bool
ask_auth_writes(const struct ask_auth *a)
{
	return buf_len(&a->out) > 0;
}

/* Overwrites all the memory that a buffer has, and gives it back. */
static void
wipe(struct buf *b)
{
	if (b->data)
		sodium_memzero(b->data, b->cap);
	buf_free(b);
}

static int
say(struct ask_auth *a)
{
	ssize_t n = send(a->fd, buf_at(&a->out), buf_len(&a->out), MSG_NOSIGNAL);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	buf_take(&a->out, (size_t)n);
	if (buf_len(&a->out) == 0)
		wipe(&a->out);
	return 0;
}

static int
hear(struct ask_auth *a)
{
	size_t room = LOGIN_ANSWER_MAX - buf_len(&a->in);
	void *to = room > 0 ? buf_room(&a->in, room) : NULL;
	ssize_t n;

	if (!to)
		return -1;
	n = recv(a->fd, to, room, 0);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	buf_added(&a->in, (size_t)n);
	if (memchr(buf_at(&a->in), '\n', buf_len(&a->in)))
		return 1;
	return n > 0 ? 0 : -1;
}

int
ask_auth_go_on(struct ask_auth *a)
{
	return ask_auth_writes(a) ? say(a) : hear(a);
}

void
ask_auth_end(struct ask_auth *a)
{
	if (a->fd >= 0)
		close(a->fd);
	wipe(&a->out);
	wipe(&a->in);
	ask_auth_init(a);
}
