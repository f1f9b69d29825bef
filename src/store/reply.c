#include "store/reply.h"

#include <stdlib.h>

static int
grow(struct desk *desk)
{
	size_t cap = desk->cap ? 2 * desk->cap : 64;
	struct desk_reply *replies = reallocarray(desk->replies, cap, sizeof *replies);

	if (!replies)
		return -1;
	desk->replies = replies;
	desk->cap = cap;
	return 0;
}

void
reply_to(struct desk *desk, const struct name *to, pid_t pid, const struct record *r)
{
	struct record copy = *r;
	size_t at = buf_len(&desk->records);

	if (pid == DESK_NOBODY)
		return;
	if (copy.sender.len == 0)
		copy.sender = name_store();
	if ((desk->count == desk->cap && grow(desk) < 0) || record_encode(&copy, &desk->records) < 0) {
		desk->failed = true;
		return;
	}
	desk->replies[desk->count++] = (struct desk_reply){.to = *to, .pid = pid, .at = at};
}

void
reply_text(struct desk *desk, const struct name *to, pid_t pid, struct record *r)
{
	r->payload = (const char *)buf_at(&desk->text);
	r->payload_len = buf_len(&desk->text);
	reply_to(desk, to, pid, r);
}
