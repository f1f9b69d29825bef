#include "session/keeper.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "session/hear.h"
#include "session/session.h"
#include "session/talk.h"

#define ANSWER_MS 3000  /* for the store's answer, before it is asked again */
#define LATE_MS 50      /* before it is asked again for a message that has not come in, */
#define LATE_TRIES 100  /* and how often */
#define OUTAGE_MS 5000  /* a new connection leaves the store so long to come back, lest it speaks out of turn */
#define RESEND_MS 5000  /* without a word about a message that the store was sent */

static struct record *
tell(struct session *s, enum record_kind kind)
{
	struct session_action *action = session_do(s, SESSION_KEEP);

	s->keeper.telling = kind;
	action->user = name_store();
	action->pid = s->keeper.pid; /* and no other: the list may still have one that was killed */
	action->record = (struct record){.kind = kind, .time = s->time, .sender = s->user, .receiver = name_store()};
	return &action->record;
}

void
keeper_free(struct keeper *k)
{
	free(k->peers);
	free(k->confirms);
	buf_free(&k->blocks);
}

bool
keeper_is_there(const struct session *s)
{
	return s->keeper.greeted;
}

void
session_store(struct session *s, bool expected, pid_t pid)
{
	struct keeper *k = &s->keeper;

	k->expected |= expected || pid;
	if (k->pid == pid)
		return;
	if (pid == 0)
		k->lost_at = s->now;
	k->pid = pid;
	k->told = k->greeted = k->asked = false;
	k->confirms_sent = 0;
	outbox_unsend(&s->outbox);
}

void
keeper_begin(struct session *s)
{
	struct keeper *k = &s->keeper;

	k->joined_at = k->told_at = s->now;
	k->behind = k->expected;
	k->welcoming = true;
	if (k->pid == 0) {
		k->welcoming = false;
		talk_welcome(s, 0);
	}
}

bool
keeper_lets_read(struct session *s)
{
	const struct keeper *k = &s->keeper;

	return !k->welcoming && s->outbox.bytes < KEEPER_BYTES_MAX && !(k->greeted && outbox_unsent(&s->outbox));
}

/* Messages that wait for the store, in order, then what was delivered, then the question for what was missed. */
static bool
tell_message(struct session *s)
{
	struct outbox_entry *entry = outbox_unsent(&s->outbox);
	struct record *r;

	if (!entry)
		return false;
	r = tell(s, RECORD_MESSAGE);
	if (record_decode(r, entry->kept, entry->kept_len) > 0 && entry->had)
		r->status |= RECORD_HAD;
	return true;
}

/* The store takes no more at present: it is told later. */
static void
not_told(struct session *s)
{
	struct keeper *k = &s->keeper;

	k->full_until = s->now + LATE_MS;
	if (k->telling == RECORD_LOGIN)
		k->told = false;
	else if (k->telling == RECORD_NEXT)
		k->asked = false;
	else if (k->telling == RECORD_RECEIPT && k->confirms_sent > 0)
		k->confirms_sent--;
	else if (k->telling == RECORD_QUERY)
		session_error(s, MSG_UNAVAILABLE, "the store takes no more at present", s->msg.ref);
}

void
session_kept(struct session *s, const struct bus_reach *reach)
{
	struct outbox_entry *entry = outbox_unsent(&s->outbox);

	if (reach->count == 0) {
		not_told(s);
	} else if (s->keeper.telling == RECORD_MESSAGE && entry) {
		entry->sent = true;
		entry->sent_at = s->now;
	}
}

static bool
tell_delivered(struct session *s)
{
	struct keeper *k = &s->keeper;
	struct keeper_confirm *c;
	struct record *r;

	if (k->confirms_sent >= k->confirms_count)
		return false;
	if (k->confirms_sent == 0)
		k->confirmed_at = s->now;
	c = &k->confirms[(k->confirms_first + k->confirms_sent++) % KEEPER_CONFIRMS];
	r = tell(s, RECORD_RECEIPT);
	r->status = RECORD_DELIVERED;
	r->id = c->id;
	r->receiver = c->from;
	return true;
}

static void
ask_next(struct session *s)
{
	struct keeper *k = &s->keeper;
	struct next n = k->next;
	struct record *r;

	if (!k->behind || k->asked || s->now < k->retry_at || buf_len(&s->out) > SESSION_OUT_MAX / 4 ||
	    s->inbox.count > INBOX_MAX / 2)
		return;
	k->asked = true;
	k->asked_at = s->now;
	k->missed = false;
	if (!k->caught_up)
		n.from = n.want = (struct id){0}; /* first what waits */
	if (next_put(session_text(s), &n) < 0)
		return;
	r = tell(s, RECORD_NEXT);
	r->payload = (const char *)buf_at(&s->text);
	r->payload_len = buf_len(&s->text);
}

void
keeper_step(struct session *s)
{
	struct keeper *k = &s->keeper;

	if (s->phase < SESSION_IN || k->pid == 0 || s->now < k->full_until)
		return;
	if (s->phase == SESSION_IN && !k->told) {
		k->told = true;
		k->told_at = s->now;
		tell(s, RECORD_LOGIN);
	} else if (k->greeted && !tell_delivered(s) && !tell_message(s) && s->phase == SESSION_IN) {
		ask_next(s);
	}
}

static struct keeper_peer *
find_peer(struct session *s, const struct name *user, bool make)
{
	struct keeper *k = &s->keeper;
	struct keeper_peer *oldest;

	if (!k->peers && make)
		k->peers = calloc(KEEPER_PEERS, sizeof *k->peers);
	if (!k->peers)
		return NULL;
	oldest = k->peers;
	for (struct keeper_peer *p = k->peers; p < k->peers + KEEPER_PEERS; p++) {
		if (p->user.len > 0 && name_equal(&p->user, user)) {
			p->used = ++k->uses;
			return p;
		}
		if (p->used < oldest->used)
			oldest = p;
	}
	if (!make)
		return NULL;
	*oldest = (struct keeper_peer){.user = *user, .used = ++k->uses};
	return oldest;
}

/* Without the store it does not count if it is known to have arrived. */
struct id
keeper_last(struct session *s, const struct name *receiver)
{
	const struct keeper_peer *p = find_peer(s, receiver, false);

	if (!p || (p->delivered && !s->keeper.greeted))
		return (struct id){0};
	return p->last;
}

void
keeper_sent(struct session *s, const struct name *receiver, const struct id *id)
{
	struct keeper_peer *p = find_peer(s, receiver, true);

	if (p) {
		p->last = *id;
		p->before = p->delivered;
		p->delivered = false;
	}
}

void
keeper_had(struct session *s, const struct id *id)
{
	s->keeper.had[s->keeper.had_next++ % KEEPER_HAD] = *id;
}

bool
keeper_was_had(const struct session *s, const struct id *id)
{
	for (size_t i = 0; i < KEEPER_HAD; i++)
		if (id_order(&s->keeper.had[i], id) == 0)
			return true;
	return false;
}

void
keeper_was_refused(struct session *s, const struct name *receiver, const struct id *id, const struct id *prev)
{
	struct keeper_peer *p = find_peer(s, receiver, false);

	if (!p || id_order(&p->last, id) != 0)
		return;
	p->last = *prev;
	p->delivered = p->before;
	p->before = false;
}

void
keeper_was_delivered(struct session *s, const struct name *receiver, const struct id *id)
{
	struct keeper_peer *p = find_peer(s, receiver, false);

	if (p && id_order(&p->last, id) == 0)
		p->delivered = true;
}

/* From here on all comes by the store, until nothing is missing. */
static void
miss(struct session *s, const struct id *from, const struct id *want)
{
	struct keeper *k = &s->keeper;

	if (!k->behind || !id_is_set(&k->next.from)) {
		k->next.from = *from;
		if (k->caught_up)
			k->next.after = k->base;
	}
	k->behind = true;
	k->next.want = *want;
	k->tries = 0;
}

void
keeper_miss(struct session *s, const struct record *r)
{
	miss(s, &r->id, &r->id);
}

enum keeper_verdict
keeper_judge(struct session *s, const struct record *r)
{
	struct keeper *k = &s->keeper;
	bool follows = id_is_set(&r->prev) && seen_id(&s->seen, &r->prev);

	if (!s->conf->store || !k->expected)
		return KEEPER_SHOW;
	if (r->status & RECORD_KEEPING) {
		if (!k->behind && follows)
			return KEEPER_SHOW;
		miss(s, id_is_set(&r->prev) ? &r->prev : &r->id, &r->id);
		return KEEPER_LATER;
	}
	if (k->greeted ? k->behind : s->now < k->joined_at + OUTAGE_MS && k->behind)
		return KEEPER_REFUSE;
	return id_is_set(&r->prev) && !follows ? KEEPER_REFUSE : KEEPER_SHOW;
}

void
keeper_confirm(struct session *s, const struct id *id, const struct name *from)
{
	struct keeper *k = &s->keeper;

	if (!k->confirms)
		k->confirms = calloc(KEEPER_CONFIRMS, sizeof *k->confirms);
	if (!k->confirms)
		return;
	if (k->confirms_count == KEEPER_CONFIRMS) { /* it has been away for long: the oldest may come once more */
		k->confirms_first = (k->confirms_first + 1) % KEEPER_CONFIRMS;
		k->confirms_count--;
		k->confirms_sent -= k->confirms_sent > 0;
	}
	k->confirms[(k->confirms_first + k->confirms_count++) % KEEPER_CONFIRMS] = (struct keeper_confirm){*id, *from};
}

/* They are confirmed in the order in which they were told. */
static void
confirmed(struct session *s, const struct id *id)
{
	struct keeper *k = &s->keeper;

	for (size_t i = 0; i < k->confirms_sent; i++) {
		if (id_order(&k->confirms[(k->confirms_first + i) % KEEPER_CONFIRMS].id, id) != 0)
			continue;
		k->confirms_first = (k->confirms_first + i + 1) % KEEPER_CONFIRMS;
		k->confirms_count -= i + 1;
		k->confirms_sent -= i + 1;
		k->confirmed_at = s->now;
		return;
	}
}

bool
keeper_blocks(const struct session *s, const struct name *sender)
{
	const char *at = (const char *)buf_at(&s->keeper.blocks);
	size_t len = buf_len(&s->keeper.blocks);
	struct name name;

	while (names_next(&at, &len, &name))
		if (name_equal(&name, sender))
			return true;
	return false;
}

static void
greeting(struct session *s, const struct record *r)
{
	struct keeper *k = &s->keeper;
	int64_t pending = 0, last = 0;
	bool good = greeting_get(&pending, &last, r) == 0;

	k->greeted = true;
	k->behind = true;
	k->retry_at = 0;
	if (!k->has_base)
		k->base = last;
	k->has_base = good;
	if (k->caught_up)
		k->next.after = k->base;
	if (!k->welcoming)
		return;
	k->welcoming = false;
	talk_welcome(s, pending);
}

static void
kept(struct session *s, const struct record *r)
{
	if (!s->keeper.missed && !hear_kept(s, r))
		s->keeper.missed = true;
}

/* The answer is over: all that there was has been sent, or there is more, or what is waited for is not in yet. */
static void
batch(struct session *s, const struct record *r)
{
	struct keeper *k = &s->keeper;
	struct next n;

	if (next_get(&n, r) < 0 || !k->asked)
		return;
	k->asked = false;
	if (k->missed)
		return;
	k->next.after = n.after;
	if (n.more)
		return;
	if (!k->caught_up) {
		k->caught_up = true;
		k->behind = id_is_set(&k->next.want);
		k->next.after = k->base;
		return;
	}
	if (n.late && ++k->tries < LATE_TRIES) {
		k->retry_at = s->now + LATE_MS;
		return;
	}
	if (id_order(&n.want, &k->next.want) != 0)
		return; /* another was missed meanwhile */
	k->behind = false;
	k->tries = 0;
	k->next.from = k->next.want = (struct id){0};
}

static void
say(struct session *s, const struct record *r)
{
	if (s->phase == SESSION_IN && session_has_room(s, r->payload_len))
		session_frame(s, FRAME_TEXT, r->payload, r->payload_len);
}

static void
blocks(struct session *s, const struct record *r)
{
	buf_clear(&s->keeper.blocks);
	buf_add(&s->keeper.blocks, r->payload, r->payload_len);
}

void
keeper_record(struct session *s, const struct record *r)
{
	switch (r->kind) {
	case RECORD_GREETING:
		greeting(s, r);
		break;
	case RECORD_KEPT:
		kept(s, r);
		break;
	case RECORD_BATCH:
		batch(s, r);
		break;
	case RECORD_BEHIND:
		if (!seen_id(&s->seen, &r->id))
			keeper_miss(s, r);
		break;
	case RECORD_ANSWER:
		say(s, r);
		break;
	case RECORD_BLOCKS:
		blocks(s, r);
		break;
	case RECORD_RECEIPT:
		if (r->status == RECORD_CONFIRMED)
			confirmed(s, &r->id);
		else
			hear_store_receipt(s, r);
		break;
	case RECORD_REFUSED:
		hear_store_refused(s, r);
		break;
	default:
		break;
	}
}

void
keeper_ask(struct session *s)
{
	struct record *r;

	if (!keeper_is_there(s)) {
		session_error(s, MSG_UNAVAILABLE, s->keeper.expected ? "the store is away at present" : "there is no store here", s->msg.ref);
		return;
	}
	r = tell(s, RECORD_QUERY);
	r->payload = s->keeper.said;
	r->payload_len = s->keeper.said_len;
}

int64_t
keeper_deadline(struct session *s)
{
	const struct keeper *k = &s->keeper;
	const struct outbox_entry *oldest = outbox_oldest(&s->outbox);
	int64_t at = -1;

	if (k->welcoming)
		at = clock_sooner(at, k->told_at + KEEPER_GREETING_MS);
	if (k->pid == 0)
		return at;
	if (!k->greeted)
		return clock_sooner(at, k->told_at + KEEPER_GREETING_MS);
	if (k->asked)
		at = clock_sooner(at, k->asked_at + ANSWER_MS);
	else if (k->behind && k->full_until <= s->now && buf_len(&s->out) <= SESSION_OUT_MAX / 4 && s->inbox.count <= INBOX_MAX / 2)
		at = clock_sooner(at, k->retry_at > s->now ? k->retry_at : s->now);
	if (k->full_until > s->now)
		at = clock_sooner(at, k->full_until);
	if (k->confirms_sent > 0)
		at = clock_sooner(at, k->confirmed_at + ANSWER_MS);
	if (oldest && oldest->keeping && oldest->sent)
		at = clock_sooner(at, oldest->sent_at + RESEND_MS);
	return at;
}

void
keeper_tick(struct session *s)
{
	struct keeper *k = &s->keeper;
	const struct outbox_entry *oldest = outbox_oldest(&s->outbox);

	if (k->welcoming && s->now >= k->told_at + KEEPER_GREETING_MS) {
		k->welcoming = false;
		talk_welcome(s, 0);
	}
	if (k->pid && !k->greeted && s->now >= k->told_at + KEEPER_GREETING_MS)
		k->told = false;
	if (k->asked && s->now >= k->asked_at + ANSWER_MS)
		k->asked = false;
	if (k->confirms_sent > 0 && s->now >= k->confirmed_at + ANSWER_MS)
		k->confirms_sent = 0;
	if (k->greeted && oldest && oldest->keeping && oldest->sent && s->now >= oldest->sent_at + RESEND_MS)
		outbox_unsend(&s->outbox);
}
