#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/scan.h"
#include "ctl/client.h"
#include "ctl/ctl.h"

#define URL "ws://localhost:8080/ws"
#define COUNT_MAX 1000000

/* Passes over what else comes, until the event is there. 0, or -1 after a line that says what came in its place. */
static int
wait_for(struct client *c, enum ws_event wanted, const void *payload, size_t len)
{
	int64_t until = clock_ms() + CLIENT_TIMEOUT_MS;
	struct ws_slice s;

	for (;;) {
		enum ws_event event = client_next(c, until, &s);

		if (event == wanted && (wanted == WS_CLOSE || (s.len == len && memcmp(s.data, payload, len) == 0)))
			return 0;
		if (event == WS_PING && client_send(c, FRAME_PONG, s.data, s.len) < 0)
			log_line(LOG_ERR, "the connection was lost: %s", strerror(errno));
		else if (event == WS_MORE)
			log_line(LOG_ERR, "no answer in %d s", CLIENT_TIMEOUT_MS / 1000);
		else if (event == WS_CLOSE)
			log_line(LOG_ERR, "closed by the server with %d %.*s", s.code, (int)s.len, (char *)s.data);
		else if (event == WS_FAIL)
			log_line(LOG_ERR, "%s", s.why);
		else
			continue;
		return -1;
	}
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
	if (wait_for(c, WS_PONG, payload, sizeof payload) < 0)
		return -1;
	printf("pong %lld: %.3f ms\n", number, (double)(clock_us() - start) / 1000);
	return 0;
}

static int
close_connection(struct client *c)
{
	uint8_t payload[FRAME_CONTROL_MAX];

	if (client_send(c, FRAME_CLOSE, payload, ws_close_payload(payload, WS_NORMAL, "")) < 0)
		return -1;
	return wait_for(c, WS_CLOSE, NULL, 0);
}

int
ctl_ping(int argc, char **argv)
{
	long long count = 1;
	const char *url, *why;
	struct client c;
	int64_t start;
	int status = CTL_NO;

	if (argc > 1 && strcmp(argv[0], "--count") == 0) {
		if (scan_number(argv[1], 1, COUNT_MAX, &count) < 0)
			ctl_misuse("ping --count N: a number from 1 to 1000000");
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
	for (long long i = 1; i <= count; i++)
		if (ping(&c, i) < 0)
			break;
		else if (i == count && close_connection(&c) == 0)
			status = EX_OK;
	client_finish(&c);
	return status;
}
