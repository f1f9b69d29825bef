#include "store/adopt.h"

#include <stdlib.h>

#include "base/array.h"

/* The marks of one kind on messages, sorted. */
struct marks {
	struct id *ids;
	size_t count, cap;
};

static int
by_id(const void *a, const void *b)
{
	return id_order(a, b);
}

/* Without memory for it a message is taken as if it had no mark: it may come late, or its sender hear of it twice. */
static void
add(struct marks *marks, const struct id *id)
{
	struct id *ids = array_room(marks->ids, marks->count, &marks->cap, sizeof *ids);

	if (!ids)
		return;
	marks->ids = ids;
	marks->ids[marks->count++] = *id;
}

static bool
has(const struct marks *marks, const struct id *id)
{
	return marks->count > 0 && bsearch(id, marks->ids, marks->count, sizeof *id, by_id);
}

static void
sort(struct marks *marks)
{
	if (marks->count > 0)
		qsort(marks->ids, marks->count, sizeof *marks->ids, by_id);
}

/* The next record of a user at `at`. False at the end. */
static bool
next(const struct buf *spool, size_t *at, const struct name *user, struct record *r)
{
	while (*at < buf_len(spool)) {
		int n = record_decode(r, buf_at(spool) + *at, buf_len(spool) - *at);

		if (n < 0)
			return false;
		*at += (size_t)n;
		if (name_equal(&r->sender, user))
			return true;
	}
	return false;
}

void
adopt(const struct name *user, const struct buf *spool, void (*take)(void *context, const struct record *r), void *context)
{
	struct marks delivered = {0}, refused = {0};
	struct record r;

	for (size_t at = 0; next(spool, &at, user, &r);) {
		if (r.kind == RECORD_MESSAGE && r.payload_len == 0)
			add(&delivered, &r.id);
		else if (r.kind == RECORD_REFUSED)
			add(&refused, &r.id);
	}
	sort(&delivered);
	sort(&refused);
	for (size_t at = 0; next(spool, &at, user, &r);) {
		if (r.kind == RECORD_RECEIPT && r.status == RECORD_DELIVERED) {
			take(context, &r);
		} else if (r.kind == RECORD_MESSAGE && r.payload_len > 0 && !has(&refused, &r.id)) {
			r.status |= RECORD_UNREACHED; /* who was sent it, nobody knows any more */
			if (has(&delivered, &r.id))
				r.status |= RECORD_HAD;
			take(context, &r);
		}
	}
	free(delivered.ids);
	free(refused.ids);
}
