#include "people.h"

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"
#include "spawn.h"

#define READY 64
#define READ_SIZE (64 << 10)
#define MESSAGE_MAX (1 << 20)
#define MASKS 4096      /* bytes of randomness that are fetched at a time */
#define WAIT_US 10000000 /* for people to come, or to leave */

static struct {
	int epoll, listener;
	struct sockaddr_in address;
	struct epoll_event ready[READY];
	int count, at;           /* of those */
	struct person *hearing;  /* whose bytes are being looked at */
	struct person *unsaid;   /* the first of those who have something to write */
} all;

static volatile sig_atomic_t stopped;

static void
stop(int number)
{
	stopped = number;
}

static void
open_listener(void)
{
	socklen_t size = sizeof all.address;

	all.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	all.address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	if (all.listener < 0 || bind(all.listener, (struct sockaddr *)&all.address, sizeof all.address) < 0 ||
	    listen(all.listener, READY) < 0 || getsockname(all.listener, (struct sockaddr *)&all.address, &size) < 0)
		err(1, "a port on 127.0.0.1");
}

void
people_init(void)
{
	if (sodium_init() < 0)
		errx(1, "libsodium");
	signal(SIGINT, stop);
	signal(SIGTERM, stop);
	all.epoll = epoll_create1(EPOLL_CLOEXEC);
	if (all.epoll < 0)
		err(1, "epoll");
	open_listener();
}

/* Asks for what is to be known of a connection. */
static void
poll_for(struct person *p, int how, bool writing)
{
	struct epoll_event event = {.events = EPOLLIN | (writing ? EPOLLOUT : 0), .data.ptr = p};

	if (epoll_ctl(all.epoll, how, p->fd, &event) < 0)
		err(1, "epoll");
	p->waits_to_write = writing;
}

static void
add_unsaid(struct person *p)
{
	if (p->unsaid || p->waits_to_write)
		return;
	p->unsaid = true;
	p->next_unsaid = all.unsaid;
	all.unsaid = p;
}

static void
request(struct person *p)
{
	char target[PERSON_NAME_SIZE + 16], text[HTTP_HEAD_MAX], host[32];
	uint8_t nonce[16];
	size_t len;

	randombytes_buf(nonce, sizeof nonce);
	handshake_key(nonce, p->key);
	snprintf(target, sizeof target, "/ws?user=%s", p->name);
	snprintf(host, sizeof host, "127.0.0.1:%u", ntohs(all.address.sin_port));
	len = handshake_request(host, target, p->key, "", text, sizeof text);
	if (len == 0 || buf_add(&p->out, text, len) < 0)
		errx(1, "no request");
	add_unsaid(p);
}

/* Nobody else knows the port: whoever is accepted is the one who was just connected. */
void
people_come(struct person *p, const struct house *h, const char *name)
{
	int server, one = 1;

	*p = (struct person){.state = PERSON_SHAKING};
	snprintf(p->name, sizeof p->name, "%s", name);
	p->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (p->fd < 0 || connect(p->fd, (struct sockaddr *)&all.address, sizeof all.address) < 0)
		err(1, "connect");
	server = accept4(all.listener, NULL, NULL, SOCK_CLOEXEC);
	if (server < 0)
		err(1, "accept");
	setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one); /* as chat.socket has it */
	setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	p->session = house_session(h, server);
	poll_for(p, EPOLL_CTL_ADD, false);
	request(p);
}

static const uint8_t *
next_mask(void)
{
	static uint8_t masks[MASKS];
	static size_t at = MASKS;

	if (at == MASKS) {
		randombytes_buf(masks, sizeof masks);
		at = 0;
	}
	at += 4;
	return masks + at - 4;
}

static void
put(struct person *p, enum frame_opcode opcode, const void *data, size_t len)
{
	uint8_t *room = buf_room(&p->out, WS_FRAME_SIZE(len));

	if (!room)
		err(1, NULL);
	buf_added(&p->out, ws_frame(&p->ws, room, opcode, data, len, next_mask()));
	add_unsaid(p);
}

void
people_say(struct person *p, const char *text, size_t len)
{
	put(p, FRAME_TEXT, text, len);
}

static void
write_out(struct person *p)
{
	ssize_t n = send(p->fd, buf_at(&p->out), buf_len(&p->out), MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n < 0 && errno != EAGAIN)
		err(1, "%s can't write", p->name);
	if (n > 0)
		buf_take(&p->out, (size_t)n);
	if ((buf_len(&p->out) > 0) != p->waits_to_write)
		poll_for(p, EPOLL_CTL_MOD, !p->waits_to_write);
}

void
people_flush(void)
{
	while (all.unsaid) {
		struct person *p = all.unsaid;

		all.unsaid = p->next_unsaid;
		p->unsaid = false;
		write_out(p);
	}
}

static void
read_in(struct person *p)
{
	void *room = buf_room(&p->in, READ_SIZE);
	ssize_t n = room ? recv(p->fd, room, READ_SIZE, MSG_DONTWAIT) : -1;

	if (n < 0 && errno != EAGAIN)
		err(1, "%s can't read", p->name);
	if (n > 0)
		buf_added(&p->in, (size_t)n);
	p->ended = n == 0;
}

/* The answer to the request. False if it has not come. */
static bool
shake_hands(struct person *p)
{
	int n;
	struct http_head head;
	const char *why;

	n = http_response(&head, (char *)buf_at(&p->in), buf_len(&p->in));
	if (n == 0)
		return false;
	if (n < 0 || handshake_verify(&head, p->key, &why) < 0)
		errx(1, "%s is answered: %.*s", p->name, (int)buf_len(&p->in), (char *)buf_at(&p->in));
	buf_take(&p->in, (size_t)n);
	ws_init(&p->ws, WS_CLIENT, MESSAGE_MAX, NULL);
	p->state = PERSON_COMING;
	return true;
}

int
news_get(const struct news *n, const char *field, const char **value)
{
	char pattern[32];
	size_t len = (size_t)snprintf(pattern, sizeof pattern, "\"%s\":\"", field);
	const char *at = memmem(n->text, n->len, pattern, len), *end;

	if (!at)
		return -1;
	*value = at + len;
	end = memchr(*value, '"', n->len - (size_t)(*value - n->text));
	return end ? (int)(end - *value) : -1;
}

static bool
is_type(const struct news *n, const char *type)
{
	const char *value;
	int len = news_get(n, "type", &value);

	return len == (int)strlen(type) && memcmp(value, type, strlen(type)) == 0;
}

static void
classify(struct person *p, struct news *n)
{
	if (p->state == PERSON_COMING && is_type(n, "welcome")) {
		p->state = PERSON_HERE;
		n->kind = NEWS_HERE;
	} else if (is_type(n, "private_message")) {
		n->kind = NEWS_MESSAGE;
	} else if (is_type(n, "receipt")) {
		n->kind = NEWS_RECEIPT;
	} else {
		errx(1, "%s got: %.*s", p->name, (int)n->len, n->text);
	}
}

/* The next news in the bytes that have come for somebody. */
static bool
hear(struct person *p, struct news *n)
{
	enum ws_event event;
	struct ws_slice s;

	if (p->state == PERSON_SHAKING && !shake_hands(p))
		return false;
	while ((event = ws_next(&p->ws, buf_at(&p->in), buf_len(&p->in), &s)) != WS_MORE) {
		*n = (struct news){.person = p, .text = (char *)s.data, .len = s.len};
		if (event == WS_TEXT) {
			classify(p, n);
			return true;
		}
		if (event == WS_PING && p->state < PERSON_LEAVING)
			put(p, FRAME_PONG, s.data, s.len);
		else if (event == WS_FAIL || (event == WS_CLOSE && p->state != PERSON_LEAVING))
			errx(1, "%s hears the end: %u %s", p->name, s.code, s.why ? s.why : "");
	}
	p->in.end = p->in.start + ws_settle(&p->ws, buf_at(&p->in), buf_len(&p->in));
	return false;
}

static void
hang_up(struct person *p, struct news *n)
{
	if (p->state != PERSON_LEAVING)
		errx(1, "%s lost the connection", p->name);
	close(p->fd);
	buf_free(&p->in);
	buf_free(&p->out);
	p->state = PERSON_AWAY;
	*n = (struct news){.kind = NEWS_LEFT, .person = p};
}

/* Waits for the kernel. False if the time is over. */
static bool
wait_for_any(int64_t until)
{
	int64_t left = until - clock_us();
	struct timespec t = {left / 1000000, left % 1000000 * 1000};

	if (left < 0)
		t = (struct timespec){0};
	all.count = epoll_pwait2(all.epoll, all.ready, READY, &t, NULL);
	all.at = 0;
	if (stopped)
		errx(128 + stopped, "stopped");
	if (all.count < 0)
		err(1, "epoll");
	return all.count > 0;
}

enum news_kind
people_next(int64_t until, struct news *n)
{
	for (;;) {
		struct person *p = all.hearing;

		if (p && hear(p, n))
			return n->kind;
		all.hearing = NULL;
		if (p && p->ended) {
			hang_up(p, n);
			return n->kind;
		}
		if (all.at == all.count) {
			people_flush();
			if (!wait_for_any(until))
				return n->kind = NEWS_NONE;
		}
		p = all.ready[all.at].data.ptr;
		if (all.ready[all.at].events & EPOLLOUT)
			write_out(p);
		if (all.ready[all.at].events & ~(unsigned)EPOLLOUT) {
			read_in(p);
			all.hearing = p;
		}
		all.at++;
	}
}

static void
wait_until(struct person *people, size_t count, enum person_state state)
{
	int64_t until = clock_us() + WAIT_US;
	struct news n;

	for (size_t i = 0; i < count; i++)
		while (people[i].state != state)
			if (people_next(until, &n) == NEWS_NONE || n.kind > NEWS_LEFT)
				errx(1, "%s: %.*s", people[i].name, n.kind ? (int)n.len : 20, n.kind ? n.text : "nothing was heard");
}

void
people_wait(struct person *people, size_t count)
{
	wait_until(people, count, PERSON_HERE);
}

void
people_leave(struct person *people, size_t count)
{
	uint8_t payload[FRAME_CONTROL_MAX];
	size_t len = ws_close_payload(payload, WS_NORMAL, "");

	for (size_t i = 0; i < count; i++) {
		put(&people[i], FRAME_CLOSE, payload, len);
		people[i].state = PERSON_LEAVING;
	}
	wait_until(people, count, PERSON_AWAY);
	for (size_t i = 0; i < count; i++) {
		int status = spawn_wait(people[i].session);

		if (status != 0)
			errx(1, "the session of %s ended with status %#x", people[i].name, (unsigned)status);
	}
}
