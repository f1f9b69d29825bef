#ifndef UNIT_OFFICE_H
#define UNIT_OFFICE_H

#include "base/buf.h"
#include "db_place.h"
#include "store/desk.h"

/*
 * All that a desk of the store sees of the world: a database of its own, records, and who is online. What it answers is written
 * down, as a line that a test compares: to whom, then the record. The nth message that was made is #n; times are checked where
 * they must be the desk's own, and left out; so is the store as the sender.
 *
 *	alice/7 STORED #2 bob ref=r first=#1; bob/0 BEHIND #1 alice; alice/0 DELIVERED #1 bob owed; bob/9 CONFIRMED #1
 *	bob/9 BLOCKS (eve); bob/9 GREETING pending=1 last=2 link=5; bob/9 KEPT #1 alice 'words'; bob/9 BATCH after=1 more
 *	alice/7 REFUSED #1 blocked; bob/9 ANSWER history with=alice messages=[#1 'words' delivered] more=false
 */
struct office {
	struct place place;
	struct desk desk;
	struct buf text;  /* of the message that is being made */
	struct buf line;
	bool grouped;     /* a group was begun: what is said goes into it */
};

#define OFFICE_LINK 5

void office_begin(struct office *o, const struct db_limits *limits);
void office_end(struct office *o);

/* Who is online: names with a space between. */
void office_online(const char *names);

/* Puts what follows into one group; it is on disk, or fails. Else each record is a group. */
void office_group(struct office *o);
void office_commit(struct office *o);
void office_fail(struct office *o);

/* A record comes from connection `pid` of its sender. */
void office_hears(struct office *o, const struct record *r, pid_t pid);

/* The record of the next message, #n of those that were made. Good until the next is made. */
struct record office_made(struct office *o, const char *sender, const char *receiver, const char *ref, const char *words);

/* A message; a receipt, from the one that was sent `#n`; a question for what is missing, with numbers of messages or 0; a client's
 * question, in which ' stands for "; a login. */
void office_message(struct office *o, const char *sender, const char *receiver, const char *ref, const char *words);
void office_receipt(struct office *o, enum record_status status, unsigned n, const char *by, const char *sender, pid_t pid);
void office_next(struct office *o, const char *user, int64_t after, unsigned from, unsigned want);
void office_query(struct office *o, const char *user, const char *json);
void office_login(struct office *o, const char *user, pid_t pid);

#define OFFICE_PID 7 /* where nothing else is said */

/* Checks what was answered since the last check. */
void office_says(struct office *o, const char *line);

/* Writes down what the desk has to say, which then has gone out. */
void office_note(struct office *o);

#endif
