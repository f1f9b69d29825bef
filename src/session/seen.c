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

/* A keyed hash, so that nobody can make two messages look alike. */
static uint64_t
hash(const struct seen_table *t, const struct record *r)
{
	unsigned char text[NAME_LEN_MAX + 1 + RECORD_REF_MAX];
	uint64_t h;

	memcpy(text, r->sender.text, (size_t)r->sender.len + 1);
	memcpy(text + r->sender.len + 1, r->ref, r->ref_len);
	crypto_shorthash((unsigned char *)&h, text, r->sender.len + 1 + r->ref_len, t->key);
	return h;
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

void
seen_free(struct seen *seen)
{
	free(seen->table);
	seen->table = NULL;
}
