#include "session/unsaved.h"

#include "session/session.h"

/* What can't be remembered for want of memory is as if it had not been: only a kill in the next moment would show it. */
static void
add(struct session *s, const struct record *r)
{
	record_encode(r, &s->unsaved.records);
}

static void
mark(struct session *s, enum record_kind kind, uint8_t status, const struct id *id, const struct name *receiver)
{
	add(s, &(struct record){.kind = kind, .status = status, .id = *id, .time = s->time, .sender = s->user, .receiver = *receiver});
}

void
unsaved_message(struct session *s, const struct outbox_entry *entry)
{
	buf_add(&s->unsaved.records, entry->kept, entry->kept_len);
}

void
unsaved_delivered(struct session *s, const struct id *id)
{
	mark(s, RECORD_MESSAGE, RECORD_HAD, id, &s->user);
}

void
unsaved_refused(struct session *s, const struct id *id)
{
	mark(s, RECORD_REFUSED, 0, id, &s->user);
}

void
unsaved_none(struct session *s)
{
	buf_clear(&s->unsaved.records);
	s->unsaved.fresh = true;
}

void
unsaved_again(struct session *s)
{
	struct outbox_entry *entry;
	struct record r;
	size_t at = 0;

	unsaved_none(s);
	while ((entry = outbox_next_kept(&s->outbox, &at))) {
		if (record_decode(&r, entry->kept, entry->kept_len) < 0)
			continue;
		if (entry->had)
			r.status |= RECORD_HAD;
		add(s, &r);
	}
}

void
unsaved_last(struct session *s)
{
	const struct confirms *all = &s->keeper.confirms;

	for (size_t i = 0; i < all->count; i++) {
		const struct confirm *c = confirms_at(all, i);

		mark(s, RECORD_RECEIPT, RECORD_DELIVERED, &c->id, &c->from);
	}
}

bool
unsaved_any(const struct session *s)
{
	return s->outbox.kept > 0 || s->keeper.confirms.count > 0;
}
