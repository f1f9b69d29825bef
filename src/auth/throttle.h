#ifndef AUTH_THROTTLE_H
#define AUTH_THROTTLE_H

#include <stdint.h>

#include "chat/name.h"

/*
 * How often logins failed, by user and by address. So many failures are free; each one after them has to be waited for, twice as
 * long as the one before. Who is forgotten in time may start anew. The table has no names in it, only hashes with a key of its own;
 * it never grows: where no place is free, the one that failed longest ago loses its. All zero, but for the key, is an empty one.
 */
#define THROTTLE_KEY_SIZE 16
#define THROTTLE_SLOTS 4096         /* of either kind */
#define THROTTLE_FORGET_MS 3600000

#define THROTTLE_USER_FREE 5
#define THROTTLE_USER_MOST 60       /* seconds */
#define THROTTLE_ADDRESS_FREE 20
#define THROTTLE_ADDRESS_MOST 300

struct throttle_slot {
	uint8_t who[16];
	int64_t last; /* failure, in milliseconds */
	int64_t failures;
};

struct throttle {
	uint8_t key[THROTTLE_KEY_SIZE];
	struct throttle_slot users[THROTTLE_SLOTS], addresses[THROTTLE_SLOTS];
};

/* How many seconds have to go by before this user may try from this address; 0: none. An address that nobody can tell ("",
 * "unix") is not counted; of IPv6 all that share the first 64 bits are one. */
int64_t throttle_wait(const struct throttle *t, const struct name *user, const char *address, int64_t now);

/* Counts a failure: before the password is looked at, so that many at a time are no way around it. */
void throttle_count(struct throttle *t, const struct name *user, const char *address, int64_t now);

/* It was none: the user starts anew, and the address has one failure less. */
void throttle_good(struct throttle *t, const struct name *user, const char *address, int64_t now);

#endif
