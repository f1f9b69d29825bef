#include "store/remind.h"

#include <stdlib.h>

#include "base/array.h"

static struct reminder *
at(const struct remind *r, size_t i)
{
	return &r->ring[(r->first + i) % r->cap];
}

void
remind_add(struct remind *r, const struct reminder *reminder)
{
	struct reminder *ring = array_ring(r->ring, &r->first, r->count, &r->cap, REMIND_MAX, sizeof *ring);

	if (!ring)
		return;
	r->ring = ring;
	*at(r, r->count++) = *reminder;
}

/* How many have a lower number. */
static size_t
below(const struct remind *r, int64_t seq)
{
	size_t low = 0, high = r->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (at(r, middle)->seq < seq)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void
drop_delivered(struct remind *r)
{
	while (r->count > 0 && at(r, 0)->receiver.len == 0) {
		r->first = (r->first + 1) % r->cap;
		r->count--;
	}
}

void
remind_delivered(struct remind *r, int64_t seq)
{
	size_t i = below(r, seq);

	if (i == r->count || at(r, i)->seq != seq)
		return;
	at(r, i)->receiver = (struct name){0};
	drop_delivered(r);
}

void
remind_cut(struct remind *r, int64_t seq)
{
	r->count = below(r, seq);
}

int64_t
remind_newest(const struct remind *r)
{
	return r->count > 0 ? at(r, r->count - 1)->seq : 0;
}

bool
remind_next(struct remind *r, int64_t now, struct reminder *reminder)
{
	if (r->count == 0 || now - at(r, 0)->at < REMIND_MS)
		return false;
	*reminder = *at(r, 0);
	at(r, 0)->receiver = (struct name){0};
	drop_delivered(r);
	return true;
}

void
remind_free(struct remind *r)
{
	free(r->ring);
	*r = (struct remind){0};
}
