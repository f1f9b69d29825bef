#include "heard.h"

#include <stdlib.h>
#include <string.h>
#include <wslay/wslay.h>

struct ear {
	struct heard *heard;
	const struct tape *tape;
	size_t piece, at; /* the piece that is there, and how far the tape was read */
};

static ssize_t
give(wslay_event_context_ptr ctx, uint8_t *buf, size_t len, int flags, void *data)
{
	struct ear *ear = data;
	size_t left = ear->tape->piece_end[ear->piece] - ear->at;

	(void)flags;
	if (left == 0) {
		wslay_event_set_error(ctx, WSLAY_ERR_WOULDBLOCK);
		return -1;
	}
	len = len < left ? len : left;
	memcpy(buf, ear->tape->bytes + ear->at, len);
	ear->at += len;
	ear->heard->cut[ear->heard->cuts++] = ear->at;
	return (ssize_t)len;
}

/* Its pongs and its close frame go nowhere; what code it closes with, wslay says. */
static ssize_t
take(wslay_event_context_ptr ctx, const uint8_t *bytes, size_t len, int flags, void *data)
{
	(void)ctx, (void)bytes, (void)flags, (void)data;
	return (ssize_t)len;
}

static int
mask(wslay_event_context_ptr ctx, uint8_t *buf, size_t len, void *data)
{
	(void)ctx, (void)data;
	memset(buf, 0, len);
	return 0;
}

static void
hear(wslay_event_context_ptr ctx, const struct wslay_event_on_msg_recv_arg *arg, void *data)
{
	struct ear *ear = data;
	size_t skip = arg->opcode == WSLAY_CONNECTION_CLOSE ? arg->msg_length < 2 ? arg->msg_length : 2 : 0;
	enum ws_event kind = arg->opcode == WSLAY_TEXT_FRAME     ? WS_TEXT
	                     : arg->opcode == WSLAY_BINARY_FRAME ? WS_BINARY
	                     : arg->opcode == WSLAY_PING         ? WS_PING
	                     : arg->opcode == WSLAY_PONG         ? WS_PONG
	                                                         : WS_CLOSE;
	uint16_t code = kind != WS_CLOSE ? 0 : arg->status_code ? arg->status_code : WS_NO_STATUS;

	(void)ctx;
	heard_add(ear->heard, kind, code, ear->piece, skip ? arg->msg + skip : arg->msg, arg->msg_length - skip);
}

static void
hear_pieces(wslay_event_context_ptr ctx, struct ear *ear)
{
	for (; ear->piece < ear->tape->pieces && wslay_event_get_read_enabled(ctx); ear->piece++) {
		do {
			wslay_event_recv(ctx);
			wslay_event_send(ctx);
		} while (wslay_event_get_read_enabled(ctx) && ear->at < ear->tape->piece_end[ear->piece]);
		if (!wslay_event_get_read_enabled(ctx) && !wslay_event_get_close_received(ctx))
			heard_add(ear->heard, WS_FAIL, wslay_event_get_status_code_sent(ctx), ear->piece, NULL, 0);
	}
}

void
heard_wslay(struct heard *h, const struct tape *t)
{
	static const struct wslay_event_callbacks callbacks = {
		.recv_callback = give, .send_callback = take, .genmask_callback = mask, .on_msg_recv_callback = hear,
	};
	struct ear ear = {.heard = h, .tape = t};
	wslay_event_context_ptr ctx;

	heard_clear(h);
	if ((t->role == WS_SERVER ? wslay_event_context_server_init : wslay_event_context_client_init)(&ctx, &callbacks, &ear) != 0)
		abort();
	wslay_event_config_set_max_recv_msg_length(ctx, t->limit);
	hear_pieces(ctx, &ear);
	wslay_event_context_free(ctx);
}
