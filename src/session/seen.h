#ifndef SESSION_SEEN_H
#define SESSION_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "chat/id.h"
#include "chat/record.h"

#define SEEN_MAX 2048    /* messages that are remembered */
#define SEEN_IDS_MAX 4096 /* ids */

/* The messages that this client was shown last, by sender and the id that the sender's client gave: one that is sent
 * again is not shown again. The memory is taken with the first. */
struct seen {
	struct seen_table *table;
	struct recall *ids;
};

/* Whether a message was shown before: the same sender, receiver, ref and text. Then *id is the id it was shown under. If
 * not, it is remembered with `r->id`. A message without a ref is never remembered. */
bool seen_before(struct seen *seen, const struct record *r, struct id *id);

/* The ids of the messages that this client was shown, or need not be shown. */
bool seen_id(const struct seen *seen, const struct id *id);
void seen_add_id(struct seen *seen, const struct id *id);

void seen_free(struct seen *seen);

#endif
