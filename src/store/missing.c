#include "store/missing.h"

#include "chat/greeting.h"
#include "store/reply.h"

#define BATCH_MESSAGES 64
#define BATCH_BYTES (128 << 10)
#define SKEW 64 /* messages of others that may have come in before the one that a connection missed, and reached it later */

/* The number of the first message that a connection has missed, less one. DB_NONE: neither it nor what it waits for is there. */
static enum db_result
find_start(struct desk *desk, const struct next *n, int64_t *start)
{
	enum db_result result = DB_NONE;

	*start = INT64_MAX;
	if (!id_is_set(&n->from))
		return DB_OK;
	result = db_seq(desk->db, &n->from, start);
	if (result == DB_NONE)
		result = db_seq(desk->db, &n->want, start);
	if (result != DB_OK)
		return result;
	*start -= SKEW + 1;
	if (*start < n->after)
		*start = n->after;
	return DB_OK;
}

/* Sends what there is, up to what one answer may have. */
static void
send_batch(struct desk *desk, const struct name *user, pid_t pid, int64_t start, struct next *n)
{
	enum db_result result = db_missing(desk->db, user, n->after, start, BATCH_MESSAGES + 1);
	struct db_message m;
	size_t bytes = 0;
	int count = 0;

	while (!desk_is_failed(desk, result) && (result = db_next(desk->db, &m)) == DB_OK) {
		struct record kept = {
			.kind = RECORD_KEPT, .id = m.id, .time = m.time, .sender = m.sender, .receiver = m.receiver, .ref = m.ref,
			.ref_len = m.ref_len, .payload = m.text, .payload_len = m.text_len,
		};

		n->more = count == BATCH_MESSAGES || (count > 0 && bytes + m.text_len > BATCH_BYTES);
		if (n->more)
			break;
		reply_to(desk, user, pid, &kept);
		n->after = m.seq;
		bytes += m.text_len;
		count++;
	}
	desk_is_failed(desk, result);
}

static void
end_batch(struct desk *desk, const struct next *n, const struct name *from, pid_t pid)
{
	struct record batch = {.kind = RECORD_BATCH, .receiver = *from};

	buf_clear(&desk->text);
	next_put(&desk->text, n);
	reply_text(desk, from, pid, &batch);
}

void
missing_answer(struct desk *desk, const struct record *r, const struct name *from, pid_t pid)
{
	enum db_result result;
	struct next n;
	int64_t start, seq;

	if (next_get(&n, r) < 0)
		return;
	n.more = n.late = false;
	result = find_start(desk, &n, &start);
	if (desk_is_failed(desk, result))
		return;
	if (id_is_set(&n.want) && !desk_is_settled(desk, &n.want)) {
		result = db_seq(desk->db, &n.want, &seq);
		n.late = result == DB_NONE;
	}
	if (!desk_is_failed(desk, result))
		send_batch(desk, &r->sender, pid, start, &n);
	if (!desk->failed)
		end_batch(desk, &n, from, pid);
}

void
missing_refuse(struct desk *desk, const struct record *r, const struct name *from, pid_t pid)
{
	struct next n;

	if (next_get(&n, r) < 0)
		return;
	n.more = n.late = true;
	end_batch(desk, &n, from, pid);
}
