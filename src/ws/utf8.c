#include "utf8.h"

#include <string.h>

typedef uint64_t word;

#define HIGH_BITS 0x8080808080808080u
#define ASCII_STEP 64 /* bytes that are looked at together for being ASCII */
#define LEADS 3       /* bytes before a byte that say whether it may stand there */

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

static bool
is_ascii(const uint8_t *p)
{
	word w;

	memcpy(&w, p, sizeof w);
	return !(w & HIGH_BITS);
}

/* The length of the run of ASCII at the start of p, counted in whole steps. */
static size_t
ascii_steps(const uint8_t *p, size_t len)
{
	size_t i = 0;

	for (; len - i >= ASCII_STEP; i += ASCII_STEP) {
		word w[ASCII_STEP / sizeof(word)];

		memcpy(w, p + i, sizeof w);
		if ((w[0] | w[1] | w[2] | w[3] | w[4] | w[5] | w[6] | w[7]) & HIGH_BITS)
			break;
	}
	return i;
}

/* The same, counted in words, and to the end where all is ASCII. */
static size_t
ascii_run(const uint8_t *p, size_t len)
{
	size_t i = ascii_steps(p, len);

	while (len - i >= sizeof(word) && is_ascii(p + i))
		i += sizeof(word);
	return len >= sizeof(word) && len - i < sizeof(word) && is_ascii(p + len - sizeof(word)) ? len : i;
}

/* Bytes less 0x80: so that they compare as signed numbers, which takes the least steps (SSE2 has no other compare). */
typedef int8_t vector __attribute__((vector_size(16)));
#define LESS(byte) ((int8_t)((byte) - 0x80))

static inline vector
load(const uint8_t *p)
{
	vector v;

	memcpy(&v, p, sizeof v);
	return v ^ INT8_MIN;
}

/* Looks at a vector of bytes at p by the three bytes before each, without the machine: not zero where one may not stand. */
static inline vector
wrong_at(const uint8_t *p)
{
	vector c = load(p), before = load(p - 1), second = load(p - 2), third = load(p - 3);
	vector continues = (c > LESS(0x7f)) & (c < LESS(0xc0));
	vector awaited = (before > LESS(0xbf)) | (second > LESS(0xdf)) | (third > LESS(0xef));
	vector never = (c == LESS(0xc0)) | (c == LESS(0xc1)) | (c > LESS(0xf4));
	vector low = ((before == LESS(0xe0)) & (c < LESS(0xa0))) | ((before == LESS(0xf0)) & (c < LESS(0x90)));
	vector high = ((before == LESS(0xed)) & (c > LESS(0x9f))) | ((before == LESS(0xf4)) & (c > LESS(0x8f)));

	return (continues ^ awaited) | never | low | high;
}

static bool
is_zero(vector v)
{
	word w[2];

	memcpy(w, &v, sizeof w);
	return !(w[0] | w[1]);
}

/* Whether the text is right from `i` on, where a character begins. It has a vector of bytes, and LEADS before that. */
static bool
is_right(const uint8_t *p, size_t i, size_t len)
{
	size_t last = len - sizeof(vector);
	vector wrong = wrong_at(p + last);

	while (i < last) {
		size_t n = ascii_steps(p + i - LEADS, len - i + LEADS);
		size_t stop = last - i > ASCII_STEP ? i + ASCII_STEP : last;

		if (n > 0)
			i += n - LEADS;
		else
			for (; i < stop; i += sizeof(vector))
				wrong |= wrong_at(p + i);
	}
	return is_zero(wrong);
}

/* Where the machine is after a text that is right so far. */
static word
state_after(const uint8_t *p, size_t len)
{
	word state = START;
	size_t i = len - 1;

	while (i > len - LEADS && (p[i] & 0xc0) == 0x80)
		i--;
	if ((p[i] & 0xc0) == 0x80)
		return START; /* the end of a character of four bytes */
	for (; i < len; i++)
		state = step(state, p[i]);
	return state;
}

/* What follows ASCII; apart from it, as most texts end there. */
static __attribute__((noinline)) word
feed(word state, const uint8_t *p, size_t i, size_t len)
{
	bool is_short = len < LEADS + sizeof(vector);

	while (i < len && (is_short || i < LEADS || (state & 63) != START))
		state = step(state, p[i++]);
	if (i < len)
		state = is_right(p, i, len) ? state_after(p, len) : BAD;
	return state & 63;
}

int
utf8_feed(struct utf8 *u, const void *data, size_t len)
{
	size_t i = u->state == START ? ascii_run(data, len) : 0;

	if (i < len)
		u->state = (uint8_t)feed(u->state, data, i, len);
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
