#ifndef SESSION_REQUEST_H
#define SESSION_REQUEST_H

#include "session/session.h"
#include "ws/http.h"

/* Reads the head of the request, as far as it has come: an upgrade opens the WebSocket, anything else is answered and
 * ended. */
void request_read(struct session *s);

/* The client left before all of its request was there. */
void request_left(struct session *s);

/* Answers with a status, further fields, each with its CRLF, and a line, and ends; or without the line, to HEAD. */
void request_answer(struct session *s, int status, const char *type, const char *fields, const char *text);
void request_answer_head(struct session *s, int status, const char *type, const char *fields, const char *text, bool head_only);

/* Answers with a status and a line that says why, and ends. */
void request_refuse(struct session *s, int status, const char *why);

#endif
