#include "session/inbox.h"

#include <stdlib.h>
#include <string.h>

#define LEAST 8

static int
grow(struct inbox *in)
{
	size_t cap = in->cap ? 2 * in->cap : LEAST;
	struct inbox_entry *entries;

	if (in->cap == INBOX_MAX)
		return -1;
	entries = reallocarray(NULL, cap, sizeof *entries);
	if (!entries)
		return -1;
	for (size_t i = 0; i < in->count; i++)
		entries[i] = in->entries[(in->first + i) % in->cap];
	free(in->entries);
	in->entries = entries;
	in->cap = cap;
	in->first = 0;
	return 0;
}

struct inbox_entry *
inbox_add(struct inbox *in)
{
	if (in->count == in->cap && grow(in) < 0)
		return NULL;
	return &in->entries[(in->first + in->count++) % in->cap];
}

bool
inbox_take(struct inbox *in, uint32_t ping, struct inbox_entry *entry)
{
	if (in->count == 0 || (int32_t)(in->entries[in->first].ping - ping) > 0)
		return false;
	*entry = in->entries[in->first];
	in->first = (in->first + 1) % in->cap;
	in->count--;
	return true;
}

void
inbox_free(struct inbox *in)
{
	free(in->entries);
	*in = (struct inbox){0};
}
