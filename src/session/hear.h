#ifndef SESSION_HEAR_H
#define SESSION_HEAR_H

#include "session/session.h"

/* What others say: records from the bus, answers about messages that were sent, who is online. */

/* Greets a client that has logged in. */
void hear_welcome(struct session *s);

/* Queues the next receipt that a pong is due for, if there is one. */
void hear_pongs(struct session *s);

/* Whether one more message may wait for its receipt; gives up the oldest if it has waited for long. */
bool hear_outbox_has_room(struct session *s);

#endif
