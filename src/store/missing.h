#ifndef STORE_MISSING_H
#define STORE_MISSING_H

#include "store/desk.h"

/* A connection wants what it has not got (RECORD_NEXT): messages, a batch at a time, and where it is then. */
void missing_answer(struct desk *desk, const struct record *r, const struct name *from, pid_t pid);

/* The answer when the database is of no use. */
void missing_refuse(struct desk *desk, const struct record *r, const struct name *from, pid_t pid);

#endif
