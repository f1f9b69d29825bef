#ifndef SESSION_TALK_H
#define SESSION_TALK_H

#include "session/session.h"

/* What the client says: the messages of docs/protocol.md, each by its own handler. */

/* A message has come in. */
void talk_message(struct session *s, enum ws_event kind, const struct ws_slice *message);

/* A token that it logs in with is good until then, in seconds since 1970: of several the last end counts. */
void talk_trust(struct session *s, int64_t until);

/* Logs the connection in as a user, or says why not. */
void talk_login(struct session *s, const struct name *user);

/* What chat-auth says of a login. */
void talk_answered(struct session *s, const struct login_answer *a);

/* Greets a client that has logged in, for whom so many messages wait, and goes on with the message that logged it in. */
void talk_welcome(struct session *s, int64_t pending);

/* Counts one message against the limits, and one more for each 4 KiB that it grew when it was inflated: work that cost the
 * client nothing. False when it is over them and must not be taken: the client has been told,
 * with `ref`, or the connection is closing. */
bool talk_allowed(struct session *s, size_t grown, const char *ref);

#endif
