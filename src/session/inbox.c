#include "session/inbox.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"

struct inbox_entry *
inbox_add(struct inbox *in)
{
	struct inbox_entry *entries = array_ring(in->entries, &in->first, in->count, &in->cap, INBOX_MAX, sizeof *entries);

	if (!entries)
		return NULL;
	in->entries = entries;
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
