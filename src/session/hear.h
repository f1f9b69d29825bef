#ifndef SESSION_HEAR_H
#define SESSION_HEAR_H

#include "session/session.h"

/* What others say: records from the bus, answers about messages that were sent, who is online. */

/* Greets a client that has logged in. */
void hear_welcome(struct session *s, int64_t pending);

/* A message out of the store: false if there is no room for it. */
bool hear_kept(struct session *s, const struct record *r);

/* What the store says of a message that this user sent. */
void hear_store_receipt(struct session *s, const struct record *r);
void hear_store_refused(struct session *s, const struct record *r);

/* Queues the next receipt that a pong is due for, if there is one. */
void hear_pongs(struct session *s);

/* Whether one more message may wait for its receipt; gives up the oldest if it has waited for long. */
bool hear_outbox_has_room(struct session *s);

/* When the oldest message that has no answer is given up, -1 for never; and that. No receiver's process can have it for
 * longer: one whose client takes nothing ends. */
int64_t hear_outbox_deadline(const struct session *s);
void hear_outbox_tick(struct session *s);

#endif
