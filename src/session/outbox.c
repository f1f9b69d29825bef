#include "session/outbox.h"

#include <stdlib.h>

#include "base/array.h"

static struct outbox_entry *
at(const struct outbox *out, size_t i)
{
	return &out->entries[(out->first + i) % out->cap];
}

struct outbox_entry *
outbox_add(struct outbox *out)
{
	struct outbox_entry *entries = array_ring(out->entries, &out->first, out->count, &out->cap, OUTBOX_MAX, sizeof *entries);
	struct outbox_entry *entry;

	if (!entries)
		return NULL;
	out->entries = entries;
	entry = at(out, out->count++);
	*entry = (struct outbox_entry){0};
	return entry;
}

static bool
waits_for(const struct outbox_entry *entry, pid_t pid)
{
	for (uint8_t i = 0; i < entry->waiting; i++)
		if (entry->pids[i] == pid)
			return !entry->done;
	return false;
}

int
outbox_keep(struct outbox *out, struct outbox_entry *entry, const struct record *r)
{
	struct buf b = {0};

	if (record_encode(r, &b) < 0)
		return -1;
	entry->keeping = true;
	entry->kept = b.data;
	entry->kept_len = b.end;
	out->bytes += b.end;
	out->kept++;
	return 0;
}

static bool
is_kept(const struct outbox_entry *entry)
{
	return entry->keeping && !entry->done;
}

struct outbox_entry *
outbox_next_kept(struct outbox *out, size_t *i)
{
	while (*i < out->count) {
		struct outbox_entry *entry = at(out, (*i)++);

		if (is_kept(entry))
			return entry;
	}
	return NULL;
}

struct outbox_entry *
outbox_unsent(struct outbox *out)
{
	for (; out->told < out->count; out->told++)
		if (is_kept(at(out, out->told)) && !at(out, out->told)->sent)
			return at(out, out->told);
	return NULL;
}

void
outbox_unsend(struct outbox *out)
{
	out->told = 0;
	for (size_t i = 0; i < out->count; i++)
		at(out, i)->sent = false;
}

static struct outbox_entry *
find(struct outbox *out, const struct id *id)
{
	size_t low = 0, high = out->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		struct outbox_entry *entry = at(out, middle);
		int order = id_order(&entry->id, id);

		if (order == 0)
			return entry;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

struct outbox_entry *
outbox_find(struct outbox *out, const struct id *id, pid_t pid)
{
	struct outbox_entry *entry = find(out, id);

	return entry && waits_for(entry, pid) ? entry : NULL;
}

struct outbox_entry *
outbox_find_kept(struct outbox *out, const struct id *id)
{
	struct outbox_entry *entry = find(out, id);

	return entry && is_kept(entry) ? entry : NULL;
}

struct outbox_entry *
outbox_next(struct outbox *out, size_t *i, pid_t pid)
{
	while (*i < out->count) {
		struct outbox_entry *entry = at(out, (*i)++);

		if (waits_for(entry, pid))
			return entry;
	}
	return NULL;
}

bool
outbox_give_up(struct outbox_entry *entry, pid_t pid, enum msg_error error)
{
	for (uint8_t i = 0; i < entry->waiting; i++) {
		if (entry->pids[i] == pid) {
			entry->pids[i] = entry->pids[--entry->waiting];
			break;
		}
	}
	if (entry->error == MSG_OK || error != MSG_RECEIVER_OFFLINE)
		entry->error = error;
	return entry->waiting == 0;
}

struct outbox_entry *
outbox_oldest(const struct outbox *out)
{
	return out->count > 0 ? at(out, 0) : NULL; /* those that are done leave the front at once */
}

void
outbox_done(struct outbox *out, struct outbox_entry *entry)
{
	out->kept -= entry->keeping;
	entry->done = true;
	out->bytes -= entry->kept_len;
	free(entry->kept);
	entry->kept = NULL;
	entry->kept_len = 0;
	while (out->count > 0 && at(out, 0)->done) {
		out->first = (out->first + 1) % out->cap;
		out->count--;
		out->told -= out->told > 0;
	}
}

void
outbox_free(struct outbox *out)
{
	for (size_t i = 0; i < out->count; i++)
		free(at(out, i)->kept);
	free(out->entries);
	*out = (struct outbox){0};
}
