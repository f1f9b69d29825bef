/* A WebSocket echo server on libws alone, for inetd and the like: one connection on standard input and output. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ws/handshake.h"
#include "ws/ws.h"

#define LIMIT (16 << 20)

static unsigned char in[LIMIT + FRAME_HEAD_MAX];

static void
put(const void *data, size_t len)
{
	for (const char *p = data; len > 0;) {
		ssize_t n = write(STDOUT_FILENO, p, len);

		if (n <= 0)
			exit(0);
		p += n;
		len -= (size_t)n;
	}
}

static void
put_frame(enum frame_opcode opcode, const void *data, size_t len)
{
	uint8_t head[FRAME_HEAD_MAX];

	put(head, frame_encode(head, FRAME_FIN | opcode, len, NULL));
	put(data, len);
}

static size_t
get(size_t len)
{
	ssize_t n = len < sizeof in ? read(STDIN_FILENO, in + len, sizeof in - len) : 0;

	if (n <= 0)
		exit(0);
	return len + (size_t)n;
}

static void
shake_hands(void)
{
	char response[HANDSHAKE_RESPONSE_MAX];
	struct http_head head;
	const char *why;
	size_t len = 0;
	int n = 0;

	while (n == 0) {
		len = get(len);
		n = http_request(&head, (char *)in, len);
	}
	if (n < 0 || handshake_check(&head, &why) != 101) {
		put("HTTP/1.1 400 Bad Request\r\n\r\n", 28);
		exit(0);
	}
	put(response, handshake_response(&head, "", response, sizeof response));
}

static void
close_with(uint16_t code, const char *reason)
{
	uint8_t payload[FRAME_CONTROL_MAX];

	put_frame(FRAME_CLOSE, payload, code == WS_NO_STATUS ? 0 : ws_close_payload(payload, code, reason));
	exit(0);
}

int
main(void)
{
	struct ws_slice s;
	struct ws ws;
	size_t len = 0;

	shake_hands();
	ws_init(&ws, WS_SERVER, LIMIT);
	for (;;) {
		switch (ws_next(&ws, in, len, &s)) {
		case WS_MORE:
			len = get(ws_settle(&ws, in, len));
			break;
		case WS_TEXT:
			put_frame(FRAME_TEXT, s.data, s.len);
			break;
		case WS_BINARY:
			put_frame(FRAME_BINARY, s.data, s.len);
			break;
		case WS_PING:
			put_frame(FRAME_PONG, s.data, s.len);
			break;
		case WS_PONG:
			break;
		case WS_CLOSE:
			close_with(s.code, "");
			break;
		case WS_FAIL:
			close_with(s.code, s.why);
			break;
		}
	}
}
