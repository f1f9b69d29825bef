#include "tape.h"

#include <string.h>

#include "text.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define PAYLOAD_MAX 70000
#define FIN 0x80

static const size_t limits[] = {10, 124, 125, 126, 200, 1000, 4096, 65535, 65536, 66000};

/* Those at the edges of RFC 6455, 7.4; others come by chance. */
static const uint16_t codes[] = {
	0, 1, 999, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 1015, 1016, 1100, 1999,
	2000, 2999, 3000, 3001, 3999, 4000, 4999, 5000, 9999, 32768, 65535,
};

static uint8_t payload[PAYLOAD_MAX];

static size_t
make_payload(struct dice *d, bool text, size_t len)
{
	if (!text)
		dice_bytes(d, payload, len);
	else if (dice_one_in(d, 6))
		return text_invalid(d, payload, len);
	else
		return text_valid(d, payload, len);
	return len;
}

static void
put_control(struct tape *t, struct dice *d)
{
	uint8_t data[FRAME_CONTROL_MAX];
	size_t len = dice_size(d, sizeof data);
	struct tape_frame f = tape_frame(FIN | (dice_one_in(d, 2) ? FRAME_PING : FRAME_PONG), data, len);

	dice_bytes(d, data, len);
	tape_put(t, d, &f);
}

static void
put_close(struct tape *t, struct dice *d)
{
	uint8_t data[FRAME_CONTROL_MAX];
	uint16_t code = codes[dice_below(d, COUNT(codes))];
	size_t len = dice_size(d, WS_REASON_MAX);
	struct tape_frame f;

	if (dice_one_in(d, 4))
		code = (uint16_t)dice_below(d, 65536);
	data[0] = (uint8_t)(code >> 8);
	data[1] = (uint8_t)code;
	len = 2 + (dice_one_in(d, 3) ? text_invalid(d, data + 2, len) : text_valid(d, data + 2, len));
	if (dice_one_in(d, 6))
		len = dice_below(d, 3);
	f = tape_frame(FIN | FRAME_CLOSE, data, len);
	tape_put(t, d, &f);
}

/* A message in fragments, cut anywhere, with control frames between them. */
static void
put_message(struct tape *t, struct dice *d)
{
	bool text = dice_below(d, 3);
	size_t most = t->limit < PAYLOAD_MAX && dice_below(d, 12) ? t->limit : PAYLOAD_MAX;
	size_t len = make_payload(d, text, dice_size(d, most)), at = 0;
	size_t fragments = dice_one_in(d, 2) ? 1 : 1 + dice_below(d, 6);

	if (dice_one_in(d, 40)) /* at the edge of what is let in */
		len = make_payload(d, text, t->limit - 1 + dice_below(d, 3));
	for (size_t i = 0; i < fragments; i++) {
		bool last = i + 1 == fragments;
		size_t n = last ? len - at : dice_below(d, len - at + 1);
		struct tape_frame f = tape_frame((last ? FIN : 0) | (i ? 0 : text ? FRAME_TEXT : FRAME_BINARY), payload + at, n);

		tape_put(t, d, &f);
		at += n;
		if (!last && dice_one_in(d, 3))
			put_control(t, d);
	}
}

static void
put_valid(struct tape *t, struct dice *d)
{
	for (size_t n = 1 + dice_below(d, 4); n > 0; n--) {
		if (dice_one_in(d, 4))
			put_control(t, d);
		else
			put_message(t, d);
	}
	if (dice_one_in(d, 3))
		put_close(t, d);
	if (dice_one_in(d, 12))
		put_message(t, d); /* what comes after it goes nowhere */
}

static uint64_t
some_length(struct tape *t, struct dice *d)
{
	static const uint64_t edges[] = {0, 1, 125, 126, 127, 128, 65535, 65536, 65537, UINT32_MAX, INT64_MAX, (uint64_t)1 << 63, UINT64_MAX};

	switch (dice_below(d, 4)) {
	case 0:
		return edges[dice_below(d, COUNT(edges))];
	case 1:
		return t->limit - 1 + dice_below(d, 3);
	case 2:
		return dice_next(d) >> dice_below(d, 64);
	default:
		return dice_size(d, PAYLOAD_MAX);
	}
}

/* A frame with each of its parts wrong now and then. */
static void
put_wild(struct tape *t, struct dice *d)
{
	static const unsigned firsts[] = {0x01, 0x02, 0x00, 0x80, 0x81, 0x82, 0x89, 0x8a, 0x88};
	size_t len = make_payload(d, dice_one_in(d, 2), dice_size(d, 2 * FRAME_CONTROL_MAX));
	struct tape_frame f = tape_frame(firsts[dice_below(d, COUNT(firsts))], payload, len);

	if (dice_one_in(d, 10))
		f.first = (unsigned)dice_below(d, 256);
	if (dice_one_in(d, 16))
		f.first |= 0x10u << dice_below(d, 3);
	if (dice_one_in(d, 24))
		f.first ^= FIN;
	f.wrong_mask = dice_one_in(d, 24);
	if (dice_one_in(d, 12))
		f.wide = (unsigned[]){0, 2, 8}[dice_below(d, 3)];
	if (dice_one_in(d, 16)) {
		f.claimed = some_length(t, d);
		f.wide = f.claimed < 126 ? 0 : f.claimed < 65536 ? 2 : 8;
	}
	tape_put(t, d, &f);
}

/* About as many empty fragments as libws takes, and a byte in some. */
static void
put_empties(struct tape *t, struct dice *d)
{
	size_t n = WS_EMPTY_FRAGMENTS_MAX - 2 + dice_below(d, 5);

	for (size_t i = 0; i <= n; i++) {
		struct tape_frame f = tape_frame((i ? 0 : 1 + (unsigned)dice_below(d, 2)) | (i == n ? FIN : 0), (uint8_t[]){'x'}, 0);

		f.len = f.claimed = dice_one_in(d, 500);
		tape_put(t, d, &f);
	}
	put_valid(t, d);
}

void
tape_cut(struct tape *t, struct dice *d)
{
	static const size_t mosts[] = {1, 2, 7, 30, 300, 5000, TAPE_MAX};
	size_t most = mosts[dice_below(d, COUNT(mosts))], at = 0;

	if (t->len > 20000 && most < 30)
		most = 5000; /* for the time that it takes */
	t->pieces = 0;
	while (at < t->len && t->pieces <= TAPE_MAX) {
		at += most > 1 && !dice_one_in(d, 20) ? 1 + dice_below(d, most) : dice_below(d, 2);
		t->piece_end[t->pieces++] = at < t->len ? at : t->len;
	}
	t->piece_end[t->pieces++] = t->len;
}

void
tape_make(struct tape *t, uint64_t seed)
{
	struct dice d = {seed};
	size_t kind;

	t->seed = seed;
	t->role = dice_one_in(&d, 2) ? WS_CLIENT : WS_SERVER;
	t->limit = limits[dice_below(&d, COUNT(limits))];
	t->len = t->frames = 0;
	kind = dice_below(&d, 1000);
	if (kind < 1)
		put_empties(t, &d);
	else if (kind < 150)
		put_close(t, &d);
	else if (kind < 650)
		put_valid(t, &d);
	else
		for (size_t n = 1 + dice_below(&d, 8); n > 0; n--)
			put_wild(t, &d);
	if (dice_one_in(&d, 2))
		tape_mutate(t, &d);
	tape_cut(t, &d);
}
