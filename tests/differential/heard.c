#include "heard.h"

#include <stdlib.h>
#include <string.h>

void
heard_clear(struct heard *h)
{
	h->count = h->cuts = h->used = 0;
}

void
heard_add(struct heard *h, enum ws_event kind, uint16_t code, size_t piece, const void *data, size_t len)
{
	if (h->count == HEARD_MAX || len > sizeof h->bytes - h->used)
		abort(); /* more is heard than was said */
	h->events[h->count++] = (struct event){kind, code, piece, h->used, len};
	if (len > 0)
		memcpy(h->bytes + h->used, data, len);
	h->used += len;
}

/* As much of a piece at a time as a buffer of the documented size has room for. */
static size_t
hear_piece(struct heard *h, struct ws *ws, uint8_t *data, size_t kept, const uint8_t *bytes, size_t len, size_t piece)
{
	size_t size = WS_BUFFER_SIZE(ws->limit);
	struct ws_slice s;
	enum ws_event event;

	do {
		size_t n = len < size - kept ? len : size - kept;

		if (n == 0 && len > 0)
			abort(); /* the buffer is too small, against what ws.h says */
		if (n > 0)
			memcpy(data + kept, bytes, n);
		bytes += n;
		len -= n;
		while ((event = ws_next(ws, data, kept + n, &s)) != WS_MORE)
			heard_add(h, event, event >= WS_CLOSE ? s.code : 0, piece, s.data, event == WS_FAIL ? 0 : s.len);
		kept = ws_settle(ws, data, kept + n);
	} while (len > 0);
	return kept;
}

void
heard_libws(struct heard *h, const struct tape *t)
{
	uint8_t *data = malloc(WS_BUFFER_SIZE(t->limit));
	size_t kept = 0, start = 0;
	struct ws ws;

	if (!data)
		abort();
	heard_clear(h);
	ws_init(&ws, t->role, t->limit, NULL);
	for (size_t i = 0; i < t->pieces; i++) {
		kept = hear_piece(h, &ws, data, kept, t->bytes + start, t->piece_end[i] - start, i);
		start = t->piece_end[i];
	}
	free(data);
}
