/* A WebSocket echo server on libws alone, for inetd and the like: one connection on standard input and output. It takes
 * messages of up to 16 MiB, and permessage-deflate with every parameter that a client may ask for. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ws/extension.h"
#include "ws/handshake.h"
#include "ws/ws.h"

#define LIMIT (16 << 20)
#define LINGER 2 /* seconds in which the peer may take our last words and end */

static unsigned char in[WS_BUFFER_SIZE(LIMIT)], out[WS_FRAME_SIZE(LIMIT)];

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

static size_t
get(size_t len)
{
	ssize_t n = read(STDIN_FILENO, in + len, sizeof in - len);

	if (n <= 0)
		exit(0);
	return len + (size_t)n;
}

/* Lets the peer read all before the connection ends: a socket closed with bytes unread takes back what was written. */
static void
leave(void)
{
	alarm(LINGER);
	shutdown(STDOUT_FILENO, SHUT_WR);
	while (read(STDIN_FILENO, in, sizeof in) > 0)
		;
	exit(0);
}

static void
refuse(int status, const char *why)
{
	char text[256];

	put(text, (size_t)snprintf(text, sizeof text,
	                           "HTTP/1.1 %d %s\r\nConnection: close, Upgrade\r\nUpgrade: websocket\r\n"
	                           "Sec-WebSocket-Version: " HANDSHAKE_VERSION "\r\nContent-Length: 0\r\n\r\n",
	                           status, why));
	leave();
}

/* Answers the opening handshake, and says what was agreed on: false for no compression. */
static bool
shake_hands(struct deflate_params *agreed)
{
	char response[HANDSHAKE_RESPONSE_MAX], line[EXTENSION_LINE_MAX];
	struct http_head head;
	const char *why;
	size_t len = 0;
	int n = 0, status;

	while (n == 0) {
		len = get(len);
		n = http_request(&head, (char *)in, len);
	}
	if (n < 0)
		refuse(-n, "not a request");
	status = handshake_check(&head, &why);
	if (status != 101)
		refuse(status, why);
	if ((size_t)n < len)
		refuse(400, "bytes after the head");
	extension_accept(&head, &DEFLATE_PARAMS_USUAL, agreed, line);
	put(response, handshake_response(&head, line, response, sizeof response));
	return *line;
}

static void
put_frame(struct ws *ws, enum frame_opcode opcode, const void *data, size_t len)
{
	put(out, ws_frame(ws, out, opcode, data, len, NULL));
}

static void
close_with(struct ws *ws, uint16_t code, const char *reason)
{
	uint8_t payload[FRAME_CONTROL_MAX];

	put_frame(ws, FRAME_CLOSE, payload, code == WS_NO_STATUS ? 0 : ws_close_payload(payload, code, reason));
	leave();
}

int
main(void)
{
	struct deflate_params agreed;
	struct deflate deflate;
	struct ws_slice s;
	struct ws ws;
	size_t len = 0;

	if (shake_hands(&agreed)) {
		deflate_init(&deflate, &agreed, true);
		ws_init(&ws, WS_SERVER, LIMIT, &deflate);
	} else {
		ws_init(&ws, WS_SERVER, LIMIT, NULL);
	}
	for (;;) {
		switch (ws_next(&ws, in, len, &s)) {
		case WS_MORE:
			len = get(ws_settle(&ws, in, len));
			break;
		case WS_TEXT:
			put_frame(&ws, FRAME_TEXT, s.data, s.len);
			break;
		case WS_BINARY:
			put_frame(&ws, FRAME_BINARY, s.data, s.len);
			break;
		case WS_PING:
			put_frame(&ws, FRAME_PONG, s.data, s.len);
			break;
		case WS_PONG:
			break;
		case WS_CLOSE:
			close_with(&ws, s.code, "");
			break;
		case WS_FAIL:
			close_with(&ws, s.code, s.why);
			break;
		}
	}
}
