#include "session/seen.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "session/recall.h"

_Static_assert(crypto_shorthash_BYTES == sizeof(uint64_t), "a short hash is one word");

struct seen_table {
	unsigned char key[crypto_shorthash_KEYBYTES];
	struct recall *hashes;
	struct id ids[SEEN_MAX]; /* by their places */
};

/* What is the same of a message that is sent again, in a row: its payload has another id and time, which stand before
 * the text. */
struct same {
	struct name sender, receiver;
	char ref[RECORD_REF_MAX];
	uint64_t text;
};

static uint64_t
hash_of(const struct seen_table *t, const void *data, size_t len)
{
	uint64_t h;

	crypto_shorthash((unsigned char *)&h, data, len, t->key);
	return h;
}

/* A keyed hash, so that nobody can make two messages look alike. */
static uint64_t
hash(const struct seen_table *t, const struct record *r)
{
	static const char field[] = "\"message\":";
	const char *text = r->payload_len > 0 ? memmem(r->payload, r->payload_len, field, sizeof field - 1) : NULL;
	struct same same;

	memset(&same, 0, sizeof same);
	same.sender = r->sender;
	same.receiver = r->receiver;
	memcpy(same.ref, r->ref, r->ref_len);
	if (text)
		same.text = hash_of(t, text, r->payload_len - (size_t)(text - r->payload));
	return hash_of(t, &same, sizeof same);
}

static struct seen_table *
make_table(void)
{
	struct seen_table *t = calloc(1, sizeof *t);

	if (!t)
		return NULL;
	crypto_shorthash_keygen(t->key);
	t->hashes = recall_new(SEEN_MAX);
	if (t->hashes)
		return t;
	free(t);
	return NULL;
}

bool
seen_before(struct seen *seen, const struct record *r, struct id *id)
{
	uint64_t h;
	long place;

	if (r->ref_len == 0)
		return false;
	if (!seen->table)
		seen->table = make_table();
	if (!seen->table)
		return false;
	h = hash(seen->table, r);
	place = recall_find(seen->table->hashes, h);
	if (place >= 0)
		*id = seen->table->ids[place];
	else
		seen->table->ids[recall_add(seen->table->hashes, h)] = r->id;
	return place >= 0;
}

/* The latter half of an id is enough to know it by: it is random. */
static uint64_t
half(const struct id *id)
{
	uint64_t h;

	memcpy(&h, id->bytes + ID_SIZE - sizeof h, sizeof h);
	return h;
}

bool
seen_id(const struct seen *seen, const struct id *id)
{
	return seen->ids && recall_find(seen->ids, half(id)) >= 0;
}

void
seen_add_id(struct seen *seen, const struct id *id)
{
	if (!seen->ids)
		seen->ids = recall_new(SEEN_IDS_MAX);
	if (seen->ids)
		recall_add(seen->ids, half(id));
}

void
seen_free(struct seen *seen)
{
	if (seen->table)
		free(seen->table->hashes);
	free(seen->table);
	free(seen->ids);
	*seen = (struct seen){0};
}
