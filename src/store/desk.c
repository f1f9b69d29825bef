#include "store/desk.h"

#include <stdlib.h>
#include <string.h>

#include "chat/greeting.h"
#include "chat/msg.h"
#include "store/missing.h"
#include "store/question.h"
#include "store/reply.h"
#include "ws/utf8.h"

void
desk_finish(struct desk *desk)
{
	buf_free(&desk->records);
	buf_free(&desk->text);
	free(desk->replies);
	remind_free(&desk->remind);
}

void
desk_clear(struct desk *desk)
{
	buf_clear(&desk->records);
	buf_trim(&desk->records);
	desk->count = 0;
}

bool
desk_is_failed(struct desk *desk, enum db_result result)
{
	if (result == DB_FAILED)
		desk->failed = true;
	return desk->failed;
}

static void
settle(struct desk *desk, const struct id *id)
{
	desk->settled[desk->settled_next++ % DESK_SETTLED] = *id;
}

bool
desk_is_settled(const struct desk *desk, const struct id *id)
{
	for (size_t i = 0; i < DESK_SETTLED; i++)
		if (id_order(&desk->settled[i], id) == 0)
			return true;
	return false;
}

static void
refuse(struct desk *desk, const struct record *r, const struct name *from, pid_t pid, enum msg_error error)
{
	struct record refusal = {.kind = RECORD_REFUSED, .status = (uint8_t)error, .id = r->id, .receiver = *from};

	if (error != MSG_UNAVAILABLE)
		settle(desk, &r->id);
	reply_to(desk, from, pid, &refusal);
}

/* Tells a sender what became of a message: one connection, or with 0 all, or whoever comes next. */
static void
receipt(struct desk *desk, pid_t pid, const struct db_message *m, enum record_status status, uint64_t time)
{
	struct record r = {
		.kind = RECORD_RECEIPT, .status = (uint8_t)status, .id = m->id, .time = time,
		.sender = m->receiver, .receiver = m->sender, .ref = m->ref, .ref_len = status == RECORD_READ ? 0 : m->ref_len,
	};

	reply_to(desk, &m->sender, pid, &r);
	if (pid == 0)
		desk->replies[desk->count - 1].owed = true;
}

/* It is on disk; the id that it is there under, if it had come before. */
static void
stored(struct desk *desk, const struct record *r, const struct name *from, pid_t pid, const struct id *first)
{
	struct record answer = {
		.kind = RECORD_RECEIPT, .status = RECORD_STORED, .id = r->id, .time = desk->now, .sender = r->receiver,
		.receiver = r->sender, .ref = r->ref, .ref_len = r->ref_len, .payload = (const char *)first->bytes, .payload_len = ID_SIZE,
	};

	reply_to(desk, from, pid, &answer);
}

/* Somebody who has never been here gets no mail; who is here just now and has not been greeted does. */
static enum db_result
find_receiver(struct desk *desk, const struct name *receiver)
{
	enum db_result result = db_user_known(desk->db, receiver);

	if (result == DB_NONE && desk->online(receiver))
		return db_user_add(desk->db, receiver, desk->now);
	return result;
}

static void
read_early(struct desk *desk, const struct db_message *m)
{
	for (size_t i = 0; i < DESK_EARLY; i++) {
		struct record *r = &desk->early[i];
		enum db_result result;

		if (id_order(&r->id, &m->id) != 0 || !name_equal(&r->sender, &m->receiver))
			continue;
		result = db_read(desk->db, &m->receiver, &m->sender, &m->id, r->time);
		if (desk_is_failed(desk, result))
			return;
		if (result == DB_OK)
			receipt(desk, 0, m, RECORD_READ, r->time);
		*r = (struct record){0};
	}
}

static void
behind(struct desk *desk, const struct id *id, const struct name *sender, const struct name *receiver)
{
	struct record news = {.kind = RECORD_BEHIND, .id = *id, .sender = *sender, .receiver = *receiver};

	reply_to(desk, receiver, 0, &news);
}

void
desk_remind(struct desk *desk)
{
	struct reminder waiting;

	while (remind_next(&desk->remind, desk->ticks, &waiting))
		behind(desk, &waiting.id, &waiting.sender, &waiting.receiver);
}

static void
remember(struct desk *desk, const struct db_message *m)
{
	if (desk->online(&m->receiver))
		remind_add(&desk->remind, &(struct reminder){m->seq, desk->ticks, m->id, m->sender, m->receiver});
}

/* Into the database. One that has been delivered does not wait, nor does the first that it repeats. */
static enum db_result
keep(struct desk *desk, const struct record *r, struct db_message *m)
{
	bool had = r->status & RECORD_HAD;
	enum db_result result = DB_OK;
	struct db_message known;

	if (had)
		result = db_delivered(desk->db, &r->id, &r->receiver, desk->now, &known);
	if (result != DB_FAILED)
		result = db_put(desk->db, m);
	if (had && result == DB_AGAIN && !m->delivered) {
		m->delivered = desk->now;
		if (db_delivered(desk->db, &m->id, &r->receiver, desk->now, &known) == DB_FAILED)
			result = DB_FAILED;
	}
	return result;
}

static void
put(struct desk *desk, const struct record *r, const struct name *from, pid_t pid)
{
	struct db_message m = {
		.id = r->id, .sender = r->sender, .receiver = r->receiver, .time = r->time, .ref = r->ref, .ref_len = r->ref_len,
		.text = r->payload, .text_len = r->payload_len, .body = (const char *)buf_at(&desk->text), .body_len = buf_len(&desk->text),
	};
	enum db_result result = keep(desk, r, &m);

	if (desk_is_failed(desk, result))
		return;
	if (result == DB_MAILBOX_FULL || result == DB_BLOCKED) {
		refuse(desk, r, from, pid, result == DB_BLOCKED ? MSG_BLOCKED : MSG_MAILBOX_FULL);
		return;
	}
	stored(desk, r, from, pid, &m.id);
	if (result == DB_AGAIN)
		settle(desk, &r->id);
	if (m.delivered && result == DB_OK && !(r->status & RECORD_HAD))
		receipt(desk, 0, &m, RECORD_DELIVERED, m.delivered); /* of one that was here before, its sender has been told */
	else if (!m.delivered && (r->status & RECORD_UNREACHED))
		behind(desk, &m.id, &m.sender, &m.receiver);
	if (!m.delivered && result == DB_OK)
		remember(desk, &m);
	read_early(desk, &m);
}

static void
message(struct desk *desk, const struct record *r, const struct name *from, pid_t pid)
{
	enum db_result result;

	buf_clear(&desk->text);
	if (!utf8_is(r->payload, r->payload_len) ||
	    !msg_private_is(r->payload, r->payload_len, &r->id, &r->sender, &r->receiver, r->time) ||
	    msg_body(&desk->text, r->payload, r->payload_len) < 0) {
		refuse(desk, r, from, pid, MSG_BAD_FIELD);
		return;
	}
	result = find_receiver(desk, &r->receiver);
	if (desk_is_failed(desk, result))
		return;
	if (result == DB_NONE)
		refuse(desk, r, from, pid, MSG_NO_SUCH_USER);
	else
		put(desk, r, from, pid);
}

static void
delivered(struct desk *desk, const struct record *r, const struct name *from, pid_t pid)
{
	struct record confirmed = {.kind = RECORD_RECEIPT, .status = RECORD_CONFIRMED, .id = r->id, .receiver = *from};
	struct db_message m;
	enum db_result result = db_delivered(desk->db, &r->id, &r->sender, desk->now, &m);

	if (desk_is_failed(desk, result))
		return;
	if (result == DB_OK) {
		remind_delivered(&desk->remind, m.seq);
		receipt(desk, 0, &m, RECORD_DELIVERED, desk->now);
	}
	reply_to(desk, from, pid, &confirmed);
}

static void
read_up_to(struct desk *desk, const struct record *r)
{
	struct db_message m = {.id = r->id, .sender = r->receiver, .receiver = r->sender};
	enum db_result result = db_read(desk->db, &r->sender, &r->receiver, &r->id, desk->now);

	if (desk_is_failed(desk, result))
		return;
	if (result == DB_OK)
		receipt(desk, 0, &m, RECORD_READ, desk->now);
	else if (result == DB_NONE)
		desk->early[desk->early_next++ % DESK_EARLY] = (struct record){.id = r->id, .sender = r->sender, .time = desk->now};
}

static void
claim(struct desk *desk, const struct name *user, pid_t pid)
{
	struct db_receipt owed;
	enum db_result result;

	while ((result = db_claim(desk->db, user, &owed)) == DB_OK) {
		struct db_message m = {.id = owed.id, .sender = *user, .receiver = owed.receiver, .ref = owed.ref, .ref_len = owed.ref_len};

		receipt(desk, pid, &m, owed.status, owed.time);
	}
	desk_is_failed(desk, result);
}

static void
login(struct desk *desk, const struct record *r, const struct name *from, pid_t pid)
{
	struct record greeting = {.kind = RECORD_GREETING, .receiver = r->sender};
	struct greeting g = {.link = desk->link};
	int64_t bytes;
	enum db_result result = db_user_add(desk->db, &r->sender, desk->now);

	if (!desk_is_failed(desk, result))
		result = db_pending_count(desk->db, &r->sender, &g.pending, &bytes);
	if (!desk_is_failed(desk, result))
		result = db_last(desk->db, &g.last);
	if (desk_is_failed(desk, result))
		return;
	question_blocks(desk, &r->sender, pid);
	buf_clear(&desk->text);
	greeting_put(&desk->text, &g);
	reply_text(desk, from, pid, &greeting);
	claim(desk, &r->sender, pid);
}

void
desk_record(struct desk *desk, const struct record *r, const struct name *from, pid_t pid)
{
	if (r->link && r->link != desk->link) {
		refuse(desk, r, from, pid, MSG_UNAVAILABLE); /* one before it could not be kept */
		return;
	}
	switch (r->kind) {
	case RECORD_LOGIN:
		login(desk, r, from, pid);
		break;
	case RECORD_MESSAGE:
		message(desk, r, from, pid);
		break;
	case RECORD_RECEIPT:
		if (r->status == RECORD_DELIVERED)
			delivered(desk, r, from, pid);
		else if (r->status == RECORD_READ)
			read_up_to(desk, r);
		break;
	case RECORD_NEXT:
		missing_answer(desk, r, from, pid);
		break;
	case RECORD_QUERY:
		question_answer(desk, r, pid);
		break;
	default:
		break;
	}
}

void
desk_begin(struct desk *desk)
{
	desk->failed = false;
	desk->newest = remind_newest(&desk->remind);
}

void
desk_fail(struct desk *desk)
{
	desk_clear(desk);
	remind_cut(&desk->remind, desk->newest + 1);
	desk->failed = false;
	desk->link = desk->link == UINT32_MAX ? 1 : desk->link + 1;
}

void
desk_refuse(struct desk *desk, const struct record *r, const struct name *from, pid_t pid)
{
	if (r->kind == RECORD_MESSAGE || r->link)
		refuse(desk, r, from, pid, MSG_UNAVAILABLE);
	else if (r->kind == RECORD_QUERY)
		question_refuse(desk, r, pid);
	else if (r->kind == RECORD_NEXT)
		missing_refuse(desk, r, from, pid);
}

void
desk_owe(struct desk *desk, const struct record *r)
{
	struct db_receipt owed = {.id = r->id, .receiver = r->sender, .status = r->status, .time = r->time, .ref_len = r->ref_len};

	memcpy(owed.ref, r->ref, r->ref_len);
	desk_is_failed(desk, db_owe(desk->db, &r->receiver, &owed));
}
