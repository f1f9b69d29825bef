#include "session/seen.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(crypto_shorthash_BYTES == sizeof(uint64_t), "a short hash is one word");

struct seen_table {
	unsigned char key[crypto_shorthash_KEYBYTES];
	uint64_t hashes[SEEN_MAX];
	struct id ids[SEEN_MAX];
	size_t next, count;
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

bool
seen_before(struct seen *seen, const struct record *r, struct id *id)
{
	struct seen_table *t = seen->table;
	uint64_t h;

	if (r->ref_len == 0)
		return false;
	if (!t) {
		t = seen->table = calloc(1, sizeof *t);
		if (!t)
			return false;
		crypto_shorthash_keygen(t->key);
	}
	h = hash(t, r);
	for (size_t i = 0; i < t->count; i++) {
		if (t->hashes[i] == h) {
			*id = t->ids[i];
			return true;
		}
	}
	t->hashes[t->next] = h;
	t->ids[t->next] = r->id;
	t->next = (t->next + 1) % SEEN_MAX;
	if (t->count < SEEN_MAX)
		t->count++;
	return false;
}

/* The latter half of an id is enough to know it by: it is random. */
struct seen_ids {
	uint64_t ids[SEEN_IDS_MAX];
	size_t next;
};

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
	uint64_t h = half(id);
	size_t last;

	if (!seen->ids)
		return false;
	last = seen->ids->next;
	for (size_t i = 1; i <= SEEN_IDS_MAX; i++)
		if (seen->ids->ids[(last - i) % SEEN_IDS_MAX] == h)
			return true;
	return false;
}

void
seen_add_id(struct seen *seen, const struct id *id)
{
	if (!seen->ids)
		seen->ids = calloc(1, sizeof *seen->ids);
	if (seen->ids)
		seen->ids->ids[seen->ids->next++ % SEEN_IDS_MAX] = half(id);
}

void
seen_free(struct seen *seen)
{
	free(seen->table);
	free(seen->ids);
	seen->table = NULL;
	seen->ids = NULL;
}
