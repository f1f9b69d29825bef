#include "tape.h"

#include <string.h>

static void
put(struct tape *t, const void *data, size_t len)
{
	if (len > TAPE_MAX - t->len)
		len = TAPE_MAX - t->len;
	if (len > 0)
		memcpy(t->bytes + t->len, data, len);
	t->len += len;
}

struct tape_frame
tape_frame(unsigned first, const uint8_t *data, size_t len)
{
	unsigned wide = len < 126 ? 0 : len < 65536 ? 2 : 8;

	return (struct tape_frame){.first = first, .data = data, .len = len, .claimed = len, .wide = wide};
}

/* A mask of zeros now and then: then a bit that is flipped in the head changes less of the rest. */
static void
make_mask(struct dice *d, uint8_t mask[4])
{
	if (dice_one_in(d, 3))
		memset(mask, 0, 4);
	else
		dice_bytes(d, mask, 4);
}

void
tape_put(struct tape *t, struct dice *d, const struct tape_frame *f)
{
	bool masked = (t->role == WS_SERVER) != f->wrong_mask;
	uint8_t head[14] = {(uint8_t)f->first}, mask[4] = {0};
	size_t n = 2, start;

	head[1] = f->wide == 0 ? f->claimed & 0x7f : f->wide == 2 ? 126 : 127;
	for (unsigned i = 0; i < f->wide; i++)
		head[n++] = (uint8_t)(f->claimed >> (8 * (f->wide - 1 - i)));
	if (masked) {
		head[1] |= 0x80;
		make_mask(d, mask);
		memcpy(head + n, mask, 4);
		n += 4;
	}
	if (t->frames < TAPE_FRAMES_MAX)
		t->frame_at[t->frames++] = t->len;
	put(t, head, n);
	start = t->len;
	put(t, f->data, f->len);
	for (size_t i = start; masked && i < t->len; i++)
		t->bytes[i] ^= mask[(i - start) % 4];
}
