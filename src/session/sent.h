#ifndef SESSION_SENT_H
#define SESSION_SENT_H

#include "session/session.h"

/* What becomes of the messages that this client sends: each waits in the outbox until it is known. */

/* Whether one more message may wait for its receipt; gives up the oldest if it has waited for long. */
bool sent_has_room(struct session *s);

/* When the oldest message that has no answer is given up, -1 for never; and that. No receiver's process can have it for
 * longer: one whose client takes nothing ends. */
int64_t sent_deadline(const struct session *s);
void sent_tick(struct session *s);

/* This client has read what it sent to itself, and was shown as `shown`. */
void sent_to_oneself(struct session *s, const struct id *id, const struct id *shown);

/* Connection `pid` of the receiver says that a message was delivered, or read; that it can't take one. */
void sent_receipt(struct session *s, const struct record *r, pid_t pid);
void sent_refused(struct session *s, const struct record *r, pid_t pid);

/* What the store says of a message. */
void sent_store_receipt(struct session *s, const struct record *r);
void sent_store_refused(struct session *s, const struct record *r);

#endif
