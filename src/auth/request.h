#ifndef AUTH_REQUEST_H
#define AUTH_REQUEST_H

#include "chat/login.h"

/* The one request of a process, on descriptors 0 and 1. */

/* Whether who asks may: where descriptor 0 is a socket, the sessions' user, whose `runtime` is, or root. Else a line in the log
 * says who it was. */
bool request_allowed(const char *runtime);

/* Reads it. 0, or -1 if it is none; then there is nobody to answer. */
int request_read(struct login *l);

/* Writes the answer. */
void request_answer(const struct login_answer *a);

#endif
