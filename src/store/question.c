#include "store/question.h"

#include <string.h>

#include "chat/greeting.h"
#include "chat/msg.h"
#include "store/reply.h"

#define ANSWER_MAX (192 << 10) /* bytes of one answer: what a client that takes its time has room for */

static void
answer(struct desk *desk, const struct record *query, pid_t pid)
{
	struct record r = {.kind = RECORD_ANSWER, .id = query->id, .receiver = query->sender, .ref = query->ref, .ref_len = query->ref_len};

	reply_text(desk, &query->sender, pid, &r);
}

static void
fault(struct desk *desk, const struct record *query, pid_t pid, enum msg_error error, const char *detail, const char *ref)
{
	buf_clear(&desk->text);
	msg_fault(&desk->text, error, detail, ref, strlen(ref));
	answer(desk, query, pid);
}

/* The messages of a query, which come newest first, in a row: how many there were room for, and where each begins. */
static int
gather(struct desk *desk, const struct name *user, struct buf *row, size_t at[MSG_LIMIT_MAX + 1], int limit, bool *more)
{
	struct db_message m;
	enum db_result result;
	int count = 0;

	*more = false;
	at[0] = 0;
	while ((result = db_next(desk->db, &m)) == DB_OK) {
		bool own = name_equal(&m.sender, user);

		*more = count == limit || (count > 0 && buf_len(row) + m.text_len > ANSWER_MAX);
		if (*more)
			return count;
		if (buf_add(row, "[", 1) < 0 || msg_found_add(row, m.text, m.text_len, m.ref, own ? m.ref_len : 0, m.delivered, m.read) < 0)
			desk->failed = true;
		at[++count] = buf_len(row);
	}
	desk_is_failed(desk, result);
	return count;
}

/* History has the newest last, a search first. */
static void
found(struct desk *desk, const struct msg *m, const struct record *query, pid_t pid)
{
	bool history = m->type == MSG_HISTORY, more;
	size_t at[MSG_LIMIT_MAX + 1];
	struct buf row = {0};
	int count = gather(desk, &query->sender, &row, at, m->limit, &more);

	buf_clear(&desk->text);
	if (msg_found_begin(&desk->text, m->type, m->has_with ? &m->with : NULL) < 0)
		desk->failed = true;
	for (int i = 0; i < count && !desk->failed; i++) {
		int from = history ? count - 1 - i : i;

		if ((i > 0 && buf_add(&desk->text, ",", 1) < 0) ||
		    buf_add(&desk->text, buf_at(&row) + at[from] + 1, at[from + 1] - at[from] - 1) < 0)
			desk->failed = true;
	}
	buf_free(&row);
	if (desk->failed || msg_found_end(&desk->text, m->type, more, m->ref) < 0)
		desk->failed = true;
	else
		answer(desk, query, pid);
}

static enum db_result
look_up(struct desk *desk, const struct msg *m, const struct name *user)
{
	if (m->type == MSG_SEARCH)
		return db_search(desk->db, user, m->has_with ? &m->with : NULL, m->text, m->limit + 1);
	return db_history(desk->db, user, &m->with, m->has_before ? &m->before : NULL, m->limit + 1);
}

static void
find(struct desk *desk, const struct msg *m, const struct record *query, pid_t pid)
{
	enum db_result result = look_up(desk, m, &query->sender);

	if (desk_is_failed(desk, result))
		return;
	if (result == DB_NONE)
		fault(desk, query, pid, MSG_BAD_FIELD, m->type == MSG_SEARCH ? "text: no words to search for" : "before: no such message", m->ref);
	else
		found(desk, m, query, pid);
}

static void
add_name(void *context, const struct name *other)
{
	names_put(context, other);
}

void
question_blocks(struct desk *desk, const struct name *user, pid_t pid)
{
	struct record r = {.kind = RECORD_BLOCKS, .receiver = *user};

	buf_clear(&desk->text);
	if (!desk_is_failed(desk, db_blocks(desk->db, user, add_name, &desk->text)))
		reply_text(desk, user, pid, &r);
}

static void
block(struct desk *desk, const struct msg *m, const struct record *query)
{
	const struct name *user = &query->sender;
	bool on = m->type == MSG_BLOCK;

	if (desk_is_failed(desk, db_block(desk->db, user, &m->user, on)))
		return;
	question_blocks(desk, user, 0);
	buf_clear(&desk->text);
	msg_blocked(&desk->text, on, &m->user, m->ref);
	answer(desk, query, 0);
}

void
question_answer(struct desk *desk, const struct record *r, pid_t pid)
{
	struct msg m;
	enum msg_error error = msg_parse(&m, r->payload, r->payload_len);

	if (error != MSG_OK)
		fault(desk, r, pid, error, m.detail, m.ref);
	else if (m.type == MSG_HISTORY || m.type == MSG_SEARCH)
		find(desk, &m, r, pid);
	else if (m.type == MSG_BLOCK || m.type == MSG_UNBLOCK)
		block(desk, &m, r);
	msg_free(&m);
}

void
question_refuse(struct desk *desk, const struct record *r, pid_t pid)
{
	struct msg m;

	msg_parse(&m, r->payload, r->payload_len);
	fault(desk, r, pid, MSG_UNAVAILABLE, "the store can't be used at present", m.ref);
	msg_free(&m);
}

void
question_full(struct record *answer, struct buf *text)
{
	static const char detail[] = "the answer is longer than what this client takes at present: ask again";

	buf_clear(text);
	msg_fault(text, MSG_UNAVAILABLE, detail, answer->ref, answer->ref_len);
	answer->payload = (const char *)buf_at(text);
	answer->payload_len = buf_len(text);
}
