#include "auth/throttle.h"

#include <arpa/inet.h>
#include <sodium.h>
#include <stdbool.h>
#include <string.h>

#define PREFIX_SIZE 8 /* bytes of an IPv6 address that are one customer's */
#define DOUBLINGS_MAX 16

_Static_assert(THROTTLE_KEY_SIZE >= crypto_generichash_KEYBYTES_MIN && sizeof((struct throttle_slot *)0)->who >= crypto_generichash_BYTES_MIN,
               "BLAKE2b");

/* Who it is that fails, and by what rule. */
struct culprit {
	bool counted;
	uint8_t who[16];
	int64_t free, most;
};

static void
hash(struct culprit *c, const struct throttle *t, const void *data, size_t len)
{
	crypto_generichash(c->who, sizeof c->who, data, len, t->key, sizeof t->key);
	c->counted = true;
}

static struct culprit
by_user(const struct throttle *t, const struct name *user)
{
	struct culprit c = {.free = THROTTLE_USER_FREE, .most = THROTTLE_USER_MOST};

	hash(&c, t, user->text, user->len);
	return c;
}

static struct culprit
by_address(const struct throttle *t, const char *address)
{
	struct culprit c = {.free = THROTTLE_ADDRESS_FREE, .most = THROTTLE_ADDRESS_MOST};
	uint8_t bytes[16];

	if (inet_pton(AF_INET, address, bytes) == 1)
		hash(&c, t, bytes, 4);
	else if (inet_pton(AF_INET6, address, bytes) == 1)
		hash(&c, t, bytes, PREFIX_SIZE);
	return c;
}

/* A time to come is one from before the machine was started. */
static bool
is_current(const struct throttle_slot *slot, int64_t now)
{
	return slot->failures > 0 && slot->last <= now && now - slot->last < THROTTLE_FORGET_MS;
}

/* Its place among them, or NULL. */
static struct throttle_slot *
find(const struct throttle_slot *slots, const struct culprit *c, int64_t now)
{
	for (size_t i = 0; c->counted && i < THROTTLE_SLOTS; i++)
		if (memcmp(slots[i].who, c->who, sizeof c->who) == 0 && is_current(&slots[i], now))
			return (struct throttle_slot *)&slots[i];
	return NULL;
}

/* One that is free, or else the one that failed longest ago. */
static struct throttle_slot *
take(struct throttle_slot *slots, int64_t now)
{
	struct throttle_slot *oldest = slots;

	for (size_t i = 0; i < THROTTLE_SLOTS; i++) {
		if (!is_current(&slots[i], now))
			return &slots[i];
		if (slots[i].last < oldest->last)
			oldest = &slots[i];
	}
	return oldest;
}

static int64_t
wait(const struct throttle_slot *slots, const struct culprit *c, int64_t now)
{
	const struct throttle_slot *slot = find(slots, c, now);
	int64_t more = slot ? slot->failures - c->free : 0, seconds, left;

	if (more <= 0)
		return 0;
	seconds = (int64_t)1 << (more <= DOUBLINGS_MAX ? more - 1 : DOUBLINGS_MAX);
	if (seconds > c->most)
		seconds = c->most;
	left = slot->last + seconds * 1000 - now;
	return left > 0 ? (left + 999) / 1000 : 0;
}

int64_t
throttle_wait(const struct throttle *t, const struct name *user, const char *address, int64_t now)
{
	struct culprit u = by_user(t, user), a = by_address(t, address);
	int64_t first = wait(t->users, &u, now), second = wait(t->addresses, &a, now);

	return first > second ? first : second;
}

static void
count(struct throttle_slot *slots, const struct culprit *c, int64_t now)
{
	struct throttle_slot *slot = find(slots, c, now);

	if (!c->counted)
		return;
	if (!slot) {
		slot = take(slots, now);
		*slot = (struct throttle_slot){0};
		memcpy(slot->who, c->who, sizeof slot->who);
	}
	slot->failures++;
	slot->last = now;
}

void
throttle_count(struct throttle *t, const struct name *user, const char *address, int64_t now)
{
	struct culprit u = by_user(t, user), a = by_address(t, address);

	count(t->users, &u, now);
	count(t->addresses, &a, now);
}

void
throttle_good(struct throttle *t, const struct name *user, const char *address, int64_t now)
{
	struct culprit u = by_user(t, user), a = by_address(t, address);
	struct throttle_slot *slot = find(t->users, &u, now);

	if (slot)
		slot->failures = 0;
	slot = find(t->addresses, &a, now);
	if (slot)
		slot->failures--;
}
