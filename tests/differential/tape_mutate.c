#include "tape.h"

#include <string.h>

/* Takes `gone` bytes out at `at` and makes room for `come` in their place; what has no room falls off the end. */
static void
shift(struct tape *t, size_t at, size_t gone, size_t come)
{
	size_t rest = t->len - at - gone;

	if (come > TAPE_MAX - at)
		come = TAPE_MAX - at;
	if (rest > TAPE_MAX - at - come)
		rest = TAPE_MAX - at - come;
	memmove(t->bytes + at + come, t->bytes + at + gone, rest);
	t->len = at + come + rest;
}

static void
copy_in(struct tape *t, size_t at, const uint8_t *data, size_t len)
{
	static uint8_t kept[TAPE_MAX];

	if (len > TAPE_MAX - at)
		len = TAPE_MAX - at;
	memcpy(kept, data, len);
	shift(t, at, 0, len);
	memcpy(t->bytes + at, kept, len);
}

/* Where a frame begins, as far as that is still true; the heads are where most can go wrong. */
static size_t
some_frame(const struct tape *t, struct dice *d)
{
	size_t at = t->frames ? t->frame_at[dice_below(d, t->frames)] : 0;

	return at < t->len ? at : dice_below(d, t->len);
}

static size_t
some_place(const struct tape *t, struct dice *d)
{
	size_t at = some_frame(t, d) + dice_below(d, 12);

	return at < t->len && dice_one_in(d, 2) ? at : dice_below(d, t->len);
}

/* A frame, or what stands from one frame to another, is put somewhere else too, or in place of another. */
static void
splice(struct tape *t, struct dice *d)
{
	size_t from = some_frame(t, d), to = some_frame(t, d), at = some_frame(t, d);

	if (from > to) {
		size_t swap = from;

		from = to;
		to = swap;
	}
	if (dice_one_in(d, 3))
		shift(t, from, to - from, 0);
	else
		copy_in(t, at, t->bytes + from, to - from);
}

static void
mutate_once(struct tape *t, struct dice *d)
{
	size_t at = some_place(t, d), frame = some_frame(t, d), few = 1 + dice_below(d, 4);
	uint8_t bytes[4];

	if (few > t->len - at)
		few = t->len - at;
	switch (dice_below(d, 9)) {
	case 0:
	case 1:
		t->bytes[at] ^= (uint8_t)(1 << dice_below(d, 8));
		break;
	case 2:
		shift(t, at, few, 0);
		break;
	case 3:
		copy_in(t, at, t->bytes + at, few);
		break;
	case 4:
		dice_bytes(d, bytes, sizeof bytes);
		copy_in(t, at, bytes, few);
		break;
	case 5:
		dice_bytes(d, t->bytes + at, few);
		break;
	case 6: /* a length */
		if (frame + 1 < t->len)
			t->bytes[frame + 1] = (uint8_t)((t->bytes[frame + 1] & 0x80) | (dice_below(d, 3) ? dice_below(d, 128) : 126));
		break;
	case 7:
		splice(t, d);
		break;
	default:
		t->len = dice_one_in(d, 2) ? at : dice_below(d, t->len + 1);
	}
}

void
tape_mutate(struct tape *t, struct dice *d)
{
	size_t times = dice_one_in(d, 4) ? 1 + dice_below(d, 8) : 1;

	while (times-- > 0 && t->len > 0)
		mutate_once(t, d);
}
