#ifndef STORE_REPLY_H
#define STORE_REPLY_H

#include "store/desk.h"

/* Answers of the desk, kept until the group is on disk. The sender of a record that has none is the store. */

/* To connection `pid` (0: all) of a user. Out of memory: the group fails. */
void reply_to(struct desk *desk, const struct name *to, pid_t pid, const struct record *r);

/* With what is in `text` as its payload. */
void reply_text(struct desk *desk, const struct name *to, pid_t pid, struct record *r);

#endif
