#ifndef SESSION_OUTBOX_H
#define SESSION_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "chat/id.h"
#include "chat/msg.h"
#include "chat/name.h"
#include "chat/record.h"
#include "sys/roster.h"

#define OUTBOX_MAX 2048 /* messages */

/* A message that the client sent and that has had no receipt. */
struct outbox_entry {
	struct id id;
	bool done;
	uint8_t waiting;                        /* connections of the receiver that have not answered */
	pid_t pids[ROSTER_CONNECTIONS_MAX + 1]; /* which: this one, too */
	enum msg_error error;                   /* what those that could not take it said */
	int64_t since;                          /* milliseconds, monotonic */
	struct name receiver;
	char ref[MSG_REF_MAX + 1];
	bool keeping, had;                      /* the store is to have it; the receiver has had it */
	bool given, sent;                       /* some store was sent it; the one that is there now was */
	int64_t sent_at;
	unsigned char *kept;                    /* the record, for a store that comes anew */
	size_t kept_len;
};

/* The messages that wait for a receipt, by id, oldest first: a ring that grows. */
struct outbox {
	struct outbox_entry *entries;
	size_t first, count, cap;
	size_t kept, bytes; /* messages that the store is to have */
	size_t told;        /* of the entries, those that need not be looked at for one that it was not sent */
};

/* A new entry, whose id must be greater than those of all before, or NULL: it is full, or there is no memory. */
struct outbox_entry *outbox_add(struct outbox *out);

/* Keeps a record for the store. 0, or -1 with errno. */
int outbox_keep(struct outbox *out, struct outbox_entry *entry, const struct record *r);

/* The first that the store was not sent, or NULL; and none was. */
struct outbox_entry *outbox_unsent(struct outbox *out);
void outbox_unsend(struct outbox *out);

/* The next from the `*at`th (0 at first) of those that the store is to have; NULL at the end. */
struct outbox_entry *outbox_next_kept(struct outbox *out, size_t *at);

/* The entry of a message that the store is to have; NULL if there is none. */
struct outbox_entry *outbox_find_kept(struct outbox *out, const struct id *id);

/* The entry of a message that waits for an answer of connection `pid`; NULL if there is none. */
struct outbox_entry *outbox_find(struct outbox *out, const struct id *id, pid_t pid);

/* The next entry from the `*at`th (0 at first) that waits for connection `pid`; NULL at the end. */
struct outbox_entry *outbox_next(struct outbox *out, size_t *at, pid_t pid);

/* Connection `pid` will not confirm this one. Whether it was the last to be waited for. */
bool outbox_give_up(struct outbox_entry *entry, pid_t pid, enum msg_error error);

/* The oldest entry that still waits, or NULL. */
struct outbox_entry *outbox_oldest(const struct outbox *out);

/* Takes an entry that has been answered for off; pointers to entries are void after it. */
void outbox_done(struct outbox *out, struct outbox_entry *entry);

void outbox_free(struct outbox *out);

#endif
