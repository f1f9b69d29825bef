#include "codec.h"

#include <string.h>

#include "bench.h"

size_t
source_read(struct source *s, void *to, size_t room)
{
	size_t n = s->len - s->at;

	if (n > s->most)
		n = s->most;
	if (n > room)
		n = room;
	memcpy(to, s->data + s->at, n);
	s->at += n;
	return n;
}

void
tally_bytes(struct tally *t, const void *data, size_t len)
{
	const uint8_t *p = data;

	t->bytes += len;
	for (size_t i = 0; t->whole && i < len; i++)
		t->sum = (t->sum ^ p[i]) * 1099511628211u;
}

void
tally_message(struct tally *t, const void *data, size_t len)
{
	t->messages++;
	tally_bytes(t, data, len);
}

size_t
wire_fill(uint8_t *out, enum frame_opcode opcode, const uint8_t *data, size_t size, size_t messages,
          const struct deflate_params *params)
{
	struct deflate deflate;
	struct ws ws;
	uint32_t mask = 0x9d3b12e5;
	size_t len = 0;

	if (params)
		deflate_init(&deflate, params, false);
	ws_init(&ws, WS_CLIENT, size, params ? &deflate : NULL);
	for (size_t i = 0; i < messages; i++) {
		len += ws_frame(&ws, out + len, opcode, data + i * size, size, (const uint8_t *)&mask);
		mask = mask * 1664525 + 1013904223;
	}
	if (params)
		deflate_finish(&deflate);
	return len;
}
