#ifndef STORE_REMIND_H
#define STORE_REMIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "chat/id.h"
#include "chat/name.h"

#define REMIND_MS 500     /* from the store to the pong: then the receiver is told that there is a message for it */
#define REMIND_MAX 32768  /* messages at a time */

/* A message that was stored while its receiver was there, and that was not delivered yet. */
struct reminder {
	int64_t seq, at;
	struct id id;
	struct name sender, receiver; /* receiver of no length: it was delivered */
};

/* Those of the last moments, oldest first: a ring that grows. The sender's process may have been killed before it sent them to
 * the receiver's, so nobody else can tell it. */
struct remind {
	struct reminder *ring;
	size_t first, count, cap;
};

/* A message was stored; its `seq` is higher than those before. What does not fit is not remembered. */
void remind_add(struct remind *r, const struct reminder *reminder);

/* It was delivered; those with this number and above were not stored after all. */
void remind_delivered(struct remind *r, int64_t seq);
void remind_cut(struct remind *r, int64_t seq);

/* The number of the newest, 0 if there is none. */
int64_t remind_newest(const struct remind *r);

/* Takes the oldest off that is due at `now` and still waits; false if there is none. */
bool remind_next(struct remind *r, int64_t now, struct reminder *reminder);

void remind_free(struct remind *r);

#endif
