#include "text.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define RUN_MAX 150 /* characters of ASCII in a row */

/* What RFC 3629 has, by width, with the edges. */
static const struct {
	uint32_t first, last;
} ranges[] = {{0, 0x7f}, {0x80, 0x7ff}, {0x800, 0xd7ff}, {0xe000, 0xffff}, {0x10000, 0x10ffff}};

/* What it has not. Those at the end are cut short. */
static const char *const faults[] = {
	"\x80", "\xbf", "\xc0\x80", "\xc0\xaf", "\xc1\xbf", "\xe0\x80\x80", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xed\xbf\xbf",
	"\xf0\x80\x80\x80", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xf7\xbf\xbf\xbf", "\xf8\x88\x80\x80\x80",
	"\xfc\x84\x80\x80\x80\x80", "\xfe", "\xff", "\xc3(", "\xe2\x82(", "\xe2(\x82", "\xf0\x9f\x98(", "\xc3", "\xe2", "\xe2\x82",
	"\xf0", "\xf0\x9f", "\xf0\x9f\x98", "\xe0\xa0", "\xed\x9f", "\xf4\x8f\xbf",
};

static size_t
put_character(struct dice *d, uint8_t *out)
{
	size_t r = dice_below(d, COUNT(ranges)), span = ranges[r].last - ranges[r].first + 1;
	uint32_t c = ranges[r].first + (uint32_t)dice_below(d, span);

	if (dice_one_in(d, 4))
		c = dice_one_in(d, 2) ? ranges[r].first : ranges[r].last;
	if (c < 0x80) {
		out[0] = (uint8_t)c;
		return 1;
	}
	size_t more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;

	for (size_t i = more; i > 0; i--, c >>= 6)
		out[i] = (uint8_t)(0x80 | (c & 0x3f));
	out[0] = (uint8_t)(0xf0 << (3 - more) | c);
	return more + 1;
}

size_t
text_valid(struct dice *d, uint8_t *out, size_t most)
{
	size_t len = 0;

	while (most - len >= TEXT_CHARACTER_MAX) {
		if (dice_one_in(d, 6)) {
			size_t n = dice_below(d, most - len < RUN_MAX ? most - len : RUN_MAX);

			memset(out + len, 'a' + (int)dice_below(d, 26), n);
			len += n;
		} else {
			len += put_character(d, out + len);
		}
	}
	for (; len < most; len++)
		out[len] = 'z';
	return len;
}

/* A fault at the end, or amid the text, which goes over what was there. */
size_t
text_invalid(struct dice *d, uint8_t *out, size_t most)
{
	const char *fault = faults[dice_below(d, COUNT(faults))];
	size_t len = text_valid(d, out, most), n = strlen(fault), at;

	if (dice_one_in(d, 8) && len > 0) {
		dice_bytes(d, out + dice_below(d, len), 1);
		return len;
	}
	if (n > len)
		return len;
	at = dice_one_in(d, 3) ? len - n : dice_below(d, len - n + 1);
	memcpy(out + at, fault, n);
	return len;
}
