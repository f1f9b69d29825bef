#ifndef CHAT_GREETING_H
#define CHAT_GREETING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "chat/id.h"
#include "chat/name.h"
#include "chat/record.h"

/* The payloads of what a connection and the store say to each other: words with one space between them. */

/* RECORD_GREETING: how many messages wait for the user; the number of the last one that has come in; and that of the link, which
 * each message on it carries: once the store could not keep one, it takes no more until it has greeted the connection anew. */
struct greeting {
	int64_t pending, last;
	uint32_t link;
};

int greeting_put(struct buf *out, const struct greeting *g);
int greeting_get(struct greeting *g, const struct record *r);

/* RECORD_NEXT: messages with a number above `after` are wanted, in order: those that wait, and if `from` is given all from
 * that one on. `want`: one that the sender's process said it gave to the store; until it has come the answer is not complete.
 * RECORD_BATCH: all up to number `after` have been sent; `more`: there are others; `late`: `want` has not come yet. Both: nothing could
 * be read at present. */
struct next {
	int64_t after;
	struct id from, want;
	bool more, late;
};

int next_put(struct buf *out, const struct next *n);
int next_get(struct next *n, const struct record *r);

/* RECORD_BLOCKS, and any list of names. */
int names_put(struct buf *out, const struct name *name);
bool names_next(const char **at, size_t *len, struct name *name);

#endif
