/* What the targets share. */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CUTS 128

void
fuzz_check(bool holds, const char *what, const char *file, int line)
{
	if (holds)
		return;
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
	abort();
}

void *
fuzz_block(const void *data, size_t len)
{
	void *block = malloc(len);

	CHECK(block);
	if (len > 0 && data)
		memcpy(block, data, len);
	return block;
}

void *
fuzz_at_end(void *block, size_t size, const void *data, size_t len)
{
	char *at = (char *)block + (size - len);

	if (len > 0)
		memcpy(at, data, len);
	return at;
}

size_t
fuzz_step(size_t len)
{
	return 1 + len / CUTS;
}

uint8_t
fuzz_byte(struct fuzz_input *in)
{
	return (uint8_t)fuzz_number(in, 1);
}

uint64_t
fuzz_number(struct fuzz_input *in, size_t bytes)
{
	uint64_t n = 0;

	for (; bytes > 0 && in->len > 0; bytes--, in->at++, in->len--)
		n = n << 8 | *in->at;
	return n;
}

const uint8_t *
fuzz_take(struct fuzz_input *in, size_t *len)
{
	const uint8_t *at = in->at;

	if (*len > in->len)
		*len = in->len;
	in->at += *len;
	in->len -= *len;
	return at;
}

/* The length of the character at the start of the bytes, 0 if there is none. */
static size_t
character(const uint8_t *p, size_t len)
{
	static const struct {
		uint8_t first, last, second_first, second_last, len;
	} rows[] = {
		{0x00, 0x7f, 0, 0, 1},          {0xc2, 0xdf, 0x80, 0xbf, 2},    {0xe0, 0xe0, 0xa0, 0xbf, 3},
		{0xe1, 0xec, 0x80, 0xbf, 3},    {0xed, 0xed, 0x80, 0x9f, 3},    {0xee, 0xef, 0x80, 0xbf, 3},
		{0xf0, 0xf0, 0x90, 0xbf, 4},    {0xf1, 0xf3, 0x80, 0xbf, 4},    {0xf4, 0xf4, 0x80, 0x8f, 4},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (p[0] < rows[i].first || p[0] > rows[i].last)
			continue;
		if (rows[i].len > len || (rows[i].len > 1 && (p[1] < rows[i].second_first || p[1] > rows[i].second_last)))
			return 0;
		for (size_t k = 2; k < rows[i].len; k++)
			if (p[k] < 0x80 || p[k] > 0xbf)
				return 0;
		return rows[i].len;
	}
	return 0;
}

bool
fuzz_is_utf8(const void *data, size_t len)
{
	const uint8_t *p = data;

	while (len > 0) {
		size_t n = character(p, len);

		if (n == 0)
			return false;
		p += n;
		len -= n;
	}
	return true;
}
