#ifndef SESSION_CHAIN_H
#define SESSION_CHAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "chat/id.h"
#include "chat/name.h"

#define CHAIN_PEERS 32 /* receivers that are remembered */

/* For each receiver, the last message to it that the store was given: the next one says so, and the receiver sees a gap. */
struct chain {
	struct chain_peer *peers;
	uint64_t uses;
};

/* The last message to a user; zero if there is none. Without the store (`stored` false) one that is known to have arrived does
 * not count. */
struct id chain_last(struct chain *c, const struct name *user, bool stored);

/* Whether anything is known of a receiver. */
bool chain_knows(struct chain *c, const struct name *user);

/* A message was given to the store; it will not be there, and `prev` was the one before it; it was delivered. */
void chain_sent(struct chain *c, const struct name *user, const struct id *id);
void chain_refused(struct chain *c, const struct name *user, const struct id *id, const struct id *prev);
void chain_delivered(struct chain *c, const struct name *user, const struct id *id);

void chain_free(struct chain *c);

#endif
