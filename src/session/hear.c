#include "session/hear.h"

#include <stdio.h>
#include <string.h>

#include "ws/utf8.h"

#define GIVE_UP_MS 2000 /* when the outbox is full: what has waited so long makes room */
#define THIS_CONNECTION 0
#define FROM_STORE (-1)
#define UNANSWERED_MS 10000 /* beyond the receiver's own limit: then something is wrong with it */
#define OUTAGE_MS 10000     /* that a message waits for a store to come back */

void
hear_welcome(struct session *s, int64_t pending)
{
	struct msg_limits limits = {(size_t)s->conf->max_message, (unsigned)s->conf->rate, (unsigned)s->conf->burst};

	msg_welcome(session_text(s), &s->user, s->number, &limits, pending);
	session_say(s);
}

/* Sends a record of this user to one connection (0: all others) of another. */
static struct record *
answer(struct session *s, const struct name *to, pid_t pid, enum record_kind kind)
{
	struct session_action *action = session_do(s, SESSION_SEND);

	action->user = *to;
	action->pid = pid;
	action->record = (struct record){.kind = kind, .time = s->time, .sender = s->user, .receiver = *to};
	return &action->record;
}

static void
receipt(struct session *s, const struct id *id, const char *ref, size_t ref_len, const struct name *receiver,
        enum record_status status, uint64_t time)
{
	msg_receipt(session_text(s), id, ref, ref_len, receiver, status == RECORD_READ ? "read" : status == RECORD_STORED ? "stored" : "delivered", time);
	session_say(s);
}

/* Something became of a message: the client hears of it, and so do the sender's other clients. */
static void
tell_all(struct session *s, const struct outbox_entry *entry, const struct id *id, enum record_status status, uint64_t time)
{
	struct record *copy;

	receipt(s, id, entry->ref, strlen(entry->ref), &entry->receiver, status, time);
	copy = answer(s, &s->user, 0, RECORD_COPY);
	copy->payload = (const char *)buf_at(&s->text);
	copy->payload_len = buf_len(&s->text);
}

/* A message was delivered for the first time. The store, if it is to have the message, has still to say so. */
static void
delivered(struct session *s, struct outbox_entry *entry, const struct id *id, uint64_t time)
{
	if (!entry->had)
		tell_all(s, entry, id, RECORD_DELIVERED, time);
	if (entry->keeping && !entry->had)
		keeper_had(s, &entry->id);
	entry->had = true;
	if (!entry->keeping)
		outbox_done(&s->outbox, entry);
}

static void
give_up(struct session *s, struct outbox_entry *entry)
{
	const char *detail = entry->error == MSG_RECEIVER_OFFLINE ? "the receiver left before it was delivered"
	                     : entry->error == MSG_UNAVAILABLE    ? "the receiver takes no more at present"
	                                                          : "the receiver refused it";

	if (!entry->had)
		session_error(s, entry->error, detail, entry->ref);
	outbox_done(&s->outbox, entry);
}

/* The store says what becomes of a message that it is to have, and nobody else. */
static void
undelivered(struct session *s, struct outbox_entry *entry)
{
	if (entry->keeping)
		return;
	give_up(s, entry);
}

bool
hear_outbox_has_room(struct session *s)
{
	struct outbox_entry *oldest;

	if (s->outbox.count < OUTBOX_MAX)
		return true;
	oldest = outbox_oldest(&s->outbox);
	if (oldest->keeping || s->now - oldest->since < GIVE_UP_MS)
		return false;
	oldest->error = MSG_UNAVAILABLE;
	undelivered(s, oldest);
	return true;
}

int64_t
hear_outbox_deadline(const struct session *s)
{
	const struct outbox_entry *oldest = outbox_oldest(&s->outbox);

	if (!oldest)
		return -1;
	if (oldest->keeping && !keeper_is_there(s))
		return (oldest->since > s->keeper.lost_at ? oldest->since : s->keeper.lost_at) + OUTAGE_MS;
	return oldest->since + s->conf->stall_timeout + UNANSWERED_MS;
}

void
hear_outbox_tick(struct session *s)
{
	struct outbox_entry *oldest = outbox_oldest(&s->outbox);

	if (!oldest || s->now < hear_outbox_deadline(s))
		return;
	oldest->error = MSG_UNAVAILABLE;
	give_up(s, oldest);
}

/* What the client has shown that it read: its sender is told. */
static void
read_by_client(struct session *s, const struct inbox_entry *entry)
{
	struct outbox_entry *own;
	struct record *r;

	if (entry->kept)
		keeper_confirm(s, &entry->id, &entry->from);
	if (entry->kept && (s->keeper.pid || entry->pid == FROM_STORE))
		return;
	if (entry->pid == THIS_CONNECTION) {
		own = outbox_find(&s->outbox, &entry->id, THIS_CONNECTION);
		if (own)
			delivered(s, own, &entry->shown, s->time);
		return;
	}
	r = answer(s, &entry->from, entry->pid, RECORD_RECEIPT);
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
static enum msg_error
arrive(struct session *s, const struct record *r, const struct name *from, pid_t pid)
{
	enum msg_error error;

	if ((r->status & RECORD_KEEPING) && seen_id(&s->seen, &r->id))
		return MSG_OK;
	if (keeper_blocks(s, &r->sender))
		return MSG_BLOCKED;
	switch (keeper_judge(s, r)) {
	case KEEPER_LATER:
		return MSG_OK;
	case KEEPER_REFUSE:
		return MSG_UNAVAILABLE;
	default:
		break;
	}
	error = show(s, r, from, pid);
	if (error == MSG_UNAVAILABLE && (r->status & RECORD_KEEPING) && s->keeper.expected && s->conf->store) {
		keeper_miss(s, r);
		return MSG_OK;
	}
	return error;
}

bool
hear_kept(struct session *s, const struct record *r)
{
	return seen_id(&s->seen, &r->id) || show(s, r, &r->sender, FROM_STORE) == MSG_OK;
}

static struct outbox_entry *
add_to_outbox(struct session *s, const struct bus_reach *reach)
{
	struct outbox_entry *entry = outbox_add(&s->outbox);
	struct record kept = s->sending;

	if (!entry)
		return NULL;
	entry->id = kept.id;
	entry->since = s->now;
	entry->receiver = kept.receiver;
	memcpy(entry->ref, kept.ref, kept.ref_len);
	memcpy(entry->pids, reach->pids, reach->count * sizeof *reach->pids);
	entry->waiting = (uint8_t)reach->count;
	if (reach->full)
		kept.status |= RECORD_UNREACHED;
	if ((kept.status & RECORD_KEEPING) && outbox_keep(&s->outbox, entry, &kept) < 0) {
		outbox_done(&s->outbox, entry);
		return NULL;
	}
	return entry;
}

static void
not_sent(struct session *s, const struct bus_reach *reach)
{
	if (reach->full)
		session_error(s, MSG_UNAVAILABLE, "the receiver takes no more at present", s->msg.ref);
	else if (s->keeper.expected && s->conf->store)
		session_error(s, MSG_UNAVAILABLE, "the receiver is not online, and the store is away", s->msg.ref);
	else
		session_error(s, MSG_RECEIVER_OFFLINE, "the receiver is not online", s->msg.ref);
}

void
session_sent(struct session *s, const struct bus_reach *reach)
{
	const struct record *r = &s->sending;
	bool to_self = name_equal(&r->receiver, &s->user), keeping = r->status & RECORD_KEEPING;
	struct outbox_entry *entry;
	enum msg_error error;

	if (reach->count + to_self == 0 && !keeping) {
		not_sent(s, reach);
		return;
	}
	entry = add_to_outbox(s, reach);
	if (!entry) {
		session_error(s, MSG_UNAVAILABLE, "no memory", s->msg.ref);
		return;
	}
	s->messages_in++;
	if (keeping)
		keeper_sent(s, &r->receiver, &r->id);
	if (!to_self) {
		struct record *copy = answer(s, &s->user, 0, RECORD_COPY);

		copy->receiver = r->receiver;
		copy->id = r->id;
		copy->ref = r->ref;
		copy->ref_len = r->ref_len;
		copy->payload = r->payload;
		copy->payload_len = r->payload_len;
		return;
	}
	error = arrive(s, r, &s->user, THIS_CONNECTION);
	if (error == MSG_OK) {
		entry->pids[entry->waiting++] = THIS_CONNECTION;
	} else if (entry->waiting == 0) {
		entry->error = error;
		undelivered(s, entry);
	}
}

static void
message(struct session *s, const struct record *r, const struct name *from, pid_t pid)
{
	enum msg_error error = MSG_BAD_FIELD;
	struct record *refusal;

	if (utf8_is(r->payload, r->payload_len) &&
	    msg_private_is(r->payload, r->payload_len, &r->id, &r->sender, &r->receiver, r->time))
		error = arrive(s, r, from, pid);
	if (error == MSG_OK)
		return;
	refusal = answer(s, from, pid, RECORD_REFUSED);
	refusal->status = (uint8_t)error;
	refusal->id = r->id;
}

static void
get_shown(const struct record *r, struct id *shown)
{
	*shown = r->id;
	if (r->payload_len == ID_SIZE)
		memcpy(shown->bytes, r->payload, ID_SIZE);
}

void
hear_store_receipt(struct session *s, const struct record *r)
{
	struct outbox_entry *entry;
	struct id shown;

	if (r->status == RECORD_STORED) {
		entry = outbox_find_kept(&s->outbox, &r->id);
		if (!entry)
			return;
		get_shown(r, &shown);
		if (!entry->had)
			tell_all(s, entry, &shown, RECORD_STORED, r->time);
		outbox_done(&s->outbox, entry);
	} else if (r->status == RECORD_DELIVERED || r->status == RECORD_READ) {
		if (r->status == RECORD_DELIVERED)
			keeper_was_delivered(s, &r->sender, &r->id);
		if (r->status == RECORD_DELIVERED && keeper_was_had(s, &r->id))
			return;
		receipt(s, &r->id, r->ref, r->ref_len, &r->sender, r->status, r->time);
	}
}

void
hear_store_refused(struct session *s, const struct record *r)
{
	static const char *const details[MSG_ERRORS] = {
		[MSG_MAILBOX_FULL] = "the receiver's mailbox takes no more",
		[MSG_BLOCKED] = "the receiver does not want it",
		[MSG_NO_SUCH_USER] = "nobody of that name has been here",
		[MSG_UNAVAILABLE] = "the store can't keep it at present",
	};
	enum msg_error error = r->status < MSG_ERRORS && details[r->status] ? r->status : MSG_UNAVAILABLE;
	struct outbox_entry *entry = outbox_find_kept(&s->outbox, &r->id);
	struct record kept;

	if (!entry)
		return;
	if (record_decode(&kept, entry->kept, entry->kept_len) > 0)
		keeper_was_refused(s, &entry->receiver, &entry->id, &kept.prev);
	if (!entry->had)
		session_error(s, error, details[error], entry->ref);
	outbox_done(&s->outbox, entry);
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
receipt_record(struct session *s, const struct record *r, pid_t pid)
{
	struct outbox_entry *entry;
	struct id shown;

	if (r->status == RECORD_READ && s->phase == SESSION_IN && session_has_room(s, 0))
		receipt(s, &r->id, "", 0, &r->sender, RECORD_READ, r->time);
	if (r->status != RECORD_DELIVERED)
		return;
	entry = outbox_find(&s->outbox, &r->id, pid);
	if (!entry)
		return;
	get_shown(r, &shown);
	delivered(s, entry, &shown, r->time);
}

static void
refused(struct session *s, const struct record *r, pid_t pid)
{
	struct outbox_entry *entry = outbox_find(&s->outbox, &r->id, pid);

	if (entry && outbox_give_up(entry, pid, r->status > MSG_OK && r->status < MSG_ERRORS ? r->status : MSG_UNAVAILABLE))
		undelivered(s, entry);
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
	snprintf(facts.address, sizeof facts.address, "%s", s->address);
	msg_facts(session_text(s), &facts);
	reply = answer(s, from, pid, RECORD_FACTS);
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
		receipt_record(s, r, pid);
		break;
	case RECORD_REFUSED:
		refused(s, r, pid);
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
session_gone(struct session *s, const struct name *user, pid_t pid)
{
	struct outbox_entry *entry;
	size_t at = 0;

	if (name_is_store(user)) {
		if (pid == s->keeper.pid)
			session_store(s, true, 0);
		return;
	}
	while ((entry = outbox_next(&s->outbox, &at, pid))) {
		size_t before = s->outbox.count, left;

		if (!name_equal(&entry->receiver, user) || !outbox_give_up(entry, pid, MSG_RECEIVER_OFFLINE) || entry->keeping)
			continue; /* a folder may have an endpoint with a number that is another's */
		undelivered(s, entry);
		left = before - s->outbox.count; /* from the front, and with it those behind it that were done */
		at = at > left ? at - left : 0;
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
