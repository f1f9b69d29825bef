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

static int
split_url(struct target *t, const char *url)
{
	const char *start = url + sizeof SCHEME - 1, *end, *host, *after;
	size_t len;

	if (strncmp(url, SCHEME, sizeof SCHEME - 1) != 0)
		return -1;
	len = strcspn(start, "/?#");
	end = start + len;
	t->path = *end == '/' ? end : "/";
	if (len == 0 || len > AUTHORITY_MAX || (*end && *end != '/') || !http_is_host((struct http_slice){start, len}))
		return -1;
	memcpy(t->authority, start, len);
	t->authority[len] = 0;
	host = *start == '[' ? start + 1 : start;
	after = *start == '[' ? memchr(start, ']', len) : memchr(start, ':', len);
	if (!after && *start == '[')
		return -1;
	len = (size_t)((after ? after : end) - host);
	memcpy(t->host, host, len);
	t->host[len] = 0;
	if (after && *after == ']')
		after++;
	len = after ? (size_t)(end - after) : 0;
	if (len > 0 && (*after != ':' || len == 1 || len > 6))
		return -1;
	snprintf(t->port, sizeof t->port, "%.*s", len > 0 ? (int)len - 1 : 2, len > 0 ? after + 1 : "80");
	return 0;
}

/* Connects to the first of the host's addresses that answers. The descriptor, or -1 with *why. */
static int
connect_to(const struct target *t, const char **why)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found, *a;
	struct timeval limit = {.tv_sec = CLIENT_TIMEOUT_MS / 1000};
	/* localhost is this machine, whatever a resolver knows (RFC 6761, 6.3). */
	const char *host = strcasecmp(t->host, "localhost") == 0 ? NULL : t->host;
	int error = getaddrinfo(host, t->port, &hints, &found), fd = -1;

	if (error) {
		*why = gai_strerror(error);
		return -1;
	}
	for (a = found; a && fd < 0; a = a->ai_next) {
		fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);
		if (fd < 0)
			continue;
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit); /* holds for connect(), too */
		if (connect(fd, a->ai_addr, a->ai_addrlen) < 0) {
			error = errno;
			close(fd);
			fd = -1;
		}
	}
	freeaddrinfo(found);
	if (fd < 0)
		*why = strerror(error ? error : errno);
	return fd;
}

static int
put(struct client *c, const void *data, size_t len)
{
	for (const char *p = data; len > 0;) {
		ssize_t n = send(c->fd, p, len, MSG_NOSIGNAL);

		if (n < 0)
			return -1;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

/* Waits for bytes until then. How many came; 0 at the end of the stream; -1 with errno (ETIMEDOUT). */
static ssize_t
get(struct client *c, int64_t until)
{
	struct pollfd polled = {.fd = c->fd, .events = POLLIN};
	int64_t left = until - clock_ms();
	void *room = buf_room(&c->in, READ_SIZE);
	ssize_t n;

	if (!room)
		return -1;
	n = poll(&polled, 1, left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left);
	if (n == 0)
		errno = ETIMEDOUT;
	if (n <= 0)
		return -1;
	n = recv(c->fd, room, READ_SIZE, 0);
	if (n > 0)
		buf_added(&c->in, (size_t)n);
	return n;
}

static int
read_response(struct client *c, struct http_head *head, const char **why)
{
	int64_t until = clock_ms() + CLIENT_TIMEOUT_MS;
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
		*why = "the answer is not HTTP/1.1";
	return n;
}

static int
shake_hands(struct client *c, const struct target *t, const char **why)
{
	struct deflate_params agreed;
	char key[HANDSHAKE_KEY_SIZE + 1], offer[EXTENSION_LINE_MAX], request[HTTP_HEAD_MAX];
	struct http_head head;
	uint8_t nonce[16];
	size_t len;
	int n, extension;

	randombytes_buf(nonce, sizeof nonce);
	handshake_key(nonce, key);
	extension_offer(&DEFLATE_PARAMS_USUAL, offer);
	len = handshake_request(t->authority, t->path, key, offer, request, sizeof request);
	if (len == 0 || put(c, request, len) < 0) {
		*why = len == 0 ? "the URL is too long" : strerror(errno);
		return -1;
	}
	n = read_response(c, &head, why);
	if (n > 0 && head.status != 101) {
		snprintf(c->why, sizeof c->why, "the server answers with status %d", head.status);
		*why = c->why;
		return -1;
	}
	if (n < 0 || handshake_verify(&head, key, why) < 0)
		return -1;
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

	*c = (struct client){.fd = -1};
	if (split_url(&target, url) < 0) {
		*why = "not a URL of the form ws://HOST:PORT/PATH";
		return -1;
	}
	c->fd = connect_to(&target, why);
	if (c->fd < 0)
		return -1;
	if (shake_hands(c, &target, why) < 0) {
		client_finish(c);
		return -1;
	}
	return 0;
}

int
client_send(struct client *c, enum frame_opcode opcode, const void *data, size_t len)
{
	uint8_t mask[4], *room;

	buf_clear(&c->out);
	room = buf_room(&c->out, WS_FRAME_SIZE(len));
	if (!room)
		return -1;
	randombytes_buf(mask, sizeof mask);
	return put(c, room, ws_frame(&c->ws, room, opcode, data, len, mask));
}

enum ws_event
client_next(struct client *c, int64_t until, struct ws_slice *slice)
{
	for (;;) {
		enum ws_event event = ws_next(&c->ws, buf_at(&c->in), buf_len(&c->in), slice);
		ssize_t n;

		if (event != WS_MORE)
			return event;
		c->in.end = c->in.start + ws_settle(&c->ws, buf_at(&c->in), buf_len(&c->in));
		n = get(c, until);
		if (n < 0 && errno == ETIMEDOUT)
			return WS_MORE;
		if (n <= 0) {
			*slice = (struct ws_slice){.code = CLIENT_LOST, .why = n == 0 ? "the connection was lost" : strerror(errno)};
			return WS_FAIL;
		}
	}
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
