/* How far this connection is behind what the store has for it, and how it comes up with that. */
#include "session/course.h"

#include "session/hear.h"
#include "session/session.h"

#define LATE_MS 50     /* before the store is asked again for a message that has not come in, */
#define LATE_TRIES 100 /* and how often */

void
course_fall_behind(struct keeper *k)
{
	if (k->course == KEEPER_CURRENT)
		k->course = KEEPER_BEHIND;
}

/* There will be no answer: it is to be asked again. */
void
course_unask(struct keeper *k)
{
	if (k->course != KEEPER_CURRENT)
		k->course = KEEPER_BEHIND;
}

static bool
has_asked(const struct keeper *k)
{
	return k->course == KEEPER_ASKED || k->course == KEEPER_OVERFLOWED;
}

/* Whether the client has room for an answer, besides what comes directly. */
static bool
takes_more(const struct session *s)
{
	return buf_len(&s->out) <= SESSION_OUT_MAX / 4 && s->inbox.count <= INBOX_MAX / 2;
}

void
course_ask(struct session *s)
{
	struct keeper *k = &s->keeper;
	struct next n = k->next;
	struct record *r;

	if (k->course != KEEPER_BEHIND || s->now < k->retry_at || !takes_more(s))
		return;
	k->course = KEEPER_ASKED;
	k->asked_at = s->now;
	if (k->mail != KEEPER_CAUGHT_UP)
		n.from = n.want = (struct id){0}; /* first what waits */
	if (next_put(session_text(s), &n) < 0)
		return;
	r = keeper_tell(s, RECORD_NEXT);
	r->payload = (const char *)buf_at(&s->text);
	r->payload_len = buf_len(&s->text);
}

/* From here on all comes by the store, until nothing is missing. */
static void
miss(struct session *s, const struct id *from, const struct id *want)
{
	struct keeper *k = &s->keeper;

	if (k->course == KEEPER_CURRENT || !id_is_set(&k->next.from)) {
		k->next.from = *from;
		if (k->mail == KEEPER_CAUGHT_UP)
			k->next.after = k->base;
	}
	course_fall_behind(k);
	k->next.want = *want;
	k->tries = 0;
}

void
course_miss(struct session *s, const struct record *r)
{
	miss(s, &r->id, &r->id);
}

bool
course_may_show(struct session *s, const struct record *r)
{
	struct keeper *k = &s->keeper;
	bool follows = id_is_set(&r->prev) ? seen_id(&s->seen, &r->prev) : (r->status & RECORD_AWAY) != 0;

	if (!k->expected || !(r->status & RECORD_KEEPING))
		return true;
	if (r->status & RECORD_AWAY) /* the store, when it is back, will tell of it: there is nobody to ask yet */
		return follows && (k->course == KEEPER_CURRENT || keeper_is_long_away(s));
	if (follows && k->course == KEEPER_CURRENT)
		return true;
	miss(s, id_is_set(&r->prev) ? &r->prev : &r->id, &r->id);
	return false;
}

void
course_kept(struct session *s, const struct record *r)
{
	if (s->keeper.course == KEEPER_ASKED && !hear_kept(s, r))
		s->keeper.course = KEEPER_OVERFLOWED;
}

/* The answer is over: all that there was has been sent, or there is more, or what is waited for is not in yet. */
void
course_batch(struct session *s, const struct record *r)
{
	struct keeper *k = &s->keeper;
	bool overflowed = k->course == KEEPER_OVERFLOWED;
	struct next n;

	if (next_get(&n, r) < 0 || !has_asked(k))
		return;
	k->course = KEEPER_BEHIND;
	if (overflowed)
		return;
	if (n.more && n.late) {
		k->retry_at = s->now + KEEPER_FAILED_MS;
		return;
	}
	k->next.after = n.after;
	if (n.more)
		return;
	if (k->mail != KEEPER_CAUGHT_UP) {
		k->mail = KEEPER_CAUGHT_UP;
		if (!id_is_set(&k->next.want))
			k->course = KEEPER_CURRENT;
		k->next.after = k->base;
		return;
	}
	if (n.late && ++k->tries < LATE_TRIES) {
		k->retry_at = s->now + LATE_MS;
		return;
	}
	if (id_order(&n.want, &k->next.want) != 0)
		return; /* another was missed meanwhile */
	k->course = KEEPER_CURRENT;
	k->tries = 0;
	k->next.from = k->next.want = (struct id){0};
}

int64_t
course_deadline(const struct session *s)
{
	const struct keeper *k = &s->keeper;

	if (has_asked(k))
		return k->asked_at + KEEPER_ANSWER_MS;
	if (k->course == KEEPER_BEHIND && k->full_until <= s->now && takes_more(s))
		return k->retry_at > s->now ? k->retry_at : s->now;
	return -1;
}

void
course_tick(struct session *s)
{
	if (has_asked(&s->keeper) && s->now >= s->keeper.asked_at + KEEPER_ANSWER_MS)
		course_unask(&s->keeper);
}
