#include "session/keeper.h"

#include "base/clock.h"
#include "session/ask.h"
#include "session/course.h"
#include "session/hear.h"
#include "session/sent.h"
#include "session/session.h"
#include "session/talk.h"

#define FULL_MS 50      /* before a store that took no more is tried again */
#define RESEND_MS 5000  /* without a word about a message that the store was sent */

struct record *
keeper_tell(struct session *s, enum record_kind kind)
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
	chain_free(&k->chain);
	confirms_free(&k->confirms);
	buf_free(&k->blocks);
}

bool
keeper_is_there(const struct session *s)
{
	return s->keeper.link == KEEPER_GREETED;
}

static void
in_trouble(struct session *s)
{
	if (!s->keeper.troubled_at)
		s->keeper.troubled_at = s->now;
}

/* What the store has not answered is given to it again once it has greeted this connection. */
static void
lose_link(struct session *s)
{
	s->keeper.link = KEEPER_UNTOLD;
	outbox_unsend(&s->outbox);
	confirms_untell_all(&s->keeper.confirms);
}

void
session_store(struct session *s, bool expected, pid_t pid)
{
	struct keeper *k = &s->keeper;

	k->expected |= expected || pid;
	if (k->pid == pid)
		return;
	if (k->pid)
		in_trouble(s);
	k->pid = pid;
	k->met = false;
	lose_link(s);
	ask_lost(s);
	course_unask(k);
}

/* The store could not keep something. */
static void
failed(struct session *s)
{
	in_trouble(s);
	lose_link(s);
	s->keeper.full_until = s->now + KEEPER_FAILED_MS;
}

void
keeper_took(struct session *s)
{
	s->keeper.troubled_at = 0;
}

bool
keeper_is_long_away(const struct session *s)
{
	return !keeper_is_there(s) && s->keeper.troubled_at && s->now >= s->keeper.troubled_at + KEEPER_OUTAGE_MS;
}

uint8_t
keeper_flags(struct session *s, const struct name *receiver)
{
	if (!s->keeper.expected)
		return 0;
	if (keeper_is_there(s))
		return RECORD_KEEPING;
	return RECORD_KEEPING | (chain_knows(&s->keeper.chain, receiver) || keeper_is_long_away(s) ? RECORD_AWAY : 0);
}

void
keeper_begin(struct session *s)
{
	struct keeper *k = &s->keeper;

	k->told_at = s->now;
	k->course = k->expected ? KEEPER_BEHIND : KEEPER_CURRENT;
	k->welcoming = k->pid != 0;
	if (k->expected && !k->pid)
		in_trouble(s);
	if (!k->welcoming)
		talk_welcome(s, 0);
}

bool
keeper_lets_read(struct session *s)
{
	const struct keeper *k = &s->keeper;

	return !k->welcoming && s->outbox.bytes < KEEPER_BYTES_MAX && !(keeper_is_there(s) && outbox_unsent(&s->outbox));
}

/* The first of the messages that the store has not been sent. */
static bool
tell_message(struct session *s)
{
	struct outbox_entry *entry = outbox_unsent(&s->outbox);
	struct record *r;

	if (!entry)
		return false;
	r = keeper_tell(s, RECORD_MESSAGE);
	if (record_decode(r, entry->kept, entry->kept_len) > 0 && entry->had)
		r->status |= RECORD_HAD;
	r->link = s->keeper.number;
	return true;
}

/* The store takes no more at present: it is told later. */
static void
not_told(struct session *s)
{
	struct keeper *k = &s->keeper;

	k->full_until = s->now + FULL_MS;
	if (k->telling == RECORD_LOGIN)
		k->link = KEEPER_UNTOLD;
	else if (k->telling == RECORD_NEXT)
		course_unask(k);
	else if (k->telling == RECORD_RECEIPT)
		confirms_untell(&k->confirms);
	else if (k->telling == RECORD_QUERY)
		ask_not_sent(s);
}

void
session_kept(struct session *s, const struct bus_reach *reach)
{
	struct outbox_entry *entry = outbox_unsent(&s->outbox);

	if (reach->count == 0) {
		not_told(s);
	} else if (s->keeper.telling == RECORD_MESSAGE && entry) {
		entry->sent = entry->given = true;
		entry->sent_at = s->now;
	}
}

static bool
tell_delivered(struct session *s)
{
	struct keeper *k = &s->keeper;
	const struct confirm *c = confirms_tell(&k->confirms);
	struct record *r;

	if (!c)
		return false;
	if (k->confirms.told == 1)
		k->confirmed_at = s->now;
	r = keeper_tell(s, RECORD_RECEIPT);
	r->status = RECORD_DELIVERED;
	r->link = k->number;
	r->id = c->id;
	r->receiver = c->from;
	return true;
}

/* First what was delivered, then the messages, in order, then the question for what was missed. */
void
keeper_step(struct session *s)
{
	struct keeper *k = &s->keeper;

	if (s->phase < SESSION_IN || k->pid == 0 || s->now < k->full_until)
		return;
	if (s->phase == SESSION_IN && k->link == KEEPER_UNTOLD) {
		k->link = KEEPER_TOLD;
		k->told_at = s->now;
		keeper_tell(s, RECORD_LOGIN);
	} else if (keeper_is_there(s) && !tell_delivered(s) && !tell_message(s) && s->phase == SESSION_IN) {
		course_ask(s);
	}
}

bool
keeper_holds(const struct session *s, uint8_t flags)
{
	return (flags & RECORD_KEEPING) && !(flags & RECORD_AWAY) && !keeper_is_there(s);
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
	struct greeting g;
	bool good = greeting_get(&g, r) == 0;

	k->link = KEEPER_GREETED;
	k->number = g.link;
	if (!k->met) { /* what the one before knew of, it may not */
		course_fall_behind(k);
		k->retry_at = 0;
		if (s->outbox.kept == 0)
			k->troubled_at = 0; /* else it has to keep something first */
	}
	k->met = true;
	if (k->mail == KEEPER_UNCOUNTED)
		k->base = g.last;
	if (k->mail == KEEPER_UNCOUNTED && good)
		k->mail = KEEPER_WAITING;
	if (k->mail == KEEPER_CAUGHT_UP)
		k->next.after = k->base;
	if (!k->welcoming)
		return;
	k->welcoming = false;
	talk_welcome(s, g.pending);
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
		course_kept(s, r);
		break;
	case RECORD_BATCH:
		course_batch(s, r);
		break;
	case RECORD_BEHIND:
		if (!seen_id(&s->seen, &r->id))
			course_miss(s, r);
		break;
	case RECORD_ANSWER:
		ask_answered(s, r);
		break;
	case RECORD_BLOCKS:
		blocks(s, r);
		break;
	case RECORD_RECEIPT:
		if (r->status != RECORD_CONFIRMED)
			sent_store_receipt(s, r);
		else if (confirms_done(&s->keeper.confirms, &r->id)) {
			s->keeper.confirmed_at = s->now;
			keeper_took(s);
		}
		break;
	case RECORD_REFUSED:
		if (r->status == MSG_UNAVAILABLE)
			failed(s); /* that, and all that was told since, is told again */
		else
			sent_store_refused(s, r);
		break;
	default:
		break;
	}
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
	if (k->link == KEEPER_UNTOLD)
		return clock_sooner(at, k->full_until > s->now ? k->full_until : s->now);
	if (k->link == KEEPER_TOLD)
		return clock_sooner(at, k->told_at + KEEPER_GREETING_MS);
	at = clock_sooner(at, course_deadline(s));
	if (k->full_until > s->now)
		at = clock_sooner(at, k->full_until);
	if (k->confirms.told > 0)
		at = clock_sooner(at, k->confirmed_at + KEEPER_ANSWER_MS);
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
	if (k->link == KEEPER_TOLD && s->now >= k->told_at + KEEPER_GREETING_MS) {
		in_trouble(s);
		k->link = KEEPER_UNTOLD;
	}
	course_tick(s);
	if (k->confirms.told > 0 && s->now >= k->confirmed_at + KEEPER_ANSWER_MS)
		confirms_untell_all(&k->confirms);
	if (keeper_is_there(s) && oldest && oldest->keeping && oldest->sent && s->now >= oldest->sent_at + RESEND_MS)
		outbox_unsend(&s->outbox);
}
