#include "session/recall.h"

#include <stdlib.h>

#define GOLDEN 0x9e3779b97f4a7c15u /* spreads numbers that differ in few bits (Knuth, 6.4) */

_Static_assert(RECALL_BUCKETS == 1 << (64 - 54), "bucket() has so many bits");

struct recall *
recall_new(size_t max)
{
	struct recall *r = calloc(1, sizeof *r + max * (sizeof *r->numbers + sizeof *r->older));

	if (!r)
		return NULL;
	r->max = max;
	r->numbers = (uint64_t *)(r + 1);
	r->older = (uint32_t *)(r->numbers + max);
	return r;
}

static size_t
bucket(uint64_t number)
{
	return number * GOLDEN >> 54;
}

/* What has been put in with `nth` is still there: those before are not, so a bucket's row ends with the first that is not. */
static int
is_there(const struct recall *r, uint32_t nth)
{
	return nth != 0 && r->count - nth < r->max;
}

long
recall_find(const struct recall *r, uint64_t number)
{
	uint32_t nth = r->newest[bucket(number)];

	for (; is_there(r, nth); nth = r->older[nth % r->max])
		if (r->numbers[nth % r->max] == number)
			return (long)(nth % r->max);
	return -1;
}

size_t
recall_add(struct recall *r, uint64_t number)
{
	uint32_t nth = ++r->count;
	size_t place = nth % r->max;

	r->numbers[place] = number;
	r->older[place] = r->newest[bucket(number)];
	r->newest[bucket(number)] = nth;
	return place;
}
