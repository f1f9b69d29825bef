#ifndef SESSION_COURSE_H
#define SESSION_COURSE_H

#include <stdbool.h>
#include <stdint.h>

#include "chat/record.h"

struct keeper;
struct session;

/* The store may have something that this connection has not shown. */
void course_fall_behind(struct keeper *k);

/* What was asked for will not be answered: it is to be asked for again. */
void course_unask(struct keeper *k);

/* Whether a message that came directly may be shown; if not, the store will send it. */
bool course_may_show(struct session *s, const struct record *r);

/* There was no room for a message that the store has, too; or the store says that there is one. */
void course_miss(struct session *s, const struct record *r);

/* Queues the question for what was missed, if it is time for it. */
void course_ask(struct session *s);

/* What it is answered with: a message out of the store; the end of the answer. */
void course_kept(struct session *s, const struct record *r);
void course_batch(struct session *s, const struct record *r);

/* When it is to be looked at again, -1 for never; and that. */
int64_t course_deadline(const struct session *s);
void course_tick(struct session *s);

#endif
