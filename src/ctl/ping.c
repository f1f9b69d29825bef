#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/scan.h"
#include "ctl/client.h"
#include "ctl/ctl.h"

#define URL "ws://localhost:8080/ws"
#define COUNT_MAX 86400
#define INTERVAL_MS 1000 /* between two pings: the least that a service may have set as its limit is one a second */

/* Says what the server gave as its reason, without what a terminal would obey. */
static void
log_closed(const struct ws_slice *s)
{
	char reason[WS_REASON_MAX + 1];
	size_t len = s->len < WS_REASON_MAX ? s->len : WS_REASON_MAX;

	for (size_t i = 0; i < len; i++)
		reason[i] = s->data[i] < 0x20 || s->data[i] >= 0x7f ? '?' : (char)s->data[i];
	reason[len] = 0;
	log_line(LOG_ERR, "closed by the server with %d %s", s->code, reason);
}

/* Answers a close, and a fault, with a close frame (RFC 6455, 5.5.1, 7.1.7). */
static void
say_goodbye(struct client *c, uint16_t code)
{
	uint8_t payload[FRAME_CONTROL_MAX];

	if (code != CLIENT_LOST)
		client_send(c, FRAME_CLOSE, payload, code == WS_NO_STATUS ? 0 : ws_close_payload(payload, code, ""));
}

/* An event that is not the one that is waited for: -1 if it is the end, after a line that says so. */
static int
pass_over(struct client *c, enum ws_event event, const struct ws_slice *s)
{
	if (event == WS_PING && !c->closed && client_send(c, FRAME_PONG, s->data, s->len) < 0)
		log_line(LOG_ERR, "the connection was lost: %s", strerror(errno));
	else if (event == WS_MORE)
		log_line(LOG_ERR, "no answer in %d s", CLIENT_TIMEOUT_MS / 1000);
	else if (event == WS_CLOSE)
		log_closed(s);
	else if (event == WS_FAIL)
		log_line(LOG_ERR, "%s", s->why);
	else
		return 0;
	if (event == WS_CLOSE || event == WS_FAIL)
		say_goodbye(c, s->code);
	return -1;
}

static int
wait_for_pong(struct client *c, const void *payload, size_t len)
{
	int64_t until = clock_ms() + CLIENT_TIMEOUT_MS;
	struct ws_slice s;
	enum ws_event event;

	do {
		event = client_next(c, until, &s);
		if (event == WS_PONG && s.len == len && memcmp(s.data, payload, len) == 0)
			return 0;
	} while (pass_over(c, event, &s) == 0);
	return -1;
}

static int
ping(struct client *c, long long number)
{
	uint8_t payload[16];
	int64_t start = clock_us();

	randombytes_buf(payload, sizeof payload);
	if (client_send(c, FRAME_PING, payload, sizeof payload) < 0) {
		log_line(LOG_ERR, "the connection was lost: %s", strerror(errno));
		return -1;
	}
	if (wait_for_pong(c, payload, sizeof payload) < 0)
		return -1;
	printf("pong %lld: %.3f ms\n", number, (double)(clock_us() - start) / 1000);
	return 0;
}

static int
close_connection(struct client *c)
{
	int64_t until = clock_ms() + CLIENT_TIMEOUT_MS;
	struct ws_slice s;
	enum ws_event event;

	say_goodbye(c, WS_NORMAL);
	do {
		event = client_next(c, until, &s);
		if (event == WS_CLOSE && s.code == WS_NORMAL)
			return 0;
	} while (pass_over(c, event, &s) == 0);
	return -1;
}

/* The pings, one a second, and the end. */
static int
talk(struct client *c, long long count)
{
	const struct timespec interval = {.tv_sec = INTERVAL_MS / 1000};

	for (long long i = 1; i <= count; i++) {
		if (ping(c, i) < 0)
			return CTL_NO;
		fflush(stdout);
		if (i < count)
			nanosleep(&interval, NULL);
	}
	return close_connection(c) == 0 ? EX_OK : CTL_NO;
}

int
ctl_ping(int argc, char **argv)
{
	long long count = 1;
	const char *url, *why;
	struct client c;
	int64_t start;
	int status;

	if (argc > 1 && strcmp(argv[0], "--count") == 0) {
		if (scan_number(argv[1], 1, COUNT_MAX, &count) < 0)
			ctl_misuse("ping --count N: a number from 1 to 86400");
		argc -= 2;
		argv += 2;
	}
	if (argc > 1 || (argc == 1 && argv[0][0] == '-'))
		ctl_misuse("ping [--count N] [URL]");
	url = argc == 1 ? argv[0] : URL;
	if (sodium_init() < 0)
		return EX_SOFTWARE;
	start = clock_us();
	if (client_open(&c, url, &why) < 0) {
		log_line(LOG_ERR, "%s: %s", url, why);
		return CTL_NO;
	}
	printf("connected to %s: %.3f ms, %s\n", url, (double)(clock_us() - start) / 1000, c.deflates ? "permessage-deflate" : "no extension");
	status = talk(&c, count);
	client_finish(&c);
	return status;
}
