#ifndef DIFFERENTIAL_HEARD_H
#define DIFFERENTIAL_HEARD_H

#include "tape.h"

#define HEARD_MAX (TAPE_MAX / 2 + 1) /* a frame has two bytes at the least */

/* WS_FAIL: `code` is what the connection is closed with; WS_NO_STATUS where that is nothing. */
struct event {
	enum ws_event kind;
	uint16_t code;
	size_t piece; /* that it came with */
	size_t at, len;
};

/* What a library made of a tape. */
struct heard {
	size_t count;
	struct event events[HEARD_MAX];
	size_t cuts, cut[TAPE_MAX + 2]; /* wslay: where each of its reads ended, which took something */
	size_t used;
	uint8_t bytes[TAPE_MAX];
};

void heard_libws(struct heard *h, const struct tape *t);
void heard_wslay(struct heard *h, const struct tape *t);

/* Starts afresh; adds an event. */
void heard_clear(struct heard *h);
void heard_add(struct heard *h, enum ws_event kind, uint16_t code, size_t piece, const void *data, size_t len);

#endif
