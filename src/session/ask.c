#include "session/ask.h"

#include <string.h>

#include "session/session.h"

void
ask_store(struct session *s)
{
	struct ask *ask = &s->ask;
	struct question *q = &ask->waiting[ask->count];
	struct record *r;

	if (!s->keeper.pid) {
		session_error(s, MSG_UNAVAILABLE, s->keeper.expected ? "the store is away at present" : "there is no store here", s->msg.ref);
		return;
	}
	if (ask->count == ASK_MAX) {
		session_error(s, MSG_SLOW_DOWN, "too many questions that have no answer yet", s->msg.ref);
		return;
	}
	ask->count++;
	ask->asked++;
	memcpy(q->id.bytes, &ask->asked, sizeof ask->asked);
	memcpy(q->ref, s->msg.ref, strlen(s->msg.ref) + 1);
	r = keeper_tell(s, RECORD_QUERY);
	r->id = q->id;
	r->ref = q->ref;
	r->ref_len = strlen(q->ref);
	r->payload = s->keeper.said;
	r->payload_len = s->keeper.said_len;
}

void
ask_not_sent(struct session *s)
{
	s->ask.count--;
	session_error(s, MSG_UNAVAILABLE, "the store takes no more at present", s->msg.ref);
}

static void
show(struct session *s, const struct record *r, const char *ref)
{
	if (s->phase != SESSION_IN)
		return;
	if (session_has_room(s, r->payload_len))
		session_frame(s, FRAME_TEXT, r->payload, r->payload_len);
	else if (ref)
		session_error(s, MSG_UNAVAILABLE, "the answer is longer than what this client takes at present: ask again", ref);
}

void
ask_answered(struct session *s, const struct record *r)
{
	struct ask *ask = &s->ask;
	size_t i = 0;

	while (i < ask->count && id_order(&ask->waiting[i].id, &r->id) != 0)
		i++;
	show(s, r, i < ask->count ? ask->waiting[i].ref : NULL);
	if (i == ask->count)
		return;
	ask->count--;
	memmove(&ask->waiting[i], &ask->waiting[i + 1], (ask->count - i) * sizeof ask->waiting[i]);
}

void
ask_lost(struct session *s)
{
	for (size_t i = 0; i < s->ask.count; i++)
		session_error(s, MSG_UNAVAILABLE, "the store went away before it answered", s->ask.waiting[i].ref);
	s->ask.count = 0;
}
