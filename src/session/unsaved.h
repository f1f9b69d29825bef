#ifndef SESSION_UNSAVED_H
#define SESSION_UNSAVED_H

#include <stdbool.h>

#include "base/buf.h"
#include "chat/id.h"
#include "chat/record.h"

struct outbox_entry;
struct session;

/*
 * What is to be in the spool of this connection (sys/spool.h) before anything of it goes out, so that the store gets it even if
 * this process is killed: the records of the messages that the store has not answered, and marks on them. A MESSAGE without a
 * payload marks one that was delivered, a REFUSED one that its client was told an error for; a receipt DELIVERED is what the
 * client has read.
 */
struct unsaved {
	struct buf records; /* to be added */
	bool fresh;         /* and nothing that was added before them is needed any more */
};

/* A message to be kept by the store; the mark that it was delivered; the mark that its client was told an error. */
void unsaved_message(struct session *s, const struct outbox_entry *entry);
void unsaved_delivered(struct session *s, const struct id *id);
void unsaved_refused(struct session *s, const struct id *id);

/* Nothing waits for the store any more. */
void unsaved_none(struct session *s);

/* All that waits is to be written anew. */
void unsaved_again(struct session *s);

/* The end: what the client has read and the store has not confirmed is added. */
void unsaved_last(struct session *s);

/* Whether the spool is of any use. */
bool unsaved_any(const struct session *s);

#endif
