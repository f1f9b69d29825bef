#ifndef STORE_QUESTION_H
#define STORE_QUESTION_H

#include "store/desk.h"

/* What a client asks of the store: history, search, block and unblock. It is answered with the text for the client. */
void question_answer(struct desk *desk, const struct record *r, pid_t pid);

/* The answer when the database is of no use. */
void question_refuse(struct desk *desk, const struct record *r, pid_t pid);

/* Makes of an answer that there was no room for one that says so. */
void question_full(struct record *answer, struct buf *text);

/* Tells connections (0: all) of a user whom it blocks. */
void question_blocks(struct desk *desk, const struct name *user, pid_t pid);

#endif
