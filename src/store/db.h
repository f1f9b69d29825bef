#ifndef STORE_DB_H
#define STORE_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "chat/id.h"
#include "chat/name.h"

/*
 * The port to what keeps messages: one file of code behind it knows what that is. All that changes anything happens in a
 * group, which is on disk when db_commit has said so, and not at all otherwise. Times are milliseconds since 1970.
 */
struct db;

#define DB_WHY_SIZE 256

enum db_result {
	DB_OK,
	DB_AGAIN,        /* it was so already: the message is there, it was delivered before */
	DB_NONE,         /* no such message, no such user, nothing more */
	DB_MAILBOX_FULL, /* the receiver's quota is used up */
	DB_BLOCKED,      /* the receiver blocks the sender */
	DB_FAILED,       /* the group can't go on: db_why says why; db_abandon is due */
};

/* What opening may end with beside 0. */
enum db_fault {
	DB_BUSY = 1, /* another process has it */
	DB_NEWER,    /* its schema is that of a later version, or it is another program's */
	DB_DAMAGED,  /* it is no database, or a damaged one: left as it is */
	DB_UNUSABLE, /* it can't be opened, read or written */
	DB_MISSING,  /* from db_attach alone: there is none; */
	DB_OLDER,    /* it is that of an earlier version, or was never set up */
	DB_FULL,     /* from db_copy_fill alone: the copy can't be written */
};

struct db_limits {
	int64_t pending_messages, pending_bytes; /* that wait for one user */
	int64_t age, count;                      /* what is kept: milliseconds, and messages of one conversation; 0: no limit */
};

/* A message. `text` is what the receiver's client gets, `body` what its sender wrote, for the search. What is found is
 * good until the next call. */
struct db_message {
	int64_t seq; /* the order in which messages came in, ever growing; given by db_put */
	struct id id;
	struct name sender, receiver;
	uint64_t time;
	const char *ref, *text, *body; /* ref: the sender's own id, "" for none */
	size_t ref_len, text_len, body_len;
	uint64_t delivered, read; /* when; 0: not yet */
};

/* A receipt that its user was not there to get. */
struct db_receipt {
	struct id id;
	struct name receiver;
	uint8_t status; /* enum record_status */
	uint64_t time;
	char ref[64];
	size_t ref_len;
};

/* Opens the file, and makes it, or brings its schema up to date. 0, or an enum db_fault: then *db is still there for db_why
 * alone, and to be closed. NULL in *db: no memory. */
int db_open(struct db **db, const char *path, const struct db_limits *limits);
/* Opens a database that is there and up to date beside the process that has it, if any has; makes and changes nothing. */
int db_attach(struct db **db, const char *path);
void db_close(struct db *db);

/* What went wrong last, in words. */
const char *db_why(const struct db *db);

/* A group. 0, or -1: nothing of it has happened. */
int db_begin(struct db *db);
int db_commit(struct db *db);
void db_abandon(struct db *db);

/* Keeps a message. DB_OK with m->seq, also if it has been delivered before it came in; DB_AGAIN with m->seq, m->id and
 * m->delivered of the first, when the same sender sent the same to the same with the same ref; DB_MAILBOX_FULL, DB_BLOCKED. */
enum db_result db_put(struct db *db, struct db_message *m);

/* The receiver's client has read message `id` off the wire. DB_OK the first time, with the message but for its texts. A
 * message that has not come in yet is remembered as delivered: DB_NONE. */
enum db_result db_delivered(struct db *db, const struct id *id, const struct name *receiver, uint64_t time, struct db_message *m);

/* The receiver says that it has read what `sender` sent it, up to that message. DB_OK when some of it was not read before. */
enum db_result db_read(struct db *db, const struct name *receiver, const struct name *sender, const struct id *id, uint64_t time);

/* A receipt waits for its user; takes the oldest that waits off: DB_OK, DB_NONE. Taken is taken, once the group is on disk. */
enum db_result db_owe(struct db *db, const struct name *user, const struct db_receipt *receipt);
enum db_result db_claim(struct db *db, const struct name *user, struct db_receipt *receipt);

/* `user` has been here; is known. */
enum db_result db_user_add(struct db *db, const struct name *user, uint64_t time);
enum db_result db_user_known(struct db *db, const struct name *user);

/* Removes all that is `user`'s, messages from and to her included: up to `most` messages a call. How many; fewer than `most`
 * when nothing of hers is left; -1: it failed. */
int db_user_remove(struct db *db, const struct name *user, int most);

/* `user` does (no longer) want messages from `other`. */
enum db_result db_block(struct db *db, const struct name *user, const struct name *other, bool on);

/* The number of the message of that id. DB_OK, DB_NONE. */
enum db_result db_seq(struct db *db, const struct id *id, int64_t *seq);

/* The number of the last message that came in, 0: none. */
enum db_result db_last(struct db *db, int64_t *seq);

/* Whom `user` blocks: called for each. */
enum db_result db_blocks(struct db *db, const struct name *user, void (*each)(void *context, const struct name *other), void *context);

/* How much waits for a user. */
enum db_result db_pending_count(struct db *db, const struct name *user, int64_t *messages, int64_t *bytes);

/* Queries: one at a time, and none is left open over db_commit or db_abandon. Each begins one, db_next takes its next row: DB_OK, DB_NONE at its end, DB_FAILED.
 *
 * What waits for a user, in the order in which it came in, from behind `after`; with it all that came to that user from
 * behind `from` (INT64_MAX: nothing), the first `limit` of these;
 * what `user` and `with` said, the newest `limit` before message `before` (NULL: of all), newest first;
 * messages from or to `user` (and `with`, if not NULL) that have all the words of `words`, newest first. */
enum db_result db_missing(struct db *db, const struct name *user, int64_t after, int64_t from, int limit);
enum db_result db_history(struct db *db, const struct name *user, const struct name *with, const struct id *before, int limit);
enum db_result db_search(struct db *db, const struct name *user, const struct name *with, const char *words, int limit);
enum db_result db_next(struct db *db, struct db_message *m);

/* The newest `limit` messages from or to `user` (and `with`, if not NULL), oldest first, for db_next. */
enum db_result db_tail(struct db *db, const struct name *user, const struct name *with, int limit);

/* A user: since when she is known (0: she is not, but something waits for her), and what waits for her. */
struct db_user {
	struct name name;
	uint64_t since;
	int64_t messages, bytes;
};

/* Begin the query of all who are known, or for whom something waits, in the order of their names; take its next row. */
enum db_result db_users(struct db *db);
enum db_result db_waiting(struct db *db);
enum db_result db_next_user(struct db *db, struct db_user *user);

struct db_stats {
	int64_t users, messages, pending, bytes; /* bytes: of the file */
	uint64_t oldest, newest;                 /* when these messages came in; 0: there is none */
};

enum db_result db_stats(struct db *db, struct db_stats *stats);

/* Removes up to `most` messages that the limits do not keep any more. How many; -1: it failed. Those that wait stay. */
int db_prune(struct db *db, uint64_t now, int most);

/* A copy of a whole database, made while that is in use, whoever has it: the file `to`, which is there and empty, is opened,
 * if there is no link on the way, and then filled, which may be by a user who could not have opened it. 0 or an enum db_fault, as db_open; db_close is due. */
int db_copy_open(struct db **copy, const char *to);
int db_copy_fill(struct db *copy, const char *path);

#endif
