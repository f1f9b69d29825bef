#ifndef CHAT_ROWS_H
#define CHAT_ROWS_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "chat/name.h"

/* What chatctl tells of the store as JSON, at the end of `out`. 0, or -1 with errno and nothing added. Times are
 * milliseconds since 1970; what is 0 is left out. */

struct rows_user {
	struct name user;
	uint64_t since;
	int64_t messages, bytes; /* that wait */
};

/* An array. */
int rows_users(struct buf *out, const struct rows_user *rows, size_t count);

struct rows_stats {
	int64_t users, messages, pending, bytes;
	uint64_t oldest, newest;
};

/* An object. */
int rows_stats(struct buf *out, const struct rows_stats *stats);

#endif
