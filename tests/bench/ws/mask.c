#include "parts.h"

#include <stdio.h>
#include <string.h>

#include "bench.h"
#include "ws/frame.h"

#define LARGE (1 << 20)
#define HEAD 14 /* how far below its source a fragment's payload is put */
#define BUDGET 8

static const uint8_t mask[4] = {0x9d, 0x3b, 0x12, 0xe5};
static uint8_t here[LARGE + 64], there[LARGE + 64];

struct area {
	uint8_t *dst;
	const uint8_t *src;
	size_t len;
};

static void
unmask(void *arg)
{
	const struct area *a = arg;

	frame_mask(a->dst, a->src, a->len, mask, 0);
}

static void
copy(void *arg)
{
	const struct area *a = arg;

	memcpy(a->dst, a->src, a->len);
}

static void
move(void *arg)
{
	const struct area *a = arg;

	memmove(a->dst, a->src, a->len);
}

static void
check(const struct area *a)
{
	for (size_t i = 0; i < sizeof here; i++)
		here[i] = (uint8_t)(i * 31 >> 3);
	memcpy(there, here, sizeof here);
	unmask((void *)a);
	for (size_t i = 0; i < a->len; i++)
		if (a->dst[i] != (there[a->src - here + (ptrdiff_t)i] ^ mask[i & 3]))
			bench_fail("unmask: wrong at %zu of %zu", i, a->len);
}

static void
row(const char *what, size_t dst, size_t src, size_t len, const struct side *theirs, enum budget budget)
{
	struct area own = {here + dst, here + src, len};
	char name[80];

	check(&own);
	snprintf(name, sizeof name, "%zu KiB %s", len >> 10, what);
	bench_row(&(struct row){name, BYTES, (double)len, {"frame_mask", unmask, &own}, *theirs, budget, BUDGET});
}

void
measure_mask(void)
{
	static const size_t sizes[] = {64 << 10, LARGE};

	bench_group("unmask");
	for (size_t i = 0; i < COUNT(sizes); i++) {
		struct area apart = {there, here, sizes[i]}, below = {here, here + HEAD, sizes[i]};

		row("in place", 0, 0, sizes[i], &(struct side){"memcpy to elsewhere", copy, &apart}, OR_A_COPY);
		row("to 14 bytes below", 0, HEAD, sizes[i], &(struct side){"memmove, the same", move, &below}, NONE);
	}
}
