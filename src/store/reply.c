#include "store/reply.h"

#include "base/array.h"

void
reply_to(struct desk *desk, const struct name *to, pid_t pid, const struct record *r)
{
	struct record copy = *r;
	size_t at = buf_len(&desk->records);
	struct desk_reply *replies;

	if (pid == DESK_NOBODY)
		return;
	if (copy.sender.len == 0)
		copy.sender = name_store();
	replies = array_room(desk->replies, desk->count, &desk->cap, sizeof *replies);
	if (replies)
		desk->replies = replies;
	if (!replies || record_encode(&copy, &desk->records) < 0) {
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
