#include "utf8.h"

#include <string.h>

typedef uint64_t word;

#define HIGH_BITS 0x8080808080808080u
#define ASCII_STEP 64 /* bytes that are looked at together for being ASCII */
#define STEP 16       /* bytes that go through the machine together where they are not */

/* The states of RFC 3629, section 4: which bytes may come next. Each is the place of six bits in a word. */
enum {
	START = 0,  /* a character begins */
	BAD = 6,    /* for ever */
	ONE = 12,   /* one continuation byte, */
	TWO = 18,   /* two, */
	THREE = 24, /* three */
	E0 = 30,    /* as TWO, but the next is a0..bf: no overlong form, */
	ED = 36,    /* 80..9f: no surrogate; */
	F0 = 42,    /* as THREE, but the next is 90..bf: no overlong form, */
	F4 = 48,    /* 80..8f: nothing past U+10FFFF */
};

/* For a byte: the state that follows each state, at that state's place. So one shift is one step, and there is no branch that
 * a mixed text could mislead. */
#define ROW(start, one, two, three, e0, ed, f0, f4) \
	((word)(start) << START | (word)BAD << BAD | (word)(one) << ONE | (word)(two) << TWO | (word)(three) << THREE | \
	 (word)(e0) << E0 | (word)(ed) << ED | (word)(f0) << F0 | (word)(f4) << F4)
#define LEAD(next) ROW(next, BAD, BAD, BAD, BAD, BAD, BAD, BAD)

static const word rows[256] = {
	[0x00 ... 0x7f] = LEAD(START),
	[0x80 ... 0x8f] = ROW(BAD, START, ONE, TWO, BAD, ONE, BAD, TWO),
	[0x90 ... 0x9f] = ROW(BAD, START, ONE, TWO, BAD, ONE, TWO, BAD),
	[0xa0 ... 0xbf] = ROW(BAD, START, ONE, TWO, ONE, BAD, TWO, BAD),
	[0xc0 ... 0xc1] = LEAD(BAD),
	[0xc2 ... 0xdf] = LEAD(ONE),
	[0xe0] = LEAD(E0),
	[0xe1 ... 0xec] = LEAD(TWO),
	[0xed] = LEAD(ED),
	[0xee ... 0xef] = LEAD(TWO),
	[0xf0] = LEAD(F0),
	[0xf1 ... 0xf3] = LEAD(THREE),
	[0xf4] = LEAD(F4),
	[0xf5 ... 0xff] = LEAD(BAD),
};

static word
step(word state, uint8_t c)
{
	return rows[c] >> (state & 63);
}

/* The length of the run of ASCII at the start of p, counted in whole steps. */
static size_t
ascii_run(const uint8_t *p, size_t len)
{
	size_t i = 0;

	for (; len - i >= ASCII_STEP; i += ASCII_STEP) {
		word w[ASCII_STEP / sizeof(word)];

		memcpy(w, p + i, sizeof w);
		if ((w[0] | w[1] | w[2] | w[3] | w[4] | w[5] | w[6] | w[7]) & HIGH_BITS)
			break;
	}
	for (; len - i >= sizeof(word); i += sizeof(word)) {
		word w;

		memcpy(&w, p + i, sizeof w);
		if (w & HIGH_BITS)
			break;
	}
	return i;
}

int
utf8_feed(struct utf8 *u, const void *data, size_t len)
{
	const uint8_t *p = data, *end = p + len;
	word state = u->state;

	while (p < end) {
		size_t n = (state & 63) == START ? ascii_run(p, (size_t)(end - p)) : 0;
		size_t most;

		p += n;
		most = (size_t)(end - p) < STEP ? (size_t)(end - p) : STEP;
		for (size_t i = 0; i < most; i++)
			state = step(state, p[i]);
		p += most;
	}
	u->state = state & 63;
	return u->state == BAD ? -1 : 0;
}

int
utf8_done(const struct utf8 *u)
{
	return u->state == START;
}

bool
utf8_is(const void *data, size_t len)
{
	struct utf8 u = {0};

	return utf8_feed(&u, data, len) == 0 && utf8_done(&u);
}
