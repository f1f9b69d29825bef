/* Hears connections with libws for test_wsproto.py. On standard input, numbers in network order: for each connection a head of
 * 16 bytes (role, whether deflate was agreed on, server_no_context_takeover, client_no_context_takeover,
 * server_max_window_bits, client_max_window_bits, whether deflate_rest follows each piece, 0, the limit in four, the number of
 * pieces in four), and each piece as its length in four bytes and its bytes. On standard output a line an event, `KIND PIECE
 * CODE HEX`, and END after each connection. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ws/ws.h"

#define HEAD 16

static uint32_t
number(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void
get(void *data, size_t len)
{
	if (fread(data, 1, len, stdin) != len)
		exit(2);
}

static void
put(enum ws_event event, size_t piece, const struct ws_slice *s)
{
	static const char *const names[] = {"MORE", "TEXT", "BINARY", "PING", "PONG", "CLOSE", "FAIL"};

	printf("%s %zu %u ", names[event], piece, event >= WS_CLOSE ? s->code : 0u);
	for (size_t i = 0; event != WS_FAIL && i < s->len; i++)
		printf("%02x", s->data[i]);
	printf("\n");
}

/* The next piece, behind the `kept` bytes that are there. What is kept of it. */
static size_t
hear(struct ws *ws, uint8_t *data, size_t kept, size_t piece)
{
	size_t size = WS_BUFFER_SIZE(ws->limit), left;
	struct ws_slice s;
	enum ws_event event;
	uint8_t len[4];

	get(len, sizeof len);
	left = number(len);
	do {
		size_t n = left < size - kept ? left : size - kept;

		if (n == 0 && left > 0)
			abort(); /* the buffer is too small, against what ws.h says */
		get(data + kept, n);
		left -= n;
		while ((event = ws_next(ws, data, kept + n, &s)) != WS_MORE)
			put(event, piece, &s);
		kept = ws_settle(ws, data, kept + n);
	} while (left > 0);
	return kept;
}

static void
connection(const uint8_t head[HEAD])
{
	enum ws_role role = head[0] ? WS_CLIENT : WS_SERVER;
	struct deflate_params agreed = {head[2], head[3], head[4], head[5]};
	size_t limit = number(head + 8), pieces = number(head + 12), kept = 0;
	uint8_t *data = malloc(WS_BUFFER_SIZE(limit));
	struct deflate deflate;
	struct ws ws;

	if (!data)
		exit(2);
	deflate_init(&deflate, &agreed, role == WS_SERVER);
	ws_init(&ws, role, limit, head[1] ? &deflate : NULL);
	for (size_t i = 0; i < pieces; i++) {
		kept = hear(&ws, data, kept, i);
		if (head[6])
			deflate_rest(&deflate);
	}
	printf("END\n");
	deflate_finish(&deflate);
	free(data);
}

int
main(void)
{
	uint8_t head[HEAD];

	while (fread(head, 1, sizeof head, stdin) == sizeof head)
		connection(head);
	return 0;
}
