#ifndef SESSION_HEAR_H
#define SESSION_HEAR_H

#include "session/session.h"

/* What others say: records from the bus, answers about messages that were sent, who is online. */

#define THIS_CONNECTION 0 /* in place of another's process */

/* Greets a client that has logged in, for whom so many messages wait. */
void hear_welcome(struct session *s, int64_t pending);

/* Queues a record of this user for one connection (0: all others) of another, to be filled in. */
struct record *hear_answer(struct session *s, const struct name *to, pid_t pid, enum record_kind kind);

/* A message that came directly. Why it can't be shown now or later, if so. */
enum msg_error hear_arrive(struct session *s, const struct record *r, const struct name *from, pid_t pid);

/* A message out of the store: false if there is no room for it. */
bool hear_kept(struct session *s, const struct record *r);

/* Queues the next receipt that a pong is due for, if there is one. */
void hear_pongs(struct session *s);

#endif
