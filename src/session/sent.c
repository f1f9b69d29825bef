/* What becomes of the messages that this client sends. */
#include "session/sent.h"

#include <string.h>

#include "session/hear.h"

#define GIVE_UP_MS 2000 /* when the outbox is full: what has waited so long makes room */
#define UNANSWERED_MS 10000 /* beyond the receiver's own limit: then something is wrong with it */

static void
receipt(struct session *s, const struct id *id, const char *ref, size_t ref_len, const struct name *receiver,
        enum record_status status, uint64_t time)
{
	msg_receipt(session_text(s), id, ref, ref_len, receiver, status == RECORD_READ ? "read" : status == RECORD_STORED ? "stored" : "delivered", time);
	session_say(s);
}

/* A message was delivered: the client hears of it, and so do the sender's other clients. */
static void
tell_all(struct session *s, const struct outbox_entry *entry, const struct id *id, uint64_t time)
{
	struct record *copy;

	receipt(s, id, entry->ref, strlen(entry->ref), &entry->receiver, RECORD_DELIVERED, time);
	copy = hear_answer(s, &s->user, 0, RECORD_COPY);
	copy->payload = (const char *)buf_at(&s->text);
	copy->payload_len = buf_len(&s->text);
}

/* An entry is done with; with the last, what is in the spool. */
static void
done(struct session *s, struct outbox_entry *entry)
{
	bool kept = entry->keeping;

	outbox_done(&s->outbox, entry);
	if (kept && s->outbox.kept == 0)
		unsaved_none(s);
}

/* The receiver's process says so. Of a message that some store was given, the store says it, or two would. */
static void
delivered(struct session *s, struct outbox_entry *entry, const struct id *id, uint64_t time)
{
	if (entry->given || entry->had || (entry->keeping && s->phase != SESSION_IN))
		return;
	tell_all(s, entry, id, time);
	entry->had = true;
	if (entry->keeping)
		unsaved_delivered(s, &entry->id);
	if (!entry->keeping || keeper_is_long_away(s) || s->outbox.count == OUTBOX_MAX || s->outbox.bytes >= KEEPER_BYTES_MAX)
		done(s, entry);
}

void
sent_to_oneself(struct session *s, const struct id *id, const struct id *shown)
{
	struct outbox_entry *entry = outbox_find(&s->outbox, id, THIS_CONNECTION);

	if (entry)
		delivered(s, entry, shown, s->time);
}

/* The store will never have it. */
static void
not_kept(struct session *s, const struct outbox_entry *entry)
{
	struct record kept;

	if (record_decode(&kept, entry->kept, entry->kept_len) > 0)
		chain_refused(&s->keeper.chain, &entry->receiver, &entry->id, &kept.prev);
	unsaved_refused(s, &entry->id);
}

static void
give_up(struct session *s, struct outbox_entry *entry)
{
	const char *detail = entry->error == MSG_RECEIVER_OFFLINE ? "the receiver left before it was delivered"
	                     : entry->error == MSG_UNAVAILABLE    ? "the receiver takes no more at present"
	                                                          : "the receiver refused it";

	if (!entry->had)
		session_error(s, entry->error, detail, entry->ref);
	if (!entry->had && entry->keeping)
		not_kept(s, entry);
	done(s, entry);
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
sent_has_room(struct session *s)
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
sent_deadline(const struct session *s)
{
	const struct outbox_entry *oldest = outbox_oldest(&s->outbox);

	if (!oldest)
		return -1;
	if (oldest->keeping && !keeper_is_there(s))
		return (oldest->since > s->keeper.troubled_at ? oldest->since : s->keeper.troubled_at) + KEEPER_OUTAGE_MS;
	return oldest->since + s->conf->stall_timeout + UNANSWERED_MS;
}

void
sent_tick(struct session *s)
{
	struct outbox_entry *oldest = outbox_oldest(&s->outbox);

	if (!oldest || s->now < sent_deadline(s))
		return;
	oldest->error = MSG_UNAVAILABLE;
	give_up(s, oldest);
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
	if (!(kept.status & RECORD_KEEPING))
		return entry;
	if (outbox_keep(&s->outbox, entry, &kept) < 0) {
		outbox_done(&s->outbox, entry);
		return NULL;
	}
	unsaved_message(s, entry);
	return entry;
}

static void
not_sent(struct session *s, const struct bus_reach *reach)
{
	if (reach->full)
		session_error(s, MSG_UNAVAILABLE, "the receiver takes no more at present", s->msg.ref);
	else if (s->keeper.expected)
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
	size_t reached = reach->count + to_self + (keeper_holds(s, r->status) ? reach->full : 0); /* by the store, when it is back */

	if (reached == 0 && !(keeping && keeper_is_there(s))) {
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
		chain_sent(&s->keeper.chain, &r->receiver, &r->id);
	if (!to_self) {
		struct record *copy = hear_answer(s, &s->user, 0, RECORD_COPY);

		copy->receiver = r->receiver;
		copy->id = r->id;
		copy->ref = r->ref;
		copy->ref_len = r->ref_len;
		copy->payload = r->payload;
		copy->payload_len = r->payload_len;
		return;
	}
	error = hear_arrive(s, r, &s->user, THIS_CONNECTION);
	if (error == MSG_OK) {
		entry->pids[entry->waiting++] = THIS_CONNECTION;
	} else if (entry->waiting == 0) {
		entry->error = error;
		undelivered(s, entry);
	}
}

static void
get_shown(const struct record *r, struct id *shown)
{
	*shown = r->id;
	if (r->payload_len == ID_SIZE)
		memcpy(shown->bytes, r->payload, ID_SIZE);
}

void
sent_receipt(struct session *s, const struct record *r, pid_t pid)
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
	chain_delivered(&s->keeper.chain, &entry->receiver, &entry->id);
	delivered(s, entry, &shown, r->time);
}

void
sent_refused(struct session *s, const struct record *r, pid_t pid)
{
	struct outbox_entry *entry = outbox_find(&s->outbox, &r->id, pid);

	if (entry && outbox_give_up(entry, pid, r->status > MSG_OK && r->status < MSG_ERRORS ? r->status : MSG_UNAVAILABLE))
		undelivered(s, entry);
}

void
sent_store_receipt(struct session *s, const struct record *r)
{
	struct outbox_entry *entry;
	struct id shown;

	if (r->status == RECORD_STORED) {
		entry = outbox_find_kept(&s->outbox, &r->id);
		if (!entry)
			return;
		get_shown(r, &shown);
		if (!entry->had)
			receipt(s, &shown, entry->ref, strlen(entry->ref), &entry->receiver, RECORD_STORED, r->time);
		keeper_took(s);
		done(s, entry);
	} else if (r->status == RECORD_DELIVERED || r->status == RECORD_READ) {
		if (r->status == RECORD_DELIVERED)
			chain_delivered(&s->keeper.chain, &r->sender, &r->id);
		receipt(s, &r->id, r->ref, r->ref_len, &r->sender, r->status, r->time);
	}
}

void
sent_store_refused(struct session *s, const struct record *r)
{
	static const char *const details[MSG_ERRORS] = {
		[MSG_MAILBOX_FULL] = "the receiver's mailbox takes no more",
		[MSG_BLOCKED] = "the receiver does not want it",
		[MSG_NO_SUCH_USER] = "nobody of that name has been here",
		[MSG_UNAVAILABLE] = "the store can't keep it",
	};
	enum msg_error error = r->status < MSG_ERRORS && details[r->status] ? r->status : MSG_UNAVAILABLE;
	struct outbox_entry *entry = outbox_find_kept(&s->outbox, &r->id);

	if (!entry)
		return;
	not_kept(s, entry);
	if (!entry->had)
		session_error(s, error, details[error], entry->ref);
	done(s, entry);
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
