#include "ctl/client.h"

#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <poll.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/scan.h"
#include "ws/extension.h"
#include "ws/handshake.h"

#define SCHEME "ws://"
#define AUTHORITY_MAX 255
#define READ_SIZE (64 << 10)

/* The parts of ws://HOST[:PORT][/PATH]: `authority` as it goes into Host, `host` without the brackets of an IPv6 address. */
struct target {
	char authority[AUTHORITY_MAX + 1], host[AUTHORITY_MAX + 1], port[8];
	const char *path;
};

/* HOST and PORT of an authority of `len` characters. */
static int
split_authority(struct target *t, const char *at, size_t len)
{
	bool bracketed = *at == '[';
	const char *end = at + len, *host = at + bracketed, *after = memchr(at, bracketed ? ']' : ':', len);
	long long port = 80;

	if (!after && bracketed)
		return -1;
	after = after ? after : end;
	memcpy(t->host, host, (size_t)(after - host));
	t->host[after - host] = 0;
	after += bracketed;
	if (after < end && (*after != ':' || scan_number(t->authority + (after + 1 - at), 1, 65535, &port) < 0))
		return -1;
	snprintf(t->port, sizeof t->port, "%lld", port);
	return *t->host ? 0 : -1;
}

/* A path has no character that would end the request's line, and a WebSocket's URL no fragment (RFC 6455, 3). */
static bool
is_path(const char *path)
{
	for (; *path; path++)
		if ((unsigned char)*path <= 0x20 || *path == 0x7f || *path == '#')
			return false;
	return true;
}

static int
split_url(struct target *t, const char *url)
{
	const char *start = url + sizeof SCHEME - 1;
	size_t len;

	if (strncmp(url, SCHEME, sizeof SCHEME - 1) != 0)
		return -1;
	len = strcspn(start, "/?#");
	t->path = start[len] ? start + len : "/";
	if (len == 0 || len > AUTHORITY_MAX || *t->path != '/' || !is_path(t->path) || !http_is_host((struct http_slice){start, len}))
		return -1;
	memcpy(t->authority, start, len);
	t->authority[len] = 0;
	return split_authority(t, start, len);
}

/* Waits until the socket may be read from or written to. 0, or -1 with errno: ETIMEDOUT when the time is over. */
static int
wait_for(int fd, short events, int64_t until)
{
	struct pollfd polled = {.fd = fd, .events = events};
	int64_t left = until - clock_ms();
	int n = poll(&polled, 1, left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left);

	if (n == 0)
		errno = ETIMEDOUT;
	return n > 0 ? 0 : -1;
}

/* The descriptor, or -1 with errno. */
static int
connect_one(const struct addrinfo *a, int64_t until)
{
	int fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, a->ai_protocol), error = 0;
	socklen_t size = sizeof error;

	if (fd < 0)
		return -1;
	if (connect(fd, a->ai_addr, a->ai_addrlen) < 0)
		error = errno;
	if (error == EINPROGRESS) {
		if (wait_for(fd, POLLOUT, until) < 0)
			error = errno;
		else if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
			error = errno;
	}
	if (error == 0)
		return fd;
	close(fd);
	errno = error;
	return -1;
}

/* Connects to the first of the host's addresses that answers. The descriptor, or -1 with *why. How long a name takes to be
 * found is the resolver's affair. */
static int
connect_to(const struct target *t, int64_t *until, const char **why)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found, *a;
	/* localhost is this machine, whatever a resolver knows (RFC 6761, 6.3). */
	const char *host = strcasecmp(t->host, "localhost") == 0 ? NULL : t->host;
	int error = getaddrinfo(host, t->port, &hints, &found), fd = -1;

	if (error) {
		*why = gai_strerror(error);
		return -1;
	}
	*until = clock_ms() + CLIENT_TIMEOUT_MS;
	for (a = found; a && fd < 0; a = a->ai_next) {
		fd = connect_one(a, *until);
		error = errno;
	}
	freeaddrinfo(found);
	if (fd < 0)
		*why = strerror(error);
	return fd;
}

/* Writes all of it until then. 0, or -1 with errno. */
static int
put(struct client *c, const void *data, size_t len, int64_t until)
{
	for (const char *p = data; len > 0;) {
		ssize_t n = wait_for(c->fd, POLLOUT, until) < 0 ? -1 : send(c->fd, p, len, MSG_NOSIGNAL);

		if (n < 0 && (errno != EAGAIN || clock_ms() > until))
			return -1;
		p += n < 0 ? 0 : n;
		len -= n < 0 ? 0 : (size_t)n;
	}
	return 0;
}

/* Waits for bytes until then. How many came; 0 at the end of the stream; -1 with errno. */
static ssize_t
get(struct client *c, int64_t until)
{
	void *room = buf_room(&c->in, READ_SIZE);
	ssize_t n;

	if (!room || wait_for(c->fd, POLLIN, until) < 0)
		return -1;
	n = recv(c->fd, room, READ_SIZE, 0);
	if (n > 0)
		buf_added(&c->in, (size_t)n);
	return n;
}

static int
read_response(struct client *c, struct http_head *head, int64_t until, const char **why)
{
	int n = 0;

	while (n == 0) {
		ssize_t got = get(c, until);

		if (got <= 0) {
			*why = got == 0 ? "the server ended the connection" : strerror(errno);
			return -1;
		}
		n = http_response(head, (char *)buf_at(&c->in), buf_len(&c->in));
	}
	if (n < 0)
		*why = n == -431 ? "the head of the answer is over 8 KiB" : "the answer is not HTTP/1.1";
	return n;
}

static int
shake_hands(struct client *c, const struct target *t, int64_t until, const char **why)
{
	struct deflate_params agreed;
	char key[HANDSHAKE_KEY_SIZE + 1], offer[EXTENSION_LINE_MAX], request[HTTP_HEAD_MAX];
	struct http_slice protocol;
	struct http_head head;
	uint8_t nonce[16];
	size_t len;
	int n, extension;

	randombytes_buf(nonce, sizeof nonce);
	handshake_key(nonce, key);
	extension_offer(&DEFLATE_PARAMS_USUAL, offer);
	len = handshake_request(t->authority, t->path, key, offer, request, sizeof request);
	if (len == 0 || put(c, request, len, until) < 0) {
		*why = len == 0 ? "the URL is too long" : strerror(errno);
		return -1;
	}
	n = read_response(c, &head, until, why);
	if (n > 0 && head.status != 101) {
		snprintf(c->why, sizeof c->why, "the server answers with status %d", head.status);
		*why = c->why;
		return -1;
	}
	if (n < 0 || handshake_verify(&head, key, why) < 0)
		return -1;
	if (http_find(&head, "Sec-WebSocket-Protocol", &protocol) > 0) {
		*why = "a subprotocol that was not asked for"; /* RFC 6455, 4.1 */
		return -1;
	}
	extension = extension_verify(&head, &DEFLATE_PARAMS_USUAL, &agreed, why);
	if (extension < 0)
		return -1;
	c->deflates = extension > 0;
	if (c->deflates)
		deflate_init(&c->deflate, &agreed, false);
	ws_init(&c->ws, WS_CLIENT, CLIENT_MESSAGE_MAX, c->deflates ? &c->deflate : NULL);
	buf_take(&c->in, (size_t)n);
	return 0;
}

int
client_open(struct client *c, const char *url, const char **why)
{
	struct target target;
	int64_t until;

	*c = (struct client){.fd = -1};
	if (split_url(&target, url) < 0) {
		*why = "not a URL of the form ws://HOST:PORT/PATH";
		return -1;
	}
	c->fd = connect_to(&target, &until, why);
	if (c->fd < 0)
		return -1;
	if (shake_hands(c, &target, until, why) < 0) {
		client_finish(c);
		return -1;
	}
	return 0;
}

int
client_send(struct client *c, enum frame_opcode opcode, const void *data, size_t len)
{
	uint8_t mask[4], *room;

	if (c->closed) {
		errno = EPIPE;
		return -1;
	}
	c->closed = opcode == FRAME_CLOSE;
	buf_clear(&c->out);
	room = buf_room(&c->out, WS_FRAME_SIZE(len));
	if (!room)
		return -1;
	randombytes_buf(mask, sizeof mask);
	return put(c, room, ws_frame(&c->ws, room, opcode, data, len, mask), clock_ms() + CLIENT_TIMEOUT_MS);
}

enum ws_event
client_next(struct client *c, int64_t until, struct ws_slice *slice)
{
	/* However much there is: the time is looked at before each event. */
	while (clock_ms() <= until) {
		enum ws_event event = ws_next(&c->ws, buf_at(&c->in), buf_len(&c->in), slice);
		ssize_t n;

		if (event != WS_MORE)
			return event;
		c->in.end = c->in.start + ws_settle(&c->ws, buf_at(&c->in), buf_len(&c->in));
		n = get(c, until);
		if (n == 0 || (n < 0 && errno != ETIMEDOUT && errno != EAGAIN)) {
			*slice = (struct ws_slice){.code = CLIENT_LOST, .why = n == 0 ? "the connection was lost" : strerror(errno)};
			return WS_FAIL;
		}
	}
	return WS_MORE;
}

void
client_finish(struct client *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	deflate_finish(&c->deflate);
	buf_free(&c->in);
	buf_free(&c->out);
}
