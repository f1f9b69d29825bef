#ifndef STORE_ADOPT_H
#define STORE_ADOPT_H

#include "base/buf.h"
#include "chat/name.h"
#include "chat/record.h"

/* What a user's connection left in its spool (session/unsaved.h says what may be in it), as records that the store is to do, in
 * order: calls `take` for each message that its client was told no error for, with the flag for one that was delivered, and for
 * each receipt. A record that is cut off ends it; one of another user's is passed over. */
void adopt(const struct name *user, const struct buf *spool, void (*take)(void *context, const struct record *r), void *context);

#endif
