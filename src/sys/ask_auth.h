#ifndef SYS_ASK_AUTH_H
#define SYS_ASK_AUTH_H

#include <stdbool.h>

#include "base/buf.h"

#define ASK_AUTH_PATH "../auth.sock" /* from the directory of the bus, which the process has entered */

/* A question to chat-auth, which is answered without waiting. */
struct ask_auth {
	int fd; /* -1: nothing is asked */
	struct buf out, in;
};

void ask_auth_init(struct ask_auth *a);

/* Begins to ask; the request is taken out of `request`. 0, or -1 with errno if nobody is there to be asked. */
int ask_auth_begin(struct ask_auth *a, struct buf *request);

/* Whether the descriptor is waited for to be written to, or else read from. */
bool ask_auth_writes(const struct ask_auth *a);

/* Goes on: 1 when the answer is in `in`, 0 when there is more to come, -1 when none will. */
int ask_auth_go_on(struct ask_auth *a);

/* Ends it, whatever has become of it, and overwrites what was said. */
void ask_auth_end(struct ask_auth *a);

#endif
