#include "codec.h"

#include "bench.h"

#define LIMIT (1 << 20)

static unsigned char in[WS_BUFFER_SIZE(LIMIT)], out[WS_FRAME_SIZE(LIMIT)];

void
receive_with_libws(void *arg)
{
	struct wire *wire = arg;
	struct source source = {wire->data, wire->len, 0, wire->most};
	struct deflate deflate;
	struct ws_slice s;
	struct ws ws;
	size_t len = 0;

	if (wire->params)
		deflate_init(&deflate, wire->params, true);
	ws_init(&ws, WS_SERVER, LIMIT, wire->params ? &deflate : NULL);
	while (source.at < source.len || len > 0) {
		size_t n = source_read(&source, in + len, sizeof in - len);

		if (n == 0)
			bench_fail("libws left %zu bytes", len);
		len += n;
		for (enum ws_event event; (event = ws_next(&ws, in, len, &s)) != WS_MORE;) {
			if (event != WS_TEXT && event != WS_BINARY)
				bench_fail("libws: event %d: %s", event, s.why);
			tally_message(&wire->tally, s.data, s.len);
		}
		len = ws_settle(&ws, in, len);
	}
	if (wire->params)
		deflate_finish(&deflate);
}

void
send_with_libws(void *arg)
{
	struct outgoing *o = arg;
	struct deflate deflate;
	struct ws ws;

	if (o->params)
		deflate_init(&deflate, o->params, true);
	ws_init(&ws, WS_SERVER, LIMIT, o->params ? &deflate : NULL);
	for (size_t i = 0; i < o->messages; i++) {
		size_t n = ws_frame(&ws, out, FRAME_TEXT, o->data + i * o->size, o->size, NULL);

		tally_message(&o->tally, out, n);
	}
	if (o->params)
		deflate_finish(&deflate);
}
