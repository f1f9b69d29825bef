/* echo URL ROUNDS: sends messages of all lengths to a server that sends them back, as a client by libws, and checks them. */
#include <err.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "ctl/client.h"

#define MOST 200000

static uint8_t message[MOST];

/* Words that compress, and now and then noise that does not. */
static size_t
make(bool text)
{
	static const char *const words[] = {"hello ", "private message ", "\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80", "0123456789"};
	static const uint32_t most[] = {0, 125, 126, 600, 5000, 65536, MOST};
	uint32_t limit = most[randombytes_uniform(sizeof most / sizeof *most)];
	size_t len = 0, target = limit ? randombytes_uniform(limit) : 0;

	if (!text && randombytes_uniform(3) == 0) {
		randombytes_buf(message, target);
		return target;
	}
	for (;;) {
		const char *word = words[randombytes_uniform(sizeof words / sizeof *words)];

		if (strlen(word) > target - len)
			return len;
		memcpy(message + len, word, strlen(word));
		len += strlen(word);
	}
}

static void
exchange(struct client *c)
{
	bool text = randombytes_uniform(2);
	size_t len = make(text);
	enum ws_event event;
	struct ws_slice s;

	if (client_send(c, text ? FRAME_TEXT : FRAME_BINARY, message, len) < 0)
		err(1, "send");
	do {
		event = client_next(c, clock_ms() + CLIENT_TIMEOUT_MS, &s);
		if (event == WS_PING && client_send(c, FRAME_PONG, s.data, s.len) < 0)
			err(1, "pong");
	} while (event == WS_PING);
	if (event != (text ? WS_TEXT : WS_BINARY))
		errx(1, "event %d, code %d: %s", event, s.code, s.why ? s.why : "");
	if (s.len != len || memcmp(s.data, message, len) != 0)
		errx(1, "%zu bytes came back as %zu others", len, s.len);
}

int
main(int argc, char **argv)
{
	uint8_t payload[FRAME_CONTROL_MAX];
	struct ws_slice s;
	const char *why;
	struct client c;

	if (argc != 3 || sodium_init() < 0)
		errx(64, "usage: echo URL ROUNDS");
	if (client_open(&c, argv[1], &why) < 0)
		errx(1, "%s: %s", argv[1], why);
	for (int i = 0; i < atoi(argv[2]); i++)
		exchange(&c);
	if (client_send(&c, FRAME_CLOSE, payload, ws_close_payload(payload, WS_NORMAL, "")) < 0)
		err(1, "close");
	if (client_next(&c, clock_ms() + CLIENT_TIMEOUT_MS, &s) != WS_CLOSE || s.code != WS_NORMAL)
		errx(1, "the close frame was not answered: %s", s.why ? s.why : "");
	printf("%s, in %u bits%s, out %u bits%s\n", c.deflates ? "permessage-deflate" : "no extension", c.deflate.in_bits,
	       c.deflate.in_no_context ? " without context" : "", c.deflate.out_bits, c.deflate.out_no_context ? " without context" : "");
	client_finish(&c);
	return 0;
}
