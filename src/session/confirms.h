#ifndef SESSION_CONFIRMS_H
#define SESSION_CONFIRMS_H

#include <stdbool.h>
#include <stddef.h>

#include "chat/id.h"
#include "chat/name.h"

#define CONFIRMS_MAX 2048

/* A message that the client has read, and whose it is. */
struct confirm {
	struct id id;
	struct name from;
};

/* What the client has read and the store has not confirmed: a ring, oldest first, of which the store has been told some. The
 * memory is taken with the first. */
struct confirms {
	struct confirm *entries;
	size_t first, count, told;
};

/* The `i`th. */
struct confirm *confirms_at(const struct confirms *c, size_t i);

/* Adds one; for the oldest, if it is full: the store has been away for long, and that one may come once more. */
void confirms_add(struct confirms *c, const struct id *id, const struct name *from);

/* The next that the store is to be told, which counts as told; NULL if there is none. And back: it was not. */
const struct confirm *confirms_tell(struct confirms *c);
void confirms_untell(struct confirms *c);

/* None of them counts as told any more. */
void confirms_untell_all(struct confirms *c);

/* The store has confirmed one, and with it all that it was told before. Whether it is one of them. */
bool confirms_done(struct confirms *c, const struct id *id);

void confirms_free(struct confirms *c);

#endif
