#ifndef STORE_GROUP_H
#define STORE_GROUP_H

#include <stdbool.h>

#include "store/db.h"
#include "sys/bus.h"

/* To be called first: takes what the sessions that are gone have left. */
void group_begin(void);

/* Takes all that is at hand on the bus, does it in one group, and answers when that is on disk. True if there may be more. */
bool group_run(struct bus *bus, struct db *db);

/* Whether the last group had few records. */
bool group_was_small(void);

/* Whether it is to be called again within GROUP_WAIT_MS, even if nothing comes. */
#define GROUP_WAIT_MS 250
bool group_waits(void);

/* To be called last: takes what those that left last have left. */
void group_end(struct bus *bus, struct db *db);

/* Now and then: removes a few of the messages that the limits do not keep. True if there may be more. */
bool group_tidy(struct db *db);

#endif
