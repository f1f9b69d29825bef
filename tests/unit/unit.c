#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#ifndef TOP
#define TOP "."
#endif

static char tried[256];

void
unit_row(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(tried, sizeof tried, format, args);
	va_end(args);
}

int
unit_rows_done(void)
{
	tried[0] = 0;
	return 0;
}

int
unit_teardown(void **state)
{
	(void)state;
	if (tried[0])
		print_error("in the row: %s\n", tried);
	return unit_rows_done();
}

char *
unit_file(const char *path)
{
	char whole[4096];
	char *data = NULL;
	size_t len = 0, n;
	FILE *file;

	snprintf(whole, sizeof whole, "%s/%s", TOP, path);
	file = fopen(whole, "r");
	if (!file)
		fail_msg("%s can't be read", whole);
	do {
		data = realloc(data, len + 4096 + 1);
		assert_non_null(data);
		n = fread(data + len, 1, 4096, file);
		len += n;
	} while (n > 0);
	data[len] = 0;
	fclose(file);
	return data;
}

/* xorshift32. */
uint32_t
unit_random(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

void
unit_random_bytes(uint32_t *seed, void *bytes, size_t len)
{
	unsigned char *p = bytes;

	while (len-- > 0)
		*p++ = (unsigned char)(unit_random(seed) >> 11);
}
