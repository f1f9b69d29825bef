/* As its manual has it: no option set, no callback that is not needed. The contexts stay, as those of a connection would. */
#include "codec.h"

#include <stdlib.h>
#include <wslay/wslay.h>

#include "bench.h"

static struct wire *wire;
static struct source source;
static struct outgoing *outgoing;
static bool has_read;

/* One read, then nothing more for now: as a socket that poll has said can be read. */
static ssize_t
take(wslay_event_context_ptr ctx, uint8_t *buf, size_t len, int flags, void *user)
{
	size_t n = has_read ? 0 : source_read(&source, buf, len);

	(void)flags;
	(void)user;
	has_read = source.most != ENDLESS;
	if (n == 0) {
		wslay_event_set_error(ctx, WSLAY_ERR_WOULDBLOCK);
		return -1;
	}
	return (ssize_t)n;
}

static void
message(wslay_event_context_ptr ctx, const struct wslay_event_on_msg_recv_arg *arg, void *user)
{
	(void)ctx;
	(void)user;
	if (arg->opcode != WSLAY_TEXT_FRAME && arg->opcode != WSLAY_BINARY_FRAME)
		bench_fail("wslay: opcode %u", arg->opcode);
	tally_message(&wire->tally, arg->msg, arg->msg_length);
}

static void
chunk(wslay_event_context_ptr ctx, const struct wslay_event_on_frame_recv_chunk_arg *arg, void *user)
{
	(void)ctx;
	(void)user;
	tally_bytes(&wire->tally, arg->data, arg->data_length);
}

static ssize_t
give(wslay_event_context_ptr ctx, const uint8_t *data, size_t len, int flags, void *user)
{
	(void)ctx;
	(void)flags;
	(void)user;
	tally_bytes(&outgoing->tally, data, len);
	return (ssize_t)len;
}

static wslay_event_context_ptr
context(const struct wslay_event_callbacks *callbacks)
{
	wslay_event_context_ptr ctx;

	if (wslay_event_context_server_init(&ctx, callbacks, NULL) != 0)
		bench_fail("wslay: no context");
	return ctx;
}

static void
receive(wslay_event_context_ptr ctx, struct wire *w)
{
	wire = w;
	source = (struct source){w->data, w->len, 0, w->most};
	while (source.at < source.len) {
		has_read = false;
		if (wslay_event_recv(ctx) != 0 || !wslay_event_want_read(ctx))
			bench_fail("wslay does not read on");
	}
}

void
receive_with_wslay(void *arg)
{
	static wslay_event_context_ptr ctx;

	if (!ctx)
		ctx = context(&(struct wslay_event_callbacks){.recv_callback = take, .on_msg_recv_callback = message});
	receive(ctx, arg);
}

/* It hands out what it has in its own buffer, up to 4 KiB at a time; the program has to put it together. */
void
receive_with_wslay_unbuffered(void *arg)
{
	static wslay_event_context_ptr ctx;

	if (!ctx) {
		ctx = context(&(struct wslay_event_callbacks){.recv_callback = take, .on_msg_recv_callback = message,
		                                              .on_frame_recv_chunk_callback = chunk});
		wslay_event_config_set_no_buffering(ctx, 1);
	}
	receive(ctx, arg);
}

void
send_with_wslay(void *arg)
{
	static wslay_event_context_ptr ctx;

	if (!ctx)
		ctx = context(&(struct wslay_event_callbacks){.send_callback = give});
	outgoing = arg;
	for (size_t i = 0; i < outgoing->messages; i++) {
		struct wslay_event_msg msg = {WSLAY_TEXT_FRAME, outgoing->data + i * outgoing->size, outgoing->size};

		if (wslay_event_queue_msg(ctx, &msg) != 0 || wslay_event_send(ctx) != 0)
			bench_fail("wslay does not send");
		outgoing->tally.messages++;
	}
}
