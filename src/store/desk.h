#ifndef STORE_DESK_H
#define STORE_DESK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/buf.h"
#include "chat/id.h"
#include "chat/name.h"
#include "chat/record.h"
#include "store/db.h"
#include "store/remind.h"

#define DESK_SETTLED 1024 /* messages that were refused, or were there before: nobody needs to wait for them */
#define DESK_EARLY 64     /* receipts `read` whose message has not come in */
#define DESK_NOBODY (-1)  /* in place of the process that sent a record, when that is gone */

/* An answer: to connection `pid` of `to`, or with 0 to all of them. The record is the `len` bytes at `at` of `records`. */
struct desk_reply {
	struct name to;
	pid_t pid;
	size_t at;
	bool owed; /* a receipt: if nobody is there, it waits for the next who is */
};

/* What is done with records: each one in a group of the database, and the answers go out when the group is on disk. It has no
 * descriptor and no clock. */
struct desk {
	struct db *db;
	uint64_t now; /* milliseconds since 1970 */
	int64_t ticks; /* milliseconds, monotonic */
	uint32_t link; /* the number of the connections' links: each group that failed breaks them all */
	bool (*online)(const struct name *user); /* whether a user may be connected */
	bool failed;  /* the group can't go on */
	struct buf records, text;
	struct desk_reply *replies;
	size_t count, cap;
	struct id settled[DESK_SETTLED];
	size_t settled_next;
	struct record early[DESK_EARLY];
	size_t early_next;
	struct remind remind;
	int64_t newest; /* in it, when the group began */
};

void desk_finish(struct desk *desk);

/* A record came from connection `pid` of `from`. */
void desk_record(struct desk *desk, const struct record *r, const struct name *from, pid_t pid);

/* A group begins. */
void desk_begin(struct desk *desk);

/* The group failed: nothing of it has happened. */
void desk_fail(struct desk *desk);

/* What needs an answer gets one that says so. */
void desk_refuse(struct desk *desk, const struct record *r, const struct name *from, pid_t pid);

/* The receivers of what was stored and not delivered for a while are told. */
void desk_remind(struct desk *desk);

/* A receipt whose user was not there after all. */
void desk_owe(struct desk *desk, const struct record *r);

/* The answers have gone out. */
void desk_clear(struct desk *desk);

/* For the parts of the desk. */

/* Whether the group can't go on, this result of the database counted. */
bool desk_is_failed(struct desk *desk, enum db_result result);

/* Whether nobody needs to wait for a message: it was refused for good, or was there before. */
bool desk_is_settled(const struct desk *desk, const struct id *id);

#endif
