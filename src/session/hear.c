#include "session/hear.h"

#include <stdio.h>
#include <string.h>

#include "session/course.h"
#include "session/sent.h"
#include "ws/utf8.h"

#define FROM_STORE (-1)

void
hear_welcome(struct session *s, int64_t pending)
{
	struct msg_limits limits = {(size_t)s->conf->max_message, (unsigned)s->conf->rate, (unsigned)s->conf->burst};

	msg_welcome(session_text(s), &s->user, s->number, &limits, pending);
	session_say(s);
}

/* Sends a record of this user to one connection (0: all others) of another. */
struct record *
hear_answer(struct session *s, const struct name *to, pid_t pid, enum record_kind kind)
{
	struct session_action *action = session_do(s, SESSION_SEND);

	action->user = *to;
	action->pid = pid;
	action->record = (struct record){.kind = kind, .time = s->time, .sender = s->user, .receiver = *to};
	return &action->record;
}

/* What the client has shown that it read: its sender is told. */
static void
read_by_client(struct session *s, const struct inbox_entry *entry)
{
	struct record *r;

	if (entry->kept)
		confirms_add(&s->keeper.confirms, &entry->id, &entry->from);
	if (entry->kept && (entry->pid == FROM_STORE || !s->keeper.troubled_at))
		return; /* the store says so, if it can keep that */
	if (entry->pid == THIS_CONNECTION) {
		sent_to_oneself(s, &entry->id, &entry->shown);
		return;
	}
	r = hear_answer(s, &entry->from, entry->pid, RECORD_RECEIPT);
	r->status = RECORD_DELIVERED;
	r->id = entry->id;
	s->shown = entry->shown;
	if (id_order(&entry->id, &entry->shown) != 0) {
		r->payload = (const char *)s->shown.bytes;
		r->payload_len = ID_SIZE;
	}
}

void
hear_pongs(struct session *s)
{
	struct inbox_entry entry;

	while (s->todo_count == 0 && inbox_take(&s->inbox, s->pong_seen, &entry))
		read_by_client(s, &entry);
}

/* Shows a message to the client, unless it has seen it. Why not, if it can't be. */
static enum msg_error
show(struct session *s, const struct record *r, const struct name *from, pid_t pid)
{
	struct inbox_entry *entry;
	struct id shown = r->id;
	bool again;

	if (s->phase != SESSION_IN)
		return MSG_RECEIVER_OFFLINE;
	if (!session_has_room(s, r->payload_len + FRAME_HEAD_MAX))
		return MSG_UNAVAILABLE;
	entry = inbox_add(&s->inbox);
	if (!entry)
		return MSG_UNAVAILABLE;
	again = seen_before(&s->seen, r, &shown);
	*entry = (struct inbox_entry){.id = r->id, .shown = shown, .from = *from, .pid = pid, .ping = s->ping_sent + 1};
	entry->kept = pid == FROM_STORE || (s->conf->store && (r->status & RECORD_KEEPING));
	seen_add_id(&s->seen, &r->id);
	s->ping_due = true;
	if (!again) {
		session_frame(s, FRAME_TEXT, r->payload, r->payload_len);
		s->messages_out++;
	}
	return MSG_OK;
}

/* A message that came directly. Why it can't be shown now or later, if so. */
enum msg_error
hear_arrive(struct session *s, const struct record *r, const struct name *from, pid_t pid)
{
	enum msg_error error;

	if ((r->status & RECORD_KEEPING) && seen_id(&s->seen, &r->id))
		return MSG_OK;
	if (keeper_blocks(s, &r->sender))
		return MSG_BLOCKED;
	if (!course_may_show(s, r))
		return MSG_OK;
	error = show(s, r, from, pid);
	if (error == MSG_UNAVAILABLE && (r->status & RECORD_KEEPING) && s->keeper.expected) {
		course_miss(s, r);
		return MSG_OK;
	}
	return error;
}

bool
hear_kept(struct session *s, const struct record *r)
{
	return seen_id(&s->seen, &r->id) || show(s, r, &r->sender, FROM_STORE) == MSG_OK;
}

static void
message(struct session *s, const struct record *r, const struct name *from, pid_t pid)
{
	enum msg_error error = MSG_BAD_FIELD;
	struct record *refusal;

	if (utf8_is(r->payload, r->payload_len) &&
	    msg_private_is(r->payload, r->payload_len, &r->id, &r->sender, &r->receiver, r->time))
		error = hear_arrive(s, r, from, pid);
	if (error == MSG_OK)
		return;
	refusal = hear_answer(s, from, pid, RECORD_REFUSED);
	refusal->status = (uint8_t)error;
	refusal->id = r->id;
}

/* From another connection of this user: what its client was told, or said to `receiver`. */
static void
copy(struct session *s, const struct record *r)
{
	struct id shown;

	if (s->phase == SESSION_IN && session_has_room(s, r->payload_len) && !seen_before(&s->seen, r, &shown) &&
	    utf8_is(r->payload, r->payload_len))
		session_frame(s, FRAME_TEXT, r->payload, r->payload_len);
}

static void
typing(struct session *s, const struct record *r)
{
	if (s->phase != SESSION_IN || !session_has_room(s, 0))
		return;
	msg_typing(session_text(s), &r->sender, &r->receiver, r->status);
	session_say(s);
}

/* Only an operator's tool asks, and it takes part in the bus under a name that no session can have. */
static void
ask(struct session *s, const struct name *from, pid_t pid)
{
	struct msg_facts facts = {.since = s->since, .in = s->messages_in, .out = s->messages_out};
	struct record *reply;

	if (!name_is_service(from))
		return;
	snprintf(facts.address, sizeof facts.address, "%s", s->peer.address);
	msg_facts(session_text(s), &facts);
	reply = hear_answer(s, from, pid, RECORD_FACTS);
	reply->payload = (const char *)buf_at(&s->text);
	reply->payload_len = buf_len(&s->text);
}

void
session_record(struct session *s, const struct record *r, const struct name *from, pid_t pid)
{
	if (name_is_store(from)) {
		if (name_equal(&r->receiver, &s->user))
			keeper_record(s, r);
		return;
	}
	if (!name_equal(r->kind == RECORD_COPY ? &r->sender : &r->receiver, &s->user))
		return;
	switch (r->kind) {
	case RECORD_MESSAGE:
		message(s, r, from, pid);
		break;
	case RECORD_COPY:
		copy(s, r);
		break;
	case RECORD_RECEIPT:
		sent_receipt(s, r, pid);
		break;
	case RECORD_REFUSED:
		sent_refused(s, r, pid);
		break;
	case RECORD_TYPING:
		typing(s, r);
		break;
	case RECORD_ASK:
		ask(s, from, pid);
		break;
	default:
		break;
	}
}

void
session_presence(struct session *s, const struct name *user, bool online)
{
	msg_presence(session_text(s), user, online);
	session_say(s);
}

void
session_listed(struct session *s, const struct name *users, size_t count)
{
	msg_users(session_text(s), users, count);
	session_say(s);
}
