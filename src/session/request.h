#ifndef SESSION_REQUEST_H
#define SESSION_REQUEST_H

#include "session/session.h"

/* Reads the head of the request, as far as it has come: an upgrade opens the WebSocket, anything else is answered and
 * ended. */
void request_read(struct session *s);

/* Answers with a status and a line that says why, and ends. */
void request_refuse(struct session *s, int status, const char *why);

#endif
