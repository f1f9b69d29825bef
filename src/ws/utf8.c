#include "utf8.h"

#include <string.h>

typedef uint64_t word;

#define HIGH_BITS 0x8080808080808080u

/* The length of the run of ASCII at the start of p, counted in whole steps of the vector and of the word. */
static size_t
ascii_run(const uint8_t *p, size_t len)
{
	size_t i = 0;

	for (; len - i >= 8 * sizeof(word); i += 8 * sizeof(word)) {
		word w[8];

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

/* RFC 3629, section 4: the first byte says how many follow and, in four cases, narrows the second. */
static int
lead(struct utf8 *u, uint8_t c)
{
	*u = (struct utf8){.low = 0x80, .high = 0xbf};
	if (c >= 0xc2 && c <= 0xdf) {
		u->need = 1;
	} else if (c >= 0xe0 && c <= 0xef) {
		u->need = 2;
		if (c == 0xe0)
			u->low = 0xa0;
		if (c == 0xed)
			u->high = 0x9f;
	} else if (c >= 0xf0 && c <= 0xf4) {
		u->need = 3;
		if (c == 0xf0)
			u->low = 0x90;
		if (c == 0xf4)
			u->high = 0x8f;
	} else {
		return -1;
	}
	return 0;
}

int
utf8_feed(struct utf8 *u, const void *data, size_t len)
{
	const uint8_t *p = data, *end = p + len;

	while (p < end) {
		if (u->need) {
			if (*p < u->low || *p > u->high)
				return -1;
			u->need--;
			u->low = 0x80;
			u->high = 0xbf;
			p++;
		} else if (*p < 0x80) {
			p += ascii_run(p, (size_t)(end - p));
			while (p < end && *p < 0x80)
				p++;
		} else if (lead(u, *p++) < 0) {
			return -1;
		}
	}
	return 0;
}

int
utf8_done(const struct utf8 *u)
{
	return u->need == 0;
}
