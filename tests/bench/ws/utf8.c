#include "parts.h"

#include <stdio.h>

#include "bench.h"
#include "sample.h"
#include "ws/utf8.h"

#define LARGE (64 << 10)
#define BUDGET_ASCII 8
#define BUDGET_MIXED 1

struct text {
	uint8_t data[LARGE];
	size_t len;
};

static void
validate(void *arg)
{
	const struct text *t = arg;

	if (!utf8_is(t->data, t->len))
		bench_fail("a valid text is refused");
}

static void
row(enum sample sample, size_t len)
{
	static struct text text;
	char name[80];

	sample_fill(sample, 1, text.data, len);
	text.len = len;
	snprintf(name, sizeof name, "%s, %zu bytes", sample_names[sample], len);
	bench_row(&(struct row){name, BYTES, (double)len, {"utf8_feed", validate, &text}, {0}, len < LARGE ? NONE : AT_LEAST,
	                        sample == SAMPLE_ASCII || sample == SAMPLE_CHAT ? BUDGET_ASCII : BUDGET_MIXED});
}

void
measure_utf8(void)
{
	static const size_t sizes[] = {64, 125, LARGE};

	bench_group("UTF-8");
	for (size_t i = 0; i < COUNT(sizes); i++)
		for (enum sample s = 0; s < SAMPLES; s++)
			row(s, sizes[i]);
}
